//! Words for how a checkout stands: what happened, what happens next, and whose turn it is.

use crate::view::checkouts::OverallState;
use crate::words::Tone;

/// What a status page says about a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateWords {
    /// The heading.
    pub title: &'static str,
    /// What happens next, in one sentence.
    pub next: &'static str,
    /// Whose turn it is.
    pub turn: &'static str,
    /// The look.
    pub tone: Tone,
}

/// What the status page says about `state`.
pub fn overall(state: OverallState) -> StateWords {
    let words = |title, next, turn, tone| StateWords { title, next, turn, tone };
    match state {
        OverallState::NotPaid => words(
            "Not paid yet",
            "Nothing was charged. You can go back to the checkout and pay.",
            "Your turn",
            Tone::Neutral,
        ),
        OverallState::Declined => words(
            "Payment declined",
            "Nothing was charged. You can try again, with the same card or another.",
            "Your turn",
            Tone::Bad,
        ),
        OverallState::ActionRequired => words(
            "One more step",
            "Your bank wants to be sure that it is you. Continue to confirm the payment.",
            "Your turn",
            Tone::Warning,
        ),
        OverallState::Processing => words(
            "Payment on its way",
            "We are carrying it out. This takes a few seconds, and this page follows by itself.",
            "Nothing to do for you",
            Tone::Waiting,
        ),
        OverallState::InReview => words(
            "Payment being reviewed",
            "The payment provider takes a closer look. This page follows, and so does the shop.",
            "Nothing to do for you",
            Tone::Waiting,
        ),
        OverallState::Unknown => words(
            "Checking with the payment provider",
            "We have not heard yet how it went, and keep asking. Please do not pay again.",
            "Nothing to do for you",
            Tone::Warning,
        ),
        OverallState::Authorized => words(
            "Payment reserved",
            "The amount is reserved. The shop takes it when it ships your order.",
            "The shop\u{2019}s turn",
            Tone::Good,
        ),
        OverallState::Paid => {
            words("Paid", "The shop has been told and takes it from here.", "All done", Tone::Good)
        }
        OverallState::PartlyPaid => words(
            "Partly paid",
            "Some sellers are paid and others are not; see below. You pay only for what is marked as paid.",
            "The shop\u{2019}s turn",
            Tone::Warning,
        ),
        OverallState::Refunded => words(
            "Refunded",
            "The money is on its way back to you. Banks take a few days to show it.",
            "Nothing to do for you",
            Tone::Neutral,
        ),
        OverallState::Failed => words(
            "Not paid",
            "The payment did not go through, and nothing was charged. The shop can give you a new checkout.",
            "Your turn",
            Tone::Bad,
        ),
        OverallState::Cancelled => words(
            "Cancelled",
            "The order was cancelled, and nothing was charged.",
            "Nothing to do for you",
            Tone::Neutral,
        ),
        OverallState::Expired => words(
            "Expired",
            "The checkout was open for too long, and nothing was charged. Start again at the shop.",
            "Your turn",
            Tone::Neutral,
        ),
    }
}
