//! Reads from `camt.053` statements and `camt.054` notifications the entries that a pay-out can be
//! found in.
//!
//! This is no reader of statements: balances, parties and texts are passed over, and whether a
//! statement adds up is not looked at. One [`BankEntry`] is one transaction detail of an entry, or
//! the entry itself where it has none. The side is that of the account: a reversal is not turned
//! round again.

mod entry;

use domain::money::Money;
use time::Date;

use crate::camt::entry::OpenEntry;
use crate::field;
use crate::file::{Place, Reason, Unreadable, UnreadableReason, Warning, WarningReason, Warnings};
use crate::xml::{self, Element, Step, Walk};

/// How many entries one file may have.
const ENTRIES_MAX: usize = 200_000;
/// The versions that are known to be read rightly.
const VERSIONS: std::ops::RangeInclusive<u32> = 2..=8;
/// What is read step by step below a message; everything else is read whole.
const ENTERED: [&str; 4] = ["Stmt", "Ntfctn", "Ntry", "NtryDtls"];

/// The entries of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankEntries {
    /// Which message it is.
    pub message: Message,
    /// In the order of the file.
    pub entries: Vec<BankEntry>,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
}

/// The messages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Message {
    /// `camt.053`: what was booked on a day. An entry without a status is booked.
    Statement,
    /// `camt.054`: single debits and credits, booked or not.
    Notification,
}

/// One movement of our account, as far as it can be about a pay-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankEntry {
    /// Where it begins.
    pub place: Place,
    /// Which entry of the file it belongs to, from 1: a batch has several details.
    pub number: u32,
    /// What was booked as one entry: of a batch, the sum of its details.
    pub entry_amount: Option<Money>,
    /// The side of the entry.
    pub entry_side: Option<Side>,
    /// Whether it is a detail of the entry, and not the entry itself.
    pub is_detail: bool,
    /// The account that the message is about, as the bank writes it.
    pub account: Option<String>,
    /// The end-to-end id; of a return, that of what was returned.
    pub end_to_end_id: Option<String>,
    /// The instruction id.
    pub instruction_id: Option<String>,
    /// The id of the payment information that it came with.
    pub payment_info_id: Option<String>,
    /// The id of the message that it came with.
    pub message_id: Option<String>,
    /// The bank's own reference.
    pub bank_reference: Option<String>,
    /// How much moved, in the currency of the account and never below zero; none if that is not
    /// said of the detail of a batch, or cannot be read.
    pub amount: Option<Money>,
    /// How much was ordered, where the bank repeats that; in another currency if it exchanged.
    pub instructed: Option<Money>,
    /// Out of the account or into it; none if the entry contradicts itself.
    pub side: Option<Side>,
    /// Whether it is booked; none if that is not said.
    pub status: Option<EntryStatus>,
    /// When it was booked, by the bank's calendar.
    pub booked_on: Option<Date>,
    /// From when on it bears interest.
    pub value_on: Option<Date>,
    /// Whether it takes back what was done before: a return (`RtrInf`, or by its transaction code)
    /// or a reversal.
    pub is_return: bool,
    /// Why it was returned.
    pub reasons: Vec<Reason>,
}

/// The side of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// `DBIT`: money went out.
    Debit,
    /// `CRDT`: money came in.
    Credit,
}

/// How far an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryStatus {
    /// `BOOK`.
    Booked,
    /// `PDNG`: not booked yet.
    Pending,
    /// `FUTR`: will be booked on a later day.
    Future,
    /// `INFO`: moves nothing, or what is booked in another message.
    Information,
}

