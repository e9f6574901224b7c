//! Claiming a mismatch: who works on it.

use domain::id::{MismatchId, ShopId};
use domain::matching::MismatchState;
use domain::permission::Action;
use serde_json::json;
use sqlx::PgPool;

use crate::db::{Fault, Tx};
use crate::reconciliation::actor::Person;
use crate::reconciliation::mismatches::state::{self, Stale, current};
use crate::reconciliation::mismatches::store;

/// Says that `by` works on the mismatch from now on, also if a colleague did before.
///
/// # Errors
/// [`ClaimError`]; nothing was written then.
pub async fn claim(
    pool: &PgPool,
    shop: ShopId,
    id: MismatchId,
    version: i32,
    by: &Person,
) -> Result<(), ClaimError> {
    if !by.role.may(Action::ResolveMismatch) {
        return Err(ClaimError::NotAllowed);
    }
    let mut tx = Tx::begin(pool).await?;
    let facts = current!(state::lock(&mut tx, shop, id, version).await?, ClaimError);
    match facts.state {
        MismatchState::Open | MismatchState::Claimed => {}
        MismatchState::Proposed | MismatchState::Resolved | MismatchState::Ignored => {
            return Err(ClaimError::NotOpen(facts.state));
        }
    }
    store::save(&mut tx, id, MismatchState::Claimed, Some(by.id)).await?;
    let detail = json!({ "before": facts.claimed_by });
    state::log_change(&mut tx, &facts, by, "mismatch.claimed", detail).await?;
    Ok(tx.commit().await?)
}

/// Why a mismatch was not claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The person's role may not.
    #[error("not allowed to work on mismatches")]
    NotAllowed,
    /// The shop has no such mismatch.
    #[error("no such mismatch")]
    NotFound,
    /// Somebody was faster.
    #[error(transparent)]
    Stale(Stale),
    /// It waits for approval, or is done.
    #[error("the mismatch is {}", .0.as_str())]
    NotOpen(MismatchState),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
