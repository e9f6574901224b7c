//! The list of requirements: whole, and naming only tests that exist.

use std::collections::BTreeSet;

use super::tree::{Source, assert_none, sources};

const LIST: &str = "server/docs/requirements.md";

/// Every requirement, in the order of the list.
const IDS: &str = "
    P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16 P17 P18
    A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A12 A11
    H1 H2 H3 H4 H5 H6 H7 H8 H9 H10
    I1 I2 I3 I4 I5 I6 I7 I8 I9 I10 I11 I12 I13 I14 I15 I16
    L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 L11 L12 L13
    R1 R2 R3 R4 R5 R6 R7 R8 R9
    D1 D2 D3 D4 D5
    W1 W2 X1 X2 K1 K2 K3 K4 M1 M2
    Z1 Z2 Z3 Z4 Z5 Z6 Z7 Z8 Z9 Z10 Z11 Z12 Z13 Z14 Z15 Z17 Z16
    T1 T2 T3 T4 T5 T6 T7 T8
    B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 B12 B13 B14 B15
";

/// One line of the table.
struct Row<'a> {
    id: &'a str,
    shown_by: &'a str,
}

#[test]
fn the_list_of_requirements_is_whole() {
    let sources = sources();

    let listed: Vec<&str> = rows(list(&sources)).map(|row| row.id).collect();

    assert_eq!(listed, IDS.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn every_requirement_is_open_or_names_tests_that_exist() {
    let sources = sources();
    let tests = names_of_tests(&sources);

    let mut offenders = Vec::new();
    for row in rows(list(&sources)) {
        let named: Vec<&str> = row.shown_by.split('`').skip(1).step_by(2).collect();
        if named.is_empty() && row.shown_by != "open" {
            offenders.push(format!("{}: is neither open nor shown by a test", row.id));
        }
        let missing = named.iter().filter(|name| !tests.contains(**name));
        offenders.extend(missing.map(|name| format!("{}: there is no test `{name}`", row.id)));
    }

    assert_none("a requirement is shown by tests that exist", &offenders);
}

fn list(sources: &[Source]) -> &Source {
    sources.iter().find(|source| source.path == LIST).expect("the list of requirements exists")
}

/// The lines of all tables, less their heads.
fn rows(list: &Source) -> impl Iterator<Item = Row<'_>> {
    list.text.lines().filter_map(|line| {
        let line = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let (id, rest) = line.split_once(" | ")?;
        let (_, shown_by) = rest.rsplit_once(" | ")?;
        (id != "id").then_some(Row { id, shown_by })
    })
}

/// The functions of Rust's tests and the titles of the browser's.
fn names_of_tests(sources: &[Source]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for source in sources {
        if source.has_extension("rs") {
            names.extend(rust_tests(&source.text));
        } else if source.path.starts_with("end2end/") && source.has_extension("ts") {
            names.extend(browser_tests(&source.text));
        }
    }
    names
}

/// What stands after `fn` below an attribute that makes a test of it, also inside `proptest!`.
fn rust_tests(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().map(str::trim).filter_map(move |line| {
        if line.starts_with("#[") {
            is_test |= line.contains("test") && !line.contains("cfg(");
            return None;
        }
        let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
        let name = name.split(['(', '<']).next().filter(|_| is_test);
        is_test = false;
        name
    })
}

/// The first string after `test(`.
fn browser_tests(text: &str) -> impl Iterator<Item = &str> {
    text.split("test(").skip(1).filter_map(|rest| {
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|first| "'\"`".contains(*first))?;
        rest[1..].split(quote).next()
    })
}

#[test]
fn tests_are_found_in_rust_and_in_type_script() {
    let rust =
        "#[sqlx::test(migrations = \"x\")]\nasync fn one_sale(pool: Pool) {}\nfn helper() {}";
    let script = "test('buys a book', async () => {});";

    assert_eq!(rust_tests(rust).collect::<Vec<_>>(), ["one_sale"]);
    assert_eq!(browser_tests(script).collect::<Vec<_>>(), ["buys a book"]);
}
