//! The accounts of ours that pay-outs leave from, and up to how much one person may decide.

use domain::currency::Currency;
use domain::id::{PayoutAccountId, ShopId};
use domain::money::Money;
use serde_json::json;
use sqlx::PgPool;

use crate::audit::{self, Entry};
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

/// Creates a pay-out account, or changes what opens the one of that name, and returns its id. Its
/// currency stays what it was.
///
/// The `id` of `account` is what a new one gets; `actor` is who does it, for the audit log.
///
/// # Errors
/// [`SaveError`]: nothing was written.
pub async fn save(
    pool: &PgPool,
    account: &PayoutAccount,
    actor: &str,
) -> Result<PayoutAccountId, SaveError> {
    let mut tx = Tx::begin(pool).await?;
    let id = store::save(&mut tx, account).await?.ok_or(SaveError::UnderWay)?;
    let entry = Entry {
        shop: Some(account.shop),
        actor,
        staff: None,
        action: "payout_account.set",
        object_type: "payout_account",
        object_id: &id.to_string(),
        detail: json!({
            "name": account.name,
            "currency": account.currency,
            "base_url": account.access.base_url,
        }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(id)
}

/// Why a pay-out account was not saved. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Its provider has pay-outs that have not ended: another one, asked about them, would know
    /// nothing of them, and they would be paid again.
    #[error(
        "pay-outs of this account are under way at its provider: its address stays until they end"
    )]
    UnderWay,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The shop's accounts at the practice processor, by name.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<PayoutAccount>, Fault> {
    store::list(pool, shop).await
}

/// Says up to how much one person may decide in the currency of `limit`. `actor` is who says so, for
/// the audit log.
///
/// # Errors
/// [`Fault`]; also if `limit` is below zero.
pub async fn set_limit(
    pool: &PgPool,
    shop: ShopId,
    limit: Money,
    actor: &str,
) -> Result<(), Fault> {
    let mut tx = Tx::begin(pool).await?;
    let before = store::limit(tx.conn(), shop, limit.currency()).await?;
    store::set_limit(&mut tx, shop, limit).await?;
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action: "payout_limit.set",
        object_type: "shop",
        object_id: &shop.to_string(),
        detail: json!({
            "currency": limit.currency(),
            "limit": limit.to_decimal_string(),
            "before": before.map(Money::to_decimal_string),
        }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await
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
