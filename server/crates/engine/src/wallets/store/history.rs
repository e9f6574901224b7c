//! The SQL of the history of wallets.

use domain::id::{SellerId, ShopId};
use domain::money::Money;
use time::Date;

use super::currency;
use crate::db::{Fault, Tx};

/// What one kind of cause moved in one month.
pub(in crate::wallets) struct Movement {
    /// The first day of the month.
    pub(in crate::wallets) begins: Date,
    /// The cause up to its `/`.
    pub(in crate::wallets) word: String,
    /// What lowers the wallet is below zero.
    pub(in crate::wallets) amount: Money,
}

/// What moved in and out of the seller's wallets since a day, by month and cause. What moves from one
/// part of a wallet to another is left out.
pub(in crate::wallets) async fn movements(
    tx: &mut Tx,
    shop: ShopId,
    seller: SellerId,
    since: Date,
) -> Result<Vec<Movement>, Fault> {
    let rows = sqlx::query!(
        r#"
        with moved as (
            select entry.bucket, entry.posting_id, entry.currency,
                   date_trunc('month', min(entry.recorded_at) at time zone 'utc')::date as begins,
                   -sum(entry.amount_minor) as minor
            from account
            join entry using (bucket, account_id)
            where account.shop_id = $1 and account.owner_id = $2
              and account.kind in ('seller_pending', 'seller_available', 'seller_reserved')
              and entry.recorded_at >= $3
            group by entry.bucket, entry.posting_id, entry.currency
            having sum(entry.amount_minor) <> 0
        )
        select begins as "begins!", moved.currency as "currency!",
               split_part(posting.cause, '/', 1) as "word!", sum(minor)::bigint as "amount_minor!"
        from moved join posting using (bucket, posting_id)
        group by 1, 2, 3
        "#,
        shop.uuid(),
        seller.uuid(),
        since.midnight().assume_utc(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let amount = Money::from_minor(row.amount_minor, currency(&row.currency)?);
            Ok(Movement { begins: row.begins, word: row.word, amount })
        })
        .collect()
}

/// What stands in the seller's wallets now, one amount per currency, in the order of their codes.
pub(in crate::wallets) async fn held(
    tx: &mut Tx,
    shop: ShopId,
    seller: SellerId,
) -> Result<Vec<Money>, Fault> {
    let rows = sqlx::query!(
        r#"
        select currency as "currency!", (-sum(balance_minor))::bigint as "held_minor!"
        from balance
        where shop_id = $1 and owner_id = $2
          and kind in ('seller_pending', 'seller_available', 'seller_reserved')
        group by currency order by currency collate "C"
        "#,
        shop.uuid(),
        seller.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| Ok(Money::from_minor(row.held_minor, currency(&row.currency)?)))
        .collect()
}
