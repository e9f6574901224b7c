//! The forms of an export: the one that proves, two for the programs of accountants, and a table.

use std::collections::HashMap;
use std::io::{self, Write};
use std::str::FromStr;

use domain::id::{AccountId, PostingId};
use proof::export::{Header, Sealed, Writer};
use proof::plain::{Dialect, Journal};
use proof::record::{Account, Posting, Record};

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// What `paydesk verify` checks.
    PaydeskBooks,
    /// A journal for `bean-check`.
    Beancount,
    /// A journal for `hledger`.
    Hledger,
    /// One line per entry, with a head.
    Csv,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::PaydeskBooks, Self::Beancount, Self::Hledger, Self::Csv];

    /// What people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaydeskBooks => "paydesk-books",
            Self::Beancount => "beancount",
            Self::Hledger => "hledger",
            Self::Csv => "csv",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == word);
        known.ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|format| format.as_str()).collect();
            format!("one of {}", words.join(", "))
        })
    }
}

/// Where an export is written, record by record. What it is written to should be buffered.
#[derive(Debug)]
pub enum Sheet<W: Write> {
    /// The form that proves.
    Books(Writer<W>),
    /// A journal.
    Journal(Journal<W>),
    /// A table.
    Table(Table<W>),
}

impl<W: Write> Sheet<W> {
    /// Begins to write.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn begin(out: W, format: Format, header: &Header) -> io::Result<Self> {
        Ok(match format {
            Format::PaydeskBooks => Self::Books(Writer::begin(out, header)?),
            Format::Beancount => Self::Journal(Journal::new(out, Dialect::Beancount)),
            Format::Hledger => Self::Journal(Journal::new(out, Dialect::Hledger)),
            Format::Csv => Self::Table(Table::begin(out)?),
        })
    }

    /// Adds the next record.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, sealed: &Sealed) -> io::Result<()> {
        match self {
            Self::Books(writer) => writer.write(sealed),
            Self::Journal(journal) => journal.write(&sealed.record),
            Self::Table(table) => table.write(&sealed.record),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn end(self) -> io::Result<W> {
        match self {
            Self::Books(writer) => writer.end(),
            Self::Journal(journal) => journal.end(),
            Self::Table(table) => table.end(),
        }
    }
}

/// One line per entry, as RFC 4180 says.
#[derive(Debug)]
pub struct Table<W> {
    out: W,
    accounts: HashMap<AccountId, Account>,
}

/// The head of the table.
const HEAD: &str = "booked_on,effective_on,recorded_at,sequence_in_posting,posting,object,cause,\
                    corrects,account,account_kind,account_type,owner,currency,amount";

impl<W: Write> Table<W> {
    fn begin(mut out: W) -> io::Result<Self> {
        write!(out, "{HEAD}\r\n")?;
        Ok(Self { out, accounts: HashMap::new() })
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Account(account) => {
                self.accounts.insert(account.id, account.clone());
                Ok(())
            }
            Record::Balance(balance) => {
                self.accounts.insert(balance.account.id, balance.account.clone());
                Ok(())
            }
            Record::Posting(posting) => self.posting(posting),
            Record::Audit(_) | Record::Close(_) => Ok(()),
        }
    }

    fn posting(&mut self, posting: &Posting) -> io::Result<()> {
        let corrects = posting.corrects.as_ref().map(PostingId::to_string).unwrap_or_default();
        for (index, entry) in posting.entries.iter().enumerate() {
            let account = self.accounts.get(&entry.account);
            let fields = [
                posting.booked_on.to_string(),
                posting.effective_on.to_string(),
                instant(posting),
                (index + 1).to_string(),
                posting.id.to_string(),
                posting.object.to_string(),
                posting.cause.clone(),
                corrects.clone(),
                entry.account.to_string(),
                account.map(|account| account.kind.clone()).unwrap_or_default(),
                account.map(|account| account.account_type.as_str().into()).unwrap_or_default(),
                account
                    .and_then(|account| account.owner)
                    .map(|owner| owner.to_string())
                    .unwrap_or_default(),
                entry.amount.currency().code().to_owned(),
                entry.amount.to_decimal_string(),
            ];
            let line: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
            write!(self.out, "{}\r\n", line.join(","))?;
        }
        Ok(())
    }

    fn end(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn instant(posting: &Posting) -> String {
    let at = posting.recorded_at.to_offset(time::UtcOffset::UTC);
    let (hour, minute, second, microsecond) = at.to_hms_micro();
    format!("{}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}Z", at.date())
}

/// A field, between quotes if it has to be. What a spreadsheet would take for a formula gets an
/// apostrophe in front, except numbers.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '@', '\t'])
        || (field.starts_with('-') && field[1..].starts_with(|next: char| !next.is_ascii_digit()));
    let field = if is_formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\r', '\n']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}
