//! Resolving a mismatch: at once below the limit, otherwise as a proposal for a second person.

use domain::id::{AdjustmentId, MismatchId, PostingId, ShopId, kind};
use domain::matching::{MismatchState, Resolution, ResolutionError};
use domain::permission::Action;
use serde_json::json;
use sqlx::PgPool;

use crate::db::{Fault, Tx, new_id};
use crate::reconciliation::actor::Person;
use crate::reconciliation::mismatches::reason::{self, ReasonError};
use crate::reconciliation::mismatches::state::{self, Stale, current};
use crate::reconciliation::mismatches::store::NewAdjustment;
use crate::reconciliation::mismatches::{adjustment, needs_approval, store};

/// What somebody wants to do about a mismatch.
#[derive(Debug, Clone, Copy)]
pub struct Resolve<'a> {
    /// Whose mismatch it is.
    pub shop: ShopId,
    /// Which one.
    pub mismatch: MismatchId,
    /// The version that the person saw.
    pub version: i32,
    /// How.
    pub resolution: Resolution,
    /// Why.
    pub reason: &'a str,
    /// Who.
    pub by: &'a Person,
    /// From how much at stake on, in minor units, a second person has to approve; see
    /// [`crate::reconciliation::mismatches::APPROVAL_LIMIT_MINOR`].
    pub limit_minor: i64,
}

/// What became of a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// It is applied.
    Applied {
        /// What was posted, if anything had to be.
        posting: Option<PostingId>,
    },
    /// It waits for a second person.
    Proposed,
}

/// Resolves a mismatch, or proposes to; [`Resolution::Ignore`] leaves everything as it is.
///
/// # Errors
/// [`ResolveError`]; nothing was written then.
pub async fn resolve(pool: &PgPool, request: Resolve<'_>) -> Result<Resolved, ResolveError> {
    let Resolve { shop, mismatch: id, version, resolution, by, .. } = request;
    if !by.role.may(Action::ResolveMismatch) {
        return Err(ResolveError::NotAllowed);
    }
    let reason = reason::check(request.reason)?;
    let mut tx = Tx::begin(pool).await?;
    let facts = current!(state::lock(&mut tx, shop, id, version).await?, ResolveError);
    match facts.state {
        MismatchState::Open | MismatchState::Claimed => {}
        MismatchState::Proposed | MismatchState::Resolved | MismatchState::Ignored => {
            return Err(ResolveError::NotOpen(facts.state));
        }
    }
    let adjustment: AdjustmentId = new_id::<kind::Adjustment>(id.bucket());
    let posting = facts.difference()?.resolve(resolution, adjustment::cause(adjustment))?;
    let needs_checker = needs_approval(facts.at_stake, request.limit_minor);

    let (state, posting, action) = if needs_checker {
        (MismatchState::Proposed, None, "mismatch.proposed")
    } else {
        let posting = adjustment::post(&mut tx, &facts, posting.as_ref()).await?;
        let state = adjustment::end_state(resolution);
        (state, posting, if posting.is_some() { "mismatch.resolved" } else { "mismatch.ignored" })
    };
    let new = NewAdjustment { id: adjustment, resolution, reason: &reason, needs_checker, posting };
    store::insert_adjustment(&mut tx, &facts, &new, by.id).await?;
    store::save(&mut tx, id, state, facts.claimed_by).await?;
    let detail = json!({
        "adjustment": adjustment,
        "resolution": resolution,
        "reason": reason,
        "at_stake": facts.at_stake,
    });
    state::log_change(&mut tx, &facts, by, action, detail).await?;
    tx.commit().await?;
    Ok(if needs_checker { Resolved::Proposed } else { Resolved::Applied { posting } })
}

/// Why a mismatch was not resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
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
    /// The reason is not one.
    #[error(transparent)]
    Reason(#[from] ReasonError),
    /// The resolution does not fit the mismatch.
    #[error(transparent)]
    Resolution(#[from] ResolutionError),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
