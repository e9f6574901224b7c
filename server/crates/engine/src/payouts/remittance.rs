//! The remittance advice of a pay-out: what it pays for.
//!
//! It lists what moved on what the seller can be paid, in the order of the account's statement, from
//! the pay-out before it in the currency (where its money last left the wallet) up to this one. So
//! each entry stands in one advice, and opening + lines = paid + what stays, exactly.

use domain::currency::Currency;
use domain::id::{PaymentId, PayoutId, QuoteId, SellerId, ShopId};
use domain::money::{Money, MoneyError};
use domain::payout::Phase;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::ledger;
use crate::ledger::statement::Place;
use crate::payouts::PayoutRecord;
use crate::payouts::store::remittance as store;

/// How many groups one page has, at most.
pub const GROUPS_MAX: u16 = 5_000;

/// What a pay-out pays for, as sums.
#[derive(Debug, Clone)]
pub struct Remittance {
    /// The pay-out.
    pub payout: PayoutRecord,
    /// Whether the money has left the wallet. Until then this is what the advice would be now.
    pub is_final: bool,
    /// What stood there after the pay-out before it.
    pub opening: Money,
    /// What moved since, by kind.
    pub moved: Parts,
    /// How many payments and other things that is about.
    pub groups: u64,
    /// What stands there after this pay-out; below zero it is not covered.
    pub stays: Money,
    span: Span,
}

/// What moved on what a seller can be paid, by kind; what lowers it is below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Shares of sales that were released, before anything was kept back.
    pub released: Money,
    /// Kept back of releases (below zero), and given free again.
    pub reserve: Money,
    /// Taken back for refunds and chargebacks.
    pub clawed_back: Money,
    /// Exchanged from or into other currencies.
    pub exchanged: Money,
    /// Of pay-outs that were not paid or came again.
    pub came_again: Money,
    /// Everything else, such as corrections.
    pub other: Money,
}

impl Parts {
    /// What moved in all.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn total(&self) -> Result<Money, MoneyError> {
        let Self { released, reserve, clawed_back, exchanged, came_again, other } = *self;
        let parts = [released, reserve, clawed_back, exchanged, came_again, other];
        Money::sum(released.currency(), parts)
    }
}

/// Everything that is about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What it is about.
    pub about: About,
    /// What moved.
    pub parts: Parts,
    object: Uuid,
}

impl Group {
    /// Its place among the groups, for [`groups`].
    pub const fn place(&self) -> Uuid {
        self.object
    }
}

/// What a group is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A payment, with the shop's reference.
    Payment(PaymentId, String),
    /// An exchange, by its quote.
    Exchange(QuoteId),
    /// Another pay-out, or this one submitted before.
    Payout(PayoutId),
    /// Something else, as it is stored.
    Other(Uuid),
}

/// A part of the entries of one account: those after `from` and before `until`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) shop: ShopId,
    pub(crate) seller: SellerId,
    pub(crate) currency: Currency,
    pub(crate) from: Place,
    pub(crate) until: Place,
}

/// The sums of the advice of the shop's pay-out; none if there is no such pay-out, or its
/// money never left the wallet and will not any more.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, shop: ShopId, id: PayoutId) -> Result<Option<Remittance>, Fault> {
    let mut tx = Tx::begin(pool).await?;
    ledger::of_one_moment(&mut tx).await?;
    let found = crate::payouts::store::find(tx.conn(), id).await?;
    let Some(row) = found.filter(|row| row.shop() == shop) else { return Ok(None) };
    let payout = row.into_record()?;
    let begun = match payout.state.phase {
        Phase::Draft | Phase::Approved | Phase::Held => Some(END),
        Phase::Cancelled => None,
        Phase::Submitted | Phase::InTransit | Phase::Paid | Phase::Failed | Phase::Returned => {
            store::begun(&mut tx, &payout).await?
        }
    };
    let Some(until) = begun else { return Ok(None) };
    let before = store::begun_before(&mut tx, &payout, until).await?;
    let (seller, currency) = (payout.seller, payout.state.amount.currency());
    let span = Span { shop, seller, currency, from: before.unwrap_or(BEGINNING), until };
    let sums = store::sums(&mut tx, &span).await?;
    let stays = sums
        .moved
        .total()
        .and_then(|moved| sums.opening.checked_add(moved))
        .and_then(|balance| balance.checked_sub(payout.state.amount))
        .map_err(|error| Fault::Broken(format!("advice of {id}: {error}")))?;
    Ok(Some(Remittance {
        is_final: until != END,
        opening: sums.opening,
        moved: sums.moved,
        groups: sums.groups,
        stays,
        span,
        payout,
    }))
}

/// Up to `limit` groups of the advice, those after `after`.
///
/// # Errors
/// [`Fault`].
pub async fn groups(
    pool: &PgPool,
    of: &Remittance,
    after: Option<Uuid>,
    limit: u16,
) -> Result<Vec<Group>, Fault> {
    store::groups(pool, &of.span, after, limit.min(GROUPS_MAX)).await
}

impl Group {
    pub(crate) const fn new(object: Uuid, about: About, parts: Parts) -> Self {
        Self { about, parts, object }
    }
}

/// Before every entry.
const BEGINNING: Place =
    Place { recorded_at: OffsetDateTime::UNIX_EPOCH, posting: Uuid::nil(), line: 0 };

/// After every entry.
const END: Place =
    Place { recorded_at: Date::MAX.midnight().assume_utc(), posting: Uuid::max(), line: i16::MAX };
