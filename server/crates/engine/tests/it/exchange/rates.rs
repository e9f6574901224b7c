//! Rates: imported once, never changed, and found by day.

use std::path::PathBuf;

use domain::currency::Currency;
use domain::exchange::ExchangeError;
use engine::exchange::plausible::Doubt;
use engine::exchange::rates::{self, EnterError, ImportError, enter, import, import_as_given};
use rust_decimal::Decimal;
use sqlx::PgPool;
use time::macros::date;

use super::{days_ago, import_day};
use crate::world::World;

const FILE: &str = "Date,USD,JPY,CYP,\n\
    2026-01-30,1.0837,161.35,N/A,\n\
    2026-01-29,1.0830,160.00,0.58,\n";

#[sqlx::test(migrations = "../../../migrations")]
async fn the_same_file_twice_changes_nothing(pool: PgPool) {
    let world = World::new(pool).await;

    let first = import(&world.pool, FILE.as_bytes(), "a test").await.unwrap();
    let again = import(&world.pool, FILE.as_bytes(), "a test").await.unwrap();

    assert_eq!((first.added, first.known, first.changed.len()), (4, 0, 0));
    assert_eq!((again.added, again.known, again.changed.len()), (0, 4, 0));
    assert_eq!(first.file.not_taken, ["CYP"]);
    assert_eq!(world.count("select count(*) from exchange_rate").await, 4);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_known_day_keeps_its_rate_and_the_other_value_is_reported(pool: PgPool) {
    let world = World::new(pool).await;
    import(&world.pool, FILE.as_bytes(), "a test").await.unwrap();
    let other = "Date,USD,JPY,CHF,\n\
        2026-01-31,1.0900,162.00,0.94,\n\
        2026-01-30,1.0837,161.36,0.94,\n\
        2026-01-29,1.0830,-1,0.94,\n";

    let imported = import(&world.pool, other.as_bytes(), "a test").await.unwrap();

    assert_eq!((imported.added, imported.known), (4, 1));
    let changed = imported.changed.as_slice();
    let [one] = changed else { panic!("{changed:?}") };
    assert_eq!((one.line, one.day, one.currency), (3, date!(2026 - 01 - 30), Currency::JPY));
    assert_eq!((one.known.to_string(), one.given.to_string()), ("161.35".into(), "161.36".into()));
    assert_eq!(imported.file.refused.len(), 1);
    assert_eq!(imported.file.refused[0].line, 4);
    let pair = (Currency::EUR, Currency::JPY);
    let kept = rates::find(&world.pool, pair, Some(date!(2026 - 01 - 30))).await.unwrap().unwrap();
    assert_eq!(kept.rate.units().to_string(), "161.35");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_day_that_stands_twice_in_a_file_with_two_values_keeps_the_first(pool: PgPool) {
    let world = World::new(pool).await;
    let file = "Date,USD,\n2026-01-30,1.08,\n2026-01-30,1.09,\n2026-01-30,1.08,\n";

    let imported = import(&world.pool, file.as_bytes(), "a test").await.unwrap();

    assert_eq!((imported.added, imported.known, imported.changed.len()), (1, 1, 1));
    assert_eq!(imported.changed[0].line, 3);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_file_that_is_none_of_rates_changes_nothing(pool: PgPool) {
    let world = World::new(pool).await;

    let answer = import(&world.pool, b"FILE,sandbox-settlement,1", "a test").await;

    assert!(matches!(answer, Err(ImportError::Unreadable(_))), "{answer:?}");
    assert_eq!(world.count("select count(*) from audit_log").await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn rates_of_another_source_are_used_under_its_name_and_those_known_stay(pool: PgPool) {
    let world = World::new(pool).await;
    let day = date!(2026 - 01 - 30);
    let units = |text: &str| text.parse::<Decimal>().unwrap();
    let dollars = (Currency::USD, units("1.0800"));
    let own = ("own", Currency::EUR, day);

    let added = enter(&world.pool, own, &[dollars], "a test").await.unwrap();
    let others = [(Currency::USD, units("9")), (Currency::JPY, units("162.50"))];
    let again = enter(&world.pool, own, &others, "a test").await.unwrap();
    let none = [(Currency::KWD, units("0.33")), (Currency::JPY, units("0"))];
    let refused = enter(&world.pool, own, &none, "a test").await;

    assert_eq!((added, again), (1, 1));
    assert!(matches!(refused, Err(EnterError::NoRate(ExchangeError::RateNotPositive))));
    let pair = (Currency::EUR, Currency::USD);
    let found = rates::find(&world.pool, pair, Some(day)).await.unwrap().unwrap();
    assert_eq!((found.reference(), found.rate.units()), ("own/2026-01-30".into(), units("1.08")));
    assert_eq!(world.count("select count(*) from exchange_rate").await, 2, "no dinars either");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_rate_that_can_hardly_be_right_is_not_taken_unless_somebody_says_so(pool: PgPool) {
    let world = World::new(pool).await;
    import_day(&world, days_ago(2), "1.08,160").await;
    let file = |day, rates: &str| format!("Date,USD,JPY,\n{day},{rates},\n");
    let wrong = file(days_ago(1), "108.1,161");
    let to_come = file(days_ago(-1), "1.08,160");

    let careful = import(&world.pool, wrong.as_bytes(), "a test").await.unwrap();
    let kept = rates::find(&world.pool, (Currency::EUR, Currency::USD), None).await.unwrap();
    let forced = import_as_given(&world.pool, wrong.as_bytes(), "a test").await.unwrap();
    let early = import_as_given(&world.pool, to_come.as_bytes(), "a test").await.unwrap();

    assert_eq!((careful.added, careful.doubted.len()), (1, 1), "the yen is taken");
    let doubted = &careful.doubted[0];
    assert_eq!((doubted.line, doubted.currency), (2, Currency::USD));
    assert_eq!(kept.unwrap().day, days_ago(2));
    assert_eq!((forced.added, forced.known, forced.doubted.len()), (1, 1, 0));
    assert_eq!((early.added, early.doubted.len()), (0, 2));
    assert!(early.doubted.iter().all(|rate| rate.doubt == Doubt::ToCome));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_house_enters_goes_before_the_file_of_the_same_day(pool: PgPool) {
    let world = World::new(pool).await;
    import_day(&world, days_ago(1), "108.37,160").await;
    let pair = (Currency::EUR, Currency::USD);
    let units = |text: &str| text.parse::<Decimal>().unwrap();
    let enter = async |source, text| {
        let own = (source, Currency::EUR, days_ago(1));
        enter(&world.pool, own, &[(Currency::USD, units(text))], "a test").await.unwrap()
    };
    let found = async || rates::find(&world.pool, pair, None).await.unwrap().unwrap();

    enter("house", "1.0387").await;
    let once = found().await;
    enter("house-2", "1.0837").await;
    let twice = found().await;
    let early = ("house", Currency::EUR, days_ago(-1));
    let refused = rates::enter(&world.pool, early, &[(Currency::USD, units("1"))], "a test").await;

    assert_eq!(once.rate.units(), units("1.0387"));
    assert_eq!((twice.rate.units(), twice.source.as_str()), (units("1.0837"), "house-2"));
    assert!(matches!(refused, Err(EnterError::ToCome)), "{refused:?}");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_day_without_rates_has_those_of_the_last_day_before(pool: PgPool) {
    let world = World::new(pool).await;
    import(&world.pool, FILE.as_bytes(), "a test").await.unwrap();
    import_day(&world, days_ago(2), "1.2,180").await;
    import_day(&world, days_ago(-2), "1.3,190").await;
    let pair = (Currency::USD, Currency::JPY);
    let on = |day| rates::find(&world.pool, pair, day);

    let saturday = on(Some(date!(2026 - 01 - 31))).await.unwrap().unwrap();
    let newest = on(None).await.unwrap().unwrap();
    let before_all = on(Some(date!(2026 - 01 - 28))).await.unwrap();

    assert_eq!(saturday.reference(), "ecb/2026-01-30");
    // 161.35 / 1.0837.
    assert_eq!(saturday.rate.units().to_string(), "148.888068654");
    assert_eq!((newest.day, newest.age_days), (days_ago(2), 2));
    assert_eq!(newest.rate.units().to_string(), "150");
    assert_eq!(before_all, None);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_rates_of_a_day_are_listed_from_any_of_its_currencies(pool: PgPool) {
    let world = World::new(pool).await;
    import(&world.pool, FILE.as_bytes(), "a test").await.unwrap();
    let listed = async |from: Currency| -> Vec<(String, String)> {
        let found = rates::list(&world.pool, from, Some(date!(2026 - 02 - 01))).await.unwrap();
        let line = |one: rates::DayRate| (one.rate.to().to_string(), one.rate.units().to_string());
        found.into_iter().map(line).collect()
    };
    let line = |code: &str, units: &str| (code.to_owned(), units.to_owned());

    assert_eq!(listed(Currency::EUR).await, [line("JPY", "161.35"), line("USD", "1.0837")]);
    let of_the_dollar = [line("EUR", "0.92276460275"), line("JPY", "148.888068654")];
    assert_eq!(listed(Currency::USD).await, of_the_dollar);
    assert_eq!(listed(Currency::KWD).await, []);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_banks_own_history_is_imported_to_the_last_rate(pool: PgPool) {
    let Some(root) = std::env::var_os("PAYDESK_CORPUS").map(PathBuf::from) else {
        return eprintln!("skipped: PAYDESK_CORPUS not set");
    };
    let world = World::new(pool).await;
    let history = root.join("reference/fx/eurofxref-hist-2023-2025H1.csv");
    let content = std::fs::read(history).unwrap();

    let first = import(&world.pool, &content, "a test").await.unwrap();
    let again = import(&world.pool, &content, "a test").await.unwrap();

    assert_eq!((first.added, first.changed.len(), first.file.refused.len()), (19_080, 0, 0));
    assert_eq!((again.added, again.known), (0, 19_080));
    let pair = (Currency::USD, Currency::JPY);
    let easter =
        rates::find(&world.pool, pair, Some(date!(2025 - 04 - 21))).await.unwrap().unwrap();
    assert_eq!(easter.day, date!(2025 - 04 - 17));
    let sums: Vec<String> = sqlx::query_scalar(
        "select sum(rate)::text from exchange_rate where quote_currency in ('USD', 'JPY')
         group by quote_currency order by quote_currency",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(sums, ["100968.55", "689.4062"]);
}
