//! Mismatches: the queue, one of them with both sides, and what people do about them.

mod adjustment;
pub mod claim;
pub mod decide;
pub(super) mod opening;
pub(crate) mod reason;
pub mod reopen;
pub mod resolve;
mod state;
mod store;

use domain::id::{
    AdjustmentId, Id, MismatchId, PaymentId, PostingId, ProcessorAccountId, SettlementFileId,
    ShopId,
};
use domain::matching::{MismatchClass, MismatchKind, MismatchState, Resolution, ResolutionError};
use domain::money::Money;
use domain::posting::Posting;
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::Fault;
use crate::payments::{self, PaymentRecord};
use crate::reconciliation::reports::LineRecord;
pub use reason::ReasonError;
pub use state::Stale;

/// From how much at stake on, in minor units, a second person has to approve a resolution.
pub const APPROVAL_LIMIT_MINOR: i64 = 5_000;

/// What a list is narrowed to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only this class.
    pub class: Option<MismatchClass>,
    /// Only this kind.
    pub kind: Option<MismatchKind>,
    /// Only this state. Without one, those that wait for somebody; of a file, all.
    pub state: Option<MismatchState>,
    /// Only those that this file opened.
    pub file: Option<SettlementFileId>,
    /// Only those of this payment, in any state.
    pub payment: Option<PaymentId>,
}

/// The mismatches that a filter leaves, the largest amount at stake first.
#[derive(Debug, Clone)]
pub struct Queue {
    /// As many as were asked for at most.
    pub rows: Vec<Mismatch>,
    /// How many there are in all.
    pub total: u64,
}

/// One mismatch.
#[derive(Debug, Clone)]
pub struct Mismatch {
    /// Its id.
    pub id: MismatchId,
    /// What differs.
    pub kind: MismatchKind,
    /// Who fixes it.
    pub class: MismatchClass,
    /// Where it stands.
    pub state: MismatchState,
    /// What it is about: the shop's reference, or the processor's, or the file's name.
    pub subject: String,
    /// How much it is about, never below zero.
    pub at_stake: Money,
    /// Our books' figure, if they have one.
    pub ours: Option<Money>,
    /// The file's figure, if it has one.
    pub theirs: Option<Money>,
    /// What stands on suspense, or is left on the receivable, because of it: debit positive.
    pub held: Money,
    /// What was found, in one sentence for staff.
    pub detail: String,
    /// The payment it is about, if there is one.
    pub payment: Option<PaymentId>,
    /// The processor account, and its name.
    pub account: (ProcessorAccountId, String),
    /// The file that it was found in, and its name.
    pub file: Option<(SettlementFileId, String)>,
    /// Where in the file, if a line is concerned.
    pub line: Option<i32>,
    /// Who works on it, by name.
    pub claimed_by: Option<String>,
    /// How many changes it has seen.
    pub version: i32,
    /// When it was found.
    pub created_at: OffsetDateTime,
    /// When it was changed last.
    pub updated_at: OffsetDateTime,
}

/// One mismatch with both sides, and what was done about it.
#[derive(Debug, Clone)]
pub struct Details {
    /// The mismatch itself.
    pub mismatch: Mismatch,
    /// Our side: the payment as it is now.
    pub ours: Option<PaymentRecord>,
    /// Their side: the line.
    pub theirs: Option<LineRecord>,
    /// What was proposed or done, oldest first.
    pub adjustments: Vec<Adjustment>,
    /// What happened to it, oldest first.
    pub history: Vec<HistoryRow>,
}

/// One resolution that was proposed or carried out.
#[derive(Debug, Clone)]
pub struct Adjustment {
    /// Its id.
    pub id: AdjustmentId,
    /// How: the word of a [`Resolution`], or the name of a procedure.
    pub resolution: String,
    /// Why.
    pub reason: String,
    /// How much it is about.
    pub amount: Money,
    /// `proposed`, `applied`, `rejected` or `undone`.
    pub state: String,
    /// The procedure that did it, if no person.
    pub procedure: Option<String>,
    /// Who made it, by name.
    pub maker: Option<String>,
    /// Who decided on it, by name.
    pub checker: Option<String>,
    /// What it posted.
    pub posting: Option<PostingId>,
    /// What took it back.
    pub undo_posting: Option<PostingId>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was decided on.
    pub decided_at: Option<OffsetDateTime>,
}

/// One thing that happened to a mismatch.
#[derive(Debug, Clone)]
pub struct HistoryRow {
    /// When.
    pub at: OffsetDateTime,
    /// Who: a person's name, or `Paydesk`.
    pub actor: String,
    /// What, such as `mismatch.claimed`.
    pub action: String,
    /// What else there is to know; `reason` holds the reason, if one was given.
    pub detail: Value,
}

/// How much waits in one class and state, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Who fixes them.
    pub class: MismatchClass,
    /// Where they stand.
    pub state: MismatchState,
    /// How many.
    pub count: u64,
    /// How much they are about.
    pub at_stake: Money,
}

/// The shop's mismatches that `filter` leaves; at most `limit` of them are read.
///
/// # Errors
/// [`Fault`].
pub async fn queue(
    pool: &PgPool,
    shop: ShopId,
    filter: Filter,
    limit: u32,
) -> Result<Queue, Fault> {
    store::list(pool, shop, (None, filter), limit).await
}

/// One mismatch of the shop, with both sides and its history.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, shop: ShopId, id: MismatchId) -> Result<Option<Details>, Fault> {
    let filter = Filter::default();
    let found = store::list(pool, shop, (Some(id), filter), 1).await?.rows.pop();
    let Some(mismatch) = found else { return Ok(None) };
    let ours = match mismatch.payment {
        Some(payment) => payments::find(pool, shop, payment).await?,
        None => None,
    };
    Ok(Some(Details {
        ours,
        theirs: crate::reconciliation::reports::line_of(pool, shop, id).await?,
        adjustments: store::adjustments(pool, id).await?,
        history: store::history(pool, shop, id).await?,
        mismatch,
    }))
}

/// How many mismatches the shop has, by class, state and currency.
///
/// # Errors
/// [`Fault`].
pub async fn counts(pool: &PgPool, shop: ShopId) -> Result<Vec<Count>, Fault> {
    store::counts(pool, shop).await
}

/// What `resolution` would post; `None` if it posts nothing.
///
/// # Errors
/// [`PreviewError`].
pub async fn preview(
    pool: &PgPool,
    shop: ShopId,
    id: MismatchId,
    resolution: Resolution,
) -> Result<Option<Posting>, PreviewError> {
    let mut conn = pool.acquire().await.map_err(Fault::from)?;
    let found = store::facts(&mut conn, shop, id).await?.ok_or(PreviewError::NotFound)?;
    Ok(found.difference()?.resolve(resolution, adjustment::cause(Id::from_uuid(id.uuid())))?)
}

/// Whether a resolution of this mismatch has to be approved by a second person.
pub fn needs_approval(at_stake: Money, limit_minor: i64) -> bool {
    at_stake.minor() >= limit_minor
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The shop has no such mismatch.
    #[error("no such mismatch")]
    NotFound,
    /// The resolution does not fit the mismatch.
    #[error(transparent)]
    Resolution(#[from] ResolutionError),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
