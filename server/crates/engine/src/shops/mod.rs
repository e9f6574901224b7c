//! Shops, their sellers and their processor accounts.

mod store;

use domain::fee::ProcessorTariff;
use domain::id::{ProcessorAccountId, SellerId, ShopId};
use sqlx::PgPool;

use crate::db::{Fault, Tx, new_plain_id};
use crate::webhooks::endpoints;

/// A shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shop {
    /// Its id.
    pub id: ShopId,
    /// What shoppers know it as.
    pub name: String,
}

/// A seller of a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seller {
    /// Their id.
    pub id: SellerId,
    /// The shop's name for them: `seller_account`.
    pub reference: String,
    /// What shoppers know them as.
    pub name: String,
    /// Our share of their sales, in hundredths of a percent.
    pub fee_basis_points: u32,
}

/// An account of a shop at a processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessorAccount {
    /// Its id.
    pub id: ProcessorAccountId,
    /// Whose it is.
    pub shop: ShopId,
    /// Which adapter speaks to it.
    pub processor: String,
    /// Its name among the shop's.
    pub name: String,
    /// Where the processor is.
    pub base_url: String,
    /// What opens the account there.
    pub api_key: String,
    /// What the processor signs notifications with.
    pub webhook_secret: String,
    /// What the processor charges.
    pub tariff: ProcessorTariff,
}

/// Creates a shop, or changes the one of that name, and returns its id.
///
/// `webhook` is the address and the secret of its endpoint [`endpoints::DEFAULT`]; without it, that
/// endpoint is disabled.
///
/// # Errors
/// [`Fault`].
pub async fn save_shop(
    pool: &PgPool,
    name: &str,
    webhook: Option<(&str, &str)>,
) -> Result<ShopId, Fault> {
    let mut tx = Tx::begin(pool).await?;
    let shop = store::save_shop(&mut tx, new_plain_id(), name).await?;
    endpoints::save_default(&mut tx, shop, webhook).await?;
    tx.commit().await?;
    Ok(shop)
}

/// Creates a seller, or changes the one of that reference, and returns their id.
///
/// # Errors
/// [`Fault`].
pub async fn save_seller(
    pool: &PgPool,
    shop: ShopId,
    reference: &str,
    name: &str,
    fee_basis_points: u32,
) -> Result<SellerId, Fault> {
    let fee = i32::try_from(fee_basis_points).unwrap_or(i32::MAX);
    store::save_seller(pool, (new_plain_id(), shop), reference, name, fee).await
}

/// Creates a processor account, or changes the one of that name, and returns its id.
///
/// The `id` of `account` is what a new one gets.
///
/// # Errors
/// [`Fault`].
pub async fn save_processor_account(
    pool: &PgPool,
    account: &ProcessorAccount,
) -> Result<ProcessorAccountId, Fault> {
    store::save_processor_account(pool, account).await
}

/// The shop.
///
/// # Errors
/// [`Fault`].
pub async fn shop(pool: &PgPool, id: ShopId) -> Result<Option<Shop>, Fault> {
    store::shop(pool, id).await
}

/// The sellers of the shop, by name.
///
/// # Errors
/// [`Fault`].
pub async fn sellers(pool: &PgPool, shop: ShopId) -> Result<Vec<Seller>, Fault> {
    store::sellers(pool, shop).await
}

/// The seller of the shop with this id, or with this reference if no id fits.
///
/// # Errors
/// [`Fault`].
pub async fn find_seller(
    pool: &PgPool,
    shop: ShopId,
    id: Option<SellerId>,
    reference: &str,
) -> Result<Option<Seller>, Fault> {
    store::find_seller(pool, shop, id, reference).await
}

/// The processor accounts of the shop, by name.
///
/// # Errors
/// [`Fault`].
pub async fn processor_accounts(
    pool: &PgPool,
    shop: ShopId,
) -> Result<Vec<ProcessorAccount>, Fault> {
    store::processor_accounts(pool, shop).await
}

/// The processor account.
///
/// # Errors
/// [`Fault`].
pub async fn processor_account(
    pool: &PgPool,
    id: ProcessorAccountId,
) -> Result<Option<ProcessorAccount>, Fault> {
    store::processor_account(pool, id).await
}
