//! What a pay-out would do, before somebody lets it go.

use domain::currency::Currency;
use domain::four_eyes::Reason;
use domain::id::{PayoutId, SellerId, ShopId};
use domain::money::Money;
use sqlx::PgPool;

use crate::db::Fault;
use crate::ledger;
use crate::payouts::{PayoutRecord, payees, store};

/// What a pay-out would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The pay-out.
    pub payout: PayoutRecord,
    /// Where it goes.
    pub payee: payees::PayeeAccount,
    /// Why a second person has to approve it; empty if nobody has to.
    pub reasons: Vec<Reason>,
    /// What the seller can be paid now.
    pub available: Money,
    /// What the seller's other pay-outs that are not submitted will take of it.
    pub waiting: Money,
    /// What the seller can be paid once this one is submitted; below zero if it is not covered.
    pub available_after: Money,
}

/// What the pay-out would do, if it is the shop's. Whether it is covered is decided again, under a
/// lock, when it is submitted.
///
/// # Errors
/// [`Fault`].
pub async fn preview(pool: &PgPool, shop: ShopId, id: PayoutId) -> Result<Option<Preview>, Fault> {
    let Some(payout) = super::find(pool, shop, id).await? else { return Ok(None) };
    let (seller, amount) = (payout.seller, payout.state.amount);
    let wallet = ledger::wallet(pool, shop, seller, amount.currency()).await?;
    let mut conn = pool.acquire().await?;
    let waiting = store::waiting_minor(&mut conn, seller, amount.currency(), Some(id)).await?;
    let payee = payees::find(pool, shop, payout.state.payee).await?;
    let payee = payee.ok_or_else(|| Fault::CorruptRow(format!("pay-out {id}: payee")))?;
    let after = wallet.available.checked_sub(amount);
    Ok(Some(Preview {
        payee,
        reasons: payout.reasons.clone(),
        available: wallet.available,
        waiting,
        available_after: after.map_err(|error| Fault::Broken(error.to_string()))?,
        payout,
    }))
}

/// How much can be paid to a seller by a new pay-out now.
///
/// # Errors
/// [`Fault`].
pub async fn payable(
    pool: &PgPool,
    shop: ShopId,
    seller: SellerId,
    currency: Currency,
) -> Result<Money, Fault> {
    let wallet = ledger::wallet(pool, shop, seller, currency).await?;
    let mut conn = pool.acquire().await?;
    let waiting = store::waiting_minor(&mut conn, seller, currency, None).await?;
    let left = wallet.available.checked_sub(waiting);
    left.map_err(|error| Fault::Broken(error.to_string()))
}
