//! The executor: carries one payment to its processor, exactly once.
//!
//! The attempt was recorded, and the payment set to executing, before this job existed. The first
//! run calls the processor at once. Every later run, after a crash, a lost answer or an outage,
//! first asks the processor what it knows: only then may anything be tried again.

use std::time::Duration;

use domain::id::{Bucket, JobId, PaymentId, ProcessorAccountId};
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use psp::{Answer, Authorization, Setback, Source as Funds};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::checkouts;
use crate::db::new_id;
use crate::payments::Source;
use crate::payments::commit::Unit;
use crate::payments::refresh::{Reading, Work};
use crate::payments::setback::put_off;
use crate::routing::{failover, in_time};
use crate::service::Engine;

/// The kind of job that carries a payment to its processor; its subject is the payment.
pub const EXECUTE: &str = "execute_payment";

/// What a job carries.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Load {
    /// Which authorisation is made. How often the job has run says how often it may have been
    /// called, so no other job may be about the same one.
    attempt: u16,
}

/// The job that carries `payment` to its processor, for the first time with its authorisation number
/// `attempt`: one job for each.
pub(crate) fn job(payment: PaymentId, attempt: u16) -> NewJob {
    let id: JobId = new_id(Bucket(payment.uuid().as_bytes()[15]));
    NewJob {
        job_id: id.uuid(),
        kind: EXECUTE,
        subject_id: payment.uuid(),
        payload: json!(Load { attempt }),
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
        let payment = PaymentId::from_uuid(job.subject_id);
        let work = Work::load(&self.engine, payment)
            .await?
            .ok_or_else(|| Failure::lasting("the payment has no attempt"))?;
        // What is left of an earlier attempt, whose outcome is known, has nothing to do any more.
        let load = serde_json::from_value::<Load>(job.payload.clone()).ok();
        if load.is_some_and(|load| load.attempt != work.asked().number) {
            return Ok(Handled::NowFinish);
        }
        let (reading, source) = if work.row.phase == "executing" {
            match self.carry(&work, &job).await? {
                Carried::Answered(reading) => (*reading, Source::Worker),
                Carried::PassedOn(unit) => return self.pass_on(*unit, job).await,
            }
        } else if work.is_open() {
            // Never tried again: only asked about.
            match work.inquire(&self.engine).await? {
                Some(reading) => (reading, Source::Poll),
                None => return Ok(Handled::NowFinish),
            }
        } else {
            return Ok(Handled::NowFinish);
        };
        if let Some(unit) = failover::after_decline(&self.engine, &work, &reading).await? {
            return self.pass_on(unit, job).await;
        }
        let in_doubt = reading.attempt_state == "unknown";
        let waits = reading.leaves_waiting();
        let mut unit = reading.unit(&work, source);
        if in_doubt {
            return self.stay_in_doubt(unit).await;
        }
        if waits && work.row.registration_token.is_none() {
            // A checkout that was never shown has no expiry of its own yet.
            let later = checkouts::expire::look_later(&self.engine, work.checkout()).await;
            unit.enqueue.extend(later.map_err(Failure::passing)?);
        }
        unit.finish = Some(job);
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }
}

/// What became of carrying a payment.
enum Carried {
    /// The processor said how it stands.
    Answered(Box<Reading>),
    /// Nothing happened there, and it goes on elsewhere.
    PassedOn(Box<Unit>),
}

impl Executor {
    async fn carry(&self, work: &Work, job: &Claimed) -> Result<Carried, Failure> {
        let is_clear = failover::nothing_is_under_way(work, job.attempt);
        if is_clear {
            if in_time::is_over(&self.engine, work).await? {
                return Ok(Carried::PassedOn(Box::new(in_time::give_up(work))));
            }
            if let Some(setback) = failover::held_back(&self.engine, work).await? {
                return self.set_back((work, job), setback, false).await;
            }
            failover::reopen(&self.engine, work, job).await?;
        } else if let Some(known) = work.inquire(&self.engine).await? {
            return Ok(Carried::Answered(Box::new(known)));
        }
        match self.authorize(work).await? {
            Answer::Retryable(setback) if is_clear => {
                self.set_back((work, job), setback, true).await
            }
            // What was called before may still come to an end there, and there alone.
            Answer::Retryable(setback) => Err(put_off(setback)),
            answer => Reading::of_answer(answer, work.asked())
                .map(|reading| Carried::Answered(Box::new(reading)))
                .ok_or_else(|| Failure::passing("nothing happened")),
        }
    }

    async fn set_back(
        &self,
        carried: (&Work, &Claimed),
        setback: Setback,
        was_called: bool,
    ) -> Result<Carried, Failure> {
        let unit = failover::after_setback(&self.engine, carried, setback, was_called).await?;
        Ok(Carried::PassedOn(Box::new(unit)))
    }

    /// Ends this job with what lets another attempt follow.
    async fn pass_on(&self, mut unit: Unit, job: Claimed) -> Result<Handled, Failure> {
        unit.finish = Some(job);
        let sent = unit.clone();
        let answers = self.engine.committer().commit(sent).await.map_err(Failure::passing)?;
        if unit.goes_on(&answers) {
            Ok(Handled::InItsTransaction)
        } else {
            Err(Failure::passing("what became known meanwhile stands against another attempt"))
        }
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
        let answer = crate::failpoint!("F5 authorize", processor.authorize(&authorization)).await;
        crate::failpoint!("F6 authorize");
        Ok(answer)
    }

    /// Writes the doubt down, and fails, so that the job runs again and asks.
    async fn stay_in_doubt(&self, unit: Unit) -> Result<Handled, Failure> {
        let why = unit.inputs[0].evidence["problem"].as_str().unwrap_or("no reason").to_owned();
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Err(Failure::passing(format!("the outcome is unknown: {why}")))
    }
}
