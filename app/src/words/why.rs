//! The one sentence that says why a payment failed or waits, for staff and on the command line.

use domain::why::{Reason, Turn};

use crate::words::Tone;

/// Why, in one sentence. `processor` is the processor's name, if one was asked.
pub fn sentence(reason: &Reason, processor: Option<&str>) -> String {
    let processor = processor.unwrap_or("the processor");
    match reason {
        Reason::NotBegun => "The shopper has not begun to pay.".into(),
        Reason::OnTheProcessorsPage => {
            format!("The shopper opened the page of {processor} and has not finished it.")
        }
        Reason::NobodyPaid => "Nobody paid before the checkout expired; nothing was charged.".into(),
        Reason::DeclinedOnce { code } => {
            format!("{} The shopper can try again.", declined(processor, code))
        }
        Reason::GivenBack => format!(
            "{processor} could not be called, so nothing happened there. The shopper can try again."
        ),
        Reason::Declined { code } => {
            format!("{} It was the last try: nothing was charged.", declined(processor, code))
        }
        Reason::UnderWay => format!("It is being carried to {processor} at this moment."),
        Reason::ProcessorOut => format!(
            "{processor} is out, so its circuit is open; the payment waits in the queue and goes on \
             when {processor} is back."
        ),
        Reason::Retrying { tries, error } => format!(
            "{processor} did not take the call, after {tries} tries: {error}. Nothing has happened \
             there; it is tried again."
        ),
        Reason::OutcomeUnknown { operation } => format!(
            "{processor} did not say whether the {} took place; nothing moves until it has been asked.",
            noun(operation)
        ),
        Reason::GivenUp => {
            "Work on this payment failed for good and waits for a person in the dead letters.".into()
        }
        Reason::ChallengeOpen => {
            "The shopper\u{2019}s bank wants a challenge (3-D Secure), which the shopper has not passed yet."
                .into()
        }
        Reason::InReview => format!("{processor} is reviewing the payment for risk."),
        Reason::AwaitingFunds => "The money has not arrived yet.".into(),
        Reason::AwaitingCapture => "The money is held; the shop has not captured it yet.".into(),
        Reason::AwaitingBasket => {
            "The money is held until every seller of the basket is authorised, then all are captured."
                .into()
        }
        Reason::Capturing => format!("A capture is under way at {processor}."),
        Reason::BasketFailed => {
            "Another seller\u{2019}s payment of the basket failed, and the shop wants all or none: \
             the hold was released."
                .into()
        }
        Reason::Cancelled => "It was cancelled; nothing was taken.".into(),
        Reason::Expired => "Its time was over before it was completed; nothing was taken.".into(),
        Reason::AwaitingSettlement => {
            format!("It is paid; {processor} has not settled it yet.")
        }
        Reason::Settled => format!("It is paid, and {processor} has settled it."),
        Reason::Refunding => format!("A refund is under way at {processor}."),
        Reason::PartlyRefunded => "It was paid, and a part went back to the shopper.".into(),
        Reason::Refunded => "It was paid, and all of it went back to the shopper.".into(),
        Reason::Disputed => "The card\u{2019}s holder contests it.".into(),
        Reason::ChargedBack => "The holder\u{2019}s bank took the money back.".into(),
    }
}

fn declined(processor: &str, code: &str) -> String {
    format!("{processor} declined it: {}.", decline(code))
}

/// A reason for a decline, for staff: the full truth.
pub fn decline(code: &str) -> &'static str {
    match code {
        "insufficient_funds" => "the account has not enough money",
        "expired_card" => "the card has expired",
        "stolen_card" => "the card was reported lost or stolen",
        "authentication_failed" => "the shopper did not pass the bank\u{2019}s challenge",
        "invalid" => "the processor refuses the request itself",
        "do_not_honor" => "the bank says no and does not say why",
        "invalid_card" => "the card\u{2019}s data is wrong",
        "risk_blocked" => "the processor\u{2019}s risk check blocks it",
        "try_again_later" => "the bank cannot be reached at the moment",
        "limit_exceeded" => "the card\u{2019}s limit is exceeded",
        _ => "the bank gives no reason",
    }
}

fn noun(operation: &str) -> &'static str {
    match operation {
        "capture" => "capture",
        "cancel" => "release",
        "refund" => "refund",
        _ => "charge",
    }
}

/// Whose turn it is.
pub fn turn(turn: Turn) -> (&'static str, Tone) {
    match turn {
        Turn::Shopper => ("The shopper\u{2019}s turn", Tone::Waiting),
        Turn::Shop => ("The shop\u{2019}s turn", Tone::Warning),
        Turn::Processor => ("The processor\u{2019}s turn", Tone::Waiting),
        Turn::Paydesk => ("Paydesk goes on by itself", Tone::Waiting),
        Turn::Staff => ("Your turn", Tone::Bad),
        Turn::Nobody => ("Nobody\u{2019}s turn: it has ended", Tone::Neutral),
    }
}
