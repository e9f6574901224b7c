//! The journals, as text and in the judgement of the programs they are for.

use proof::export::Header;
use proof::plain::{Dialect, convert};
use proof::record::Kind;

use crate::story::{DAYS, file, header, story};
use crate::tools::{bean_check, hledger_check};

fn journal(export: &[u8], dialect: Dialect) -> String {
    let mut out = Vec::new();
    convert(export, &mut out, dialect).unwrap();
    String::from_utf8(out).unwrap()
}

/// The export of the whole story, and that of all but its first day.
fn exports() -> [Vec<u8>; 2] {
    let sealed = story();
    let start = sealed.iter().position(|sealed| sealed.record.kind() == Kind::Balance).unwrap();
    let later = Header { from: DAYS[1], previous: sealed[start - 1].link, ..header() };
    [file(&header(), &sealed), file(&later, &sealed[start..])]
}

/// Journals with one digit wrong, first in an entry and then in an assertion.
fn spoilt(journal: &str) -> [String; 2] {
    let entry = journal.replacen("  -95.00 EUR", "  -95.01 EUR", 1);
    let assertion = journal.replacen("100.00 ~ 0 EUR", "100.01 ~ 0 EUR", 1);
    let assertion = assertion.replacen("= 100.00 EUR", "= 100.01 EUR", 1);
    assert!(entry != journal && assertion != journal);
    [entry, assertion]
}

#[test]
fn a_posting_is_a_transaction_of_beancount() {
    let journal = journal(&exports()[0], Dialect::Beancount);

    let owner = "00000000-0000-0000-0000-00000000000";
    assert!(journal.starts_with(&format!(
        "option \"title\" \"Paydesk\"\n\
         \n\
         2026-11-18 open Assets:ProcessorReceivable:{owner}A:EUR EUR\n\
         2026-11-18 open Liabilities:SellerPending:{owner}B:EUR EUR\n\
         2026-11-18 open Income:PlatformFees:EUR EUR\n\
         2026-11-18 * \"captured/1\"\n\
         \x20 posting: \"pst_00000000000000000000000001\"\n\
         \x20 object: \"00000000-0000-0000-0000-000000000f00\"\n\
         \x20 cause: \"captured/1\"\n\
         \x20 effective: \"2026-11-18\"\n\
         \x20 Assets:ProcessorReceivable:{owner}A:EUR  100.00 EUR\n\
         \x20 Liabilities:SellerPending:{owner}B:EUR  -95.00 EUR\n\
         \x20 Income:PlatformFees:EUR  -5.00 EUR\n\
         \n"
    )));
    let assertion =
        format!("2026-11-19 balance Assets:ProcessorReceivable:{owner}A:JPY  1200 ~ 0 JPY\n");
    assert!(journal.contains(&assertion));
}

#[test]
fn a_posting_is_a_transaction_of_hledger() {
    let journal = journal(&exports()[0], Dialect::Hledger);

    let owner = "00000000-0000-0000-0000-00000000000";
    assert!(
        journal.contains("commodity 1000.00 EUR\n") && journal.contains("commodity 1000. JPY\n")
    );
    assert!(journal.contains(&format!(
        "2026-11-18 * captured/1\n\
         \x20   ; posting: pst_00000000000000000000000001\n\
         \x20   ; object: 00000000-0000-0000-0000-000000000f00\n\
         \x20   ; cause: captured/1\n\
         \x20   ; effective: 2026-11-18\n\
         \x20   Assets:ProcessorReceivable:{owner}A:EUR  100.00 EUR\n\
         \x20   Liabilities:SellerPending:{owner}B:EUR  -95.00 EUR\n\
         \x20   Income:PlatformFees:EUR  -5.00 EUR\n\
         \n"
    )));
    let close = "2026-11-18 * Close\n    Income:PlatformFees:EUR  0.00 EUR = -5.00 EUR\n";
    assert!(journal.contains(close));
}

#[test]
fn a_journal_that_begins_later_opens_with_balances() {
    let journal = journal(&exports()[1], Dialect::Beancount);

    assert!(journal.contains("2026-11-18 open Equity:OpeningBalances\n"));
    assert!(journal.contains("2026-11-18 * \"Opening balance\"\n"));
    assert!(!journal.contains("captured/1"));
}

#[test]
fn beancount_accepts_the_books_and_notices_one_cent() {
    for (name, export) in ["whole", "later"].into_iter().zip(exports()) {
        let journal = journal(&export, Dialect::Beancount);
        let verdict = bean_check(&format!("{name}.beancount"), journal.as_bytes());

        assert_ne!(verdict, Some(false), "{name}");
    }
    for (index, spoilt) in spoilt(&journal(&exports()[0], Dialect::Beancount)).iter().enumerate() {
        let verdict = bean_check(&format!("spoilt-{index}.beancount"), spoilt.as_bytes());

        assert_ne!(verdict, Some(true), "spoilt {index}");
    }
}

#[test]
fn hledger_accepts_the_books_and_notices_one_cent() {
    for (name, export) in ["whole", "later"].into_iter().zip(exports()) {
        let journal = journal(&export, Dialect::Hledger);
        let verdict = hledger_check(&format!("{name}.journal"), journal.as_bytes());

        assert_ne!(verdict, Some(false), "{name}");
    }
    for (index, spoilt) in spoilt(&journal(&exports()[0], Dialect::Hledger)).iter().enumerate() {
        let verdict = hledger_check(&format!("spoilt-{index}.journal"), spoilt.as_bytes());

        assert_ne!(verdict, Some(true), "spoilt {index}");
    }
}
