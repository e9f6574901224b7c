//! Work that failed for good: what it was, why it failed each time, and what people decided.

use domain::id::{CheckoutId, InboundWebhookId, JobId, PaymentId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What the list is narrowed to. Comes from the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterFilter {
    /// Only this kind of work.
    pub kind: Option<String>,
    /// Only errors of this class.
    pub error: Option<String>,
    /// Only what failed for good at least this many hours ago.
    pub hours: Option<u16>,
    /// What was discarded, instead of what waits for a person.
    pub is_discarded: bool,
}

/// The newest dead letters that fit the filter, and how many there are of each cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterListView {
    /// How many wait of each cause, the most first; the filter does not narrow it.
    pub counts: Vec<DeadLetterCount>,
    /// The newest.
    pub rows: Vec<DeadLetterRow>,
    /// How many fit the filter.
    pub total: u64,
    /// The moment that the page is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// How many wait of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterCount {
    /// What kind of work.
    pub kind: String,
    /// What is common to their errors.
    pub error: String,
    /// How many.
    pub count: u64,
    /// When the first of them failed for good.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// What work is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum DeadLetterSubject {
    /// A payment.
    Payment(PaymentId),
    /// A checkout.
    Checkout(CheckoutId),
    /// A webhook that came in.
    Webhook(InboundWebhookId),
    /// Something else.
    Other(String),
}

/// One dead letter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterRow {
    /// The job's id.
    pub id: JobId,
    /// What kind of work.
    pub kind: String,
    /// What it is about.
    pub subject: DeadLetterSubject,
    /// How often it was tried.
    pub attempts: i32,
    /// What went wrong last.
    pub error: String,
    /// When it failed for good.
    #[serde(with = "time::serde::rfc3339")]
    pub died_at: OffsetDateTime,
}

/// One dead letter with its whole history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterView {
    /// What a list says of it.
    pub row: DeadLetterRow,
    /// What is common to errors of its cause.
    pub error_class: String,
    /// When the work came into being.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// What the worker was told beside the subject, if anything.
    pub payload: Option<String>,
    /// Each try that failed, oldest first.
    pub tries: Vec<FailedTry>,
    /// What people decided about it, oldest first.
    pub decisions: Vec<DeadLetterDecision>,
    /// How many wait that are like it, with itself.
    pub alike: u64,
    /// Why it was discarded, if it was.
    pub discarded: Option<String>,
    /// Whether this person may decide about it.
    pub may_act: bool,
    /// The moment that the page is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// A try that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedTry {
    /// Which try.
    pub number: i32,
    /// Why.
    pub error: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What somebody decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterDecision {
    /// Who.
    pub actor: String,
    /// What, as a code of the audit log.
    pub action: String,
    /// Why, if a reason was given.
    pub reason: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}
