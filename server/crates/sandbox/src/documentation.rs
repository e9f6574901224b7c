//! Holds the tables of the documentation to what the program does. With `UPDATE_DOCS=1` the test
//! writes them anew.

use std::{fmt::Write, fs};

use crate::{
    cards::{Group, TEST_CARDS},
    faults::fault::FAULTS,
    transfers::scenarios::SCENARIOS,
};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sandbox.md");

#[test]
fn the_documentation_lists_every_card_transfer_and_fault() {
    let written = fs::read_to_string(DOCUMENT).unwrap();

    let tables = [("cards", cards()), ("transfers", transfers()), ("faults", faults())];
    let right =
        tables.iter().fold(written.clone(), |text, (name, table)| replace(&text, name, table));

    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(DOCUMENT, &right).unwrap();
    } else {
        assert_eq!(written, right, "UPDATE_DOCS=1 writes the tables anew");
    }
}

/// Puts a table between the marks of its name.
fn replace(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}\n{table}\n{end}{after}")
}

fn cards() -> String {
    let mut table = "| what happens | number | test token |\n|---|---|---|\n".to_owned();
    for group in Group::ALL {
        writeln!(table, "| **{}** | | |", group.title()).unwrap();
        for card in TEST_CARDS.iter().filter(|card| card.group == group) {
            let number = card.grouped().replace(' ', "\u{a0}");
            writeln!(table, "| {} | {number} | `{}` |", card.outcome, card.token()).unwrap();
        }
    }
    table
}

fn transfers() -> String {
    let mut table = "| what happens | account | amount ends in |\n|---|---|---|\n".to_owned();
    for one in SCENARIOS {
        let iban = one.grouped().replace(' ', "\u{a0}");
        writeln!(table, "| {} | {iban} | {} |", one.outcome, one.amount_end()).unwrap();
    }
    table
}

fn faults() -> String {
    let mut table =
        "| name | argument, and without it | what happens |\n|---|---|---|\n".to_owned();
    for (name, argument, outcome) in FAULTS {
        writeln!(table, "| `{name}` | {argument} | {outcome} |").unwrap();
    }
    table
}
