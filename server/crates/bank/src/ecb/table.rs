//! The form with commas: a row of currencies, and below it one row for each day.

use domain::currency::Currency;

use super::day::{date, rate};
use super::{ReferenceRates, RefusedReason};
use crate::file::{Place, Unreadable, UnreadableReason};

/// What the first column is called.
const DAY: &str = "Date";

pub(super) fn read(text: &str, into: &mut ReferenceRates) -> Result<(), Unreadable> {
    let mut lines = (1_u32..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let (first, head) = lines.next().unwrap_or((1, ""));
    let names = fields(head);
    if names.first() != Some(&DAY) || names.len() < 2 {
        let place = Place { line: first, column: 1 };
        return Err(Unreadable { place, reason: UnreadableReason::NoRates });
    }
    let columns: Vec<Option<Currency>> =
        names[1..].iter().map(|name| into.currency(name)).collect();
    for (line, row) in lines {
        let cells = fields(row);
        let (day, cells) = cells.split_first().unwrap_or((&"", &[]));
        let found = date(day).and_then(|day| Ok((day, rates(&columns, cells)?)));
        into.take(line, found);
    }
    Ok(())
}

/// The fields of a line. The bank ends each with a comma, after which there is nothing.
fn fields(line: &str) -> Vec<&str> {
    let line = line.trim();
    line.strip_suffix(',').unwrap_or(line).split(',').map(str::trim).collect()
}

fn rates(
    columns: &[Option<Currency>],
    cells: &[&str],
) -> Result<Vec<(Currency, rust_decimal::Decimal)>, RefusedReason> {
    if cells.len() != columns.len() {
        let (found, expected) = (cells.len() + 1, columns.len() + 1);
        return Err(RefusedReason::FieldCount { found, expected });
    }
    let mut rates = Vec::with_capacity(cells.len());
    for (column, cell) in columns.iter().zip(cells) {
        let Some(currency) = *column else { continue };
        rates.extend(rate(currency, cell)?.map(|units| (currency, units)));
    }
    Ok(rates)
}
