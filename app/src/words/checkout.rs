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
    let (title, turn, tone) = match state {
        OverallState::NotPaid => ("Not paid yet", "Your turn", Tone::Neutral),
        OverallState::Declined => ("Payment declined", "Your turn", Tone::Bad),
        OverallState::ActionRequired => ("One more step", "Your turn", Tone::Warning),
        OverallState::Processing => ("Payment on its way", "Nothing to do for you", Tone::Waiting),
        OverallState::InReview => {
            ("Payment being reviewed", "Nothing to do for you", Tone::Waiting)
        }
        OverallState::Unknown => {
            ("Checking with the payment provider", "Nothing to do for you", Tone::Warning)
        }
        OverallState::Authorized => ("Payment reserved", "The shop\u{2019}s turn", Tone::Good),
        OverallState::Paid => ("Paid", "All done", Tone::Good),
        OverallState::PartlyPaid => ("Partly paid", "The shop\u{2019}s turn", Tone::Warning),
        OverallState::Refunded => ("Refunded", "Nothing to do for you", Tone::Neutral),
        OverallState::Failed => ("Not paid", "Your turn", Tone::Bad),
        OverallState::Cancelled => ("Cancelled", "Nothing to do for you", Tone::Neutral),
        OverallState::Expired => ("Expired", "Your turn", Tone::Neutral),
    };
    StateWords { title, next: next(state), turn, tone }
}

/// What happens next.
fn next(state: OverallState) -> &'static str {
    match state {
        OverallState::NotPaid => "Nothing was charged. You can go back to the checkout and pay.",
        OverallState::Declined => {
            "Nothing was charged. You can try again, with the same card or another."
        }
        OverallState::ActionRequired => {
            "Your bank wants to be sure that it is you. Continue to confirm the payment."
        }
        OverallState::Processing => {
            "We are carrying it out. This takes a few seconds, and this page follows by itself."
        }
        OverallState::InReview => {
            "The payment provider takes a closer look. This page follows, and so does the shop."
        }
        OverallState::Unknown => {
            "We have not heard yet how it went, and keep asking. Please do not pay again."
        }
        OverallState::Authorized => {
            "The amount is reserved. The shop takes it when it ships your order."
        }
        OverallState::Paid => "The shop has been told and takes it from here.",
        OverallState::PartlyPaid => {
            "Some sellers are paid and others are not; see below. You pay only for what is marked as paid."
        }
        OverallState::Refunded => {
            "The money is on its way back to you. Banks take a few days to show it."
        }
        OverallState::Failed => {
            "The payment did not go through, and nothing was charged. The shop can give you a new checkout."
        }
        OverallState::Cancelled => "The order was cancelled, and nothing was charged.",
        OverallState::Expired => {
            "The checkout was open for too long, and nothing was charged. Start again at the shop."
        }
    }
}
