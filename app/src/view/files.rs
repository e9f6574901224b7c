//! Settlement files: the list with its upload form, and the report on one file.

use domain::id::{PaymentId, ProcessorAccountId, SettlementFileId};
use domain::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::view::mismatches::MismatchRow;

/// The files taken in, newest first, and what the upload form offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileListView {
    /// The files.
    pub files: Vec<FileRow>,
    /// The processor accounts that a file can belong to.
    pub processor_accounts: Vec<ProcessorAccountChoice>,
    /// The largest file that is taken, in bytes.
    pub max_bytes: u64,
    /// Whether this person may upload.
    pub may_upload: bool,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One option of the upload form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorAccountChoice {
    /// The value that the form sends.
    pub id: ProcessorAccountId,
    /// What the person reads, such as `Sandbox (EUR)`.
    pub name: String,
}

/// One file in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileRow {
    /// The file's id.
    pub id: SettlementFileId,
    /// The file's name, as it was uploaded.
    pub name: String,
    /// The processor account it belongs to, in words.
    pub processor_account: String,
    /// How far it is.
    pub state: FileState,
    /// What became of its lines.
    pub counts: FileCounts,
    /// When it came in.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Stored, and not compared yet.
    Received,
    /// Compared with our books.
    Matched,
    /// Not readable as a whole; nothing of it was used.
    Refused,
}

/// What became of a file's lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCounts {
    /// Lines that agree with our books.
    pub matched: u64,
    /// Lines that differ from our books.
    pub mismatched: u64,
    /// Payments of ours that the file should have spoken of and did not.
    pub missing: u64,
    /// Rows that could not be read.
    pub refused: u64,
}

/// The report on one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileReportView {
    /// The file's id.
    pub id: SettlementFileId,
    /// The file's name, as it was uploaded.
    pub name: String,
    /// The processor account it belongs to, in words.
    pub processor_account: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Who uploaded it, or what fetched it.
    pub received_from: String,
    /// How far it is.
    pub state: FileState,
    /// Why the whole file was refused, with the line if there is one, such as
    /// `line 12: the file ends in the middle of a row`.
    pub refusal: Option<String>,
    /// What became of its lines.
    pub counts: FileCounts,
    /// What it adds up to, per currency.
    pub totals: Vec<FileTotal>,
    /// Its lines, at most as many as one page shows.
    pub lines: Vec<FileLine>,
    /// How many lines it has.
    pub lines_total: u64,
    /// The mismatches it opened.
    pub mismatches: Vec<MismatchRow>,
    /// The rows that could not be read.
    pub refused: Vec<RefusedRow>,
    /// When it came in.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// What a file adds up to in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FileTotal {
    /// Before the processor's fees.
    pub gross: Money,
    /// The processor's fees.
    pub fee: Money,
    /// What is left.
    pub net: Money,
}

/// One line of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileLine {
    /// Its number in the file.
    pub number: i32,
    /// What it reports, in the processor's words, such as `capture`.
    pub operation: String,
    /// What the processor calls the payment.
    pub reference: String,
    /// The payment it was matched with.
    pub payment: Option<PaymentId>,
    /// Before the processor's fee.
    pub gross: Money,
    /// The processor's fee.
    pub fee: Money,
    /// What is left.
    pub net: Money,
    /// Whether it agrees with our books.
    pub outcome: LineOutcome,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// Not compared yet.
    Pending,
    /// It agrees with our books.
    Matched,
    /// It differs; a mismatch was opened.
    Mismatched,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Its number in the file.
    pub number: i32,
    /// Why.
    pub reason: String,
    /// The row itself, cut to a length that fits, without anything that looks like a card number.
    pub content: String,
}
