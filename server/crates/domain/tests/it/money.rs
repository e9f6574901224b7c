//! Amounts: read and printed exactly, refused where they are not exact, split without loss.

use domain::currency::Currency;
use domain::money::{Money, MoneyError};
use proptest::prelude::*;

use crate::examples::eur;

fn parse(text: &str, code: &str) -> Result<i64, MoneyError> {
    let currency = code.parse().expect("a currency of ISO 4217");
    Money::parse(text, currency).map(Money::minor)
}

#[test]
fn each_currency_has_its_own_decimals() {
    assert_eq!(parse("3.15", "USD"), Ok(315));
    assert_eq!(parse("3.1", "USD"), Ok(310));
    assert_eq!(parse("3", "USD"), Ok(300));
    assert_eq!(parse("1200", "JPY"), Ok(1200));
    assert_eq!(parse("1.234", "KWD"), Ok(1234));
    assert_eq!(parse("-0.05", "EUR"), Ok(-5));
}

#[test]
fn currencies_are_in_the_order_of_their_codes_as_in_the_database() {
    let letters = || 'A'..='Z';
    let codes = letters().flat_map(|one| {
        letters().flat_map(move |two| letters().map(move |three| format!("{one}{two}{three}")))
    });
    let mut known: Vec<Currency> = codes.filter_map(|code| code.parse().ok()).collect();
    assert!(known.len() > 150, "{}", known.len());
    let by_code: Vec<&str> = known.iter().map(|currency| currency.code()).collect();

    known.sort_unstable();

    assert_eq!(known.iter().map(|currency| currency.code()).collect::<Vec<_>>(), by_code);
}

#[test]
fn zeros_behind_the_last_decimal_change_nothing() {
    assert_eq!(parse("12.5000", "EUR"), Ok(1250));
    assert_eq!(parse("1200.00", "JPY"), Ok(1200));
}

#[test]
fn what_is_finer_than_the_minor_unit_is_refused_and_never_rounded() {
    assert_eq!(parse("3.155", "USD"), Err(MoneyError::TooManyDecimals { allowed: 2 }));
    assert_eq!(parse("0.5", "JPY"), Err(MoneyError::TooManyDecimals { allowed: 0 }));
    assert_eq!(parse("1.2345", "KWD"), Err(MoneyError::TooManyDecimals { allowed: 3 }));
}

#[test]
fn only_plain_decimals_are_read() {
    for text in [
        "", " ", "-", ".", "+1", " 1", "1 ", "1e3", "1E3", "1,50", "1_000", ".5", "5.", "1.2.3",
        "--1", "0x10", "NaN", "inf", "１２", "1\n", "1 000", "-.5", "£5",
    ] {
        assert_eq!(parse(text, "EUR"), Err(MoneyError::NotANumber), "{text:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    assert_eq!(parse("92233720368547758.07", "EUR"), Ok(i64::MAX));
    assert_eq!(parse("-92233720368547758.08", "EUR"), Ok(i64::MIN));
    assert_eq!(parse("92233720368547758.08", "EUR"), Err(MoneyError::OutOfRange));
    assert_eq!(parse(&"9".repeat(400), "EUR"), Err(MoneyError::OutOfRange));
    assert_eq!(parse(&format!("0.{}1", "0".repeat(400)), "EUR"), Err(MoneyError::OutOfRange));
}

#[test]
fn five_hundred_trillion_yen_fit() {
    let national_budget = Money::parse("500000000000000", Currency::JPY).unwrap();

    assert_eq!(national_budget.to_string(), "500000000000000 JPY");
}

#[test]
fn two_currencies_never_meet_in_one_sum() {
    let yen = Money::from_minor(1, Currency::JPY);

    let mismatch = MoneyError::CurrencyMismatch { left: Currency::EUR, right: Currency::JPY };
    assert_eq!(eur(1).checked_add(yen), Err(mismatch));
    assert_eq!(eur(1).checked_sub(yen), Err(mismatch));
    assert_eq!(Money::sum(Currency::EUR, [eur(1), yen]), Err(mismatch));
}

#[test]
fn sums_beyond_the_range_are_refused_and_never_wrap() {
    assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(MoneyError::OutOfRange));
    assert_eq!(eur(i64::MIN).checked_sub(eur(1)), Err(MoneyError::OutOfRange));
    assert_eq!(eur(i64::MIN).checked_neg(), Err(MoneyError::OutOfRange));
}

#[test]
fn what_rounding_leaves_over_goes_to_the_largest_remainders() {
    let parts = eur(100).allocate(&[1, 1, 1]);
    assert_eq!(parts, [eur(34), eur(33), eur(33)]);

    let parts = eur(10).allocate(&[55, 45]);
    assert_eq!(parts, [eur(6), eur(4)]);
}

#[test]
fn the_largest_and_the_smallest_amount_can_be_split() {
    for minor in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
        let parts = eur(minor).allocate(&[u32::MAX, 0, 1, u32::MAX]);

        let total: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
        assert_eq!(total, i128::from(minor));
        assert!(parts[1].is_zero());
    }
}

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["EUR", "USD", "JPY", "KWD", "CLF", "ISK", "BHD", "MGA", "MRU"])
        .prop_map(|code| code.parse().expect("a currency of ISO 4217"))
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same(minor in any::<i64>(), currency in currency()) {
        let money = Money::from_minor(minor, currency);

        prop_assert_eq!(Money::parse(&money.to_decimal_string(), currency), Ok(money));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[-+0-9.eE, _]{0,40}|\\PC{0,10}", currency in currency()) {
        if let Ok(money) = Money::parse(&text, currency) {
            prop_assert_eq!(Money::parse(&money.to_decimal_string(), currency), Ok(money));
        }
    }

    #[test]
    fn splitting_neither_mints_nor_burns(
        minor in any::<i64>(),
        weights in prop::collection::vec(0_u32..1_000, 1..12)
            .prop_filter("one weight is above zero", |weights| weights.iter().any(|&w| w > 0)),
    ) {
        let parts = eur(minor).allocate(&weights);

        prop_assert_eq!(parts.len(), weights.len());
        let total: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
        prop_assert_eq!(total, i128::from(minor));
        let sum_of_weights: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        for (part, &weight) in parts.iter().zip(&weights) {
            prop_assert!(weight > 0 || part.is_zero(), "nothing goes to a weight of zero");
            let exact = i128::from(minor) * i128::from(weight);
            let error = i128::from(part.minor()) * sum_of_weights - exact;
            prop_assert!(error.abs() < sum_of_weights, "no part is off by a whole minor unit");
        }
        prop_assert_eq!(eur(minor).allocate(&weights), parts, "the same split each time");
    }
}
