//! Reopening a mismatch: what its resolution booked is taken back by a posting of its own.

use domain::id::{MismatchId, ShopId};
use domain::matching::MismatchState;
use domain::permission::Action;
use serde_json::json;
use sqlx::PgPool;

use crate::db::{Fault, Tx};
use crate::reconciliation::actor::Person;
use crate::reconciliation::mismatches::reason::{self, ReasonError};
use crate::reconciliation::mismatches::state::{self, Stale, current};
use crate::reconciliation::mismatches::{adjustment, store};

/// Opens a resolved or ignored mismatch again.
///
/// What two people resolved is reopened by somebody who may approve.
///
/// # Errors
/// [`ReopenError`]; nothing was written then.
pub async fn reopen(
    pool: &PgPool,
    shop: ShopId,
    id: MismatchId,
    version: i32,
    (by, reason): (&Person, &str),
) -> Result<(), ReopenError> {
    if !by.role.may(Action::ResolveMismatch) {
        return Err(ReopenError::NotAllowed);
    }
    let reason = reason::check(reason)?;
    let mut tx = Tx::begin(pool).await?;
    let facts = current!(state::lock(&mut tx, shop, id, version).await?, ReopenError);
    match facts.state {
        MismatchState::Resolved | MismatchState::Ignored => {}
        MismatchState::Open | MismatchState::Claimed | MismatchState::Proposed => {
            return Err(ReopenError::NotClosed(facts.state));
        }
    }
    let applied = store::live_adjustment(&mut tx, id).await?.ok_or(ReopenError::ByProcedure)?;
    let resolution = applied.resolution.ok_or(ReopenError::ByProcedure)?;
    if applied.needs_checker && !by.role.may(Action::ApproveAdjustment) {
        return Err(ReopenError::NotAllowed);
    }
    let undo = match applied.posting {
        Some(_) => adjustment::reverse(&facts.difference()?, resolution, applied.id)?,
        None => None,
    };
    let undo = adjustment::post(&mut tx, &facts, undo.as_ref()).await?;
    store::undo(&mut tx, applied.id, undo).await?;
    store::save(&mut tx, id, MismatchState::Open, None).await?;
    let detail = json!({ "adjustment": applied.id, "reason": reason });
    state::log_change(&mut tx, &facts, by, "mismatch.reopened", detail).await?;
    Ok(tx.commit().await?)
}

/// Why a mismatch was not reopened.
#[derive(Debug, thiserror::Error)]
pub enum ReopenError {
    /// The person's role may not.
    #[error("not allowed to reopen this mismatch")]
    NotAllowed,
    /// The shop has no such mismatch.
    #[error("no such mismatch")]
    NotFound,
    /// Somebody was faster.
    #[error(transparent)]
    Stale(Stale),
    /// It is not done.
    #[error("the mismatch is {}", .0.as_str())]
    NotClosed(MismatchState),
    /// A procedure fixed it, which cannot be taken back here.
    #[error("a procedure has fixed the mismatch")]
    ByProcedure,
    /// The reason is not one.
    #[error(transparent)]
    Reason(#[from] ReasonError),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
