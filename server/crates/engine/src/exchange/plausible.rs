//! Whether a rate can be right. A day to come has none, and within a few days hardly any currency
//! gains or loses a fifth: a figure that says so was more likely written wrongly.

use std::collections::HashMap;

use domain::currency::Currency;
use rust_decimal::Decimal;
use time::Date;

use crate::exchange::store::rates::Given;

/// For how many days a rate tells what the next one may be.
pub(super) const TELLING_DAYS: i16 = 10;

/// A rate of a file that was not taken, since it can hardly be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoubtedRate {
    /// Where in the file its day begins, from 1.
    pub line: u32,
    /// The day.
    pub day: Date,
    /// The currency, of which one of the base would be worth so much.
    pub currency: Currency,
    /// The value of the file.
    pub given: Decimal,
    /// Why it is doubted.
    pub doubt: Doubt,
}

/// Why a rate is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Its day has not come.
    #[error("this day has not come")]
    ToCome,
    /// It is more than a fifth away from the one before.
    #[error("it was {value} on {day}, more than a fifth apart")]
    Jumped {
        /// The day of the one before.
        day: Date,
        /// Its value.
        value: Decimal,
    },
}

/// The last rate of a currency that is believed.
pub(super) type Last = HashMap<Currency, (Date, Decimal)>;

/// Those of `rates` that can be right, in their order, and the others. A currency of which nothing
/// is known in `last` tells by itself: its rates are all taken.
pub(super) fn sift(
    rates: Vec<Given>,
    mut last: Last,
    today: Date,
) -> (Vec<Given>, Vec<DoubtedRate>) {
    let mut by_day: Vec<usize> = (0..rates.len()).collect();
    by_day.sort_by_key(|&index| rates[index].day);
    let mut doubts: HashMap<usize, Doubt> = HashMap::new();
    for index in by_day {
        let rate = &rates[index];
        if rate.day > today {
            doubts.insert(index, Doubt::ToCome);
            continue;
        }
        let Some(before) = last.get_mut(&rate.currency) else { continue };
        let (day, value) = *before;
        let tells = (rate.day - day).whole_days() <= i64::from(TELLING_DAYS);
        if tells && is_far(value, rate.units) {
            doubts.insert(index, Doubt::Jumped { day, value });
        } else {
            *before = (rate.day, rate.units);
        }
    }
    let (mut taken, mut doubted) = (Vec::with_capacity(rates.len()), Vec::new());
    for (index, rate) in rates.into_iter().enumerate() {
        match doubts.remove(&index) {
            None => taken.push(rate),
            Some(doubt) => {
                let Given { line, day, currency, units: given } = rate;
                doubted.push(DoubtedRate { line, day, currency, given, doubt });
            }
        }
    }
    (taken, doubted)
}

/// Whether one is more than a fifth above the other.
fn is_far(one: Decimal, other: Decimal) -> bool {
    let (low, high) = (one.min(other), one.max(other));
    low.checked_mul(Decimal::new(12, 1)).is_some_and(|limit| high > limit)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn given(line: u32, day: Date, units: &str) -> Given {
        Given { line, day, currency: Currency::USD, units: units.parse().unwrap() }
    }

    fn lines(rates: Vec<Given>, last: Last) -> (Vec<u32>, Vec<(u32, Doubt)>) {
        let (taken, doubted) = sift(rates, last, date!(2026 - 02 - 05));
        let doubted = doubted.into_iter().map(|rate| (rate.line, rate.doubt));
        (taken.into_iter().map(|rate| rate.line).collect(), doubted.collect())
    }

    #[test]
    fn a_comma_in_the_wrong_place_is_doubted_and_the_day_after_it_is_not() {
        let value: Decimal = "1.08".parse().unwrap();
        let last = Last::from([(Currency::USD, (date!(2026 - 02 - 02), value))]);
        // The newest day first, as the bank's history has them.
        let rates = vec![
            given(2, date!(2026 - 02 - 05), "1.09"),
            given(3, date!(2026 - 02 - 04), "108.1"),
            given(4, date!(2026 - 02 - 03), "1.29"),
            given(5, date!(2026 - 02 - 06), "1.09"),
        ];

        let (taken, doubted) = lines(rates, last);

        assert_eq!(taken, [2, 4]);
        let jumped = Doubt::Jumped { day: date!(2026 - 02 - 03), value: "1.29".parse().unwrap() };
        assert_eq!(doubted, [(3, jumped), (5, Doubt::ToCome)]);
    }

    #[test]
    fn what_nothing_is_known_of_and_what_was_long_ago_says_nothing() {
        let first =
            vec![given(2, date!(2026 - 02 - 04), "108"), given(3, date!(2026 - 02 - 03), "1")];
        assert_eq!(lines(first, Last::new()).0, [2, 3]);

        let old = Last::from([(Currency::USD, (date!(2026 - 01 - 01), Decimal::ONE))]);
        assert_eq!(lines(vec![given(2, date!(2026 - 02 - 01), "2")], old).0, [2]);
    }
}
