//! Words for the states of payments, for shoppers and for staff.

use domain::payment::Status;

use crate::words::Tone;

/// What staff read.
pub fn status(status: Status) -> (&'static str, Tone) {
    match status {
        Status::Pending => ("Pending", Tone::Waiting),
        Status::Authorized => ("Authorised", Tone::Waiting),
        Status::PartiallyCaptured => ("Partly captured", Tone::Good),
        Status::Captured => ("Captured", Tone::Good),
        Status::Settled => ("Settled", Tone::Good),
        Status::PartiallyRefunded => ("Partly refunded", Tone::Neutral),
        Status::Refunded => ("Refunded", Tone::Neutral),
        Status::Disputed => ("Disputed", Tone::Warning),
        Status::ChargedBack => ("Charged back", Tone::Bad),
        Status::Failed => ("Failed", Tone::Bad),
        Status::Cancelled => ("Cancelled", Tone::Neutral),
        Status::Expired => ("Expired", Tone::Neutral),
        Status::Unknown => ("Unknown", Tone::Warning),
    }
}

/// What the shopper reads, who does not care for the difference between captured and settled.
pub fn shopper_status(status: Status) -> (&'static str, Tone) {
    match status {
        Status::Pending => ("Waiting", Tone::Waiting),
        Status::Authorized => ("Reserved", Tone::Waiting),
        Status::PartiallyCaptured => ("Partly paid", Tone::Good),
        Status::Captured | Status::Settled | Status::Disputed => ("Paid", Tone::Good),
        Status::PartiallyRefunded => ("Partly refunded", Tone::Neutral),
        Status::Refunded | Status::ChargedBack => ("Refunded", Tone::Neutral),
        Status::Failed => ("Not paid", Tone::Bad),
        Status::Cancelled => ("Cancelled", Tone::Neutral),
        Status::Expired => ("Expired", Tone::Neutral),
        Status::Unknown => ("Being checked", Tone::Warning),
    }
}
