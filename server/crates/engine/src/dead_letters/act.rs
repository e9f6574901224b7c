//! What people decide about dead letters.

use domain::id::{AuditId, JobId, ShopId};
use domain::permission::Action;
use serde_json::json;

use super::open;
use super::store::{self, Chosen};
use crate::db::{Fault, Tx, new_plain_id};
use crate::reconciliation::actor::Actor;
use crate::reconciliation::mismatches::ReasonError;
use crate::reconciliation::mismatches::reason::check;
use crate::service::Engine;
use crate::workers;

/// How many dead letters one transaction gives back to the queue, at most.
const BATCH: i64 = 500;

/// Has a dead letter tried again, with its history and with all tries of its kind before it.
///
/// # Errors
/// [`ActError`]; nothing was written then.
pub async fn retry(
    engine: &Engine,
    shop: Option<ShopId>,
    id: JobId,
    by: &Actor,
) -> Result<(), ActError> {
    allowed(by)?;
    let mut tx = Tx::begin(engine.pool()).await?;
    let chosen = store::lock(&mut tx, shop, id).await?.ok_or(ActError::NotFound)?;
    if chosen.is_discarded {
        return Err(ActError::Discarded);
    }
    let kind = chosen.kind.clone();
    give_back(&mut tx, &[chosen], by).await?;
    tx.commit().await?;
    hint(engine, &kind);
    Ok(())
}

/// Has all dead letters tried again that are like this one: of its kind, with an error of its class,
/// and dead by now: what dies again meanwhile waits for another decision. Returns how many.
///
/// # Errors
/// [`ActError`]; those that were given back until then are.
pub async fn retry_like(
    engine: &Engine,
    shop: Option<ShopId>,
    id: JobId,
    by: &Actor,
) -> Result<u64, ActError> {
    allowed(by)?;
    let found = super::find(engine.pool(), shop, id).await?.ok_or(ActError::NotFound)?;
    let (kind, class) = (found.letter.kind, found.letter.error_class);
    let by_now = store::now(engine.pool()).await?;
    let mut given_back = 0;
    loop {
        let mut tx = Tx::begin(engine.pool()).await?;
        let chosen = store::lock_like(&mut tx, shop, (&kind, &class, by_now), BATCH).await?;
        if chosen.is_empty() {
            return Ok(given_back);
        }
        give_back(&mut tx, &chosen, by).await?;
        tx.commit().await?;
        given_back += chosen.len() as u64;
        hint(engine, &kind);
    }
}

/// Decides that a dead letter is never tried again. Work that a payment still waits for cannot be
/// discarded: it would stay in doubt, or reserved, for ever.
///
/// # Errors
/// [`ActError`]; nothing was written then.
pub async fn discard(
    engine: &Engine,
    shop: Option<ShopId>,
    id: JobId,
    reason: &str,
    by: &Actor,
) -> Result<(), ActError> {
    allowed(by)?;
    let reason = check(reason)?;
    let mut tx = Tx::begin(engine.pool()).await?;
    let chosen = store::lock(&mut tx, shop, id).await?.ok_or(ActError::NotFound)?;
    if chosen.is_discarded {
        return Err(ActError::Discarded);
    }
    let found = super::find(engine.pool(), shop, id).await?.ok_or(ActError::NotFound)?;
    let subject = found.letter.subject;
    if open::is_waited_for(&mut tx, &chosen.kind, subject, &found.payload).await? {
        return Err(ActError::WaitedFor);
    }
    store::discard(&mut tx, &chosen, by.name(), &reason).await?;
    log(&mut tx, &[chosen], by, ("dead_letter.discarded", Some(&reason))).await?;
    Ok(tx.commit().await?)
}

/// Why nothing was done about a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// There is no such dead letter; it may have been given back to the queue meanwhile.
    #[error("there is no such dead letter")]
    NotFound,
    /// The role does not allow it.
    #[error("the role does not allow it")]
    NotAllowed,
    /// Somebody has discarded it.
    #[error("the dead letter was discarded")]
    Discarded,
    /// A payment waits for its outcome.
    #[error(
        "the payment waits for the outcome of this work, and nothing else would find it out: have          it tried again, which asks the processor first"
    )]
    WaitedFor,
    /// The reason is not one.
    #[error(transparent)]
    Reason(#[from] ReasonError),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

fn allowed(by: &Actor) -> Result<(), ActError> {
    if by.may(Action::HandleDeadLetter) { Ok(()) } else { Err(ActError::NotAllowed) }
}

async fn give_back(tx: &mut Tx, chosen: &[Chosen], by: &Actor) -> Result<(), Fault> {
    store::give_back(tx, chosen).await?;
    log(tx, chosen, by, ("dead_letter.retried", None)).await
}

/// One line of the audit log for each, with what it had come to.
async fn log(
    tx: &mut Tx,
    chosen: &[Chosen],
    by: &Actor,
    (action, reason): (&str, Option<&str>),
) -> Result<(), Fault> {
    let ids: Vec<AuditId> = chosen.iter().map(|_| new_plain_id()).collect();
    let details: Vec<_> = chosen
        .iter()
        .map(|one| {
            json!({
                "kind": one.kind,
                "attempts": one.attempts,
                "error": one.last_error,
                "reason": reason,
            })
        })
        .collect();
    store::log(tx, &ids, chosen, (by.name(), by.staff()), action, &details).await
}

/// Wakes the lane of `kind`.
fn hint(engine: &Engine, kind: &str) {
    if let Some(known) = workers::KINDS.iter().find(|known| known.kind == kind) {
        engine.waker().hint(known.kind);
    }
}
