//! What this process has committed, counted for whoever asks for its metrics.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::payments::Applied;
use crate::payments::commit::Unit;

static EVENTS: Mutex<BTreeMap<&'static str, u64>> = Mutex::new(BTreeMap::new());

/// How many events have changed payments since the process was started, by their names.
pub fn payment_events() -> BTreeMap<&'static str, u64> {
    EVENTS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Counts a group that was committed.
pub(crate) fn note(units: &[Unit], answers: &[Result<Vec<Applied>, String>]) {
    let mut events = EVENTS.lock().unwrap_or_else(PoisonError::into_inner);
    for (unit, answer) in units.iter().zip(answers) {
        let Ok(applied) = answer else { continue };
        for (input, applied) in unit.inputs.iter().zip(applied) {
            if matches!(applied, Applied::Changed { .. }) {
                *events.entry(input.event.name()).or_default() += 1;
            }
        }
    }
}
