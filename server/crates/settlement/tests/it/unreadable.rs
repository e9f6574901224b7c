//! Each way in which a whole file is refused, with the line and the reason.

use settlement::file::{RefusedReason, UnreadableReason as Why};

use crate::files::{BALANCE, COLUMNS, HEADER, PAYMENT, file_of, sealed};

fn whole() -> String {
    file_of(&[HEADER, COLUMNS, PAYMENT, BALANCE])
}

fn assert_unreadable(content: impl AsRef<[u8]>, line: u32, reason: &Why) {
    let error = settlement::read(content.as_ref()).unwrap_err();
    assert_eq!((error.line, &error.reason), (line, reason));
}

#[test]
fn nothing_at_all_is_refused() {
    assert_unreadable("", 1, &Why::Empty);
    assert_unreadable(" \r\n\n", 1, &Why::Empty);
}

#[test]
fn a_file_beyond_the_limit_is_refused() {
    assert_unreadable(vec![b'x'; settlement::BYTES_MAX + 1], 1, &Why::TooLarge);
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    let mut content = whole().into_bytes();
    content[HEADER.len() + 5] = 0xff;
    assert_unreadable(content, 2, &Why::NotUtf8);
}

#[test]
fn a_file_of_another_format_is_refused() {
    assert_unreadable("date;amount\n2026-11-20;49,99\n", 1, &Why::UnknownFormat);
    assert_unreadable("%PDF-1.7\n", 1, &Why::UnknownFormat);
}

#[test]
fn a_file_of_another_version_is_refused() {
    let header = HEADER.replace(",1,set_1", ",2,set_1");
    let content = file_of(&[&header, COLUMNS, PAYMENT, BALANCE]);
    assert_unreadable(content, 1, &Why::UnknownVersion("2".to_owned()));
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = whole();
    for length in HEADER.len()..whole.len() - 1 {
        let error = settlement::read(&whole.as_bytes()[..length]).unwrap_err();
        assert!(
            matches!(error.reason, Why::NoEnd | Why::BadEnd),
            "cut after {length} bytes: {error}"
        );
    }
    let body = whole.rsplit_once("END").unwrap().0;
    assert_unreadable(body, 4, &Why::NoEnd);
}

#[test]
fn a_file_with_something_after_its_end_is_refused() {
    assert_unreadable(whole() + PAYMENT, 6, &Why::AfterEnd);
}

#[test]
fn a_file_with_a_changed_byte_is_refused() {
    assert_unreadable(whole().replace("49.99", "59.99"), 5, &Why::Checksum);
}

#[test]
fn a_file_with_another_number_of_lines_than_it_says_is_refused() {
    let body = [HEADER, COLUMNS, PAYMENT, BALANCE, ""].join("\n");
    assert_unreadable(sealed(&body, 2), 5, &Why::Count { said: 2, found: 1 });
}

#[test]
fn a_file_with_other_columns_is_refused() {
    let content = file_of(&[HEADER, &COLUMNS.replace("gross,fee", "fee,gross"), PAYMENT]);
    assert_unreadable(content, 2, &Why::Columns);
    assert_unreadable(file_of(&[HEADER]), 2, &Why::Columns);
}

#[test]
fn a_file_with_a_broken_first_row_is_refused() {
    let refused = |header: &str, why| {
        let content = file_of(&[header, COLUMNS, PAYMENT, BALANCE]);
        assert_unreadable(content, 1, &Why::Header(why));
    };
    refused(&HEADER.replace("set_1", ""), RefusedReason::Missing("file_id"));
    refused(&HEADER.replace("2026-11-20", "2026-02-30"), RefusedReason::NotATime("date"));
    let card = HEADER.replace("alpine", "4242424242424242");
    refused(&card, RefusedReason::CardNumber("account"));
    let short = HEADER.replace(",2026-11-20", "");
    refused(&short, RefusedReason::FieldCount { found: 5, expected: 6 });
}

#[test]
fn a_refusal_is_one_sentence_with_its_line() {
    let error = settlement::read(&whole().as_bytes()[..120]).unwrap_err();
    assert_eq!(error.to_string(), "line 2: the file was cut off: its last row is no END record");
}
