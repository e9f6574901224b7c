//! Approving and rejecting: the second pair of eyes on a proposed resolution.

use domain::id::{MismatchId, PostingId, ShopId};
use domain::matching::{MismatchState, ResolutionError};
use domain::permission::Action;
use serde_json::json;
use sqlx::PgPool;

use crate::db::{Fault, Tx};
use crate::reconciliation::actor::Person;
use crate::reconciliation::mismatches::adjustment;
use crate::reconciliation::mismatches::reason::{self, ReasonError};
use crate::reconciliation::mismatches::state::{self, Stale, current};
use crate::reconciliation::mismatches::store::{self, Facts, Live};

/// Approves what a colleague proposed: it is posted now. Returns the posting, if one was needed.
///
/// # Errors
/// [`DecideError`]; nothing was written then.
pub async fn approve(
    pool: &PgPool,
    shop: ShopId,
    id: MismatchId,
    version: i32,
    by: &Person,
) -> Result<Option<PostingId>, DecideError> {
    let mut tx = Tx::begin(pool).await?;
    let (facts, proposal) = proposed(&mut tx, (shop, id, version), by).await?;
    let resolution = proposal.resolution.ok_or(DecideError::NothingProposed)?;
    let posting = facts.difference()?.resolve(resolution, adjustment::cause(proposal.id))?;
    let posting = adjustment::post(&mut tx, &facts, posting.as_ref()).await?;
    store::approve(&mut tx, proposal.id, by.id, posting).await?;
    store::save(&mut tx, id, adjustment::end_state(resolution), facts.claimed_by).await?;
    let detail = json!({ "adjustment": proposal.id, "resolution": resolution });
    state::log_change(&mut tx, &facts, by, "mismatch.approved", detail).await?;
    tx.commit().await?;
    Ok(posting)
}

/// Rejects what a colleague proposed: the mismatch is open again, or still claimed.
///
/// # Errors
/// [`DecideError`]; nothing was written then.
pub async fn reject(
    pool: &PgPool,
    shop: ShopId,
    id: MismatchId,
    version: i32,
    (by, reason): (&Person, &str),
) -> Result<(), DecideError> {
    let reason = reason::check(reason)?;
    let mut tx = Tx::begin(pool).await?;
    let (facts, proposal) = proposed(&mut tx, (shop, id, version), by).await?;
    store::reject(&mut tx, proposal.id, by.id).await?;
    let state = match facts.claimed_by {
        Some(_) => MismatchState::Claimed,
        None => MismatchState::Open,
    };
    store::save(&mut tx, id, state, facts.claimed_by).await?;
    let detail = json!({ "adjustment": proposal.id, "reason": reason });
    state::log_change(&mut tx, &facts, by, "mismatch.rejected", detail).await?;
    Ok(tx.commit().await?)
}

/// Locks the mismatch, and checks that there is a proposal that `by` may decide on.
async fn proposed(
    tx: &mut Tx,
    (shop, id, version): (ShopId, MismatchId, i32),
    by: &Person,
) -> Result<(Facts, Live), DecideError> {
    if !by.role.may(Action::ApproveAdjustment) {
        return Err(DecideError::NotAllowed);
    }
    let facts = current!(state::lock(tx, shop, id, version).await?, DecideError);
    let live = store::live_adjustment(tx, id).await?;
    let proposal = live
        .filter(|_| facts.state == MismatchState::Proposed)
        .ok_or(DecideError::NothingProposed)?;
    if proposal.maker == Some(by.id) {
        return Err(DecideError::OwnProposal);
    }
    Ok((facts, proposal))
}

/// Why a proposal was neither approved nor rejected.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The person's role may not.
    #[error("not allowed to approve resolutions")]
    NotAllowed,
    /// The shop has no such mismatch.
    #[error("no such mismatch")]
    NotFound,
    /// Somebody was faster.
    #[error(transparent)]
    Stale(Stale),
    /// Nothing waits for a decision.
    #[error("no resolution waits for approval")]
    NothingProposed,
    /// The person proposed it.
    #[error("who proposed a resolution cannot decide on it")]
    OwnProposal,
    /// The reason is not one.
    #[error(transparent)]
    Reason(#[from] ReasonError),
    /// The resolution does not fit the mismatch any more.
    #[error(transparent)]
    Resolution(#[from] ResolutionError),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
