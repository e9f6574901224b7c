//! hledger's journal: <https://hledger.org/hledger.html#journal>.

use std::io::{self, Write};

use domain::currency::Currency;
use time::Date;

use crate::plain::names::Name;
use crate::plain::{Transaction, one_line};

pub(super) fn begin(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "; Paydesk\ndecimal-mark .\n")
}

/// Accounts and currencies are declared, so that `check --strict` refuses any other.
pub(super) fn open(
    out: &mut impl Write,
    name: &Name,
    currency: Option<Currency>,
) -> io::Result<()> {
    if let Some(currency) = currency {
        let decimals = "0".repeat(currency.exponent() as usize);
        writeln!(out, "commodity 1000.{decimals} {currency}")?;
    }
    writeln!(out, "account {}", name.text)
}

pub(super) fn transaction(out: &mut impl Write, transaction: &Transaction<'_>) -> io::Result<()> {
    // A semicolon would begin a comment.
    let title = one_line(transaction.title).replace(';', ",");
    writeln!(out, "{} * {title}", transaction.date)?;
    for (name, value) in transaction.notes() {
        writeln!(out, "    ; {name}: {value}")?;
    }
    for (account, amount) in transaction.lines {
        writeln!(out, "    {account}  {amount}")?;
    }
    writeln!(out)
}

/// The balance at the end of `date`: a transaction that moves nothing, after those of the day.
pub(super) fn assertion(
    out: &mut impl Write,
    date: Date,
    name: &str,
    amount: &str,
) -> io::Result<()> {
    let (number, currency) = amount.split_once(' ').unwrap_or((amount, ""));
    let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let zero = if decimals == 0 { "0".to_owned() } else { format!("0.{:0>decimals$}", 0) };
    writeln!(out, "{date} * Close\n    {name}  {zero} {currency} = {amount}\n")
}
