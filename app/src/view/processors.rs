//! Processor accounts: whether they are called, how they do, and where payments go.

use domain::id::ProcessorAccountId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Whether an account is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CircuitState {
    /// It is.
    Closed,
    /// A few calls are let through, to learn whether it is up again.
    HalfOpen,
    /// It is not.
    Open,
}

/// All accounts of a shop, and the rules between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessorsView {
    /// The accounts, the oldest first.
    pub rows: Vec<ProcessorRow>,
    /// The rules, in the order in which they are asked.
    pub routes: Vec<RouteRow>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One account in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessorRow {
    /// Its id.
    pub id: ProcessorAccountId,
    /// Its name among the shop's.
    pub name: String,
    /// What counts now, a person's decision included.
    pub state: CircuitState,
    /// Whether a person decided that.
    pub is_forced: bool,
    /// Why.
    pub why: String,
    /// Since when; absent if it never changed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
    /// How many calls there were in the last minutes.
    pub calls: u64,
    /// How many of them failed.
    pub failures: u64,
    /// How long a call took in the middle, in milliseconds.
    pub latency_median_ms: u64,
    /// What one call in twenty exceeded, in milliseconds.
    pub latency_high_ms: u64,
    /// How many jobs wait for it.
    pub waiting: u64,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteRow {
    /// Rules of the lowest number are asked first.
    pub priority: i32,
    /// Which payments it is for, in words.
    pub conditions: String,
    /// The name of the account that they go to.
    pub target: String,
    /// Its share among the rules of this number.
    pub weight: u32,
}

/// One account with everything behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessorView {
    /// What the list says of it.
    pub row: ProcessorRow,
    /// Which adapter speaks to it.
    pub processor: String,
    /// What it takes, line by line.
    pub takes: Vec<(String, String)>,
    /// When its circuit opens and closes, in one sentence.
    pub thresholds: String,
    /// When an open circuit lets a first call through.
    #[serde(with = "time::serde::rfc3339::option")]
    pub retry_at: Option<OffsetDateTime>,
    /// What a person decided, if that counts now.
    pub forced: Option<ForcedView>,
    /// The last errors, the newest first.
    pub errors: Vec<ErrorRow>,
    /// The version that the form carries.
    pub version: i32,
    /// Whether this person may force the circuit.
    pub may_force: bool,
    /// The moment that the page is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// What a person decided about a circuit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForcedView {
    /// Why.
    pub why: String,
    /// Who.
    pub by: String,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// An error that a call led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorRow {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What.
    pub text: String,
}
