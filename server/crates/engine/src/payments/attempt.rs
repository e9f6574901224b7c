//! Attempts: one try of one operation at one processor, recorded before the call is made.

use domain::event::Fact;
use domain::id::{AttemptId, Bucket, PaymentId, ProcessorAccountId};
use domain::money::Money;
use domain::operation::{Operation, Order};
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Fault, Tx, new_id};
use crate::payments::store;

/// An attempt that is about to be made.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    pub(crate) bucket: i16,
    pub(crate) attempt_id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) processor_account_id: Uuid,
    pub(crate) operation: &'static str,
    pub(crate) number: i16,
    pub(crate) idempotency_key: String,
    pub(crate) amount_minor: i64,
    /// Why it is made at this processor account, in one sentence.
    pub(crate) routing_reason: Option<String>,
    /// Why there is another one: `first`, `retry` or `failover`.
    pub(crate) cause: &'static str,
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
            operation: "authorize",
            number: i16::try_from(number).unwrap_or(i16::MAX),
            idempotency_key: key,
            amount_minor: amount.minor(),
            routing_reason: None,
            cause: "first",
        }
    }

    /// The same, with why it is made there, in one sentence, and why it is made at all: `first`,
    /// `retry` or `failover`.
    #[must_use]
    pub(crate) fn routed(self, reason: String, cause: &'static str) -> Self {
        Self { routing_reason: Some(reason), cause, ..self }
    }

    /// A capture, cancellation or refund.
    ///
    /// A refund's key at the processor is its own id, which the processor repeats in its files; the
    /// others have the attempt's. A repeat of the same try uses the same key.
    pub(crate) fn operate(
        payment: PaymentId,
        account: ProcessorAccountId,
        operation: Operation,
        amount_minor: i64,
    ) -> Self {
        let id: AttemptId = new_id(Bucket(payment.uuid().as_bytes()[15]));
        Self {
            bucket: payment.bucket().as_i16(),
            attempt_id: id.uuid(),
            payment_id: payment.uuid(),
            processor_account_id: account.uuid(),
            operation: word(operation.order),
            number: i16::try_from(operation.number).unwrap_or(i16::MAX),
            idempotency_key: key(operation.order, id),
            amount_minor,
            routing_reason: None,
            cause: "first",
        }
    }
}

const fn word(order: Order) -> &'static str {
    match order {
        Order::Capture(_) => "capture",
        Order::Cancel(_) => "cancel",
        Order::Refund(_) => "refund",
    }
}

/// An attempt whose outcome became known otherwise than by its own answer.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) payment: PaymentId,
    pub(crate) operation: &'static str,
    pub(crate) number: i16,
    pub(crate) state: &'static str,
    pub(crate) answer: Value,
}

impl Closed {
    /// The attempt of `operation`, as `fact` shows it ended.
    pub(crate) fn new(payment: PaymentId, operation: Operation, fact: Fact, answer: Value) -> Self {
        let is_done = match operation.order {
            Order::Capture(_) => matches!(fact, Fact::Captured { .. }),
            // What was declined while it waited is given up as well.
            Order::Cancel(_) => !matches!(fact, Fact::Captured { .. }),
            Order::Refund(_) => !matches!(fact, Fact::RefundFailed { .. }),
        };
        Self {
            payment,
            operation: word(operation.order),
            number: i16::try_from(operation.number).unwrap_or(i16::MAX),
            state: if is_done { "done" } else { "declined" },
            answer,
        }
    }
}

/// The key at the processor of an operation that `attempt` tries.
pub(crate) fn key(order: Order, attempt: AttemptId) -> String {
    match order {
        Order::Refund(refund) => refund.to_string(),
        Order::Capture(_) | Order::Cancel(_) => attempt.to_string(),
    }
}

/// How an attempt ended, or that nobody knows.
#[derive(Debug, Clone)]
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

/// Records that attempts are over, in the caller's transaction.
pub(crate) async fn close(tx: &mut Tx, closed: &[Closed]) -> Result<(), Fault> {
    for one in closed {
        store::objects::close_attempt(tx, one).await?;
    }
    Ok(())
}
