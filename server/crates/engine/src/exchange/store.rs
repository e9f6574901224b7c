//! The SQL of terms, quotes and exchanges. Numbers travel as text, which is exact.

pub(super) mod list;
pub(super) mod positions;
pub(super) mod rates;

use domain::currency::Currency;
use domain::exchange::{Exchange, Quote, Rate, exchange};
use domain::id::{PostingId, QuoteId, SellerId, ShopId};
use domain::money::Money;
use rust_decimal::Decimal;
use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::exchange::quotes::QuoteRecord;
use crate::exchange::terms::Terms;

/// What the audit log calls a quote.
pub(super) const AUDITED: &str = "exchange_quote";

/// A quote to add.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: QuoteId,
    pub(super) seller: SellerId,
    pub(super) sold: Money,
    pub(super) rate: Rate,
    pub(super) terms: Terms,
}

pub(super) async fn terms(pool: &PgPool, shop: ShopId) -> Result<Terms, Fault> {
    let row = sqlx::query!(
        "select exchange_spread_basis_points, exchange_quote_seconds, exchange_rate_days_max
         from shop where shop_id = $1",
        shop.uuid(),
    )
    .fetch_one(pool)
    .await?;
    let checked = |number: i32| {
        u32::try_from(number).map_err(|_| Fault::CorruptRow(format!("terms of {shop}")))
    };
    Ok(Terms {
        spread_basis_points: checked(row.exchange_spread_basis_points)?,
        quote_seconds: checked(row.exchange_quote_seconds)?,
        rate_days_max: checked(row.exchange_rate_days_max)?,
    })
}

