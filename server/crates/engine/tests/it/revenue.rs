//! What the shop earned, from the ledger.

use domain::account::AccountKind;
use domain::currency::Currency;
use domain::period::{Grain, Period};
use engine::ledger::revenue::{Earned, PERIODS_MAX, ReportError, report};
use sqlx::PgPool;
use time::macros::date;
use time::{Date, OffsetDateTime};

use crate::desk::Desk;

/// The day on which every entry so far is said to have been recorded that has no other yet.
async fn recorded_on(desk: &Desk, day: Date) {
    // Only the owner of the database can, and only with the guard away.
    let statements = [
        "alter table entry disable trigger entry_append_only".to_owned(),
        format!(
            "update entry set recorded_at = '{day} 23:59:59.999999Z'
             where recorded_at > '2020-01-01'"
        ),
        "alter table entry enable trigger entry_append_only".to_owned(),
    ];
    for statement in statements {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(desk.pool()).await.unwrap();
    }
}

/// The first day, the platform's fees and the result.
fn line(earned: &Earned) -> (Date, i64, i64) {
    let fees = earned.parts.iter().find(|(kind, _)| *kind == AccountKind::PlatformFees).unwrap();
    (earned.period.from, fees.1.minor(), earned.result.minor())
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_was_earned_is_the_sum_of_the_entries_of_its_days(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (pool, shop) = (desk.pool(), desk.world.shop);
    desk.sold("one").await;
    recorded_on(&desk, date!(2019 - 12 - 31)).await;
    desk.sold("two").await;
    desk.sold("three").await;
    recorded_on(&desk, date!(2019 - 11 - 30)).await;
    desk.sold("today").await;
    let span = Period::new(date!(2019 - 11 - 30), date!(2019 - 12 - 31)).unwrap();

    let by_month = report(pool, shop, span, Grain::Month).await.unwrap();
    let by_day = report(pool, shop, span, Grain::Day).await.unwrap();
    let without_the_last = Period::new(date!(2019 - 12 - 01), date!(2019 - 12 - 30)).unwrap();
    let nothing = report(pool, shop, without_the_last, Grain::Month).await.unwrap();
    let today = OffsetDateTime::now_utc().date();
    let now = report(pool, shop, Period::new(today, today).unwrap(), Grain::Day).await.unwrap();

    let lines = |of: &[Earned]| of.iter().map(line).collect::<Vec<_>>();
    let november = (date!(2019 - 11 - 30), 500, 500);
    assert_eq!(lines(&by_month.periods), [november, (date!(2019 - 12 - 01), 250, 250)]);
    assert_eq!(lines(&by_day.periods), [november, (date!(2019 - 12 - 31), 250, 250)]);
    assert_eq!(by_month.periods[0].period.to, date!(2019 - 11 - 30), "November is cut");
    assert_eq!(lines(&by_month.totals), [(span.from, 750, 750)]);
    assert_eq!((by_month.totals[0].period, by_month.totals[0].currency), (span, Currency::EUR));
    assert_eq!((nothing.periods, nothing.totals), (vec![], vec![]));
    assert_eq!(lines(&now.totals), [(today, 250, 250)]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn costs_lower_what_was_earned_and_what_we_have_or_owe_is_no_part_of_it(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("one").await;
    let today = OffsetDateTime::now_utc().date();
    let span = Period::new(today, today.next_day().unwrap()).unwrap();

    crate::ledger::post(&desk, 3, 40).await.unwrap();
    let found = report(desk.pool(), desk.world.shop, span, Grain::Day).await.unwrap();

    let total = &found.totals[0];
    let of = |kind| total.parts.iter().find(|(one, _)| *one == kind).map(|(_, m)| m.minor());
    assert_eq!(of(AccountKind::PlatformFees), Some(290), "a credit of fees adds");
    assert_eq!(of(AccountKind::WriteOffs), Some(-40), "a debit of write-offs takes");
    assert_eq!(of(AccountKind::SellerPending), None);
    assert_eq!(total.result.minor(), 250);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_report_of_too_many_periods_is_refused(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let from = date!(2020 - 01 - 01);
    let days = |count: i64| Period::new(from, from + time::Duration::days(count - 1)).unwrap();
    let ask = async |span, by| report(desk.pool(), desk.world.shop, span, by).await;

    let refused = ask(days(PERIODS_MAX + 1), Grain::Day).await;

    assert!(matches!(refused, Err(ReportError::TooLong)), "{refused:?}");
    assert!(ask(days(PERIODS_MAX), Grain::Day).await.is_ok());
    assert!(ask(days(PERIODS_MAX + 1), Grain::Month).await.is_ok());
    desk.close().await;
}
