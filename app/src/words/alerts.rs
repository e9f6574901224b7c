//! Words for alerts.

use crate::view::alerts::AlertState;
use crate::words::Tone;

/// What is the matter, in a few words; a kind that has none is shown as it is.
pub fn kind(word: &str) -> String {
    match word {
        "payments_stuck" => "Payments stuck",
        "refunds_stuck" => "Refunds stuck",
        "webhooks_silent" => "Webhooks fell silent",
        "webhooks_refused" => "Many webhooks refused",
        "webhooks_unmatched" => "Webhooks unmatched",
        "money_elsewhere" => "Money at a processor that the payment has left",
        "acceptance_dropped" => "Acceptance dropped",
        "circuit_opened" => "Processor not called",
        "dead_letters" => "Work failed for good",
        "deliveries_failing" => "Deliveries to a shop fail",
        "queue_late" => "Queue is late",
        "bank_files_unanswered" => "Bank file not answered",
        "irregular_fact" => "Payment or pay-out against the rules",
        "books_broken" => "Books broken",
        other => other,
    }
    .to_owned()
}

/// How urgent it is.
pub fn severity(is_critical: bool) -> (&'static str, Tone) {
    if is_critical { ("Critical", Tone::Bad) } else { ("Warning", Tone::Warning) }
}

/// How far it is.
pub fn state(state: AlertState) -> (&'static str, Tone) {
    match state {
        AlertState::Open => ("Open", Tone::Bad),
        AlertState::Acknowledged => ("Acknowledged", Tone::Waiting),
        AlertState::Resolved => ("Resolved", Tone::Good),
    }
}
