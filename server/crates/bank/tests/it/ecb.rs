//! Reference rates: days that are taken whole or refused with their line, in each of the forms.

use std::path::PathBuf;

use bank::ecb::{ReferenceRates, RefusedReason, read};
use bank::file::UnreadableReason;
use domain::currency::Currency;
use time::macros::date;

const HISTORY: &str = "Date,USD,JPY,CYP,CHF,\n\
    2026-01-30,1.0837,161.35,N/A,0.9402,\n\
    2026-01-29,1.0830,N/A,N/A,0.94,\n";

fn good(text: &str) -> ReferenceRates {
    let read = read(text.as_bytes()).unwrap();
    assert_eq!((&read.refused, &read.warnings), (&vec![], &vec![]), "{text}");
    read
}

/// The lines and reasons of what is refused of a table with the columns USD and JPY.
fn refused(rows: &str) -> Vec<(u32, RefusedReason)> {
    let read = read(format!("Date,USD,JPY,\n{rows}").as_bytes()).unwrap();
    read.refused.into_iter().map(|day| (day.line, day.reason)).collect()
}

fn units(read: &ReferenceRates, day: usize, currency: Currency) -> Option<String> {
    let rates = &read.days[day].rates;
    rates.iter().find(|(one, _)| *one == currency).map(|(_, units)| units.to_string())
}

#[test]
fn a_history_has_a_day_for_each_row_and_no_rate_where_there_is_none() {
    let read = good(HISTORY);

    let days: Vec<_> = read.days.iter().map(|day| (day.line, day.day, day.rates.len())).collect();
    assert_eq!(days, [(2, date!(2026 - 01 - 30), 3), (3, date!(2026 - 01 - 29), 2)]);
    assert_eq!(units(&read, 0, Currency::JPY).as_deref(), Some("161.35"));
    assert_eq!(units(&read, 1, Currency::USD).as_deref(), Some("1.083"));
    assert_eq!(units(&read, 1, Currency::JPY), None);
    assert_eq!(read.not_taken, ["CYP"]);
}

#[test]
fn the_daily_table_writes_its_day_in_words() {
    for day in ["30 January 2026", "3 February 2026"] {
        let read = good(&format!("Date, USD, JPY, \r\n{day}, 1.1172, 175.68, \r\n"));

        assert_eq!(read.days.len(), 1, "{day}");
        assert_eq!(units(&read, 0, Currency::USD).as_deref(), Some("1.1172"));
    }
}

#[test]
fn the_daily_tree_says_the_same_as_the_table() {
    let tree = r#"<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="urn:g" xmlns="urn:e">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube>
    <Cube time='2026-01-30'>
      <Cube currency='USD' rate='1.0837'/>
      <Cube currency='JPY' rate='161.35'/>
      <Cube currency='CYP' rate='0.58'/>
      <Cube currency='CHF' rate='0.9402'/>
    </Cube>
    <Cube time='2026-01-29'><Cube currency='USD' rate='0'/></Cube>
  </Cube>
</gesmes:Envelope>"#;

    let read = read(tree.as_bytes()).unwrap();

    assert_eq!(read.days[0].line, 5);
    assert_eq!(
        (read.days[0].day, &read.days[0].rates),
        (good(HISTORY).days[0].day, &good(HISTORY).days[0].rates)
    );
    assert_eq!(read.not_taken, ["CYP"]);
    let refused: Vec<_> = read.refused.iter().map(|day| (day.line, &day.reason)).collect();
    assert_eq!(refused, [(11, &RefusedReason::NotPositive(Currency::USD))]);
}

#[test]
fn a_row_that_cannot_be_used_is_refused_whole_with_its_line_and_the_others_are_taken() {
    use RefusedReason::{FieldCount, NotADate, NotANumber, NotPositive, Repeated, TooManyDigits};
    let (usd, jpy) = (Currency::USD, Currency::JPY);

    for (row, reason) in [
        ("2026-01-30,1.08,", FieldCount { found: 2, expected: 3 }),
        ("2026-01-30,1.08,161,7,", FieldCount { found: 4, expected: 3 }),
        ("2026-02-30,1.08,161,", NotADate),
        ("30.01.2026,1.08,161,", NotADate),
        (",1.08,161,", NotADate),
        ("2026-01-30,1.08,0,", NotPositive(jpy)),
        ("2026-01-30,1.08,0.000,", NotPositive(jpy)),
        ("2026-01-30,-1.08,161,", NotPositive(usd)),
        ("2026-01-30,1.08,n/a,", NotANumber(jpy)),
        ("2026-01-30,1.08e2,161,", NotANumber(usd)),
        ("2026-01-30,1_08,161,", NotANumber(usd)),
        ("2026-01-30,+1.08,161,", NotANumber(usd)),
        ("2026-01-30,1.0.8,161,", NotANumber(usd)),
        ("2026-01-30,1234567890123,161,", TooManyDigits(usd)),
        ("2026-01-30,0.0000000000001,161,", TooManyDigits(usd)),
    ] {
        let rows = format!("2026-01-29,1.08,161,\n\n{row}\n2026-01-28,1.08,161,\n");
        assert_eq!(refused(&rows), [(4, reason)], "{row}");
        let taken = read(format!("Date,USD,JPY,\n{rows}").as_bytes()).unwrap();
        assert_eq!(taken.days.len(), 2, "{row}");
    }
    let twice = read(b"Date,USD,USD,\n2026-01-30,1.08,1.09,\n").unwrap();
    assert_eq!(twice.refused[0].reason, Repeated(usd));
}

#[test]
fn what_is_no_table_of_rates_is_refused_as_a_whole() {
    for (content, reason) in [
        ("", UnreadableReason::Empty),
        ("day,USD\n2026-01-30,1.08\n", UnreadableReason::NoRates),
        ("Date\n2026-01-30\n", UnreadableReason::NoRates),
        ("<Envelope><Cube/></Envelope>", UnreadableReason::NoRates),
        ("<Envelope><Cube>", UnreadableReason::CutOff("Cube".into())),
    ] {
        assert_eq!(read(content.as_bytes()).unwrap_err().reason, reason, "{content}");
    }
}

#[test]
fn the_banks_own_files_are_read_to_the_last_rate() {
    let Some(root) = std::env::var_os("PAYDESK_CORPUS").map(PathBuf::from) else {
        return eprintln!("skipped: PAYDESK_CORPUS not set");
    };
    let folder = root.join("reference/fx");
    let file = |name| read(&std::fs::read(folder.join(name)).unwrap()).unwrap();
    let history = file("eurofxref-hist-2023-2025H1.csv");
    let daily = file("eurofxref-daily.csv");

    assert_eq!((history.days.len(), history.refused.len()), (636, 0));
    let (newest, oldest) = (&history.days[0], history.days.last().unwrap());
    assert_eq!((newest.day, newest.rates.len()), (date!(2025 - 06 - 30), 30));
    assert_eq!((oldest.day, oldest.line), (date!(2023 - 01 - 02), 637));
    assert_eq!(units(&history, 0, Currency::USD).as_deref(), Some("1.172"));
    assert_eq!(units(&history, 635, Currency::JPY).as_deref(), Some("139.62"));
    let rates: usize = history.days.iter().map(|day| day.rates.len()).sum();
    assert_eq!(rates, 636 * 30);
    assert_eq!((daily.days[0].day, daily.days[0].rates.len()), (date!(2026 - 10 - 30), 29));
    assert_eq!(units(&daily, 0, Currency::JPY).as_deref(), Some("175.68"));
}
