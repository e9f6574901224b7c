//! Schedules: on which days sellers are paid.

use domain::money::MoneyError;
use domain::schedule::{MonthDay, NoSuchDay, Rhythm, Schedule};
use proptest::prelude::*;
use time::{Date, Weekday};

use crate::examples::{date, eur, usd};

fn monthly(day: u8) -> Rhythm {
    Rhythm::Monthly(MonthDay::try_from(day).unwrap())
}

#[test]
fn the_31st_is_the_last_day_of_a_short_month() {
    let dates = std::iter::successors(monthly(31).next_after(date(2024, 1, 1)), |&last| {
        monthly(31).next_after(last)
    });

    let expected = [
        date(2024, 1, 31),
        date(2024, 2, 29),
        date(2024, 3, 31),
        date(2024, 4, 30),
        date(2024, 5, 31),
    ];
    assert_eq!(dates.take(5).collect::<Vec<_>>(), expected);
    assert_eq!(monthly(30).next_after(date(2025, 2, 1)), Some(date(2025, 2, 28)));
}

#[test]
fn weekly_and_daily_know_their_next_day() {
    let friday = Rhythm::Weekly(Weekday::Friday);

    assert_eq!(friday.next_after(date(2026, 1, 30)), Some(date(2026, 2, 6)), "a Friday itself");
    assert_eq!(friday.next_after(date(2026, 1, 29)), Some(date(2026, 1, 30)));
    assert_eq!(Rhythm::Daily.next_after(date(2026, 12, 31)), Some(date(2027, 1, 1)));
}

#[test]
fn nobody_is_paid_by_a_manual_schedule_or_after_the_calendar_ends() {
    assert_eq!(Rhythm::Manual.next_after(date(2026, 1, 1)), None);
    assert!(!Rhythm::Manual.is_due(Some(date(2020, 1, 1)), date(2026, 1, 1)));
    assert_eq!(Rhythm::Daily.next_after(Date::MAX), None);
}

#[test]
fn a_day_on_which_nobody_ran_is_made_up_for_once() {
    let friday = Rhythm::Weekly(Weekday::Friday);
    let (last, missed, monday) = (date(2026, 1, 16), date(2026, 1, 30), date(2026, 2, 2));

    assert!(friday.is_due(Some(last), monday), "of two Fridays nobody ran");
    assert!(!friday.is_due(Some(monday), date(2026, 2, 5)));
    assert!(friday.is_due(None, missed));
    assert!(!friday.is_due(None, monday), "without a last run only the day itself counts");
}

#[test]
fn a_schedule_pays_all_or_nothing_from_the_minimum_on() {
    let schedule = Schedule { rhythm: Rhythm::Daily, minimum: eur(2_500) };
    let today = date(2026, 1, 30);
    let due = |available| schedule.due(None, today, available);

    assert_eq!(due(eur(2_499)), Ok(None));
    assert_eq!(due(eur(2_500)), Ok(Some(eur(2_500))));
    assert_eq!(due(eur(9_999)), Ok(Some(eur(9_999))));
    assert!(matches!(due(usd(9_999)), Err(MoneyError::CurrencyMismatch { .. })));
    let from_nothing = Schedule { minimum: eur(0), ..schedule };
    assert_eq!(from_nothing.due(None, today, eur(0)), Ok(None));
    assert_eq!(from_nothing.due(None, today, eur(-5)), Ok(None), "a debt is not paid out");
    assert_eq!(schedule.due(Some(today), today, eur(9_999)), Ok(None), "not twice a day");
}

#[test]
fn no_month_has_a_day_0_or_32() {
    assert_eq!(MonthDay::try_from(0), Err(NoSuchDay(0)));
    assert_eq!(MonthDay::try_from(32), Err(NoSuchDay(32)));
    assert!(serde_json::from_str::<Rhythm>(r#"{"monthly":32}"#).is_err());
    assert_eq!(serde_json::from_str::<Rhythm>(r#"{"monthly":31}"#).unwrap(), monthly(31));
}

fn rhythm() -> impl Strategy<Value = Rhythm> {
    prop_oneof![
        Just(Rhythm::Manual),
        Just(Rhythm::Daily),
        (0_u8..7).prop_map(|days| Rhythm::Weekly(Weekday::Monday.nth_next(days))),
        (1_u8..=31).prop_map(monthly),
    ]
}

proptest! {
    #[test]
    fn the_next_day_is_the_first_one_that_the_rhythm_falls_on(
        rhythm in rhythm(),
        day in 2_400_000_i32..2_500_000,
    ) {
        let date = Date::from_julian_day(day).unwrap();

        match rhythm.next_after(date) {
            None => prop_assert_eq!(rhythm, Rhythm::Manual),
            Some(next) => {
                prop_assert!(next > date && rhythm.falls_on(next));
                let between = (day + 1..next.to_julian_day()).map(Date::from_julian_day);
                for day in between {
                    prop_assert!(!rhythm.falls_on(day.unwrap()));
                }
            }
        }
    }

    #[test]
    fn each_month_has_one_day_of_a_monthly_schedule(
        day in 1_u8..=31, year in 2000_i32..2100, month in 1_u8..=12,
    ) {
        let first = date(year, month, 1);
        let days = i32::from(first.month().length(year));

        let hits = (0..days)
            .filter(|&after| {
                monthly(day).falls_on(first + time::Duration::days(after.into()))
            })
            .count();
        prop_assert_eq!(hits, 1);
    }
}
