//! The tripwire for card data: it finds card numbers however they are typed, and leaves ids,
//! amounts and times alone.

use domain::card_number::{is_in, masked};
use domain::id::PaymentId;
use domain::money::Money;
use proptest::prelude::*;
use uuid::Uuid;

use crate::examples::eur;

/// The test number of each brand without its check digit, which [`luhn`] adds.
const BRANDS: [(&str, &str); 9] = [
    ("Visa", "424242424242424"),
    ("Visa of 13 digits", "422222222222"),
    ("Mastercard", "555555555555444"),
    ("Mastercard of the 2 series", "222300312200322"),
    ("American Express", "37828224631000"),
    ("Discover", "601111111111111"),
    ("Diners Club", "3056930902590"),
    ("JCB", "353011133330000"),
    ("UnionPay of 19 digits", "620500000000000000"),
];

/// `digits` and the check digit that makes them pass.
fn luhn(digits: &str) -> String {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0') * if index % 2 == 0 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn grouped(digits: &str, separator: &str) -> String {
    let groups: Vec<&str> = digits
        .as_bytes()
        .chunks(4)
        .map(|group| str::from_utf8(group).expect("digits are ASCII"))
        .collect();
    groups.join(separator)
}

#[test]
fn the_number_of_each_brand_is_found_however_it_is_typed() {
    for (brand, digits) in BRANDS {
        let number = luhn(digits);
        for text in [
            number.clone(),
            grouped(&number, " "),
            grouped(&number, "-"),
            format!("my card is {number}, please charge it"),
            format!("\u{fc}{number}\u{fc}"),
            format!("order 12 {}", grouped(&number, " ")),
            format!("{} 12/34 123", grouped(&number, " ")),
            format!("{number} 1234"),
            format!("2026-11-20 {number}"),
            format!("{number} {number}"),
            format!("{{\"note\":\"{number}\"}}"),
        ] {
            assert!(is_in(&text), "{brand}: {text}");
        }
    }
}

#[test]
fn a_number_whose_check_digit_is_wrong_is_none() {
    for (brand, digits) in BRANDS {
        let number = luhn(digits);
        let last = number.as_bytes()[number.len() - 1] - b'0';
        let wrong = format!("{digits}{}", (last + 1) % 10);
        assert!(!is_in(&wrong), "{brand}");
    }
}

#[test]
fn what_is_too_short_too_long_or_of_no_brand_is_none() {
    for text in [
        "",
        "4242",
        "0000000000000000",
        "2026-11-20T10:12:13Z",
        "+49 40 1234567",
        "DE89 3704 0044 0532 0130 00",
        "order 1000000000000001",
        &luhn("123456789012345"),
        &luhn("4242424242424242424242"),
    ] {
        assert!(!is_in(text), "{text}");
    }
}

#[test]
fn the_digits_of_an_id_are_no_card_number_and_those_beside_it_are() {
    let uuid = "a1b2c3d4-4242-4242-4242-424242424242";
    assert!(!is_in(uuid));
    assert!(!is_in(&uuid.replace('-', "")));
    assert!(!is_in("pay_a4242424242424242zzzzzzzzz"));
    assert!(is_in(&format!("{uuid} 4242424242424242")));
    assert!(is_in("42424242-4242-4242-4242-424242424242"), "without a letter it is no id");
    assert!(is_in(&format!("x{uuid}")), "with a letter before it, it is none");
    assert!(is_in("card4242424242424242"));
}

proptest! {
    #[test]
    fn no_text_makes_the_tripwire_panic(text in "\\PC{0,60}|[0-9 -]{0,60}") {
        let _ = is_in(&text);
    }

    #[test]
    fn ids_and_amounts_are_left_alone(bits in any::<u128>(), minor in 0_i64..100_000_000_000) {
        let uuid = Uuid::from_u128(bits);
        prop_assume!(uuid.simple().to_string().bytes().any(|byte| byte.is_ascii_alphabetic()));
        let amount: Money = eur(minor);

        prop_assert!(!is_in(&PaymentId::from_uuid(uuid).to_string()));
        prop_assert!(!is_in(&uuid.to_string()));
        let beside = format!("key-{uuid} sp_{}", uuid.simple());
        prop_assert!(!is_in(&beside));
        prop_assert!(!is_in(&amount.to_string()));
        prop_assert!(!is_in(&minor.to_string()));
    }

    #[test]
    fn sixteen_digits_that_fail_the_check_are_left_alone(digits in "[0-9]{15}", off in 1_u8..10) {
        let number = luhn(&digits);
        let last = number.as_bytes()[15] - b'0';
        let wrong = format!("{digits}{}", (last + off) % 10);
        prop_assert!(!is_in(&wrong));
    }

    #[test]
    fn every_number_of_a_brand_is_found_in_any_prose(
        digits in "(4[0-9]{14}|5[1-5][0-9]{13}|3[47][0-9]{12}|6011[0-9]{11})",
        before in "[a-z .,:]{0,10}",
        after in "[a-z .,:]{0,10}",
    ) {
        let text = format!("{before}{}{after}", luhn(&digits));
        prop_assert!(is_in(&text));
    }
}

#[test]
fn what_looks_like_a_card_number_is_masked_and_the_rest_stays() {
    let text =
        r#"{"id":"pay_01jd5gq3hrf0a9b8c7d6e5f4g3","card":"4242 4242 4242 4242","at":"2026"}"#;

    let shown = masked(text);

    assert_eq!(shown, text.replace("4242", "****"));
    assert!(!is_in(&shown));
    assert_eq!(masked("Straße 4, 2026-11-21"), "Straße 4, 2026-11-21");
}
