//! What is written is read again, and a good file is found good.

use domain::currency::Currency;
use proof::chain::Link;
use proof::export::{Header, Line, Sealed, read};
use proof::record::{Kind, Record, Total};
use proof::sealer::Sealer;

use crate::story::{AT, DAYS, check, file, header, shop, signer, story};

/// Where the balances of the first close begin.
fn anchor(sealed: &[Sealed]) -> usize {
    sealed.iter().position(|sealed| sealed.record.kind() == Kind::Balance).unwrap()
}

#[test]
fn a_file_reads_as_what_was_written() {
    let sealed = story();

    let lines: Vec<Line> = read(&*file(&header(), &sealed)).map(Result::unwrap).collect();

    let [Line::Header(first, _), middle @ .., Line::End(end)] = &*lines else {
        panic!("the frame is missing")
    };
    assert_eq!(*first, header());
    let expected: Vec<Line> = sealed.iter().cloned().map(Line::Record).collect();
    assert_eq!(middle, expected);
    assert_eq!((end.records, end.last), (sealed.len() as u64, sealed.last().unwrap().link));
}

#[test]
fn every_line_is_json() {
    for line in String::from_utf8(file(&header(), &story())).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();

        assert!(value["kind"].is_string());
        if value["kind"] == "audit" {
            assert_eq!(value["detail"], "{\"note\": \"a\\nb\", \"tab\": \"\t\u{1}\"}");
        }
    }
}

#[test]
fn a_good_file_is_found_good_and_summed_up() {
    let report = check(&file(&header(), &story()));

    assert_eq!(report.findings, []);
    let summary = report.summary;
    assert_eq!(
        summary.totals(),
        [
            Total { currency: Currency::EUR, debits_minor: 14_072, credits_minor: 14_072 },
            Total { currency: Currency::JPY, debits_minor: 1_200, credits_minor: 1_200 },
        ]
    );
    assert_eq!((summary.postings, summary.entries, summary.audits), (6, 16, 2));
    assert_eq!((summary.days, summary.closed_on), (2, Some(DAYS[1])));
    // The suspense account closed at zero and was opened again.
    assert_eq!((summary.accounts, summary.unsigned, summary.late), (7, 3, 1));
    assert_eq!(summary.keys, [signer().public_key()]);
}

#[test]
fn a_file_may_begin_with_the_balances_of_a_close() {
    let sealed = story();
    let start = anchor(&sealed);
    let previous = sealed[start - 1].link;
    let header = Header { from: DAYS[1], previous, ..header() };

    let report = check(&file(&header, &sealed[start..]));

    assert_eq!(report.findings, []);
    assert_eq!((report.summary.days, report.summary.corrects_before), (1, 1));
}

#[test]
fn a_file_without_records_is_good() {
    assert_eq!(check(&file(&header(), &[])).findings, []);
}

#[test]
fn days_on_which_nothing_happens_are_closed_too() {
    let mut writer = Sealer::new(shop());
    let sealed: Vec<Sealed> =
        DAYS.into_iter().flat_map(|day| writer.close(day, &signer())).collect();

    assert_eq!(sealed.len(), 3);
    assert_eq!(check(&file(&header(), &sealed)).findings, []);
}

#[test]
fn whoever_goes_on_after_a_close_seals_the_same_links() {
    let sealed = story();
    let close = sealed.iter().position(|sealed| sealed.record.kind() == Kind::Close).unwrap();
    let balances: Vec<_> = sealed[anchor(&sealed)..close]
        .iter()
        .map(|sealed| match &sealed.record {
            Record::Balance(balance) => balance.clone(),
            other => panic!("{other:?} among the balances"),
        })
        .collect();

    let mut writer = Sealer::resume(shop(), sealed[close].link, &balances);
    let mut again: Vec<Sealed> = Vec::new();
    for old in &sealed[close + 1..] {
        match old.record.clone() {
            Record::Account(account) => again.extend(writer.account(account)),
            Record::Posting(posting) => again.push(writer.posting(posting).unwrap()),
            Record::Audit(audit) => again.push(writer.audit(audit)),
            Record::Balance(_) => {}
            Record::Close(close) => again.extend(writer.close(close.date, &signer())),
        }
    }

    assert_eq!(again, sealed[close + 1..]);
}

#[test]
fn a_link_is_checked_where_it_stands() {
    let sealed = story();
    let genesis = Link::genesis(shop());
    let mut other = sealed[0].record.clone();
    if let Record::Account(account) = &mut other {
        account.currency = Currency::USD;
    }

    assert_eq!(genesis.check(&sealed[0].record, &sealed[0].link), Ok(()));
    let changed = genesis.check(&other, &sealed[0].link).unwrap_err();
    assert_eq!(changed.to_string(), "the hash is not that of this record after the one before");
    let skipped = genesis.check(&sealed[1].record, &sealed[1].link).unwrap_err();
    assert_eq!(skipped.to_string(), "the record should have the sequence number 1");
    assert_eq!(AT.microsecond(), 123_456);
}
