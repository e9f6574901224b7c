//! What every reader gives: a file's lines, what was refused of it, and the balances it claims.

use domain::currency::Currency;
use domain::money::{Money, MoneyError};
use time::{Date, OffsetDateTime};

use crate::Format;

/// A settlement file that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Which format it has.
    pub format: Format,
    /// The processor's own id of the file.
    pub external_id: String,
    /// The processor's name of the account that it is about.
    pub account: String,
    /// The day that it is about.
    pub business_date: Date,
    /// The rows that can be used, in the order of the file.
    pub lines: Vec<Line>,
    /// The rows that cannot.
    pub refused: Vec<RefusedLine>,
    /// What it says of the account's balances, at most one for each currency.
    pub balances: Vec<Balance>,
    /// What is odd about it without making anything unusable.
    pub warnings: Vec<Warning>,
}

impl File {
    /// The sum of what its usable lines settle in `currency`, after fees.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn net(&self, currency: Currency) -> Result<Money, MoneyError> {
        let nets = self.lines.iter().map(|line| line.net);
        Money::sum(currency, nets.filter(|net| net.currency() == currency))
    }
}

/// One row, normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it begins in the file, from 1.
    pub line: u32,
    /// What it settles.
    pub kind: LineKind,
    /// Our reference of the payment, as the processor repeats it.
    pub reference: String,
    /// The processor's reference of the payment.
    pub processor_reference: String,
    /// Our reference of the refund; only lines of refunds have one.
    pub refund_reference: Option<String>,
    /// What moved: above zero for a payment, below zero for a refund.
    pub gross: Money,
    /// What the processor keeps of it, never below zero.
    pub fee: Money,
    /// Always `gross` less `fee`.
    pub net: Money,
    /// When it happened at the processor.
    pub occurred_at: OffsetDateTime,
}

/// What a line settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// A capture.
    Payment,
    /// Money that went back to a shopper.
    Refund,
}

impl LineKind {
    /// The word that stands in files and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Refund => "refund",
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Payment, Self::Refund].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a file says of an account's balance in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Where it stands in the file, from 1.
    pub line: u32,
    /// In which currency.
    pub currency: Currency,
    /// Before the day.
    pub opening: Money,
    /// What the lines add up to, as the file has it.
    pub movements: Money,
    /// After the day.
    pub closing: Money,
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// Where it begins in the file, from 1.
    pub line: u32,
    /// Why.
    pub reason: RefusedReason,
    /// The row as it came, cut to a length that can be shown; withheld if it may hold card data.
    pub raw: String,
}

/// Something odd that a person may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where, from 1.
    pub line: u32,
    /// What.
    pub reason: WarningReason,
}

/// What is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WarningReason {
    /// The file has lines in a currency and says nothing of the balance.
    #[error("the file has lines in {0} and no balance for it")]
    NoBalance(Currency),
}

/// Why a row cannot be used. The names of fields are those of the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum RefusedReason {
    #[error("the row has {found} fields instead of {expected}")]
    FieldCount { found: usize, expected: usize },
    #[error("the row is of a kind that the format does not have")]
    UnknownRecord,
    #[error("{0}: the field is empty")]
    Missing(&'static str),
    #[error("{0}: the field must be empty here")]
    Unexpected(&'static str),
    #[error("{0}: the field is too long")]
    TooLong(&'static str),
    #[error("{0}: the field holds control characters")]
    ControlCharacter(&'static str),
    #[error("{0}: the field looks like a card number")]
    CardNumber(&'static str),
    #[error("{0}: neither payment nor refund")]
    UnknownType(&'static str),
    #[error("{0}: not an ISO 4217 currency code")]
    UnknownCurrency(&'static str),
    #[error("{0}: not a decimal number such as 12.50")]
    NotANumber(&'static str),
    #[error("{field}: must have exactly {expected} decimals")]
    Decimals { field: &'static str, expected: u32 },
    #[error("{0}: the amount is out of range")]
    OutOfRange(&'static str),
    #[error("{0}: must be above zero")]
    NotPositive(&'static str),
    #[error("{0}: must be below zero")]
    NotNegative(&'static str),
    #[error("{0}: must not be below zero")]
    Negative(&'static str),
    #[error("net: is not gross less fee, which is {expected}")]
    Net { expected: Money },
    #[error("{0}: not a time such as 2026-11-20T10:12:13Z")]
    NotATime(&'static str),
    #[error("currency: the file has a balance for {0} already")]
    RepeatedBalance(Currency),
}

/// The file as a whole cannot be used; nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Unreadable {
    /// Where it was noticed, from 1.
    pub line: u32,
    /// Why.
    pub reason: UnreadableReason,
}

/// Why a file cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum UnreadableReason {
    #[error("the file is empty")]
    Empty,
    #[error("the file is larger than {} MiB", crate::BYTES_MAX / (1024 * 1024))]
    TooLarge,
    #[error("the file is not text in UTF-8")]
    NotUtf8,
    #[error("the file is not a settlement file of a format that is known here")]
    UnknownFormat,
    #[error("the file is of version {0} of its format, which is not known here")]
    UnknownVersion(String),
    #[error("the first row: {0}")]
    Header(RefusedReason),
    #[error("the row of column names is not the expected one")]
    Columns,
    #[error("the file was cut off: its last row is no END record")]
    NoEnd,
    #[error("there is something after the END record")]
    AfterEnd,
    #[error("the END record is not two fields, a number and a SHA-256")]
    BadEnd,
    #[error("the END record says {said} lines, the file has {found}")]
    Count { said: u64, found: u64 },
    #[error("the file was changed or cut: its SHA-256 is not the one in the END record")]
    Checksum,
}
