//! Files of real banks, where they are at hand, against what independent readers found in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bank::camt::{BankEntry, EntryStatus, Side};
use bank::file::Reason;
use bank::status::Status;
use domain::money::Money;
use serde_json::Value;

/// The corpus and what it says of its files, or nothing where it is not at hand.
fn corpus() -> Option<(PathBuf, BTreeMap<String, Value>)> {
    let Some(root) = std::env::var_os("PAYDESK_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: PAYDESK_CORPUS not set");
        return None;
    };
    let expected = std::fs::read_to_string(root.join("expected.json")).unwrap();
    Some((root, serde_json::from_str(&expected).unwrap()))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn code(status: Option<&Status>) -> Option<String> {
    status.map(|status| status.code().to_owned())
}

fn codes(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().filter_map(|reason| reason.code.clone()).collect()
}

#[test]
fn every_report_of_the_corpus_is_read_as_it_says() {
    let Some((root, expected)) = corpus() else { return };
    let mut read = 0;
    for (path, expected) in expected {
        if expected["root"] != "CstmrPmtStsRpt" {
            continue;
        }
        let report = bank::pain002::read(&std::fs::read(root.join(&path)).unwrap()).unwrap();
        read += 1;

        assert_eq!(report.message_id, text(&expected["message_id"]), "{path}");
        assert_eq!(report.original_message_id, text(&expected["original_message"]), "{path}");
        assert_eq!(code(report.group.status.as_ref()), text(&expected["group_status"]), "{path}");
        let infos: Vec<Value> = report
            .payment_infos
            .iter()
            .map(|info| {
                [info.original_id.clone(), code(info.said.status.as_ref())].into_iter().collect()
            })
            .collect();
        assert_eq!(Value::from(infos), expected["payment_info_status"], "{path}");
        let transactions: Vec<Value> = report
            .transactions
            .iter()
            .map(|said| {
                let id = said.original_end_to_end_id.clone();
                let why = codes(&said.said.reasons).into_iter().next();
                [id, code(said.said.status.as_ref()), why].into_iter().collect()
            })
            .collect();
        assert_eq!(Value::from(transactions), expected["transactions"], "{path}");
        let of_infos = report.payment_infos.iter().flat_map(|info| &info.said.reasons);
        let of_transactions = report.transactions.iter().flat_map(|said| &said.said.reasons);
        let reasons: Vec<Reason> =
            report.group.reasons.iter().chain(of_infos).chain(of_transactions).cloned().collect();
        assert_eq!(Value::from(codes(&reasons)), expected["reasons"], "{path}");
        assert_eq!(report.warnings, [], "{path}");
    }
    assert_eq!(read, 2);
}

#[test]
fn every_statement_and_notification_of_the_corpus_has_the_entries_it_says() {
    let Some((root, expected)) = corpus() else { return };
    let mut read = 0;
    for (path, expected) in expected {
        let message = expected["message"].as_str().unwrap_or_default();
        if !message.starts_with("camt.053") && !message.starts_with("camt.054") {
            continue;
        }
        let found = bank::camt::read(&std::fs::read(root.join(&path)).unwrap()).unwrap();
        read += 1;

        assert_eq!(found.message.name(), &message[..8], "{path}");
        let statements = expected["statements"].as_array().unwrap();
        let sum = |key: &str| statements.iter().filter_map(|one| one[key].as_u64()).sum::<u64>();
        let details = found.entries.iter().filter(|entry| entry.is_detail).count();
        let entries: BTreeSet<u32> = found.entries.iter().map(|entry| entry.number).collect();
        assert_eq!(details as u64, sum("tx_details"), "{path}");
        assert_eq!(entries.len() as u64, sum("entries"), "{path}");
        for (key, side) in [("credits", Side::Credit), ("debits", Side::Debit)] {
            let expected = statements.iter().flat_map(|one| one[key].as_object().unwrap());
            assert_eq!(sums_of_entries(&found.entries, side), summed(expected), "{path}: {key}");
        }
    }
    assert!(read > 80, "{read} files are too few");
}

/// The sums of the entries on one side, by currency.
fn sums_of_entries(entries: &[BankEntry], side: Side) -> BTreeMap<String, Money> {
    let mut sums = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.entry_side == Some(side)) {
        if seen.insert(entry.number) {
            add(&mut sums, entry.entry_amount.unwrap());
        }
    }
    sums
}

fn summed<'a>(amounts: impl Iterator<Item = (&'a String, &'a Value)>) -> BTreeMap<String, Money> {
    let mut sums = BTreeMap::new();
    for (currency, amount) in amounts {
        add(&mut sums, Money::parse(amount.as_str().unwrap(), currency.parse().unwrap()).unwrap());
    }
    sums
}

fn add(sums: &mut BTreeMap<String, Money>, amount: Money) {
    let currency = amount.currency();
    let sum = sums.entry(currency.to_string()).or_insert(Money::zero(currency));
    *sum = sum.checked_add(amount).unwrap();
}

#[test]
fn the_returned_transfer_of_the_corpus_is_a_return_with_its_reason() {
    let Some((root, expected)) = corpus() else { return };
    let path = expected.keys().find(|path| path.contains("camt054-returns")).unwrap();

    let found = bank::camt::read(&std::fs::read(root.join(path)).unwrap()).unwrap();

    let [entry] = found.entries.as_slice() else { panic!("{found:?}") };
    assert_eq!(entry.end_to_end_id.as_deref(), Some("EndToEndId-004-01-01"));
    assert_eq!(entry.payment_info_id.as_deref(), Some("PmtInfId-004-01"));
    assert_eq!((entry.side, entry.status), (Some(Side::Credit), Some(EntryStatus::Booked)));
    assert!(entry.is_return);
    assert_eq!(codes(&entry.reasons), ["AC01"]);
    assert_eq!(found.warnings, []);
}
