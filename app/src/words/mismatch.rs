//! Words for mismatches.

use crate::view::mismatches::{MismatchClass, MismatchKind, MismatchState};
use crate::words::Tone;

/// What differs, in a few words.
pub fn kind(kind: MismatchKind) -> &'static str {
    match kind {
        MismatchKind::MissingAtProcessor => "Missing at the processor",
        MismatchKind::MissingInOurBooks => "Missing in our books",
        MismatchKind::Amount => "Amount differs",
        MismatchKind::Currency => "Currency differs",
        MismatchKind::Fee => "Fee differs",
        MismatchKind::Status => "Status differs",
        MismatchKind::Duplicate => "Reported twice",
        MismatchKind::OrphanRefund => "Refund without payment",
        MismatchKind::Balance => "Balance differs",
    }
}

/// What it means, in one sentence.
pub fn explanation(kind: MismatchKind) -> &'static str {
    match kind {
        MismatchKind::MissingAtProcessor => {
            "We captured this payment, and the processor\u{2019}s file does not speak of it."
        }
        MismatchKind::MissingInOurBooks => {
            "The processor\u{2019}s file reports this, and our books do not know it."
        }
        MismatchKind::Amount => "The processor settled another amount than we captured.",
        MismatchKind::Currency => "The processor settled in another currency than we captured.",
        MismatchKind::Fee => "The processor kept another fee than was agreed.",
        MismatchKind::Status => {
            "The processor says that this payment is in another state than we do."
        }
        MismatchKind::Duplicate => {
            "The processor\u{2019}s file reports this payment more than once."
        }
        MismatchKind::OrphanRefund => "A refund was settled whose payment nobody knows.",
        MismatchKind::Balance => {
            "The balances in the file tie neither with its lines nor with our ledger."
        }
    }
}

/// Who fixes it.
pub fn class(class: MismatchClass) -> &'static str {
    match class {
        MismatchClass::Automatic => "Automatic",
        MismatchClass::Manual => "Manual",
        MismatchClass::Investigate => "Investigate",
    }
}

/// Who fixes it, in one sentence.
pub fn class_explanation(class: MismatchClass) -> &'static str {
    match class {
        MismatchClass::Automatic => "A named procedure fixes these.",
        MismatchClass::Manual => "The cause is known; a person fixes these.",
        MismatchClass::Investigate => "The cause is not known yet; a person has to find it.",
    }
}

/// How far it is.
pub fn state(state: MismatchState) -> (&'static str, Tone) {
    match state {
        MismatchState::Open => ("Open", Tone::Bad),
        MismatchState::Claimed => ("Claimed", Tone::Waiting),
        MismatchState::Proposed => ("For approval", Tone::Warning),
        MismatchState::Resolved => ("Resolved", Tone::Good),
        MismatchState::Ignored => ("Ignored", Tone::Neutral),
    }
}
