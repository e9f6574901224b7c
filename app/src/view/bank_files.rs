//! Files of pay-outs for banks, and what the banks' own files said of them.

use domain::id::{BankReportId, PayoutFileId, PayoutId};
use domain::money::Money;
use domain::payout::Phase;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// The files that were made, what waits for the next, and what banks said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BankFilesView {
    /// The accounts whose pay-outs leave by file.
    pub accounts: Vec<BankAccountRow>,
    /// Files, the newest first.
    pub files: Vec<BankFileRow>,
    /// Where the next page of files starts, if there is one.
    pub next: Option<PayoutFileId>,
    /// The newest files of banks that were read, the newest first.
    pub reports: Vec<BankReportRow>,
    /// The largest file of a bank that is taken, in bytes.
    pub max_bytes: u64,
    /// Whether this person may make a file, and fetch one.
    pub may_make: bool,
    /// Whether this person may take in what a bank says.
    pub may_read: bool,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// An account whose pay-outs leave by file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccountRow {
    /// What it is called.
    pub name: String,
    /// Its number, masked.
    pub iban: String,
    /// How many pay-outs wait for its next file.
    pub payouts: u64,
    /// What they sum to.
    pub total: Money,
}

/// One file for a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankFileRow {
    /// Its id.
    pub id: PayoutFileId,
    /// What the account is called that its pay-outs leave from.
    pub account: String,
    /// Who made it.
    pub made_by: String,
    /// How many pay-outs are in it.
    pub payouts: u64,
    /// What they sum to.
    pub total: Money,
    /// On which day the bank is to carry them out.
    pub execution_on: Date,
    /// Of how many the bank has said anything.
    pub answered: u64,
    /// How many it has taken on and not rejected since.
    pub accepted: u64,
    /// How many it has rejected.
    pub rejected: u64,
    /// How many have left the account.
    pub booked: u64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One file of a bank that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankReportRow {
    /// Its id.
    pub id: BankReportId,
    /// What it is called.
    pub name: String,
    /// Its format, such as `camt.053`.
    pub format: String,
    /// Who brought it.
    pub read_by: String,
    /// How many pay-outs it changed.
    pub changed: u64,
    /// When it was read to its end, if it was.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
    /// When it was brought.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One file of a bank with what it said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BankReportView {
    /// What the list says of it.
    pub row: BankReportRow,
    /// What it said; none as long as it was not read to its end.
    pub said: Option<BankSaid>,
    /// The moment that the page is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// What a file of a bank said when it was read last, the first of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankSaid {
    /// Pay-outs that changed, and where they stood then.
    pub changed: Vec<(PayoutId, Phase)>,
    /// How many changed in all.
    pub changed_total: u64,
    /// How often it said what was known.
    pub known: u64,
    /// How often it said that nothing is decided.
    pub undecided: u64,
    /// What a person has to look at: where, of which pay-out, and why.
    pub odd: Vec<(Option<FilePlace>, PayoutId, String)>,
    /// How much of that there was.
    pub odd_total: u64,
    /// What is about no pay-out that the bank was told of: where, and why it was not taken.
    pub unknown: Vec<(Option<FilePlace>, String)>,
    /// How much of that there was.
    pub unknown_total: u64,
    /// How many entries name no pay-out at all.
    pub unrelated: u64,
    /// What is odd about the file itself.
    pub warnings: Vec<(FilePlace, String)>,
    /// How much of that there was.
    pub warnings_total: u64,
}

/// A place in a file: the line and the byte of it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePlace {
    /// The line.
    pub line: u32,
    /// The byte of the line.
    pub column: u32,
}
