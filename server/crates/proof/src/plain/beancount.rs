//! Beancount's syntax: <https://beancount.github.io/docs/beancount_language_syntax.html>.

use std::io::{self, Write};

use time::Date;

use crate::plain::names::Name;
use crate::plain::{Transaction, one_line};

pub(super) fn begin(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "option \"title\" \"Paydesk\"\n")
}

pub(super) fn open(out: &mut impl Write, date: Date, name: &Name) -> io::Result<()> {
    let currency = name.currency.map_or_else(String::new, |currency| format!(" {currency}"));
    writeln!(out, "{date} open {}{currency}", name.text)
}

pub(super) fn transaction(out: &mut impl Write, transaction: &Transaction<'_>) -> io::Result<()> {
    writeln!(out, "{} * {}", transaction.date, quoted(transaction.title))?;
    for (name, value) in transaction.notes() {
        writeln!(out, "  {name}: {}", quoted(&value))?;
    }
    for (account, amount) in transaction.lines {
        writeln!(out, "  {account}  {amount}")?;
    }
    writeln!(out)
}

/// The balance at the end of `date`. Beancount asserts balances at the beginning of a day, and
/// would allow a difference of one minor unit if it were not told otherwise.
pub(super) fn assertion(
    out: &mut impl Write,
    date: Date,
    name: &str,
    amount: &str,
) -> io::Result<()> {
    let next_day = date.next_day().unwrap_or(date);
    let (number, currency) = amount.split_once(' ').unwrap_or((amount, ""));
    writeln!(out, "{next_day} balance {name}  {number} ~ 0 {currency}")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}
