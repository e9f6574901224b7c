//! The periods that reports are cut into.

use domain::period::{Grain, Period};
use proptest::prelude::*;
use time::Date;
use time::macros::date;

#[test]
fn a_month_is_cut_to_the_days_that_are_asked_for() {
    let span = Period::new(date!(2026 - 01 - 20), date!(2026 - 03 - 10)).unwrap();

    assert_eq!(span.parts(Grain::Month), 3);
    assert_eq!(span.parts(Grain::Day), 50);
    let part = |day| span.part(Grain::Month, day);
    let of = |from, to| Period::new(from, to);
    assert_eq!(part(date!(2026 - 01 - 25)), of(date!(2026 - 01 - 20), date!(2026 - 01 - 31)));
    assert_eq!(part(date!(2026 - 02 - 14)), of(date!(2026 - 02 - 01), date!(2026 - 02 - 28)));
    assert_eq!(part(date!(2026 - 03 - 01)), of(date!(2026 - 03 - 01), date!(2026 - 03 - 10)));
    assert_eq!(part(date!(2026 - 04 - 01)), None);
}

#[test]
fn days_in_the_wrong_order_are_no_period() {
    assert_eq!(Period::new(date!(2026 - 01 - 02), date!(2026 - 01 - 01)), None);
}

fn day() -> impl Strategy<Value = Date> {
    (2_400_000_i32..2_500_000).prop_map(|day| Date::from_julian_day(day).unwrap())
}

proptest! {
    #[test]
    fn the_parts_of_a_period_are_all_of_its_days_once(from in day(), length in 0_i64..900) {
        let span = Period::new(from, from + time::Duration::days(length)).unwrap();
        for &grain in Grain::ALL {
            let mut next = span.from;
            let mut parts = 0;
            while next <= span.to {
                let part = span.part(grain, next).unwrap();
                prop_assert_eq!(part.from, next, "no day is between two parts");
                prop_assert!(part.to <= span.to);
                next = part.to.next_day().unwrap();
                parts += 1;
            }
            prop_assert_eq!(parts, span.parts(grain));
        }
    }
}
