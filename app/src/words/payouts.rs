//! Words for pay-outs.

use domain::four_eyes::{Objection, Reason};
use domain::payout::Phase;
use domain::payout::ruling::Ending;

use crate::view::payouts::{PayeeState, PayoutState};
use crate::words::Tone;

/// Where a pay-out stands.
pub fn state(phase: Phase, is_in_doubt: bool) -> (&'static str, Tone) {
    if is_in_doubt {
        return ("Unknown", Tone::Warning);
    }
    match phase {
        Phase::Draft => ("Draft", Tone::Neutral),
        Phase::Approved => ("Approved", Tone::Waiting),
        Phase::Held => ("Held", Tone::Warning),
        Phase::Cancelled => ("Cancelled", Tone::Neutral),
        Phase::Submitted => ("Submitted", Tone::Waiting),
        Phase::InTransit => ("In transit", Tone::Waiting),
        Phase::Paid => ("Paid", Tone::Good),
        Phase::Failed => ("Failed", Tone::Bad),
        Phase::Returned => ("Returned", Tone::Bad),
    }
}

/// What the filter of the queue calls a state.
pub fn filter(of: PayoutState) -> &'static str {
    match of {
        PayoutState::SecondPerson => "Waits for a second person",
        PayoutState::InDoubt => "Outcome unknown",
        PayoutState::In(phase) => state(phase, false).0,
    }
}

/// Why a second person is needed.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::AboveLimit => "above one person\u{2019}s limit",
        Reason::FirstPayout => "first pay-out",
        Reason::AccountChanged => "bank account has changed",
    }
}

/// Why somebody may not let a pay-out go.
pub const fn objection(objection: Objection) -> &'static str {
    match objection {
        Objection::MakerIsChecker => "You made this pay-out. A second person has to approve it.",
        Objection::VerifierIsChecker => {
            "You verified this bank account, and no money has gone there before. \
             A second person has to approve the pay-out."
        }
        Objection::NotAPerson => "A person has to approve this pay-out.",
    }
}

/// The reasons in one line; empty if there are none.
pub fn reasons(all: &[Reason]) -> String {
    all.iter().copied().map(reason).collect::<Vec<_>>().join(", ")
}

/// Why a pay-out was not submitted when that was last tried.
pub fn refusal(code: &str) -> &'static str {
    match code {
        "amount_too_large" => "not covered by what is available",
        "no_verified_account" => "no verified bank account",
        "account_changed" => "the bank account has changed since",
        "too_many_submissions" => "submitted too often",
        _ => "could not be submitted",
    }
}

/// What happened to a pay-out, to follow the name of whoever did it.
pub fn event(event: &str) -> &'static str {
    match event {
        "create" => "made it",
        "approve" => "approved it",
        "hold" => "held it",
        "resume" => "let it go on",
        "cancel" => "cancelled it",
        "submit" => "submitted it",
        "propose_ruling" => "said what became of it",
        "confirm_ruling" => "agreed on what became of it",
        "withdraw_ruling" => "took back, or turned down, what was said to have become of it",
        "accepted" => "said that it is taken on",
        "in_transit" => "said that it is on its way",
        "paid" => "said that it is paid",
        "failed" => "said that it failed",
        "returned" => "said that it came again",
        "unknown" => "gave no answer",
        "nothing_found" => "said that it is not there",
        _ => "changed it",
    }
}

/// What became of a pay-out, by the word of people.
pub const fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Paid => "It was paid: the seller has the money.",
        Ending::Failed => "It was never paid.",
        Ending::Returned => "It came back: it was paid, and the bank sent the money back.",
    }
}

/// What follows once two people agree that this became of a pay-out.
pub const fn follows(ending: Ending) -> &'static str {
    match ending {
        Ending::Paid => {
            "It counts as paid, and the seller\u{2019}s other pay-outs that wait because of it go on."
        }
        Ending::Failed | Ending::Returned => {
            "The money is in the seller\u{2019}s wallet again. Their other pay-outs stay held until \
             somebody has looked at the bank account and lets each of them go on."
        }
    }
}

/// What has become of a pay-out that was not paid or came back; none of any other.
pub fn setback(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Returned => Some("The bank sent the money back."),
        Phase::Failed => Some("The pay-out failed, and nothing was paid."),
        Phase::Draft
        | Phase::Approved
        | Phase::Held
        | Phase::Cancelled
        | Phase::Submitted
        | Phase::InTransit
        | Phase::Paid => None,
    }
}

/// Whether a bank account is paid to.
pub fn payee(state: PayeeState) -> (&'static str, Tone) {
    match state {
        PayeeState::New => ("Not verified", Tone::Warning),
        PayeeState::Verified => ("Verified", Tone::Good),
        PayeeState::Retired => ("Replaced", Tone::Neutral),
    }
}
