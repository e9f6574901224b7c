//! Giving a checkout up when its time is over.

use std::time::Duration;

use domain::event::{Command, Event};
use domain::id::CheckoutId;
use domain::payment::Phase;
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use serde_json::json;

use crate::checkouts::{self, CheckoutRecord, store};
use crate::db::Fault;
use crate::payments::commit::Unit;
use crate::payments::refresh::Work;
use crate::payments::{Details, Input, Source};
use crate::service::Engine;

/// How long to wait for the outcome of what is under way when time is over.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Does the work of [`checkouts::EXPIRE`] jobs.
#[derive(Debug, Clone)]
pub struct Expirer {
    /// The engine it works with.
    pub engine: Engine,
}

impl Handler for Expirer {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let id = CheckoutId::from_uuid(job.subject_id);
        let found = checkouts::find_any(self.engine.pool(), id).await.map_err(Failure::passing)?;
        let Some(checkout) = found else { return Ok(Handled::NowFinish) };
        let mut unit = self.ask(&checkout).await?;
        if checkout.is_overdue {
            store::expire_registrations(self.engine.pool(), id).await.map_err(Failure::passing)?;
            // What is paid, ended or in doubt refuses to expire, and stays as it is for now.
            unit.inputs.extend(checkout.payments.iter().map(|payment| Input {
                payment: payment.id,
                event: Event::Command(Command::Expire),
                source: Source::Clock,
                evidence: json!({ "expires_at": checkout.expires_at.to_string() }),
                details: Details::default(),
            }));
        }
        if is_under_way(&checkout) {
            let later = look_later(&self.engine, id).await.map_err(Failure::passing)?;
            unit.enqueue.extend(later);
        }
        unit.finish = Some(job);
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }
}

impl Expirer {
    /// What the processor says of payments that wait: a notification may have been lost.
    async fn ask(&self, checkout: &CheckoutRecord) -> Result<Unit, Failure> {
        let mut unit = Unit::default();
        for payment in &checkout.payments {
            let Some(work) = Work::load(&self.engine, payment.id).await? else { continue };
            if !work.is_open() {
                continue;
            }
            if let Some(reading) = work.inquire(&self.engine).await? {
                let told = reading.unit(&work, Source::Poll);
                unit.inputs.extend(told.inputs);
                unit.attempts.extend(told.attempts);
            }
        }
        Ok(unit)
    }
}

/// Whether the outcome of a payment is still to come: if it is not paid then, it has to expire.
fn is_under_way(checkout: &CheckoutRecord) -> bool {
    checkout.payments.iter().any(|payment| {
        let state = &payment.state;
        state.in_doubt
            || matches!(
                state.phase,
                Phase::Executing | Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds
            )
    })
}

/// The job that asks about a checkout later, and again until it has come to an end; none if one
/// waits already.
pub(crate) async fn look_later(
    engine: &Engine,
    checkout: CheckoutId,
) -> Result<Option<NewJob>, Fault> {
    if store::is_waiting(engine.pool(), checkouts::EXPIRE, checkout).await? {
        return Ok(None);
    }
    Ok(Some(NewJob { delay: LOOK_AGAIN, ..checkouts::job(checkouts::EXPIRE, checkout) }))
}
