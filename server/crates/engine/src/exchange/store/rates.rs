//! The SQL of rates. Numbers travel as text, which is exact.

use std::collections::HashMap;

use domain::currency::Currency;
use rust_decimal::Decimal;
use sqlx::PgPool;
use time::Date;

use super::{currency, decimal};
use crate::columns::column;
use crate::db::{Fault, Tx};
use crate::exchange::rates::ChangedRate;

/// A rate of a file.
#[derive(Debug)]
pub(in crate::exchange) struct Given {
    pub(in crate::exchange) line: u32,
    pub(in crate::exchange) day: Date,
    pub(in crate::exchange) currency: Currency,
    pub(in crate::exchange) units: Decimal,
}

/// What one of a base is worth of two currencies, on one day.
#[derive(Debug)]
pub(in crate::exchange) struct Pair {
    pub(in crate::exchange) source: String,
    pub(in crate::exchange) day: Date,
    pub(in crate::exchange) age_days: i32,
    pub(in crate::exchange) from_units: Decimal,
    pub(in crate::exchange) to_units: Decimal,
}

/// A day on which a source has rates.
#[derive(Debug)]
pub(in crate::exchange) struct Newest {
    pub(in crate::exchange) source: String,
    pub(in crate::exchange) base: Currency,
    pub(in crate::exchange) day: Date,
    pub(in crate::exchange) age_days: i32,
}

/// The day by the database's clock.
pub(in crate::exchange) async fn today(tx: &mut Tx) -> Result<Date, Fault> {
    let today = sqlx::query_scalar!(r#"select (now() at time zone 'utc')::date as "today!""#);
    Ok(today.fetch_one(tx.conn()).await?)
}

/// The last rate of each currency of the source before a day, and at most so many days before it.
pub(in crate::exchange) async fn last_before(
    tx: &mut Tx,
    source: &str,
    base: Currency,
    (day, days): (Date, i16),
) -> Result<HashMap<Currency, (Date, Decimal)>, Fault> {
    let rows = sqlx::query!(
        r#"
        select distinct on (quote_currency) quote_currency, day, rate::text as "rate!"
        from exchange_rate
        where source = $1 and base_currency = $2 and day < $3 and day >= $3 - $4::integer
        order by quote_currency, day desc
        "#,
        source,
        base.code(),
        day,
        i32::from(days),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| Ok((currency(&row.quote_currency)?, (row.day, decimal(&row.rate)?))))
        .collect()
}

/// Adds the rates that are not known, and says how many.
pub(in crate::exchange) async fn insert(
    tx: &mut Tx,
    source: &str,
    base: Currency,
    rates: &[Given],
) -> Result<u64, Fault> {
    let days: Vec<Date> = column(rates, |rate| rate.day);
    let codes: Vec<&str> = column(rates, |rate| rate.currency.code());
    let units: Vec<String> = column(rates, |rate| rate.units.to_string());
    let done = sqlx::query!(
        r#"
        insert into exchange_rate (day, source, base_currency, quote_currency, rate)
        select day, $1, $2, code, units::numeric
        from unnest($3::date[], $4::text[], $5::text[]) as given (day, code, units)
        on conflict on constraint exchange_rate_pkey do nothing
        "#,
        source,
        base.code(),
        &days,
        &codes as &[&str],
        &units,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// The rates that are known with another value, in the order of the file.
pub(in crate::exchange) async fn changed(
    tx: &mut Tx,
    source: &str,
    base: Currency,
    rates: &[Given],
) -> Result<Vec<ChangedRate>, Fault> {
    let lines: Vec<i64> = column(rates, |rate| rate.line.into());
    let days: Vec<Date> = column(rates, |rate| rate.day);
    let codes: Vec<&str> = column(rates, |rate| rate.currency.code());
    let units: Vec<String> = column(rates, |rate| rate.units.to_string());
    let rows = sqlx::query!(
        r#"
        select given.line as "line!", given.day as "day!", given.code as "code!",
               given.units as "given!", known.rate::text as "known!"
        from unnest($3::bigint[], $4::date[], $5::text[], $6::text[])
            as given (line, day, code, units)
        join exchange_rate as known
            on known.day = given.day and known.source = $1 and known.base_currency = $2
               and known.quote_currency = given.code
        where known.rate <> given.units::numeric
        order by given.line, given.code
        "#,
        source,
        base.code(),
        &lines,
        &days,
        &codes as &[&str],
        &units,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ChangedRate {
                line: u32::try_from(row.line).unwrap_or(u32::MAX),
                day: row.day,
                currency: currency(&row.code)?,
                known: decimal(&row.known)?,
                given: decimal(&row.given)?,
            })
        })
        .collect()
}

/// The newest day up to `on`, and up to today, on which one source has both currencies; of several, the
/// house's own comes first, since it corrects the others.
///
/// The days are walked from the newest on, as the primary key has them, and no further than needed.
pub(in crate::exchange) async fn newest_of_pair(
    pool: &PgPool,
    (from, to): (Currency, Currency),
    on: Option<Date>,
) -> Result<Option<Pair>, Fault> {
    let row = sqlx::query!(
        r#"
        select day, source, (now() at time zone 'utc')::date - day as "age_days!",
               case when base_currency = $1 then '1'
                    else max(rate) filter (where quote_currency = $1)::text end as "from_units!",
               case when base_currency = $2 then '1'
                    else max(rate) filter (where quote_currency = $2)::text end as "to_units!"
        from exchange_rate
        where quote_currency in ($1, $2)
          and day <= least($3::date, (now() at time zone 'utc')::date)
        group by day, source, base_currency
        having (base_currency = $1 or bool_or(quote_currency = $1))
           and (base_currency = $2 or bool_or(quote_currency = $2))
        order by day desc, source like 'house%' desc, source desc, base_currency desc
        limit 1
        "#,
        from.code(),
        to.code(),
        on,
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Pair {
            source: row.source,
            day: row.day,
            age_days: row.age_days,
            from_units: decimal(&row.from_units)?,
            to_units: decimal(&row.to_units)?,
        })
    })
    .transpose()
}