/// Reads a whole file.
///
/// # Errors
/// [`Unreadable`] if nothing of the file may be used: it is no XML, cut off, too large or too deep,
/// or neither statement nor notification.
pub fn read(content: &[u8]) -> Result<BankEntries, Unreadable> {
    let mut reading = Reading::default();
    let content = xml::decode(content, &mut reading.warnings)?;
    let mut walk = Walk::of(&content);
    let mut last = Place { line: 1, column: 1 };
    loop {
        let is_inside = reading.is_inside;
        let is_entered = |name: &str| !is_inside || ENTERED.contains(&name);
        let Some(step) = walk.next(&mut reading.warnings, is_entered)? else { break };
        match step {
            Step::Enter(element) => {
                last = element.place;
                reading.enter(&element)?;
            }
            Step::Leave(name) => reading.leave(&name, last)?,
            Step::Whole(element) => {
                last = element.place;
                reading.take(&element)?;
            }
        }
    }
    reading.finish(last)
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    message: Option<Message>,
    version: Option<u32>,
    is_inside: bool,
    account: Option<String>,
    open: Option<OpenEntry>,
    number: u32,
    entries: Vec<BankEntry>,
    warnings: Warnings,
}

impl Reading {
    fn enter(&mut self, element: &Element) -> Result<(), Unreadable> {
        let place = element.place;
        for name in element.namespaces() {
            let found = ["camt.053.001.", "camt.054.001."].map(|prefix| xml::version(name, prefix));
            self.version = self.version.or(found[0]).or(found[1]);
        }
        if let Some(message) = message(&element.name) {
            if self.message.replace(message).is_some() {
                return Err(Unreadable { place, reason: UnreadableReason::SeveralMessages });
            }
            self.is_inside = true;
        } else if self.is_inside {
            match element.name.as_str() {
                "Stmt" | "Ntfctn" => self.account = None,
                "Ntry" => {
                    self.number += 1;
                    self.open = Some(OpenEntry::at(place, self.number));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn leave(&mut self, name: &str, last: Place) -> Result<(), Unreadable> {
        if message(name).is_some() {
            self.is_inside = false;
        }
        if name != "Ntry" {
            return Ok(());
        }
        if let (Some(open), Some(message)) = (self.open.take(), self.message) {
            let account = self.account.as_deref();
            self.entries.extend(open.close(message, account, &mut self.warnings));
        }
        check_count(self.entries.len(), last)
    }

    fn take(&mut self, element: &Element) -> Result<(), Unreadable> {
        match (&mut self.open, element.name.as_str()) {
            (Some(open), _) => {
                open.take(element, &mut self.warnings);
                let count = self.entries.len() + open.details();
                check_count(count, element.place)
            }
            (None, "Acct") => {
                self.account = field::reference(element, &["Id", "IBAN"])
                    .or_else(|| field::reference(element, &["Id", "Othr", "Id"]));
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    fn finish(mut self, last: Place) -> Result<BankEntries, Unreadable> {
        let Some(message) = self.message else {
            let reason = UnreadableReason::NoMessage("camt.053 or camt.054");
            return Err(Unreadable { place: last, reason });
        };
        let first = Place { line: 1, column: 1 };
        match self.version {
            None => self.warnings.add(first, WarningReason::NoVersion),
            Some(version) if !VERSIONS.contains(&version) => {
                let name = format!("{}.001.{version:02}", message.name());
                self.warnings.add(first, WarningReason::UnknownVersion(name));
            }
            Some(_) => {}
        }
        Ok(BankEntries { message, entries: self.entries, warnings: self.warnings.into_vec() })
    }
}

impl Message {
    /// The name of the format, such as `camt.053`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Statement => "camt.053",
            Self::Notification => "camt.054",
        }
    }
}

fn message(element: &str) -> Option<Message> {
    match element {
        "BkToCstmrStmt" => Some(Message::Statement),
        "BkToCstmrDbtCdtNtfctn" => Some(Message::Notification),
        _ => None,
    }
}

fn check_count(count: usize, place: Place) -> Result<(), Unreadable> {
    if count > ENTRIES_MAX {
        let reason = UnreadableReason::TooManyEntries(ENTRIES_MAX);
        return Err(Unreadable { place, reason });
    }
    Ok(())
}
