//! How far it is proven that the books hold, as staff see it.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// What is checked, what is sealed and what is signed of the shop's books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProofView {
    /// The rules, in the order in which they are checked.
    pub rules: Vec<RuleView>,
    /// The rows that break rules: the first that were found.
    pub breaches: Vec<BreachRow>,
    /// How far the chain is; none if nothing was ever sealed.
    pub chain: Option<ChainView>,
    /// The last days that were closed, the newest first.
    pub closes: Vec<CloseRow>,
    /// The key that closes are signed with, in hexadecimal digits.
    pub public_key: String,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

impl ProofView {
    /// How many rows break rules.
    pub fn breaches_in_all(&self) -> u64 {
        self.rules.iter().map(|rule| rule.breaches).sum()
    }

    /// Whether more rows may break rules than were counted.
    pub fn has_more(&self) -> bool {
        self.rules.iter().any(|rule| rule.has_more)
    }
}

/// A rule that must hold of every row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// The rule, in one sentence.
    pub sentence: String,
    /// How many rows of the shop break it.
    pub breaches: u64,
    /// Whether more rows may break it than were counted.
    pub has_more: bool,
    /// When all rows were last looked at; none if they never were.
    #[serde(with = "time::serde::rfc3339::option")]
    pub checked_at: Option<OffsetDateTime>,
    /// Whether nobody can look at them any more, or has for a long time: then it is not known whether
    /// the rule still holds.
    pub stands_still: bool,
}

/// A row that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachRow {
    /// The rule, in one sentence.
    pub rule: String,
    /// The row, as people know it.
    pub row: String,
    /// What is wrong with it.
    pub detail: String,
    /// When it was first found.
    #[serde(with = "time::serde::rfc3339")]
    pub found_at: OffsetDateTime,
}

/// How far the shop's chain is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainView {
    /// How many records are sealed.
    pub sealed: u64,
    /// The hash of the last of them.
    pub hash: String,
    /// How many records wait to be sealed.
    pub unsealed: u64,
    /// How many sealed ones no signature vouches for yet.
    pub unsigned: u64,
    /// The day that is booked on.
    pub open_on: Date,
}

/// A day that was closed and signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseRow {
    /// The day.
    pub date: Date,
    /// The number of its close in the chain.
    pub sequence: u64,
    /// The hash that is signed.
    pub hash: String,
    /// How many postings it has.
    pub postings: u64,
    /// How many entries they have.
    pub entries: u64,
    /// How many lines of the audit log it has.
    pub audits: u64,
    /// Whether it is signed with the key of today.
    pub is_of_this_key: bool,
    /// When it was closed.
    #[serde(with = "time::serde::rfc3339")]
    pub closed_at: OffsetDateTime,
}
