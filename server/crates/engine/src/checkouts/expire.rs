//! Giving a checkout up when its time is over.

use std::time::Duration;

use domain::event::{Command, Event};
use domain::id::CheckoutId;
use domain::payment::Phase;
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use serde_json::json;

use crate::checkouts::{self, CheckoutRecord};
use crate::payments::commit::Unit;
use crate::payments::{Details, Input, Source};
use crate::service::Engine;

/// How long to wait for the outcome of what is under way when time is over.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

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
        // What is paid, ended or in doubt refuses to expire, and stays as it is for now.
        let inputs = checkout.payments.iter().map(|payment| Input {
            payment: payment.id,
            event: Event::Command(Command::Expire),
            source: Source::Clock,
            evidence: json!({ "expires_at": checkout.expires_at.to_string() }),
            details: Details::default(),
        });
        let enqueue = if is_under_way(&checkout) { vec![again(id)] } else { Vec::new() };
        let unit = Unit { inputs: inputs.collect(), enqueue, finish: Some(job), ..Unit::default() };
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
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

fn again(checkout: CheckoutId) -> NewJob {
    NewJob { delay: LOOK_AGAIN, ..checkouts::job(checkouts::EXPIRE, checkout) }
}
