//! Plain-text accounting: the books as a journal that Beancount or hledger reads and checks.
//!
//! Each posting is a transaction on the day it was booked, and each close asserts the balance of
//! every open account at the end of its day, to the minor unit. The journal is for reading and
//! for a second opinion on the sums; the proof is the export.

mod beancount;
mod hledger;
mod names;

use std::io::{self, BufRead, Write};

use domain::currency::Currency;
use domain::id::{AccountId, PostingId};
use time::Date;

use crate::export::{Line, ReadError, read};
use crate::record::{Balance, Close, Posting, Record};
use names::{Name, Names};

/// Which program the journal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Beancount, version 2 or 3: `bean-check`.
    Beancount,
    /// hledger: `hledger check --strict`.
    Hledger,
}

/// Turns an export into a journal, in the memory of its accounts. Nothing is verified.
///
/// # Errors
/// [`ReadError`].
pub fn convert(input: impl BufRead, out: impl Write, dialect: Dialect) -> Result<(), ReadError> {
    let mut journal = Journal::new(out, dialect);
    for line in read(input) {
        if let Line::Record(sealed) = line? {
            journal.write(&sealed.record)?;
        }
    }
    journal.end()?;
    Ok(())
}

/// Writes a journal, record by record. `out` should be buffered.
#[derive(Debug)]
pub struct Journal<W> {
    out: W,
    dialect: Dialect,
    names: Names,
    is_begun: bool,
    /// Whether a day's entries have been seen, or its close; before, balances are openings.
    has_day: bool,
}

impl<W: Write> Journal<W> {
    /// Begins a journal.
    pub fn new(out: W, dialect: Dialect) -> Self {
        Self { out, dialect, names: Names::default(), is_begun: false, has_day: false }
    }

    /// Adds the next record; lines of the audit log are left out.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Account(account) => {
                self.has_day = true;
                self.names.declare(account);
                Ok(())
            }
            Record::Audit(_) => {
                self.has_day = true;
                Ok(())
            }
            Record::Posting(posting) => self.posting(posting),
            Record::Balance(balance) => self.balance(balance),
            Record::Close(close) => self.close(close),
        }
    }

    /// Ends the journal.
    pub fn end(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn posting(&mut self, posting: &Posting) -> io::Result<()> {
        self.has_day = true;
        let mut lines = Vec::with_capacity(posting.entries.len());
        for entry in &posting.entries {
            let name = self.open(entry.account, posting.booked_on)?;
            lines.push((name, amount(entry.amount.minor().into(), entry.amount.currency())));
        }
        let transaction = Transaction {
            date: posting.booked_on,
            title: &posting.cause,
            lines: &lines,
            posting: Some(posting),
        };
        match self.dialect {
            Dialect::Beancount => beancount::transaction(&mut self.out, &transaction),
            Dialect::Hledger => hledger::transaction(&mut self.out, &transaction),
        }
    }

    fn balance(&mut self, balance: &Balance) -> io::Result<()> {
        let currency = balance.account.currency;
        self.names.declare(&balance.account);
        let name = self.open(balance.account.id, balance.date)?;
        if !self.has_day && balance.closing_minor != 0 {
            let equity = self.declare(Name::opening_balances(), balance.date)?;
            let closing = amount(balance.closing_minor, currency);
            let opposite = amount(-balance.closing_minor, currency);
            let lines = [(name.clone(), closing), (equity, opposite)];
            let transaction = Transaction {
                date: balance.date,
                title: "Opening balance",
                lines: &lines,
                posting: None,
            };
            match self.dialect {
                Dialect::Beancount => beancount::transaction(&mut self.out, &transaction)?,
                Dialect::Hledger => hledger::transaction(&mut self.out, &transaction)?,
            }
        }
        let closing = amount(balance.closing_minor, currency);
        match self.dialect {
            Dialect::Beancount => {
                beancount::assertion(&mut self.out, balance.date, &name, &closing)
            }
            Dialect::Hledger => hledger::assertion(&mut self.out, balance.date, &name, &closing),
        }
    }

    fn close(&mut self, close: &Close) -> io::Result<()> {
        self.has_day = true;
        writeln!(self.out, "; {} closed with record {}\n", close.date, close.last_sequence + 1)
    }

    /// The name of an account, which is opened on `date` if the journal has not used it yet.
    fn open(&mut self, id: AccountId, date: Date) -> io::Result<String> {
        match self.names.find(id).cloned() {
            Some(name) => self.declare(name, date),
            // It stays undeclared, and the program that reads the journal says so.
            None => Ok(Name::unknown(id).text),
        }
    }

    fn declare(&mut self, name: Name, date: Date) -> io::Result<String> {
        self.begin()?;
        if self.names.is_first_use(&name.text) {
            match self.dialect {
                Dialect::Beancount => beancount::open(&mut self.out, date, &name)?,
                Dialect::Hledger => {
                    let first = |currency: &Currency| self.names.is_first_currency(*currency);
                    let currency = name.currency.filter(first);
                    hledger::open(&mut self.out, &name, currency)?;
                }
            }
        }
        Ok(name.text)
    }

    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.is_begun, true) {
            return Ok(());
        }
        match self.dialect {
            Dialect::Beancount => beancount::begin(&mut self.out),
            Dialect::Hledger => hledger::begin(&mut self.out),
        }
    }
}

/// One transaction of a journal: names of accounts and amounts with their currency.
struct Transaction<'a> {
    date: Date,
    title: &'a str,
    lines: &'a [(String, String)],
    /// Where it comes from, if it is a posting.
    posting: Option<&'a Posting>,
}

impl Transaction<'_> {
    /// What there is to know beside the amounts: names and values without line breaks.
    fn notes(&self) -> Vec<(&'static str, String)> {
        let Some(posting) = self.posting else { return Vec::new() };
        let mut notes = vec![
            ("posting", posting.id.to_string()),
            ("object", posting.object.to_string()),
            ("cause", one_line(&posting.cause)),
            ("effective", posting.effective_on.to_string()),
        ];
        let corrects = posting.corrects.as_ref().map(PostingId::to_string);
        notes.extend(corrects.map(|id| ("corrects", id)));
        notes
    }
}

/// Text without control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Minor units as a decimal number of major units with the currency, such as `-10.50 EUR`.
fn amount(minor: i128, currency: Currency) -> String {
    let exponent = currency.exponent() as usize;
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = exponent + 1);
    let (major, decimals) = digits.split_at(digits.len() - exponent);
    let point = if exponent == 0 { "" } else { "." };
    format!("{sign}{major}{point}{decimals} {currency}")
}
