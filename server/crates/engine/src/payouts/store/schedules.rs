//! The SQL of pay-out schedules.

use domain::currency::Currency;
use domain::id::{SellerId, ShopId};
use domain::money::Money;
use domain::schedule::{MonthDay, Rhythm, Schedule};
use sqlx::PgPool;
use time::{Date, Weekday};
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payouts::schedules::Planned;

struct ScheduleRow {
    seller_id: Uuid,
    currency: String,
    shop_id: Uuid,
    rhythm: String,
    day: Option<i16>,
    minimum_minor: i64,
    last_run_on: Option<Date>,
    last_outcome: Option<String>,
}

impl ScheduleRow {
    fn planned(self) -> Result<Planned, Fault> {
        let corrupt = || Fault::CorruptRow(format!("schedule of {}", self.seller_id));
        let currency: Currency = self.currency.parse().map_err(|_| corrupt())?;
        let day = self.day.and_then(|day| u8::try_from(day).ok());
        let rhythm = match (self.rhythm.as_str(), day) {
            ("manual", _) => Rhythm::Manual,
            ("daily", _) => Rhythm::Daily,
            ("weekly", Some(day @ 1..=7)) => Rhythm::Weekly(Weekday::Monday.nth_next(day - 1)),
            ("monthly", Some(day)) => {
                Rhythm::Monthly(MonthDay::try_from(day).map_err(|_| corrupt())?)
            }
            _ => return Err(corrupt()),
        };
        Ok(Planned {
            shop: ShopId::from_uuid(self.shop_id),
            seller: SellerId::from_uuid(self.seller_id),
            schedule: Schedule { rhythm, minimum: Money::from_minor(self.minimum_minor, currency) },
            last_run_on: self.last_run_on,
            last_outcome: self.last_outcome,
        })
    }
}

/// The words under which a rhythm is stored.
pub(crate) fn words(rhythm: Rhythm) -> (&'static str, Option<i16>) {
    match rhythm {
        Rhythm::Manual => ("manual", None),
        Rhythm::Daily => ("daily", None),
        Rhythm::Weekly(weekday) => ("weekly", Some(weekday.number_from_monday().into())),
        Rhythm::Monthly(day) => ("monthly", Some(day.day().into())),
    }
}

pub(crate) async fn set(
    tx: &mut Tx,
    shop: ShopId,
    seller: SellerId,
    schedule: Schedule,
) -> Result<bool, Fault> {
    let (rhythm, day) = words(schedule.rhythm);
    let set = sqlx::query!(
        r#"
        insert into payout_schedule (seller_id, currency, shop_id, rhythm, day, minimum_minor)
        select seller_id, $3, shop_id, $4, $5, $6 from seller where seller_id = $1 and shop_id = $2
        on conflict (seller_id, currency)
        do update set rhythm = excluded.rhythm, day = excluded.day,
                      minimum_minor = excluded.minimum_minor, updated_at = now()
        "#,
        seller.uuid(),
        shop.uuid(),
        schedule.minimum.currency().code(),
        rhythm,
        day,
        schedule.minimum.minor(),
    )
    .execute(tx.conn())
    .await?;
    Ok(set.rows_affected() == 1)
}

pub(crate) async fn list(
    pool: &PgPool,
    shop: ShopId,
    seller: SellerId,
) -> Result<Vec<Planned>, Fault> {
    let rows = sqlx::query_as!(
        ScheduleRow,
        r#"
        select seller_id, currency, shop_id, rhythm, day, minimum_minor, last_run_on, last_outcome
        from payout_schedule where seller_id = $1 and shop_id = $2 order by currency
        "#,
        seller.uuid(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(ScheduleRow::planned).collect()
}

/// Today, and the schedules that have not run today and may have to.
pub(crate) async fn not_run_today(pool: &PgPool) -> Result<(Date, Vec<Planned>), Fault> {
    let today = sqlx::query_scalar!(r#"select (now() at time zone 'utc')::date as "today!""#)
        .fetch_one(pool)
        .await?;
    let rows = sqlx::query_as!(
        ScheduleRow,
        r#"
        select seller_id, currency, shop_id, rhythm, day, minimum_minor, last_run_on, last_outcome
        from payout_schedule
        where rhythm <> 'manual' and (last_run_on is null or last_run_on < $1)
        order by seller_id, currency
        "#,
        today,
    )
    .fetch_all(pool)
    .await?;
    let planned = rows.into_iter().map(ScheduleRow::planned).collect::<Result<_, _>>()?;
    Ok((today, planned))
}

/// Holds the lock of a schedule; none if somebody else does.
pub(crate) async fn lock(
    tx: &mut Tx,
    seller: SellerId,
    currency: Currency,
) -> Result<Option<Planned>, Fault> {
    let row = sqlx::query_as!(
        ScheduleRow,
        r#"
        select seller_id, currency, shop_id, rhythm, day, minimum_minor, last_run_on, last_outcome
        from payout_schedule where seller_id = $1 and currency = $2
        for update skip locked
        "#,
        seller.uuid(),
        currency.code(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(ScheduleRow::planned).transpose()
}

/// Writes down that the schedule has run, and what came of it.
pub(crate) async fn note_run(
    tx: &mut Tx,
    seller: SellerId,
    currency: Currency,
    on: Date,
    outcome: &str,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        update payout_schedule set last_run_on = $3, last_outcome = $4
        where seller_id = $1 and currency = $2
        "#,
        seller.uuid(),
        currency.code(),
        on,
        outcome,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
