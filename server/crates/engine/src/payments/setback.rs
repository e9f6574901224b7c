//! What a processor's setback means for the job that met it.

use std::time::Duration;

use jobs::Failure;
use psp::{CallError, Setback};

/// How long a job waits for a circuit at most. Before that it is released, once the circuit closes.
const CIRCUIT_WAIT: Duration = Duration::from_mins(2);

/// Tries again, when the processor asked us to if it did. A call that was not even made, because a
/// circuit is open, does not count as a try.
pub(crate) fn put_off(setback: Setback) -> Failure {
    if let Some(account) = setback.waits_for {
        return Failure::waiting(setback.why, CIRCUIT_WAIT).until(account.uuid());
    }
    Failure { retry_after: setback.retry_after, ..Failure::passing(setback.why) }
}

/// As [`put_off`], for a question that was not answered.
pub(crate) fn not_asked(error: CallError) -> Failure {
    match error {
        CallError::Unavailable(setback) => put_off(setback),
        CallError::Refused(_) => Failure::passing(error),
    }
}
