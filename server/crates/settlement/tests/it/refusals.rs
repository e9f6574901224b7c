//! Each way in which a single row is refused, with its line and its reason, while the rest is read.

use settlement::file::{RefusedLine, RefusedReason as Why};
use settlement::redaction;

use crate::files::{BALANCE, PAYMENT, REFUND, read_rows};

/// What becomes of `row` between two good ones; these must be read whatever it is.
fn refused(row: &str) -> RefusedLine {
    let file = read_rows(&[PAYMENT, row, REFUND, BALANCE]);
    assert_eq!(file.lines.len(), 2, "the rows around are read");
    assert_eq!(file.balances.len(), 1, "the balance is read");
    let [refused] = file.refused.as_slice() else { panic!("one refusal: {:?}", file.refused) };
    refused.clone()
}

fn assert_refused(row: &str, reason: &Why) {
    let refused = refused(row);
    assert_eq!((refused.line, &refused.reason, refused.raw.as_str()), (4, reason, row));
}

#[test]
fn a_row_with_too_few_fields_is_refused() {
    assert_refused("LINE,7,payment,pay_1", &Why::FieldCount { found: 4, expected: 11 });
}

#[test]
fn a_row_of_another_kind_is_refused() {
    assert_refused("ADVICE,1,2,3", &Why::UnknownRecord);
}

#[test]
fn a_line_of_another_type_is_refused() {
    assert_refused(&PAYMENT.replace("payment", "reserve"), &Why::UnknownType("type"));
}

#[test]
fn a_line_without_its_references_is_refused() {
    assert_refused(&PAYMENT.replace("pay_1", ""), &Why::Missing("reference"));
    assert_refused(&PAYMENT.replace("sp_1", ""), &Why::Missing("psp_reference"));
    assert_refused(&REFUND.replace("ref_1", ""), &Why::Missing("refund_reference"));
    let payment_of_a_refund = PAYMENT.replace("sp_1,,", "sp_1,ref_1,");
    assert_refused(&payment_of_a_refund, &Why::Unexpected("refund_reference"));
}

#[test]
fn a_reference_that_cannot_be_stored_is_refused() {
    let long = "x".repeat(256);
    let refusal = refused(&PAYMENT.replace("pay_1", &long));
    assert_eq!(refusal.reason, Why::TooLong("reference"));
    let refusal = refused(&PAYMENT.replace("pay_1", "pay\0_1"));
    assert_eq!(refusal.reason, Why::ControlCharacter("reference"));
    assert!(!refusal.raw.contains('\0'), "it can be stored as text");
}

#[test]
fn a_currency_that_does_not_exist_is_refused() {
    assert_refused(&PAYMENT.replace("EUR", "EURO"), &Why::UnknownCurrency("currency"));
    assert_refused(&PAYMENT.replace("EUR", "XAU"), &Why::UnknownCurrency("currency"));
}

#[test]
fn an_amount_that_is_no_number_is_refused() {
    for amount in ["1e2", "+49.99", "49.", "NaN", "49 99"] {
        assert_refused(&PAYMENT.replace("49.99", amount), &Why::NotANumber("gross"));
    }
    assert_refused(&PAYMENT.replace("0.95", ""), &Why::Missing("fee"));
}

#[test]
fn an_amount_with_other_decimals_than_its_currency_is_refused() {
    let why = |field| Why::Decimals { field, expected: 2 };
    assert_refused(&PAYMENT.replace("49.99", "4999"), &why("gross"));
    assert_refused(&PAYMENT.replace("0.95", "0.950"), &why("fee"));
    assert_refused(&PAYMENT.replace("49.04", "49.0"), &why("net"));
}

#[test]
fn an_amount_beyond_what_fits_is_refused() {
    let huge = "99999999999999999999.99";
    assert_refused(&PAYMENT.replace("49.99", huge), &Why::OutOfRange("gross"));
    let lowest = REFUND.replace("-10.00,0.00,-10.00", "-92233720368547758.08,0.01,0.00");
    assert_refused(&lowest, &Why::OutOfRange("gross"));
}

#[test]
fn an_amount_with_the_wrong_sign_is_refused() {
    assert_refused(&PAYMENT.replace("49.99", "0.00"), &Why::NotPositive("gross"));
    assert_refused(&PAYMENT.replace("49.99", "-49.99"), &Why::NotPositive("gross"));
    assert_refused(&REFUND.replace("-10.00,0.00", "10.00,0.00"), &Why::NotNegative("gross"));
    assert_refused(&PAYMENT.replace("0.95", "-0.95"), &Why::Negative("fee"));
}

#[test]
fn a_net_that_is_not_gross_less_fee_is_refused() {
    let refusal = refused(&PAYMENT.replace("49.04", "49.05"));
    assert!(matches!(refusal.reason, Why::Net { expected } if expected.minor() == 4904));
    assert_eq!(refusal.reason.to_string(), "net: is not gross less fee, which is 49.04 EUR");
}

#[test]
fn a_time_that_is_none_is_refused() {
    let row = PAYMENT.replace("2026-11-20T10:12:13Z", "20.11.2026");
    assert_refused(&row, &Why::NotATime("occurred_at"));
}

#[test]
fn a_card_number_is_refused_in_any_field_and_never_echoed() {
    for (field, name) in [("pay_1", "reference"), ("sp_1", "psp_reference"), ("LINE,1", "line")] {
        let card = if name == "line" { "LINE,4242424242424242" } else { "4242 4242 4242 4242" };
        let refusal = refused(&PAYMENT.replacen(field, card, 1));
        assert_eq!(refusal.reason, Why::CardNumber(name));
        assert_eq!(refusal.raw, redaction::WITHHELD);
        assert!(!format!("{refusal:?} {}", refusal.reason).contains("4242"));
    }
}

#[test]
fn a_second_balance_of_a_currency_is_refused() {
    let why = Why::RepeatedBalance(domain::currency::Currency::EUR);
    let file = read_rows(&[PAYMENT, BALANCE, BALANCE]);
    assert_eq!((file.refused[0].line, &file.refused[0].reason), (5, &why));
    assert_refused("BALANCE,EUR,1.0,2.00,3.00", &Why::Decimals { field: "opening", expected: 2 });
}

#[test]
fn card_numbers_are_masked_in_what_is_stored() {
    let content = format!("a,1\nb,4242 4242 4242 4242,7\n{PAYMENT}\n");

    let masked = redaction::mask_card_numbers(content.as_bytes());

    let expected = format!("a,1\nb,**** **** **** ****,*\n{PAYMENT}\n");
    assert_eq!(str::from_utf8(&masked), Ok(expected.as_str()));
    let clean = PAYMENT.as_bytes();
    assert_eq!(redaction::mask_card_numbers(clean), clean);
}