pub(super) async fn save_terms(tx: &mut Tx, shop: ShopId, terms: Terms) -> Result<(), Fault> {
    let [spread, seconds, days] =
        [terms.spread_basis_points, terms.quote_seconds, terms.rate_days_max]
            .map(|number| i32::try_from(number).unwrap_or(i32::MAX));
    sqlx::query!(
        r#"
        update shop set exchange_spread_basis_points = $2, exchange_quote_seconds = $3,
                        exchange_rate_days_max = $4
        where shop_id = $1
        "#,
        shop.uuid(),
        spread,
        seconds,
        days,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The shop's seller of this name.
pub(super) async fn seller(
    pool: &PgPool,
    shop: ShopId,
    reference: &str,
) -> Result<Option<SellerId>, Fault> {
    let id = sqlx::query_scalar!(
        "select seller_id from seller where shop_id = $1 and reference = $2",
        shop.uuid(),
        reference,
    )
    .fetch_optional(pool)
    .await?;
    Ok(id.map(SellerId::from_uuid))
}

pub(super) async fn insert(
    tx: &mut Tx,
    shop: ShopId,
    new: &Draft,
    source: &str,
) -> Result<(), Fault> {
    let [spread, seconds] = [new.terms.spread_basis_points, new.terms.quote_seconds]
        .map(|number| i32::try_from(number).unwrap_or(i32::MAX));
    sqlx::query!(
        r#"
        insert into exchange_quote (exchange_quote_id, shop_id, seller_id, sold_currency, sold_minor,
                                    bought_currency, rate, source, spread_basis_points, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7::text::numeric, $8, $9,
                now() + make_interval(secs => $10::integer))
        "#,
        new.id.uuid(),
        shop.uuid(),
        new.seller.uuid(),
        new.sold.currency().code(),
        new.sold.minor(),
        new.rate.to().code(),
        new.rate.units().to_string(),
        source,
        spread,
        seconds,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Locks the shop's quote; `false` if it has none of this id.
pub(super) async fn lock(tx: &mut Tx, shop: ShopId, id: QuoteId) -> Result<bool, Fault> {
    let found = sqlx::query_scalar!(
        "select exchange_quote_id from exchange_quote
         where exchange_quote_id = $1 and shop_id = $2 for update",
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.is_some())
}

/// The time, by the database's clock and not that of the transaction's beginning.
pub(super) async fn clock(tx: &mut Tx) -> Result<OffsetDateTime, Fault> {
    let now = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#);
    Ok(now.fetch_one(tx.conn()).await?)
}

pub(super) async fn find(
    executor: impl PgExecutor<'_>,
    shop: ShopId,
    id: QuoteId,
) -> Result<Option<QuoteRecord>, Fault> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select quote.exchange_quote_id, quote.shop_id, quote.seller_id, seller.reference,
               sold_currency, sold_minor, bought_currency, rate::text as "rate!", source,
               spread_basis_points, quote.created_at, expires_at, accepted_at,
               clock_timestamp() as "as_of!"
        from exchange_quote as quote
        join seller using (seller_id)
        where quote.exchange_quote_id = $1 and quote.shop_id = $2
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(executor)
    .await?;
    row.map(QuoteRecord::try_from).transpose()
}

pub(super) async fn accept(tx: &mut Tx, id: QuoteId, at: OffsetDateTime) -> Result<(), Fault> {
    sqlx::query!(
        "update exchange_quote set accepted_at = $2 where exchange_quote_id = $1",
        id.uuid(),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds what was exchanged; a second one of the same quote is refused by `exchange_pkey`.
pub(super) async fn insert_exchange(
    tx: &mut Tx,
    shop: ShopId,
    (id, posting): (QuoteId, PostingId),
    exchange: &Exchange,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into exchange (exchange_quote_id, shop_id, posting_id, sold_currency, sold_minor,
                              bought_currency, worth_minor, bought_minor, spread_minor,
                              rounding_minor)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        id.uuid(),
        shop.uuid(),
        posting.uuid(),
        exchange.sold.currency().code(),
        exchange.sold.minor(),
        exchange.bought.currency().code(),
        exchange.worth.minor(),
        exchange.bought.minor(),
        exchange.spread.minor(),
        exchange.rounding.minor(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

struct Row {
    exchange_quote_id: Uuid,
    shop_id: Uuid,
    seller_id: Uuid,
    reference: String,
    sold_currency: String,
    sold_minor: i64,
    bought_currency: String,
    rate: String,
    source: String,
    spread_basis_points: i32,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    accepted_at: Option<OffsetDateTime>,
    as_of: OffsetDateTime,
}

impl TryFrom<Row> for QuoteRecord {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let id = QuoteId::from_uuid(row.exchange_quote_id);
        let corrupt = |what: String| Fault::CorruptRow(format!("{id}: {what}"));
        let (from, to) = (currency(&row.sold_currency)?, currency(&row.bought_currency)?);
        let rate = Rate::new(from, to, decimal(&row.rate)?);
        let rate = rate.map_err(|error| corrupt(error.to_string()))?;
        let spread = u32::try_from(row.spread_basis_points);
        let spread_basis_points = spread.map_err(|_| corrupt("a spread below zero".into()))?;
        let sold = Money::from_minor(row.sold_minor, from);
        let exchange = exchange(sold, rate, spread_basis_points)
            .map_err(|error| corrupt(error.to_string()))?;
        let (source, expires_at) = (row.source, row.expires_at);
        Ok(Self {
            quote: Quote { id, sold, rate, source, spread_basis_points, expires_at },
            shop: ShopId::from_uuid(row.shop_id),
            seller: SellerId::from_uuid(row.seller_id),
            seller_account: row.reference,
            exchange,
            created_at: row.created_at,
            accepted_at: row.accepted_at,
            as_of: row.as_of,
        })
    }
}

fn currency(code: &str) -> Result<Currency, Fault> {
    code.parse().map_err(|_| Fault::CorruptRow(format!("currency {code}")))
}

fn decimal(text: &str) -> Result<Decimal, Fault> {
    Decimal::from_str_exact(text).map_err(|_| Fault::CorruptRow(format!("number {text}")))
}
