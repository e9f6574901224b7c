//! Exchange: figures that can be checked by hand, and what is refused.

use domain::currency::Currency;
use domain::exchange::{ExchangeError, Quote, Rate, exchange, worth};
use domain::id::QuoteId;
use domain::money::Money;
use proptest::prelude::*;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::examples::{eur, usd};

fn rate(from: Currency, to: Currency, units: &str) -> Rate {
    Rate::new(from, to, units.parse().unwrap()).unwrap()
}

fn quote() -> Quote {
    Quote {
        id: QuoteId::from_uuid(Uuid::from_u128(1)),
        sold: eur(10_000),
        rate: rate(Currency::EUR, Currency::USD, "1.0837"),
        source: "ecb/2026-01-30".into(),
        spread_basis_points: 50,
        expires_at: OffsetDateTime::UNIX_EPOCH,
    }
}

#[test]
fn one_hundred_euro_at_1_0837_less_half_a_percent_are_107_83_dollars() {
    let exchanged = exchange(eur(10_000), quote().rate, 50).unwrap();

    assert_eq!(
        (exchanged.worth, exchanged.bought, exchanged.spread, exchanged.rounding),
        (usd(10_837), usd(10_783), usd(54), usd(0))
    );
}

#[test]
fn figures_that_are_rounded_one_by_one_leave_a_unit_that_is_named() {
    let rate = rate(Currency::EUR, Currency::USD, "1.0830");

    let exchanged = exchange(eur(10_005), rate, 150).unwrap();

    assert_eq!(
        (exchanged.worth, exchanged.bought, exchanged.spread, exchanged.rounding),
        (usd(10_835), usd(10_673), usd(163), usd(-1))
    );
}

#[test]
fn currencies_keep_their_own_decimals() {
    let yen = exchange(eur(10_000), rate(Currency::EUR, Currency::JPY, "161.35"), 0).unwrap();
    assert_eq!(yen.bought, Money::from_minor(16_135, Currency::JPY));

    let hundred_yen = Money::from_minor(100, Currency::JPY);
    let dinar = exchange(hundred_yen, rate(Currency::JPY, Currency::KWD, "0.0020512"), 0).unwrap();
    assert_eq!(dinar.bought, Money::from_minor(205, Currency::KWD));
}

#[test]
fn a_stale_quote_is_refused_from_the_moment_it_expires() {
    let quote = quote();

    assert!(quote.accept(quote.expires_at - Duration::nanoseconds(1)).is_ok());
    assert_eq!(quote.accept(quote.expires_at), Err(ExchangeError::Expired));
    assert_eq!(quote.accept(quote.expires_at + Duration::DAY), Err(ExchangeError::Expired));
}

#[test]
fn a_rate_of_zero_or_less_and_of_a_currency_for_itself_cannot_be_made() {
    for units in ["0", "0.000", "-1.08"] {
        let made = Rate::new(Currency::EUR, Currency::USD, units.parse().unwrap());
        assert_eq!(made, Err(ExchangeError::RateNotPositive), "{units}");
    }
    let made = Rate::new(Currency::EUR, Currency::EUR, "1".parse().unwrap());
    assert_eq!(made, Err(ExchangeError::SameCurrency(Currency::EUR)));
}

/// What one of the first is worth in the second, where a euro is worth so much of each.
fn across(from: (&str, &str), to: (&str, &str)) -> Result<String, ExchangeError> {
    let side = |(code, units): (&str, &str)| (code.parse().unwrap(), units.parse().unwrap());
    Rate::across(side(from), side(to)).map(|rate| rate.units().to_string())
}

#[test]
fn a_rate_across_a_third_currency_is_rounded_once_to_twelve_digits() {
    let euro = ("EUR", "1");

    assert_eq!(across(euro, ("USD", "1.1720")), Ok("1.172".into()));
    assert_eq!(across(("USD", "1.1720"), euro), Ok("0.853242320819".into()));
    assert_eq!(across(("USD", "1.1720"), ("JPY", "169.17")), Ok("144.343003413".into()));
    assert_eq!(across(("IDR", "19021.03"), ("GBP", "0.8555")), Ok("0.000044976533868".into()));
    // 2/3, whose thirteenth digit is a six: rounded up.
    assert_eq!(across(("CHF", "3"), ("PLN", "2")), Ok("0.666666666667".into()));
}

