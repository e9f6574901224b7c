//! Amounts and instants in words.

use app::format;
use domain::currency::Currency;
use domain::money::Money;

use crate::samples::{at, eur};

fn money(minor: i64, currency: Currency) -> Money {
    Money::from_minor(minor, currency)
}

#[test]
fn prices_carry_a_sign_and_a_code_only_where_the_sign_is_shared() {
    assert_eq!(format::price(eur(4_999)), "€49.99");
    assert_eq!(format::price(eur(12_498_900)), "€124,989.00");
    assert_eq!(format::price(money(4_999, Currency::USD)), "$49.99\u{a0}USD");
    assert_eq!(format::price(money(120_000, Currency::JPY)), "¥120,000\u{a0}JPY");
    assert_eq!(format::price(money(1_500, Currency::KWD)), "1.500\u{a0}KWD");
}

#[test]
fn negative_amounts_have_a_minus_before_the_sign() {
    assert_eq!(format::price(eur(-5)), "−€0.05");
    assert_eq!(format::amount(eur(-123_456)), "−1,234.56\u{a0}EUR");
}

#[test]
fn the_largest_and_the_smallest_amounts_are_written_exactly() {
    assert_eq!(format::amount(eur(i64::MAX)), "92,233,720,368,547,758.07\u{a0}EUR");
    assert_eq!(format::amount(eur(i64::MIN)), "−92,233,720,368,547,758.08\u{a0}EUR");
    assert_eq!(
        format::amount(money(i64::MAX, Currency::JPY)),
        "9,223,372,036,854,775,807\u{a0}JPY"
    );
}

#[test]
fn instants_are_in_utc_and_say_so() {
    let abroad = at(189).to_offset(time::UtcOffset::from_hms(9, 0, 0).unwrap());

    assert_eq!(format::instant(abroad), "21 Nov 2026, 09:03 UTC");
    assert_eq!(format::instant_to_the_second(abroad), "21 Nov 2026, 09:03:09 UTC");
    assert_eq!(format::machine_instant(abroad), "2026-11-21T09:03:09Z");
}

#[test]
fn only_addresses_of_the_web_become_links() {
    assert_eq!(format::web_address("javascript:alert(1)".to_owned()), None);
    assert!(format::web_address("https://shop.example/".to_owned()).is_some());
}
