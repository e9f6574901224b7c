//! Putting aside for good what matches nothing, by hand.
//!
//! It stays readable until the janitor's time, and having it handled again takes the decision back.

use domain::id::{InboundWebhookId, ShopId};
use domain::permission::Action;
use serde_json::json;

use super::State;
use super::store::lists;
use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::reconciliation::actor::Actor;
use crate::reconciliation::mismatches::ReasonError;
use crate::reconciliation::mismatches::reason::check;
use crate::service::Engine;

/// Decides that a notification matches nothing and need not; `shop` as in [`super::Filter`].
///
/// `replays` is how often it had been handled again when the person looked, if they looked at a
/// page: whoever decides has seen what came of the last time.
///
/// # Errors
/// [`DiscardError`]; nothing was written then.
pub async fn discard(
    engine: &Engine,
    shop: Option<ShopId>,
    (id, replays): (InboundWebhookId, Option<i32>),
    reason: &str,
    by: &Actor,
) -> Result<(), DiscardError> {
    if !by.may(Action::DiscardWebhook) {
        return Err(DiscardError::NotAllowed);
    }
    let reason = check(reason)?;
    let mut tx = Tx::begin(engine.pool()).await?;
    let found = lists::lock(&mut tx, shop, id).await?.ok_or(DiscardError::NotFound)?;
    if replays.is_some_and(|shown| shown != found.replays) {
        return Err(DiscardError::Stale);
    }
    if found.state != State::Unmatched.as_str() || found.is_discarded {
        return Err(DiscardError::NotUnmatched);
    }
    lists::discard(&mut tx, id, by.name(), &reason).await?;
    let entry = Entry {
        shop: Some(found.shop),
        actor: by.name(),
        staff: by.staff(),
        action: "inbound_webhook.discarded",
        object_type: "inbound_webhook",
        object_id: &id.to_string(),
        detail: json!({ "problem": found.problem, "reason": reason }),
    };
    audit::record(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

/// Why a notification was not put aside.
#[derive(Debug, thiserror::Error)]
pub enum DiscardError {
    /// The person's role may not.
    #[error("not allowed to discard notifications")]
    NotAllowed,
    /// There is no such notification for this shop.
    #[error("no such notification")]
    NotFound,
    /// It does not wait for a person: it was matched, discarded, or never believed.
    #[error("the notification does not wait for anybody")]
    NotUnmatched,
    /// Somebody had it handled again meanwhile.
    #[error("the notification was replayed meanwhile")]
    Stale,
    /// The reason is not one.
    #[error(transparent)]
    Reason(#[from] ReasonError),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