#[test]
fn a_rate_across_a_third_currency_that_cannot_be_is_refused() {
    let euro = ("EUR", "1");
    assert_eq!(across(euro, ("USD", "0")), Err(ExchangeError::RateNotPositive));
    assert_eq!(across(("USD", "-1.1"), euro), Err(ExchangeError::RateNotPositive));
    assert_eq!(across(euro, euro), Err(ExchangeError::SameCurrency(Currency::EUR)));
    let (huge, tiny) = ("79228162514264337593543950335", "0.0000000000000000000000000001");
    assert_eq!(across(("USD", tiny), ("JPY", huge)), Err(ExchangeError::OutOfRange));
}

#[test]
fn what_is_owed_is_worth_as_much_as_what_is_had() {
    let rate = rate(Currency::EUR, Currency::USD, "1.0835");

    assert_eq!(worth(eur(10), rate), Ok(usd(11)));
    assert_eq!(worth(eur(-10), rate), Ok(usd(-11)));
    assert_eq!(worth(eur(0), rate), Ok(usd(0)));
    let wrong = ExchangeError::WrongCurrency { sold: Currency::USD, rate: Currency::EUR };
    assert_eq!(worth(usd(1), rate), Err(wrong));
}

#[test]
fn amounts_that_make_no_sense_are_refused() {
    let rate = rate(Currency::EUR, Currency::USD, "1.0837");
    let wrong = ExchangeError::WrongCurrency { sold: Currency::USD, rate: Currency::EUR };

    assert_eq!(exchange(eur(0), rate, 0), Err(ExchangeError::NotPositive));
    assert_eq!(exchange(eur(-1), rate, 0), Err(ExchangeError::NotPositive));
    assert_eq!(exchange(usd(1), rate, 0), Err(wrong));
    assert_eq!(exchange(eur(1), rate, 10_000), Err(ExchangeError::SpreadTooLarge));
    assert_eq!(exchange(eur(i64::MAX), rate, 0), Err(ExchangeError::OutOfRange));
    let one_yen = Money::from_minor(1, Currency::JPY);
    let to_euro = Rate::new(Currency::JPY, Currency::EUR, "0.0049".parse().unwrap()).unwrap();
    assert_eq!(exchange(one_yen, to_euro, 0), Err(ExchangeError::TooSmall));
}

#[test]
fn what_is_too_little_for_our_spread_is_not_exchanged() {
    let rate = rate(Currency::EUR, Currency::JPY, "161.35");

    assert_eq!(exchange(eur(1), rate, 50), Err(ExchangeError::TooSmall));
    assert!(exchange(eur(100), rate, 50).unwrap().spread.is_positive());
    let without = exchange(eur(1), rate, 0).unwrap();
    let of = |money: Money| money.minor();
    assert_eq!((of(without.worth), of(without.bought), of(without.rounding)), (2, 1, 1));
}

proptest! {
    #[test]
    fn whoever_exchanges_there_and_back_never_has_more(
        // Small amounts and no spread: there the roundings weigh most.
        minor in prop_oneof![1_i64..200, 1_i64..1_000_000],
        units in 1_i64..100_000,
        spread in prop_oneof![Just(0_u32), 0_u32..300],
        to in prop::sample::select(vec![Currency::USD, Currency::JPY, Currency::KWD]),
    ) {
        // A rate whose inverse is exact as long as it is a power of ten: else it is one of twelve
        // digits, whose error is far below one unit of these amounts.
        let there = Rate::new(Currency::EUR, to, rust_decimal::Decimal::new(units, 2)).unwrap();
        let back = Rate::across((to, there.units()), (Currency::EUR, 1.into())).unwrap();

        if let Ok(one) = exchange(eur(minor), there, spread)
            && let Ok(other) = exchange(one.bought, back, spread)
        {
            prop_assert!(other.bought.minor() <= minor, "{one:?} {other:?}");
        }
    }

    #[test]
    fn nothing_is_lost_between_worth_bought_and_spread(
        minor in 1_i64..1_000_000_000_000,
        units in 1_i64..1_000_000_000,
        scale in 0_u32..9,
        spread in 0_u32..10_000,
        to in prop::sample::select(vec![Currency::USD, Currency::JPY, Currency::KWD]),
    ) {
        let units = rust_decimal::Decimal::new(units, scale);
        let rate = Rate::new(Currency::EUR, to, units).unwrap();

        match exchange(eur(minor), rate, spread) {
            Ok(figures) => {
                let parts = [figures.bought, figures.spread, figures.rounding];
                prop_assert_eq!(Money::sum(to, parts), Ok(figures.worth));
                prop_assert!(figures.rounding.minor().abs() <= 1);
                prop_assert!(figures.bought.is_positive() && figures.spread.minor() >= 0);
                prop_assert!(figures.bought.minor() <= figures.worth.minor());
            }
            Err(error) => {
                prop_assert!(matches!(error, ExchangeError::TooSmall | ExchangeError::OutOfRange));
            }
        }
    }
}
