//! Captures, cancellations and refunds that were asked for after the authorisation.
//!
//! Each has a key of its own at the processor, made from its job, so that a repeat after a lost
//! answer asks about the very same try instead of making a second one.

use domain::event::{Event, Fact};
use domain::id::{AttemptId, Bucket, PaymentId, RefundId};
use domain::money::Money;
use jobs::{Claimed, Failure, Handled, Handler};
use psp::Answer;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::db::{Fault, Tx, new_id};
use crate::payments::attempt::{self, AttemptEnd, NewAttempt, Operation};
use crate::payments::commit::Unit;
use crate::payments::setback::put_off;
use crate::payments::{Details, Input, PaymentRecord, Source, store};
use crate::service::Engine;

/// Does the work of the jobs that follow from commands.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The engine it works with.
    pub engine: Engine,
}

/// What a job asks for.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
enum Order {
    Capture { amount_minor: i64 },
    Cancel,
    Refund { refund: uuid::Uuid },
}

impl Order {
    const fn operation(self) -> Operation {
        match self {
            Self::Capture { .. } => Operation::Capture,
            Self::Cancel => Operation::Cancel,
            Self::Refund { .. } => Operation::Refund,
        }
    }

    fn amount(self, payment: &PaymentRecord) -> Result<Money, Failure> {
        let currency = payment.state.amount.currency();
        match self {
            Self::Capture { amount_minor } => Ok(Money::from_minor(amount_minor, currency)),
            Self::Cancel => Ok(payment.state.authorized),
            Self::Refund { refund } => payment
                .state
                .refunds
                .iter()
                .find(|known| known.id.uuid() == refund)
                .map(|known| known.amount)
                .ok_or_else(|| Failure::lasting("the payment has no such refund")),
        }
    }

    /// The fact that the processor did what was asked.
    fn done(self, report: &psp::PaymentReport) -> Fact {
        match self {
            Self::Capture { .. } => Fact::Captured { total: report.captured },
            Self::Cancel => Fact::Cancelled,
            Self::Refund { refund } => {
                Fact::RefundSucceeded { refund: RefundId::from_uuid(refund) }
            }
        }
    }

    /// The fact that the processor refused.
    fn refused(self, amount: Money) -> Fact {
        match self {
            Self::Capture { .. } => Fact::CaptureFailed { amount },
            Self::Cancel => Fact::CancelFailed,
            Self::Refund { refund } => Fact::RefundFailed { refund: RefundId::from_uuid(refund) },
        }
    }
}

impl Handler for Operator {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        crate::failpoint!("F4");
        let order: Order = serde_json::from_value(job.payload.clone()).map_err(Failure::lasting)?;
        let id = PaymentId::from_uuid(job.subject_id);
        let row = store::find_any(self.engine.pool(), id).await.map_err(Failure::passing)?;
        let row = row.ok_or_else(|| Failure::lasting("there is no such payment"))?;
        let mut found = crate::payments::with_refunds(self.engine.pool(), vec![row])
            .await
            .map_err(Failure::passing)?;
        let payment = found.remove(0);
        let amount = order.amount(&payment)?;
        let attempt =
            self.attempt(&payment, order, amount, &job).await.map_err(Failure::passing)?;
        let answer = self.call(&payment, order, amount, &job).await?;
        self.conclude(&payment, order, (attempt, amount), answer, job).await
    }
}

impl Operator {
    async fn call(
        &self,
        payment: &PaymentRecord,
        order: Order,
        amount: Money,
        job: &Claimed,
    ) -> Result<Answer, Failure> {
        let account = payment.processor_account.zip(payment.processor_reference.as_ref());
        let (account, reference) =
            account.ok_or_else(|| Failure::lasting("the payment is at no processor"))?;
        let processor = self.engine.processor(account).await.map_err(Failure::passing)?;
        let key = key(order, job);
        let answer = match order {
            Order::Capture { .. } => {
                crate::failpoint!("F5", processor.capture(reference, &key, amount)).await
            }
            Order::Cancel => crate::failpoint!("F5", processor.cancel(reference, &key)).await,
            Order::Refund { .. } => {
                crate::failpoint!("F13", processor.refund(reference, &key, amount)).await
            }
        };
        crate::failpoint!("F6");
        Ok(answer)
    }

    /// The attempt of this job, recorded before the call; a later run finds the same one.
    async fn attempt(
        &self,
        payment: &PaymentRecord,
        order: Order,
        amount: Money,
        job: &Claimed,
    ) -> Result<AttemptId, Fault> {
        let key = key(order, job);
        if let Some(known) = store::attempt_by_key(self.engine.pool(), payment.id, &key).await? {
            return Ok(known);
        }
        let account = payment
            .processor_account
            .ok_or_else(|| Fault::Broken(format!("{} is at no processor", payment.id)))?;
        let operation = order.operation();
        let mut tx = Tx::begin(self.engine.pool()).await?;
        let number = store::next_attempt_number(&mut tx, payment.id, operation.as_str()).await?;
        let id: AttemptId = new_id(Bucket(payment.id.uuid().as_bytes()[15]));
        let new = NewAttempt {
            bucket: payment.id.bucket().as_i16(),
            attempt_id: id.uuid(),
            payment_id: payment.id.uuid(),
            processor_account_id: account.uuid(),
            operation: operation.as_str(),
            number,
            idempotency_key: key,
            amount_minor: amount.minor(),
        };
        attempt::start(&mut tx, &[new]).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn conclude(
        &self,
        payment: &PaymentRecord,
        order: Order,
        (attempt, amount): (AttemptId, Money),
        answer: Answer,
        job: Claimed,
    ) -> Result<Handled, Failure> {
        let (state, fact, evidence) = match answer {
            Answer::Done(report) => ("done", order.done(&report), report.raw),
            Answer::Declined(decline, raw) => {
                tracing::warn!(payment.id = %payment.id, why = decline.message, "refused");
                ("declined", order.refused(amount), raw)
            }
            Answer::Retryable(setback) => return Err(put_off(setback)),
            Answer::Unknown(why) => ("unknown", Fact::InDoubt, json!({ "problem": why })),
        };
        let input = Input {
            payment: payment.id,
            event: Event::Fact(fact),
            source: Source::Worker,
            evidence: evidence.clone(),
            details: Details::default(),
        };
        let mut unit = Unit {
            inputs: vec![input],
            attempts: vec![AttemptEnd::new(attempt, state, evidence.clone())],
            ..Unit::default()
        };
        if state != "unknown" {
            unit.finish = Some(job);
        }
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        match state {
            "unknown" => Err(Failure::passing(problem(&evidence))),
            _ => Ok(Handled::InItsTransaction),
        }
    }
}

/// The key at the processor. A refund's is its own id, which the processor repeats in its files.
fn key(order: Order, job: &Claimed) -> String {
    match order {
        Order::Refund { refund } => RefundId::from_uuid(refund).to_string(),
        Order::Capture { .. } | Order::Cancel => {
            domain::id::JobId::from_uuid(job.job_id).to_string()
        }
    }
}

fn problem(evidence: &Value) -> String {
    format!("the outcome is unknown: {}", evidence["problem"].as_str().unwrap_or("no reason"))
}
