//! Words for processor accounts.

use crate::view::processors::{CircuitState, ProcessorRow};
use crate::words::Tone;

/// Whether an account is called.
pub fn state(state: CircuitState) -> (&'static str, Tone) {
    match state {
        CircuitState::Closed => ("Called", Tone::Good),
        CircuitState::HalfOpen => ("Being tried", Tone::Warning),
        CircuitState::Open => ("Not called", Tone::Bad),
    }
}

/// How many of the last calls succeeded.
pub fn success(row: &ProcessorRow) -> String {
    match row.calls {
        0 => "no calls lately".to_owned(),
        calls => {
            let share = calls.saturating_sub(row.failures) * 100 / calls;
            format!("{share} % of {calls}")
        }
    }
}

/// How long calls took.
pub fn latency(row: &ProcessorRow) -> String {
    match row.calls {
        0 => "\u{2013}".to_owned(),
        _ => format!("{} ms, 1 in 20 above {} ms", row.latency_median_ms, row.latency_high_ms),
    }
}
