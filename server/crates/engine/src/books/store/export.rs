//! The SQL that finds what an export holds.

use domain::id::ShopId;
use sqlx::PgPool;
use time::Date;

use crate::db::Fault;

/// Where an export begins and ends in the chain.
pub(in crate::books) struct Extent {
    /// The day that is booked on.
    pub(in crate::books) open_on: Date,
    /// The day of the first record.
    pub(in crate::books) first_on: Date,
    /// The number of the last record.
    pub(in crate::books) sequence: i64,
    /// How many records stand before the balances that the first day begins with; `None` to begin
    /// at the beginning.
    pub(in crate::books) before_anchor: Option<i64>,
    /// The number of the close of the last day; `None` if it is not closed.
    pub(in crate::books) last_close: Option<i64>,
}

/// What there is of a shop's chain from the day `from` to the day `to`; `None` if it has none.
pub(in crate::books) async fn extent(
    pool: &PgPool,
    shop: ShopId,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<Option<Extent>, Fault> {
    Ok(sqlx::query_as!(
        Extent,
        r#"
        select open_on, coalesce((select min(date) from day_close
                                  where day_close.shop_id = book_chain.shop_id), open_on)
                   as "first_on!",
               sequence,
               (select day_close.sequence - accounts - 1 from day_close
                where day_close.shop_id = book_chain.shop_id and date < $2
                order by date desc limit 1) as "before_anchor?",
               (select day_close.sequence from day_close
                where day_close.shop_id = book_chain.shop_id and date = $3) as "last_close?"
        from book_chain where shop_id = $1
        "#,
        shop.uuid(),
        from,
        to,
    )
    .fetch_optional(pool)
    .await?)
}
