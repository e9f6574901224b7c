//! Attempts: one try of one operation at one processor, recorded before the call is made.

use domain::id::{AttemptId, Bucket, PaymentId, ProcessorAccountId};
use domain::money::Money;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Fault, Tx, new_id};
use crate::payments::store;

/// An operation at a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Hold the money, and perhaps take it.
    Authorize,
    /// Take what is held.
    Capture,
    /// Release what is held.
    Cancel,
    /// Give back.
    Refund,
}

impl Operation {
    /// The word that stands in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
        }
    }
}

/// An attempt that is about to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewAttempt {
    pub(crate) bucket: i16,
    pub(crate) attempt_id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) processor_account_id: Uuid,
    pub(crate) operation: &'static str,
    pub(crate) number: i16,
    pub(crate) idempotency_key: String,
    pub(crate) amount_minor: i64,
}

impl NewAttempt {
    /// The authorisation number `number` of a payment.
    ///
    /// The first uses the payment's id as the key at the processor; each later one, made only
    /// after the one before has a known outcome, has a key of its own.
    pub fn authorize(
        payment: PaymentId,
        account: ProcessorAccountId,
        number: u16,
        amount: Money,
    ) -> Self {
        let key = if number <= 1 { payment.to_string() } else { format!("{payment}/{number}") };
        let id: AttemptId = new_id(Bucket(payment.uuid().as_bytes()[15]));
        Self {
            bucket: payment.bucket().as_i16(),
            attempt_id: id.uuid(),
            payment_id: payment.uuid(),
            processor_account_id: account.uuid(),
            operation: Operation::Authorize.as_str(),
            number: i16::try_from(number).unwrap_or(i16::MAX),
            idempotency_key: key,
            amount_minor: amount.minor(),
        }
    }
}

/// How an attempt ended, or that nobody knows.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptEnd {
    pub(crate) bucket: i16,
    pub(crate) attempt_id: Uuid,
    pub(crate) state: &'static str,
    pub(crate) processor_reference: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) answer: Value,
}

impl AttemptEnd {
    /// The attempt ended as `state` (`done`, `declined`, `retryable` or `unknown`).
    pub fn new(attempt: AttemptId, state: &'static str, answer: Value) -> Self {
        Self {
            bucket: attempt.bucket().as_i16(),
            attempt_id: attempt.uuid(),
            state,
            processor_reference: None,
            code: None,
            answer,
        }
    }
}

/// Records attempts that are about to be made, in the caller's transaction.
pub(crate) async fn start(tx: &mut Tx, attempts: &[NewAttempt]) -> Result<(), Fault> {
    if attempts.is_empty() {
        return Ok(());
    }
    store::insert_attempts(tx, attempts).await
}

/// Records how attempts ended, in the caller's transaction.
pub(crate) async fn end(tx: &mut Tx, ends: &[AttemptEnd]) -> Result<(), Fault> {
    if ends.is_empty() {
        return Ok(());
    }
    store::end_attempts(tx, ends).await
}
