//! Giving a checkout up when its time is over.

use domain::event::{Command, Event};
use domain::id::CheckoutId;
use jobs::{Claimed, Failure, Handled, Handler};
use serde_json::json;

use crate::checkouts;
use crate::payments::commit::Unit;
use crate::payments::{Details, Input, Source};
use crate::service::Engine;

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
        // What is paid, ended or in doubt refuses to expire, and stays as it is.
        let inputs = checkout.payments.iter().map(|payment| Input {
            payment: payment.id,
            event: Event::Command(Command::Expire),
            source: Source::Clock,
            evidence: json!({ "expires_at": checkout.expires_at.to_string() }),
            details: Details::default(),
        });
        let unit = Unit { inputs: inputs.collect(), finish: Some(job), ..Unit::default() };
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }
}