/// The newest day up to `on`, and up to today, on which a source has the currency.
pub(in crate::exchange) async fn newest_of(
    pool: &PgPool,
    of: Currency,
    on: Option<Date>,
) -> Result<Option<Newest>, Fault> {
    let row = sqlx::query!(
        r#"
        select day, source, base_currency, (now() at time zone 'utc')::date - day as "age_days!"
        from exchange_rate
        where (quote_currency = $1 or base_currency = $1)
          and day <= least($2::date, (now() at time zone 'utc')::date)
        order by day desc, source like 'house%' desc, source desc, base_currency desc
        limit 1
        "#,
        of.code(),
        on,
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let base = currency(&row.base_currency)?;
        Ok(Newest { source: row.source, base, day: row.day, age_days: row.age_days })
    })
    .transpose()
}

/// The rates of a source of one day.
pub(in crate::exchange) async fn of_day(
    pool: &PgPool,
    newest: &Newest,
) -> Result<Vec<(Currency, Decimal)>, Fault> {
    let rows = sqlx::query!(
        r#"
        select quote_currency, rate::text as "rate!" from exchange_rate
        where day = $1 and source = $2 and base_currency = $3
        "#,
        newest.day,
        newest.source,
        newest.base.code(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|row| Ok((currency(&row.quote_currency)?, decimal(&row.rate)?))).collect()
}

/// Whether the currency has a rate, or is the base of others.
pub(in crate::exchange) async fn is_known(pool: &PgPool, of: Currency) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select exists (select 1 from exchange_rate
                       where quote_currency = $1 or base_currency = $1) as "is_known!"
        "#,
        of.code(),
    )
    .fetch_one(pool)
    .await?)
}

/// Whether there is a rate.
pub(in crate::exchange) async fn are_there(pool: &PgPool) -> Result<bool, Fault> {
    let found = sqlx::query_scalar!(r#"select exists (select 1 from exchange_rate) as "found!""#);
    Ok(found.fetch_one(pool).await?)
}
