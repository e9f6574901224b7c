//! The one sentence that says why an account was chosen.

use crate::routing::{Candidate, Conditions, Decided, Wanted};

/// How many of those that were passed over are named.
const NAMED_MAX: usize = 5;

pub(super) fn chosen(
    candidate: &Candidate,
    decided: &Decided,
    skipped: &[(&str, String)],
) -> String {
    let because = match decided {
        Decided::Only if skipped.is_empty() => "it is the only account".to_owned(),
        Decided::Only => "no other account can take it now".to_owned(),
        Decided::Rule { priority, conditions, share } => {
            let lot = share.map(|(weight, total)| format!(", with {weight} of {total} by weight"));
            format!("rule {priority}{} names it{}", listed(conditions), lot.unwrap_or_default())
        }
        Decided::Probe => "one payment in ten shows whether it is up again".to_owned(),
        Decided::Priority(priority) => format!("its priority {priority} comes first"),
        Decided::Cost { own, next, nexts } => {
            format!("it costs {own} and the next, {next}, {nexts}")
        }
        Decided::Weight(weight, total) => {
            format!("the lot fell on it, with {weight} of {total} by weight")
        }
    };
    let state = match candidate.circuit {
        crate::routing::circuit::CircuitState::Closed => String::new(),
        state => format!(", although {}", state.words()),
    };
    format!("{} because {because}{state}{}", candidate.name, passed_over(skipped))
}

pub(super) fn nothing(wanted: &Wanted, skipped: &[(&str, String)]) -> String {
    if skipped.is_empty() {
        return "the shop has no processor account".to_owned();
    }
    format!("no account can take {}{}", wanted.amount, passed_over(skipped))
}

fn passed_over(skipped: &[(&str, String)]) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let named: Vec<String> =
        skipped.iter().take(NAMED_MAX).map(|(name, why)| format!("{name} ({why})")).collect();
    let more = skipped.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("; passed over: {}{more}", named.join(", "))
}

/// The conditions in brackets, or nothing if the rule is for every payment.
fn listed(conditions: &Conditions) -> String {
    let words = conditions.words();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}
