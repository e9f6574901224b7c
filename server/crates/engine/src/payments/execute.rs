//! The executor: carries one payment to its processor, exactly once.
//!
//! The attempt was recorded, and the payment set to executing, before this job existed. The first
//! run calls the processor at once. Every later run, after a crash, a lost answer or an outage,
//! first asks the processor what it knows: only then may anything be tried again.

use std::time::Duration;

use domain::id::{Bucket, JobId, PaymentId, ProcessorAccountId};
use jobs::{Claimed, Failure, Handled, Handler, NewJob, Policy, Strategy};
use psp::{Answer, Authorization, Source as Funds};
use serde_json::Value;

use crate::checkouts;
use crate::db::new_id;
use crate::payments::Source;
use crate::payments::commit::Unit;
use crate::payments::refresh::{Reading, Work};
use crate::payments::setback::put_off;
use crate::service::Engine;

/// The kind of job that carries a payment to its processor; its subject is the payment.
pub const EXECUTE: &str = "execute_payment";

/// How a payment is tried again whose processor did not answer, or could not be reached: for more
/// than a day, since giving up would leave the money's whereabouts unknown.
pub const POLICY: Policy = Policy {
    strategy: Strategy::Exponential { base: Duration::from_secs(1), cap: Duration::from_mins(2) },
    attempts_max: 2_000,
};

/// The job that carries `payment` to its processor.
pub(crate) fn job(payment: PaymentId) -> NewJob {
    let id: JobId = new_id(Bucket(payment.uuid().as_bytes()[15]));
    NewJob {
        job_id: id.uuid(),
        kind: EXECUTE,
        subject_id: payment.uuid(),
        payload: Value::Null,
        ordering_key: Some(payment.uuid()),
        delay: Duration::ZERO,
    }
}

/// Does the work of [`EXECUTE`] jobs.
#[derive(Debug, Clone)]
pub struct Executor {
    /// The engine it works with.
    pub engine: Engine,
}

impl Handler for Executor {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        crate::failpoint!("F4");
        let payment = PaymentId::from_uuid(job.subject_id);
        let work = Work::load(&self.engine, payment)
            .await?
            .ok_or_else(|| Failure::lasting("the payment has no attempt"))?;
        let (reading, source) = if work.row.phase == "executing" {
            (self.carry(&work, job.attempt).await?, Source::Worker)
        } else if work.is_open() {
            // Never tried again: only asked about.
            match work.inquire(&self.engine).await? {
                Some(reading) => (reading, Source::Poll),
                None => return Ok(Handled::NowFinish),
            }
        } else {
            return Ok(Handled::NowFinish);
        };
        let in_doubt = reading.attempt_state == "unknown";
        let waits = reading.leaves_waiting();
        let mut unit = reading.unit(payment, work.attempt, source);
        if in_doubt {
            return self.stay_in_doubt(unit).await;
        }
        if waits && work.row.registration_token.is_none() {
            // A checkout that was never shown has no expiry of its own yet.
            unit.enqueue.push(checkouts::expire::look_later(work.checkout()));
        }
        unit.finish = Some(job);
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }
}

impl Executor {
    async fn carry(&self, work: &Work, run: i32) -> Result<Reading, Failure> {
        if run > 1
            && let Some(known) = work.inquire(&self.engine).await?
        {
            return Ok(known);
        }
        let answer = self.authorize(work).await?;
        if let Answer::Retryable(setback) = answer {
            return Err(put_off(setback));
        }
        Reading::of_answer(answer, work.amount, work.last)
            .ok_or_else(|| Failure::passing("nothing happened"))
    }

    async fn authorize(&self, work: &Work) -> Result<Answer, Failure> {
        let account = ProcessorAccountId::from_uuid(work.row.processor_account_id);
        let processor = self.engine.processor(account).await.map_err(Failure::passing)?;
        let source = match (&work.row.registration_token, &work.row.payment_method) {
            (Some(token), _) => Funds::Registration(token.clone()),
            (None, Some(method)) => Funds::PaymentMethod(method.clone()),
            (None, None) => return Err(Failure::lasting("nothing to charge the payment to")),
        };
        let checkout = work.checkout();
        let authorization = Authorization {
            reference: work.payment.to_string(),
            key: work.row.idempotency_key.clone(),
            amount: work.amount,
            capture: work.row.capture_mode == "automatic",
            source,
            return_url: Some(self.engine.links().returned(checkout)),
        };
        let answer = crate::failpoint!("F5", processor.authorize(&authorization)).await;
        crate::failpoint!("F6");
        Ok(answer)
    }

    /// Writes the doubt down, and fails, so that the job runs again and asks.
    async fn stay_in_doubt(&self, unit: Unit) -> Result<Handled, Failure> {
        let why = unit.inputs[0].evidence["problem"].as_str().unwrap_or("no reason").to_owned();
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Err(Failure::passing(format!("the outcome is unknown: {why}")))
    }
}
