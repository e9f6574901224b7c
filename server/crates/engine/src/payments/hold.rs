//! Holds that lapse: when a processor's time is over, it is asked whether the money is still held.

use std::time::Duration;

use domain::id::{Bucket, JobId, PaymentId};
use domain::payment::Phase;
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use serde_json::Value;
use time::OffsetDateTime;

use crate::db::new_id;
use crate::payments::row::Row;
use crate::payments::{Source, refresh};
use crate::service::Engine;

/// The kind of job that asks about a hold when its time is over; its subject is the payment.
pub const HOLD_EXPIRY: &str = "hold_expiry";

/// How long to wait before asking again about a hold that outlives its time.
const LOOK_AGAIN: Duration = Duration::from_mins(10);

/// The job that looks after the hold of `row`, which was in `from_phase` before, if it is new and
/// the processor has said until when it lasts.
pub(crate) fn look_when_it_lapses(row: &Row, from_phase: &str) -> Option<NewJob> {
    let held = Phase::Authorized.as_str();
    if row.phase != held || from_phase == held {
        return None;
    }
    Some(job(PaymentId::from_uuid(row.payment_id), row.hold_expires_at?))
}

fn job(payment: PaymentId, expires_at: OffsetDateTime) -> NewJob {
    let id: JobId = new_id(Bucket(payment.uuid().as_bytes()[15]));
    let left = Duration::try_from(expires_at - OffsetDateTime::now_utc()).unwrap_or_default();
    NewJob {
        job_id: id.uuid(),
        kind: HOLD_EXPIRY,
        subject_id: payment.uuid(),
        payload: Value::Null,
        ordering_key: Some(payment.uuid()),
        delay: if left.is_zero() { LOOK_AGAIN } else { left },
    }
}

/// Does the work of [`HOLD_EXPIRY`] jobs.
#[derive(Debug, Clone)]
pub struct HoldKeeper {
    /// The engine it works with.
    pub engine: Engine,
}

impl Handler for HoldKeeper {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let payment = PaymentId::from_uuid(job.subject_id);
        let known = self.engine.reads().payment(payment).await.map_err(Failure::passing)?;
        let Some(row) = known.filter(|row| row.phase == Phase::Authorized.as_str()) else {
            return Ok(Handled::NowFinish);
        };
        let told = refresh::ask(&self.engine, payment, Source::Poll).await?;
        let mut unit = told.unwrap_or_default();
        let lasts_until = unit.inputs.iter().find_map(|input| input.details.hold_expires_at);
        // Asked once more in any case: whether it lapsed is decided with the payment locked.
        let again = lasts_until.or(row.hold_expires_at).unwrap_or_else(OffsetDateTime::now_utc);
        unit.enqueue.push(self::job(payment, again));
        unit.finish = Some(job);
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }
}
