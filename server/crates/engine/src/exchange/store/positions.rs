//! The SQL of positions.

use std::collections::BTreeMap;

use domain::account::{owner_of_position, position_of_owner};
use domain::currency::Currency;
use domain::id::ShopId;
use domain::money::Money;
use sqlx::PgPool;
use uuid::Uuid;

use super::currency;
use crate::db::{Fault, Tx};

/// The two sides of each pair, by code, the one whose code comes first before the other.
pub(in crate::exchange) async fn pairs(
    pool: &PgPool,
    shop: ShopId,
) -> Result<Vec<(Money, Money)>, Fault> {
    let rows = sqlx::query!(
        r#"
        select owner_id as "owner_id!", currency as "currency!", balance_minor as "minor!"
        from balance where shop_id = $1 and kind = 'exchange_position'
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    let mut pairs = BTreeMap::new();
    for row in rows {
        let (of, against) = (currency(&row.currency)?, against(row.owner_id)?);
        let (first, second) = in_order((of, against));
        let sides = pairs
            .entry((first.code(), second.code()))
            .or_insert((Money::zero(first), Money::zero(second)));
        let side = if of == first { &mut sides.0 } else { &mut sides.1 };
        *side = Money::from_minor(row.minor, of);
    }
    Ok(pairs.into_values().collect())
}

/// The two sides of a pair, the one whose code comes first before the other, at one moment.
pub(in crate::exchange) async fn pair(
    tx: &mut Tx,
    shop: ShopId,
    pair: (Currency, Currency),
) -> Result<(Money, Money), Fault> {
    let (first, second) = in_order(pair);
    let row = sqlx::query!(
        r#"
        select coalesce(sum(balance_minor) filter (where currency = $2 and owner_id = $3), 0)::bigint
                   as "first!",
               coalesce(sum(balance_minor) filter (where currency = $4 and owner_id = $5), 0)::bigint
                   as "second!"
        from balance where shop_id = $1 and kind = 'exchange_position'
        "#,
        shop.uuid(),
        first.code(),
        owner_of_position(second),
        second.code(),
        owner_of_position(first),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((Money::from_minor(row.first, first), Money::from_minor(row.second, second)))
}

/// How many postings there are about the shop itself whose cause is a number below `fact`.
pub(in crate::exchange) async fn posted_before(
    tx: &mut Tx,
    shop: ShopId,
    fact: &str,
) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from posting
        where bucket = bucket_of($1) and object_id = $1 and cause like $2::text || '/%'
        "#,
        shop.uuid(),
        fact,
    )
    .fetch_one(tx.conn())
    .await?)
}

fn in_order((one, other): (Currency, Currency)) -> (Currency, Currency) {
    if one.code() < other.code() { (one, other) } else { (other, one) }
}

fn against(owner: Uuid) -> Result<Currency, Fault> {
    position_of_owner(owner).ok_or_else(|| Fault::CorruptRow(format!("position of {owner}")))
}
