//! The SQL of what was earned.

use domain::account::AccountKind;
use domain::id::ShopId;
use domain::money::Money;
use domain::period::{Grain, Period};
use sqlx::PgPool;
use time::Date;

use super::{account_kind, currency};
use crate::db::Fault;

/// What one account added in one period.
pub(crate) struct Sum {
    /// The first day of the whole period.
    pub(crate) begins: Date,
    pub(crate) account: AccountKind,
    /// Costs are below zero.
    pub(crate) amount: Money,
}

/// What was added in the span, by period, account and currency.
pub(crate) async fn sums(
    pool: &PgPool,
    shop: ShopId,
    span: Period,
    by: Grain,
) -> Result<Vec<Sum>, Fault> {
    let rows = sqlx::query!(
        r#"
        select date_trunc($4, entry.recorded_at at time zone 'utc')::date as "begins!",
               account.kind, entry.currency, (-sum(entry.amount_minor))::bigint as "amount_minor!"
        from account
        join entry using (bucket, account_id)
        where account.shop_id = $1 and account.account_type in ('revenue', 'expense')
          and entry.recorded_at >= $2 and entry.recorded_at < $3
        group by 1, account.kind, entry.currency
        "#,
        shop.uuid(),
        span.from.midnight().assume_utc(),
        span.to.next_day().unwrap_or(Date::MAX).midnight().assume_utc(),
        by.as_str(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let amount = Money::from_minor(row.amount_minor, currency);
            Ok(Sum { begins: row.begins, account: account_kind(&row.kind)?, amount })
        })
        .collect()
}
