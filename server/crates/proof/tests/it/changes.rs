//! Laws: no change of a file goes unnoticed, or is named later than where it is.

use proof::export::{Header, Sealed};
use proof::record::{Posting, Record};
use proof::verify::{Options, verify};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::story::{
    DAYS, FEES, PENDING, RECEIVABLE, Story, audit, check, file, first_difference, header, posting,
    signer,
};

/// One thing that happens on a day.
#[derive(Debug, Clone)]
enum Happening {
    Sale(i64, i64),
    Note,
    Close,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (2_i64..1_000_000_000, 1_i64..1_000)
            .prop_map(|(amount, fee)| Happening::Sale(amount, fee)),
        1 => Just(Happening::Note),
        1 => Just(Happening::Close),
    ]
}

/// A chain of what happens, over at most three days.
fn books(happenings: &[Happening]) -> Vec<Sealed> {
    let mut story = Story::new();
    let mut days = DAYS.into_iter();
    let mut day = days.next();
    for (number, happening) in (1..).zip(happenings) {
        let Some(today) = day else { break };
        match *happening {
            Happening::Sale(amount, fee) => {
                let fee = fee.min(amount - 1);
                let entries = [(RECEIVABLE, amount), (PENDING, fee - amount), (FEES, -fee)];
                let cause = format!("captured/\"{number}\"\n");
                story.post(Posting { cause, ..posting(number, today, &entries) });
            }
            Happening::Note => story.note(audit(number)),
            Happening::Close => {
                story.close(today);
                day = days.next();
            }
        }
    }
    story.sealed
}

/// The file of a chain; if `is_later`, it begins with the first balances, as its anchor.
fn export(sealed: &[Sealed], is_later: bool) -> Vec<u8> {
    let balance_at = |index: usize| match &sealed[index].record {
        Record::Balance(balance) => Some((index, balance.date)),
        _ => None,
    };
    let anchor = (0..sealed.len()).find_map(balance_at);
    match anchor.filter(|_| is_later) {
        Some((start, date)) => {
            let from = date.next_day().unwrap();
            let to = from.max(DAYS[2]);
            let previous = sealed[start - 1].link;
            file(&Header { from, to, previous, ..header() }, &sealed[start..])
        }
        None => file(&header(), sealed),
    }
}

/// A change of a file; positions are taken modulo its size.
#[derive(Debug, Clone)]
enum Change {
    Byte(usize, u8),
    RemoveByte(usize),
    InsertByte(usize, u8),
    SwapBytes(usize, usize),
    RemoveLine(usize),
    RepeatLine(usize, usize),
    SwapLines(usize, usize),
    Cut(usize),
    Append(u8),
    /// Another number instead of the one that comes next.
    Number(usize, &'static str),
}

/// The ends of what fits, and what is just outside.
const NUMBERS: [&str; 9] = [
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "10000000000000000000000000000",
    "-10000000000000000000000000000",
    "10000000000000000000000000001",
    "99999999999999999999999999999999999999999999",
];

fn change() -> impl Strategy<Value = Change> {
    let at = || any::<usize>();
    prop_oneof![
        3 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        2 => (at(), b' '..=b'~').prop_map(|(at, byte)| Change::Byte(at, byte)),
        2 => at().prop_map(Change::RemoveByte),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::InsertByte(at, byte)),
        2 => (at(), prop::sample::select(b" \t\r\n0-\"".to_vec()))
            .prop_map(|(at, byte)| Change::InsertByte(at, byte)),
        1 => (at(), at()).prop_map(|(left, right)| Change::SwapBytes(left, right)),
        1 => at().prop_map(Change::RemoveLine),
        1 => (at(), at()).prop_map(|(from, to)| Change::RepeatLine(from, to)),
        1 => (at(), at()).prop_map(|(left, right)| Change::SwapLines(left, right)),
        1 => at().prop_map(Change::Cut),
        1 => any::<u8>().prop_map(Change::Append),
        3 => (at(), prop::sample::select(NUMBERS.to_vec()))
            .prop_map(|(at, number)| Change::Number(at, number)),
    ]
}

fn changed(file: &[u8], change: &Change) -> Vec<u8> {
    let mut bytes = file.to_vec();
    let mut lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    let (size, count) = (bytes.len(), lines.len());
    match *change {
        Change::Byte(at, byte) => bytes[at % size] = byte,
        Change::RemoveByte(at) => drop(bytes.remove(at % size)),
        Change::InsertByte(at, byte) => bytes.insert(at % size, byte),
        Change::SwapBytes(left, right) => bytes.swap(left % size, right % size),
        Change::Cut(at) => bytes.truncate(at % size),
        Change::Append(byte) => bytes.push(byte),
        Change::Number(at, number) => {
            let text = String::from_utf8(bytes).unwrap();
            let (before, after) = text.split_at(text.floor_char_boundary(at % size));
            let Some((skipped, rest)) = after.split_once("_minor\":") else { return file.to_vec() };
            let rest =
                rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '-');
            bytes = format!("{before}{skipped}_minor\":{number}{rest}").into_bytes();
        }
        Change::RemoveLine(at) => drop(lines.remove(at % count)),
        Change::RepeatLine(from, to) => lines.insert(to % count, lines[from % count]),
        Change::SwapLines(left, right) => lines.swap(left % count, right % count),
    }
    match change {
        Change::RemoveLine(_) | Change::RepeatLine(..) | Change::SwapLines(..) => lines.concat(),
        _ => bytes,
    }
}

proptest! {
    #[test]
    fn generated_books_are_good(
        happenings in vec(happening(), 0..30),
        is_later in any::<bool>(),
    ) {
        let report = check(&export(&books(&happenings), is_later));

        prop_assert_eq!(report.findings, []);
    }

    #[test]
    fn any_change_is_noticed_and_named_at_or_before_its_line(
        happenings in vec(happening(), 0..12),
        changes in vec(change(), 20),
        is_later in any::<bool>(),
    ) {
        let good = export(&books(&happenings), is_later);
        for change in changes {
            let bad = changed(&good, &change);
            if bad == good {
                continue;
            }

            let report = check(&bad);

            prop_assert!(!report.is_good(), "{:?} was not noticed", change);
            let first = report.first().unwrap();
            let line = first_difference(&good, &bad);
            prop_assert!(first.line <= line, "{:?} in line {}: {}", change, line, first);
        }
    }

    #[test]
    fn no_bytes_make_the_verifier_panic(content in vec(any::<u8>(), 0..500)) {
        prop_assert!(!check(&content).is_good());
    }
}

#[test]
fn every_single_byte_matters() {
    let happenings =
        [Happening::Sale(1_000, 50), Happening::Note, Happening::Close, Happening::Note];
    let good = file(&header(), &books(&happenings));
    let options = Options { keys: vec![signer().public_key()], stops_at_first: true };
    for at in 0..good.len() {
        let changes = [
            Change::Byte(at, good[at] ^ (1 << (at % 7))),
            Change::RemoveByte(at),
            Change::InsertByte(at, if at.is_multiple_of(2) { b' ' } else { b'0' }),
        ];
        for change in changes {
            let bad = changed(&good, &change);
            if bad == good {
                continue;
            }

            let report = verify(&*bad, &options).unwrap();

            let first = report.first().unwrap_or_else(|| panic!("{change:?} was not noticed"));
            assert!(first.line <= first_difference(&good, &bad), "{change:?}: {first}");
        }
    }
}
