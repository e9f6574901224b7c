//! Having a notification handled again, by hand.
//!
//! That is always harmless: handling asks the processor, or the pay-out provider, for the truth. It
//! helps where a notification came before what it speaks of was known here, or where work on it
//! failed for good.

use domain::id::{InboundWebhookId, PayoutAccountId, ShopId};
use domain::permission::Action;
use jobs::NewJob;
use psp::TransferNotification;
use serde_json::json;

use super::store::lists;
use super::{HANDLE_WEBHOOK, State, handle_job};
use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::payouts::inquire::INQUIRE_PAYOUT;
use crate::payouts::notices;
use crate::payouts::providers::Way;
use crate::processors::ProcessorError;
use crate::reconciliation::actor::Actor;
use crate::service::Engine;

/// Has a notification of the shop handled again; one that matched nothing is matched again.
///
/// `replays` is how often that had been done when the person looked, so that a form that is sent
/// twice acts once.
///
/// # Errors
/// [`ReplayError`]; nothing was written then.
pub async fn replay(
    engine: &Engine,
    shop: ShopId,
    (id, replays): (InboundWebhookId, i32),
    by: &Actor,
) -> Result<(), ReplayError> {
    again(engine, Some(shop), id, Some(replays), by).await
}

/// As [`replay`], for whoever may use the command line: of any shop, however often.
///
/// # Errors
/// [`ReplayError`]; nothing was written then.
pub async fn replay_any(
    engine: &Engine,
    id: InboundWebhookId,
    by: &Actor,
) -> Result<(), ReplayError> {
    again(engine, None, id, None, by).await
}

async fn again(
    engine: &Engine,
    shop: Option<ShopId>,
    id: InboundWebhookId,
    replays: Option<i32>,
    by: &Actor,
) -> Result<(), ReplayError> {
    if !by.may(Action::ReplayWebhook) {
        return Err(ReplayError::NotAllowed);
    }
    let again = again_of(engine, id).await?;
    let mut tx = Tx::begin(engine.pool()).await?;
    let found = lists::lock(&mut tx, shop, id).await?.ok_or(ReplayError::NotFound)?;
    let again = again.filter(|_| found.state != State::Refused.as_str());
    let again = again.ok_or(ReplayError::Refused)?;
    if replays.is_some_and(|shown| shown != found.replays) {
        return Err(ReplayError::Stale);
    }
    let lane = match again {
        Again::Handle(job) => {
            lists::store_again(&mut tx, id).await?;
            jobs::enqueue(tx.conn(), &[*job]).await.map_err(Fault::from)?;
            HANDLE_WEBHOOK
        }
        Again::Payout(account, read) => {
            notices::again(&mut tx, id, account, read.as_ref()).await?;
            INQUIRE_PAYOUT
        }
    };
    let entry = Entry {
        shop: Some(found.shop),
        actor: by.name(),
        staff: by.staff(),
        action: "inbound_webhook.replayed",
        object_type: "inbound_webhook",
        object_id: &id.to_string(),
        detail: json!({ "before": found.state }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    engine.waker().hint(lane);
    Ok(())
}

/// What is done with a stored notification once more.
enum Again {
    /// It is handled by a job of its own.
    Handle(Box<NewJob>),
    /// It is matched again, and the provider of its account is asked.
    Payout(PayoutAccountId, Option<TransferNotification>),
}

/// What is done with it; `None` if it was refused.
async fn again_of(engine: &Engine, id: InboundWebhookId) -> Result<Option<Again>, Fault> {
    let Some((account, body)) = super::notice(engine.pool(), id).await? else {
        let job = job_again(engine, id).await?;
        return Ok(job.map(|job| Again::Handle(Box::new(job))));
    };
    let way = engine.payout_providers().find(engine.pool(), account).await;
    let read = match way.map_err(|error| Fault::Broken(error.to_string()))? {
        Way::Provider(provider) => provider.read_notification(&body),
        Way::BankFiles(_) => None,
    };
    Ok(Some(Again::Payout(account, read)))
}

/// The job that handles a stored notification once more; `None` if it was refused. What could not
/// be read when it arrived may be read by now.
async fn job_again(engine: &Engine, id: InboundWebhookId) -> Result<Option<NewJob>, Fault> {
    let Some(stored) = engine.reads().notification(id).await? else { return Ok(None) };
    let processor = engine.processor(stored.account).await.map_err(|error| match error {
        ProcessorError::Fault(fault) => fault,
        error @ (ProcessorError::Unknown | ProcessorError::NoAdapter(_)) => {
            Fault::Broken(error.to_string())
        }
    })?;
    let read = processor.read_notification(&stored.body);
    Ok(Some(handle_job(id, stored.account, read.as_ref())))
}

/// Why a notification was not handled again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The person's role may not.
    #[error("not allowed to replay notifications")]
    NotAllowed,
    /// There is no such notification for this shop.
    #[error("no such notification")]
    NotFound,
    /// It was never believed, and is not now.
    #[error("the notification was refused")]
    Refused,
    /// Somebody was faster.
    #[error("the notification was replayed meanwhile")]
    Stale,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
