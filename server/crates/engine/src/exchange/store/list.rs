//! The SQL of what was exchanged.

use std::collections::HashMap;

use domain::exchange::{Exchange, Rate};
use domain::id::{QuoteId, SellerId, ShopId};
use domain::money::Money;
use sqlx::PgPool;

use super::{AUDITED, currency, decimal};
use crate::columns::column;
use crate::db::Fault;
use crate::exchange::list::Exchanged;

/// The last exchanges of a seller, without who accepted them.
pub(in crate::exchange) async fn of_seller(
    pool: &PgPool,
    shop: ShopId,
    seller: SellerId,
    limit: u16,
) -> Result<Vec<Exchanged>, Fault> {
    let rows = sqlx::query!(
        r#"
        select done.exchange_quote_id, done.sold_currency, done.sold_minor, done.bought_currency,
               done.worth_minor, done.bought_minor, done.spread_minor, done.rounding_minor,
               done.exchanged_at, quote.rate::text as "rate!", quote.source
        from exchange_quote as quote
        join exchange as done using (exchange_quote_id)
        where quote.seller_id = $1 and quote.shop_id = $2 and quote.accepted_at is not null
        order by quote.accepted_at desc, quote.exchange_quote_id desc
        limit $3
        "#,
        seller.uuid(),
        shop.uuid(),
        i64::from(limit),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let quote = QuoteId::from_uuid(row.exchange_quote_id);
            let (from, to) = (currency(&row.sold_currency)?, currency(&row.bought_currency)?);
            let rate = Rate::new(from, to, decimal(&row.rate)?);
            let bought = |minor| Money::from_minor(minor, to);
            Ok(Exchanged {
                quote,
                figures: Exchange {
                    sold: Money::from_minor(row.sold_minor, from),
                    worth: bought(row.worth_minor),
                    bought: bought(row.bought_minor),
                    spread: bought(row.spread_minor),
                    rounding: bought(row.rounding_minor),
                },
                rate: rate.map_err(|error| Fault::CorruptRow(format!("{quote}: {error}")))?,
                source: row.source,
                at: row.exchanged_at,
                by: None,
            })
        })
        .collect()
}

/// Who accepted which of the quotes, by the quotes' ids as people know them.
pub(in crate::exchange) async fn people(
    pool: &PgPool,
    shop: ShopId,
    quotes: &[QuoteId],
) -> Result<HashMap<String, String>, Fault> {
    let rows = sqlx::query!(
        "select object_id, actor from audit_log
         where object_type = $1 and object_id = any($2::text[]) and shop_id = $3",
        AUDITED,
        &column(quotes, QuoteId::to_string),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.object_id, row.actor)).collect())
}
