//! Reports on settlement files: the list, and what became of one, row by row.

mod store;

use domain::id::{
    MismatchId, PaymentId, ProcessorAccountId, SettlementFileId, SettlementLineId, ShopId,
};
use domain::money::Money;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};

use crate::db::Fault;
use crate::reconciliation::mismatches::{self, Filter, Mismatch};
use crate::reconciliation::take_in::Counts;

/// How many mismatches a report shows.
const MISMATCHES_MAX: u32 = 500;

/// A file, taken in or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHead {
    /// Its id.
    pub id: SettlementFileId,
    /// Its name, as it was brought.
    pub name: String,
    /// The account that it was brought for, and its name.
    pub account: (ProcessorAccountId, String),
    /// The processor's id of it; `None` if it was refused.
    pub external_id: Option<String>,
    /// The day that it is about; `None` if it was refused.
    pub business_date: Option<Date>,
    /// What became of its rows; all zero if it was refused.
    pub counts: Counts,
    /// Where and why it was refused as a whole.
    pub refusal: Option<(u32, String)>,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Who brought it.
    pub taken_in_by: String,
    /// When.
    pub created_at: OffsetDateTime,
}

/// What became of a file.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// The file.
    pub head: FileHead,
    /// What it adds up to, per currency.
    pub totals: Vec<Total>,
    /// What it says of the balances.
    pub balances: Vec<ClaimedBalance>,
    /// What is odd about it, in sentences for staff.
    pub warnings: Vec<String>,
    /// Its usable lines, as many as were asked for.
    pub lines: Vec<LineRecord>,
    /// How many usable lines it has.
    pub lines_total: u64,
    /// The rows that could not be read, as many as were asked for.
    pub refused: Vec<RefusedRow>,
    /// The mismatches that it opened, the largest first.
    pub mismatches: Vec<Mismatch>,
}

/// What the usable lines of a file add up to in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Before the processor's fees.
    pub gross: Money,
    /// The processor's fees.
    pub fee: Money,
    /// What is left.
    pub net: Money,
}

/// What a file says of the balance in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedBalance {
    /// Before the day.
    pub opening: Money,
    /// What the day's lines add up to.
    pub movements: Money,
    /// After the day.
    pub closing: Money,
}

/// A line of a file, beside what it was matched with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRecord {
    /// Its id.
    pub id: SettlementLineId,
    /// Where it stands in the file, from 1.
    pub number: i32,
    /// `payment` or `refund`.
    pub kind: String,
    /// Our reference, as the processor repeats it.
    pub reference: String,
    /// The processor's reference.
    pub processor_reference: String,
    /// Our reference of the refund, on lines of refunds.
    pub refund_reference: Option<String>,
    /// The payment of the shop that it names, if there is one.
    pub payment: Option<PaymentId>,
    /// What moved.
    pub gross: Money,
    /// What the processor kept.
    pub fee: Money,
    /// What is left.
    pub net: Money,
    /// When it happened at the processor.
    pub occurred_at: OffsetDateTime,
    /// Whether it agrees with our books.
    pub agrees: bool,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Where it stands in the file, from 1.
    pub number: i32,
    /// Why.
    pub reason: String,
    /// The row, cut and without card data.
    pub raw: String,
}

/// The newest files of the shop, those refused included.
///
/// # Errors
/// [`Fault`].
pub async fn files(pool: &PgPool, shop: ShopId, limit: u32) -> Result<Vec<FileHead>, Fault> {
    store::heads(pool, shop, None, limit).await
}

/// What became of a file of the shop; at most `limit` lines and refused rows are read.
///
/// # Errors
/// [`Fault`].
pub async fn report(
    pool: &PgPool,
    shop: ShopId,
    id: SettlementFileId,
    limit: u32,
) -> Result<Option<FileReport>, Fault> {
    let Some(head) = store::heads(pool, shop, Some(id), 1).await?.pop() else { return Ok(None) };
    let filter = Filter { file: Some(id), ..Filter::default() };
    Ok(Some(FileReport {
        totals: store::totals(pool, id).await?,
        balances: store::balances(pool, id).await?,
        warnings: store::warnings(pool, id).await?,
        lines: store::lines(pool, shop, (Some(id), None), limit).await?,
        lines_total: u64::from(head.counts.lines - head.counts.refused),
        refused: store::refused(pool, id, limit).await?,
        mismatches: mismatches::queue(pool, shop, filter, MISMATCHES_MAX).await?.rows,
        head,
    }))
}

/// The stored bytes of a file of the shop, card data masked.
///
/// # Errors
/// [`Fault`].
pub async fn content(
    pool: &PgPool,
    shop: ShopId,
    id: SettlementFileId,
) -> Result<Option<Vec<u8>>, Fault> {
    store::content(pool, shop, id).await
}

/// The line that a mismatch is about, if it is about one.
pub(super) async fn line_of(
    pool: &PgPool,
    shop: ShopId,
    mismatch: MismatchId,
) -> Result<Option<LineRecord>, Fault> {
    Ok(store::lines(pool, shop, (None, Some(mismatch)), 1).await?.pop())
}
