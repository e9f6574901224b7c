//! How sure a processor's answer is.

use std::time::Duration;

use domain::id::ProcessorAccountId;
use serde_json::Value;

use crate::decline::Decline;
use crate::report::PaymentReport;

/// What became of a call that moves money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The processor did, or is doing, what was asked; the report says how far it is.
    Done(Box<PaymentReport>),
    /// The processor or the issuer said no.
    Declined(Decline, Value),
    /// The payment stands elsewhere than what was asked for needs: nothing was done now. Whether an
    /// earlier try of the same was, only an inquiry can tell.
    Conflict(Decline, Value),
    /// Certainly nothing happened; the same may be tried again.
    Retryable(Setback),
    /// It may have happened: only an inquiry can tell.
    Unknown(String),
}

/// A call that moves no money did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The processor refuses the request itself; the same will be refused again.
    #[error("the processor refuses the request: {0}")]
    Refused(String),
    /// The processor could not be asked, or did not answer in a way that can be read.
    #[error("the processor could not be asked: {0}")]
    Unavailable(Setback),
}

/// Something that may pass, and when another try makes sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Setback {
    /// What happened, for the log; holds no personal data.
    pub why: String,
    /// How long the processor asked us to wait, if it did.
    pub retry_after: Option<Duration>,
    /// Whose circuit is open, if for that reason the call was not even made.
    pub waits_for: Option<ProcessorAccountId>,
}

impl Setback {
    /// A setback of which the processor did not say how long it lasts.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), retry_after: None, waits_for: None }
    }
}
