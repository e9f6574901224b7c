//! Wallets of sellers: their shares of payments, when they may have them, and what is taken back.
//!
//! Lock order: payments, then wallets in the order of their keys. A wallet's lock also guards what
//! its seller still owes from their next sales and what is kept back of them.

pub mod claw_back;
pub mod history;
pub mod preview;
pub mod release;
pub mod reserves;
pub mod rounds;
pub mod rules;
mod store;

use domain::id::{PaymentId, SellerId, ShopId};
use domain::money::Money;
use sqlx::PgPool;
use time::Date;

use crate::db::Fault;
use crate::ledger::Wallet;
pub use store::wallets as of_shop;

/// A seller's share of one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRecord {
    /// Of which payment.
    pub payment: PaymentId,
    /// When what was bought was delivered, if that is known.
    pub delivered_on: Option<Date>,
    /// From which day on what is pending may be released, if that is known.
    pub due_on: Option<Date>,
    /// Earned with it, and not to be had yet; below zero it is owed.
    pub pending: Money,
    /// Of that, what covers claw-backs of other payments; below zero what others cover of this one.
    pub covering: Money,
    /// Released in total, with what was kept back.
    pub released: Money,
    /// Kept back still.
    pub reserved: Money,
}

/// A seller's wallet in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletRecord {
    /// Whose.
    pub seller: SellerId,
    /// The shop's name for them.
    pub seller_account: String,
    /// What shoppers know them as.
    pub seller_name: String,
    /// What is in it.
    pub wallet: Wallet,
    /// What claw-backs have left to their next sales.
    pub owed: Money,
}

/// The seller's share of a payment, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn share(
    pool: &PgPool,
    shop: ShopId,
    payment: PaymentId,
) -> Result<Option<ShareRecord>, Fault> {
    let Some(found) = store::shares::find(pool, shop, payment).await? else { return Ok(None) };
    let rules = rules::of_seller(pool, shop, found.seller).await?;
    let due_on =
        found.captured_on.and_then(|captured| rules.release.due_on(captured, found.delivered_on));
    Ok(Some(ShareRecord {
        payment,
        delivered_on: found.delivered_on,
        due_on,
        pending: found.pending,
        covering: found.covering,
        released: found.released,
        reserved: found.reserved,
    }))
}
