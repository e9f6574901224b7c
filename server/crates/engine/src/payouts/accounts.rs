//! The accounts of ours that pay-outs leave from, and up to how much one person may decide.

use domain::currency::Currency;
use domain::id::{PayoutAccountId, ShopId};
use domain::money::Money;
use sqlx::PgPool;

use crate::db::{Fault, Tx};
use crate::payouts::store::accounts as store;

/// An account of a shop at the practice processor, which pays sellers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutAccount {
    /// Its id.
    pub id: PayoutAccountId,
    /// Whose it is.
    pub shop: ShopId,
    /// Its name among the shop's.
    pub name: String,
    /// What can be paid from it.
    pub currency: Currency,
    /// What opens it at the provider.
    pub access: Access,
}

/// What opens an account at the practice processor.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// Where the provider is.
    pub base_url: String,
    /// What opens the account there.
    pub api_key: String,
    /// What the provider signs notifications with.
    pub webhook_secret: String,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Access").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Creates a pay-out account, or changes the one of that name, and returns its id. Its currency
/// stays what it was.
///
/// The `id` of `account` is what a new one gets.
///
/// # Errors
/// [`Fault`].
pub async fn save(pool: &PgPool, account: &PayoutAccount) -> Result<PayoutAccountId, Fault> {
    store::save(pool, account).await
}

/// The shop's accounts at the practice processor, by name.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<PayoutAccount>, Fault> {
    store::list(pool, shop).await
}

/// Says up to how much one person may decide in the currency of `limit`.
///
/// # Errors
/// [`Fault`]; also if `limit` is below zero.
pub async fn set_limit(pool: &PgPool, shop: ShopId, limit: Money) -> Result<(), Fault> {
    store::set_limit(pool, shop, limit).await
}

/// Up to how much one person may decide; none if nobody has said so.
///
/// # Errors
/// [`Fault`].
pub async fn limit(
    pool: &PgPool,
    shop: ShopId,
    currency: Currency,
) -> Result<Option<Money>, Fault> {
    store::limit(pool, shop, currency).await
}

pub(crate) async fn limit_in(
    tx: &mut Tx,
    shop: ShopId,
    currency: Currency,
) -> Result<Option<Money>, Fault> {
    store::limit(tx.conn(), shop, currency).await
}
