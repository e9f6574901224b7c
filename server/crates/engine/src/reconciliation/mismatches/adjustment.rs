//! Applying a resolution: its posting, and the state that the mismatch ends in.

use domain::id::{AdjustmentId, PostingId};
use domain::matching::{Difference, MismatchState, Resolution};
use domain::money::MoneyError;
use domain::posting::{Entry, Posting};

use crate::db::{Fault, Tx};
use crate::ledger;
use crate::reconciliation::mismatches::store::Facts;

/// The fact behind the posting of an adjustment.
pub(super) fn cause(adjustment: AdjustmentId) -> String {
    format!("adjusted/{adjustment}")
}

/// Where a mismatch stands once `resolution` is applied.
pub(super) fn end_state(resolution: Resolution) -> MismatchState {
    match resolution {
        Resolution::Ignore => MismatchState::Ignored,
        Resolution::WriteOff
        | Resolution::AcceptFee
        | Resolution::ChargeSeller
        | Resolution::ClaimFromProcessor => MismatchState::Resolved,
    }
}

/// Posts what a resolution books.
pub(super) async fn post(
    tx: &mut Tx,
    facts: &Facts,
    posting: Option<&Posting>,
) -> Result<Option<PostingId>, Fault> {
    let Some(posting) = posting else { return Ok(None) };
    let id = facts.id;
    Ok(Some(ledger::post(tx, facts.shop, id.bucket(), id.uuid(), posting).await?))
}

/// The posting that takes `adjustment` back.
pub(super) fn reverse(
    difference: &Difference,
    resolution: Resolution,
    adjustment: AdjustmentId,
) -> Result<Option<Posting>, Fault> {
    let broken = |error: String| Fault::Broken(format!("undoing {adjustment}: {error}"));
    let posted = difference
        .resolve(resolution, cause(adjustment))
        .map_err(|error| broken(error.to_string()))?;
    let Some(posted) = posted else { return Ok(None) };
    let entries = (posted.entries().iter())
        .map(|entry| Ok(Entry { account: entry.account, amount: entry.amount.checked_neg()? }))
        .collect::<Result<Vec<_>, MoneyError>>()
        .map_err(|error| broken(error.to_string()))?;
    Posting::new(format!("undone/{adjustment}"), entries)
        .map(Some)
        .map_err(|error| broken(error.to_string()))
}
