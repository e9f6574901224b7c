//! Makes sandbox files, good and bad; and the tests of a good one.

use domain::currency::Currency;
use domain::money::Money;
use settlement::Format;
use settlement::file::{File, LineKind, WarningReason};
use time::macros::{date, datetime};

pub(crate) const HEADER: &str = "FILE,sandbox-settlement,1,set_1,alpine,2026-11-20";
pub(crate) const COLUMNS: &str = "COLUMNS,line,type,reference,psp_reference,refund_reference,\
currency,gross,fee,net,occurred_at";
pub(crate) const PAYMENT: &str =
    "LINE,1,payment,pay_1,sp_1,,EUR,49.99,0.95,49.04,2026-11-20T10:12:13Z";
pub(crate) const REFUND: &str =
    "LINE,2,refund,pay_1,sp_1,ref_1,EUR,-10.00,0.00,-10.00,2026-11-20T11:00:00Z";
pub(crate) const BALANCE: &str = "BALANCE,EUR,100.00,39.04,139.04";

/// A whole file of `rows`, with an END row that fits.
pub(crate) fn file_of(rows: &[&str]) -> String {
    let body = rows.join("\n") + "\n";
    let count = rows.iter().filter(|row| row.starts_with("LINE,")).count();
    sealed(&body, count)
}

/// `body` and an END row that says `count` lines.
pub(crate) fn sealed(body: &str, count: usize) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.as_bytes());
    let hash = hexadecimal(hash.as_ref());
    format!("{body}END,{count},{hash}\n")
}

/// Bytes as two letters each.
fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// What is read of a file with these rows between the column names and the END.
pub(crate) fn read_rows(rows: &[&str]) -> File {
    let rows: Vec<&str> = [HEADER, COLUMNS].into_iter().chain(rows.iter().copied()).collect();
    settlement::read(file_of(&rows).as_bytes()).unwrap()
}

#[test]
fn a_good_file_is_read_line_by_line() {
    let file = read_rows(&[PAYMENT, REFUND, BALANCE]);

    assert_eq!(file.format, Format::SandboxV1);
    assert_eq!(file.external_id, "set_1");
    assert_eq!(file.account, "alpine");
    assert_eq!(file.business_date, date!(2026 - 11 - 20));
    assert!(file.refused.is_empty() && file.warnings.is_empty());
    let [payment, refund] = file.lines.as_slice() else { panic!("two lines: {:?}", file.lines) };
    assert_eq!((payment.line, payment.kind), (3, LineKind::Payment));
    assert_eq!(payment.reference, "pay_1");
    assert_eq!(payment.refund_reference, None);
    assert_eq!(payment.net, Money::from_minor(4904, Currency::EUR));
    assert_eq!(payment.occurred_at, datetime!(2026-11-20 10:12:13 UTC));
    assert_eq!((refund.line, refund.kind), (4, LineKind::Refund));
    assert_eq!(refund.refund_reference.as_deref(), Some("ref_1"));
    assert_eq!(file.net(Currency::EUR), Ok(Money::from_minor(3904, Currency::EUR)));
    let [balance] = file.balances.as_slice() else { panic!("one balance") };
    assert_eq!(balance.closing, Money::from_minor(13904, Currency::EUR));
}

#[test]
fn a_file_without_lines_is_a_file() {
    let file = read_rows(&["BALANCE,EUR,0.00,0.00,0.00"]);

    assert!(file.lines.is_empty() && file.refused.is_empty());
}

#[test]
fn windows_line_ends_blank_lines_and_quotes_change_nothing() {
    let quoted = PAYMENT.replace("pay_1", "\"pay_1\"");
    let rows = [HEADER, COLUMNS, "", quoted.as_str(), BALANCE].map(|row| format!("{row}\r"));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();

    let file = settlement::read(file_of(&rows).as_bytes()).unwrap();

    assert_eq!(file.lines.len(), 1);
    assert_eq!((file.lines[0].line, file.lines[0].reference.as_str()), (4, "pay_1"));
}

#[test]
fn currencies_keep_their_own_decimals() {
    let yen = "LINE,1,payment,pay_1,sp_1,,JPY,1200,42,1158,2026-11-20T10:12:13Z";
    let dinar = "LINE,2,payment,pay_2,sp_2,,KWD,1.250,0.043,1.207,2026-11-20T10:12:13Z";

    let file = read_rows(&[yen, dinar, "BALANCE,JPY,0,1158,1158"]);

    assert_eq!(file.lines[0].gross, Money::from_minor(1200, Currency::JPY));
    assert_eq!(file.lines[1].gross, Money::from_minor(1250, Currency::KWD));
    assert_eq!(file.warnings.len(), 1);
    assert_eq!(file.warnings[0].reason, WarningReason::NoBalance(Currency::KWD));
    assert_eq!(file.warnings[0].line, 4);
}
