//! The SQL of wallets.

pub(super) mod history;
pub(super) mod reserves;
pub(super) mod rules;
pub(super) mod shares;

use std::time::Duration;

use domain::currency::Currency;
use domain::id::{SellerId, ShopId};
use domain::money::Money;
use sqlx::PgPool;
use time::Date;
use uuid::Uuid;

use crate::db::{Fault, Tx, interval};
use crate::ledger::Wallet;
use crate::wallets::WalletRecord;

/// Notes that a round begins, unless one has begun within `every`.
pub(super) async fn begin(pool: &PgPool, every: Duration) -> Result<bool, Fault> {
    let begun = sqlx::query!(
        "update periodic set ran_at = now() where name = 'release' and ran_at <= now() - $1::interval",
        interval(every),
    )
    .execute(pool)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// The day that it is, in UTC.
pub(super) async fn today(tx: &mut Tx) -> Result<Date, Fault> {
    Ok(sqlx::query_scalar!(r#"select (now() at time zone 'utc')::date as "today!""#)
        .fetch_one(tx.conn())
        .await?)
}

/// What the seller's next sales have to cover; the wallet has to be locked.
pub(super) async fn owed(
    tx: &mut Tx,
    shop: ShopId,
    seller: SellerId,
    currency: Currency,
) -> Result<Money, Fault> {
    let minor = sqlx::query_scalar!(
        "select owed_minor from wallet_lock where shop_id = $1 and owner_id = $2 and currency = $3",
        shop.uuid(),
        seller.uuid(),
        currency.code(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(Money::from_minor(minor.unwrap_or(0), currency))
}

/// Changes what the seller's next sales have to cover; the wallet has to be locked.
pub(super) async fn owe(
    tx: &mut Tx,
    shop: ShopId,
    seller: SellerId,
    minor: i64,
    currency: Currency,
) -> Result<(), Fault> {
    sqlx::query!(
        "update wallet_lock set owed_minor = owed_minor + $4
         where shop_id = $1 and owner_id = $2 and currency = $3",
        shop.uuid(),
        seller.uuid(),
        currency.code(),
        minor,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The wallets of a shop's sellers, or of one of them, by the sellers' names and the currencies.
///
/// # Errors
/// [`Fault`].
pub async fn wallets(
    pool: &PgPool,
    shop: ShopId,
    seller: Option<SellerId>,
) -> Result<Vec<WalletRecord>, Fault> {
    let rows = sqlx::query!(
        r#"
        select wallet.seller_id as "seller_id!", seller.reference, seller.name,
               wallet.currency as "currency!", pending_minor as "pending_minor!",
               available_minor as "available_minor!", reserved_minor as "reserved_minor!",
               coalesce(wallet_lock.owed_minor, 0) as "owed_minor!"
        from wallet
        join seller on seller.seller_id = wallet.seller_id
        left join wallet_lock on wallet_lock.shop_id = wallet.shop_id
            and wallet_lock.owner_id = wallet.seller_id and wallet_lock.currency = wallet.currency
        where wallet.shop_id = $1 and ($2::uuid is null or wallet.seller_id = $2)
        order by seller.name, wallet.seller_id, wallet.currency
        "#,
        shop.uuid(),
        seller.map(SellerId::uuid) as Option<Uuid>,
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let money = |minor| Money::from_minor(minor, currency);
            Ok(WalletRecord {
                seller: SellerId::from_uuid(row.seller_id),
                seller_account: row.reference,
                seller_name: row.name,
                wallet: Wallet {
                    pending: money(row.pending_minor),
                    available: money(row.available_minor),
                    reserved: money(row.reserved_minor),
                },
                owed: money(row.owed_minor),
            })
        })
        .collect()
}

pub(super) fn currency(code: &str) -> Result<Currency, Fault> {
    code.parse().map_err(|_| Fault::CorruptRow(format!("currency {code}")))
}
