//! Pay-outs and their history, for whoever looks.

use domain::currency::Currency;
use domain::four_eyes::Actor;
use domain::id::{PayoutId, SellerId, ShopId};
use domain::payout::Phase;
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::Fault;
use crate::payouts::PayoutRecord;
use crate::payouts::store;

/// How many pay-outs one page has, at most.
pub const PAGE_MAX: u16 = 200;

/// Which pay-outs are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only those of this seller.
    pub seller: Option<SellerId>,
    /// Only those in this currency.
    pub currency: Option<Currency>,
    /// Only those in this phase.
    pub phase: Option<Phase>,
    /// Only those that wait for a second person.
    pub needs_second: bool,
    /// Only those whose outcome is unknown.
    pub in_doubt: bool,
    /// Only those made before this one: the last of the page before.
    pub after: Option<PayoutId>,
}

/// Some pay-outs, the newest first.
#[derive(Debug, Clone)]
pub struct Page {
    /// The pay-outs.
    pub rows: Vec<PayoutRecord>,
    /// Whether there are more behind them.
    pub has_more: bool,
}

/// One change of a pay-out.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The number of the change, rising.
    pub version: i32,
    /// What happened, such as `approve`.
    pub event: String,
    /// The phase before; none when it was made.
    pub from: Option<Phase>,
    /// The phase since.
    pub to: Phase,
    /// Where it came from, such as `webhook`.
    pub source: String,
    /// Who asked for it, if somebody did.
    pub by: Option<Actor>,
    /// The name of the person, if it was one.
    pub person: Option<String>,
    /// What proves it, as it came.
    pub detail: Value,
    /// How it breaks our rules, if it does.
    pub irregular: Option<String>,
    /// When it was written.
    pub at: OffsetDateTime,
}

/// The pay-out, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: PayoutId,
) -> Result<Option<PayoutRecord>, Fault> {
    let row = store::find(pool, id).await?.filter(|row| row.shop() == shop);
    row.map(super::row::Row::into_record).transpose()
}

/// Up to `limit` of the shop's pay-outs, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId, filter: Filter, limit: u16) -> Result<Page, Fault> {
    let limit = limit.clamp(1, PAGE_MAX);
    let mut rows = store::lists::list(pool, shop, filter, i64::from(limit) + 1).await?;
    let has_more = rows.len() > usize::from(limit);
    rows.truncate(limit.into());
    let rows = rows.into_iter().map(super::row::Row::into_record).collect::<Result<_, _>>()?;
    Ok(Page { rows, has_more })
}

/// Every change of a pay-out, if it is the shop's, the oldest first.
///
/// # Errors
/// [`Fault`].
pub async fn history(pool: &PgPool, shop: ShopId, id: PayoutId) -> Result<Vec<Change>, Fault> {
    store::lists::history(pool, shop, id).await
}
