//! What a processor's setback means for the job that met it.

use jobs::Failure;
use psp::{CallError, Setback};

/// Tries again, when the processor asked us to if it did.
pub(crate) fn put_off(setback: Setback) -> Failure {
    Failure { retry_after: setback.retry_after, ..Failure::passing(setback.why) }
}

/// As [`put_off`], for a question that was not answered.
pub(crate) fn not_asked(error: CallError) -> Failure {
    match error {
        CallError::Unavailable(setback) => put_off(setback),
        CallError::Refused(_) => Failure::passing(error),
    }
}
