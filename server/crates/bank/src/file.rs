//! What the readers have in common: places in a file, warnings, and why a file cannot be read.

use std::fmt;

use domain::money::Money;

/// Where something stands in a file. Bank files are often one long line, so there is a column too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The byte of the line, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// Why the bank did something, as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reason {
    /// The code, such as `AC01` of the external code sets of ISO 20022, or one of the bank's own.
    pub code: Option<String>,
    /// What it says beside the code; what looks like a card number is masked.
    pub details: Vec<String>,
}

/// Something odd that did not keep the file from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where the element begins.
    pub place: Place,
    /// What.
    pub reason: WarningReason,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.reason)
    }
}

/// What is odd. The names are those of the elements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum WarningReason {
    #[error("the file is not UTF-8 and was read as ISO 8859-1")]
    NotUtf8,
    #[error("the file does not say which version of its format it has")]
    NoVersion,
    #[error("{0} is not a version that is known here; it was read like those that are")]
    UnknownVersion(String),
    #[error("the entity {0} is not known and was replaced")]
    UnknownEntity(String),
    #[error("{element}: {code} is not a code that is known here")]
    UnknownCode { element: &'static str, code: String },
    #[error("{0}: there is none")]
    Missing(&'static str),
    #[error("{element}: {text} is not an amount of the currency")]
    NotAnAmount { element: &'static str, text: String },
    #[error("{element}: {code} is not an ISO 4217 currency code")]
    UnknownCurrency { element: &'static str, code: String },
    #[error("{element}: {text} is not a date such as 2026-11-20")]
    NotADate { element: &'static str, text: String },
    #[error("the only transaction of an entry is on its other side, so neither was taken")]
    OtherSide,
    #[error("the only transaction of an entry of {entry} is one of {detail}, which was taken")]
    OtherAmount { entry: Money, detail: Money },
    #[error("{0}: the report has more than one status for the transaction")]
    RepeatedTransaction(String),
    #[error("there are more warnings than are kept")]
    MoreWarnings,
}

/// How many warnings of one file are kept.
const WARNINGS_MAX: usize = 1_000;

/// The warnings of a file, up to a limit, which is itself a warning.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Vec<Warning>);

impl Warnings {
    pub(crate) fn add(&mut self, place: Place, reason: WarningReason) {
        match self.0.len() {
            kept if kept < WARNINGS_MAX => self.0.push(Warning { place, reason }),
            WARNINGS_MAX => self.0.push(Warning { place, reason: WarningReason::MoreWarnings }),
            _ => {}
        }
    }

    /// Takes the value, or warns and has none.
    pub(crate) fn or_none<T>(&mut self, place: Place, read: Result<T, WarningReason>) -> Option<T> {
        read.map_err(|reason| self.add(place, reason)).ok()
    }

    pub(crate) fn into_vec(self) -> Vec<Warning> {
        self.0
    }
}

/// The file as a whole cannot be read; nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct Unreadable {
    /// Where it was noticed.
    pub place: Place,
    /// Why.
    pub reason: UnreadableReason,
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum UnreadableReason {
    #[error("the file is empty")]
    Empty,
    #[error("the file is larger than {} MiB", crate::BYTES_MAX / (1024 * 1024))]
    TooLarge,
    #[error("the file is UTF-16, which is not read here")]
    Utf16,
    #[error("the file is not XML: {0}")]
    NotXml(String),
    #[error("the file has a document type, which no bank file has")]
    DocumentType,
    #[error("elements stand in one another more than {} deep", crate::xml::DEPTH_MAX)]
    TooDeep,
    #[error("one part of the file has more than {} elements", crate::xml::ELEMENTS_MAX)]
    TooManyElements,
    #[error("the file was cut off: <{0}> is not closed")]
    CutOff(String),
    #[error("there is something after the end of the document")]
    AfterEnd,
    #[error("the file has no {0} message")]
    NoMessage(&'static str),
    #[error("the file has more than one message")]
    SeveralMessages,
    #[error("the file has more than {0} entries or statuses")]
    TooManyEntries(usize),
    #[error("the file has no table of reference rates")]
    NoRates,
}
