//! Alerts: what somebody should look at.

use domain::id::AlertId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// How far an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Nobody looks at it yet.
    Open,
    /// Somebody does.
    Acknowledged,
    /// It has passed, or was dealt with.
    Resolved,
}

impl AlertState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Acknowledged, Self::Resolved];

    /// The word of the address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What the list is narrowed to. Comes from the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertFilter {
    /// Only alerts of this kind.
    pub kind: Option<String>,
    /// Only this state; if absent, all that are not resolved.
    pub state: Option<AlertState>,
}

/// The alerts, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertListView {
    /// At most as many rows as one page shows.
    pub rows: Vec<AlertRow>,
    /// The words of all kinds, for the filter.
    pub kinds: Vec<String>,
    /// How many there are in all.
    pub total: u64,
    /// The moment that the list is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One alert in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRow {
    /// Its id.
    pub id: AlertId,
    /// The word of its kind.
    pub kind: String,
    /// Whether it is urgent.
    pub is_critical: bool,
    /// How far it is.
    pub state: AlertState,
    /// One sentence.
    pub message: String,
    /// When it was raised.
    #[serde(with = "time::serde::rfc3339")]
    pub raised_at: OffsetDateTime,
    /// When the condition was last found.
    #[serde(with = "time::serde::rfc3339")]
    pub seen_at: OffsetDateTime,
}

/// One alert with the rows behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertView {
    /// What a list says of it.
    pub row: AlertRow,
    /// What it is about.
    pub subject: String,
    /// The figures and rows behind it.
    pub facts: Vec<AlertFact>,
    /// Whether it resolves itself when the condition has passed.
    pub is_watched: bool,
    /// Who looks at it.
    pub acknowledged_by: Option<String>,
    /// When it was resolved.
    #[serde(with = "time::serde::rfc3339::option")]
    pub resolved_at: Option<OffsetDateTime>,
    /// Who resolved it; nobody if it passed by itself.
    pub resolved_by: Option<String>,
    /// The version that the forms carry.
    pub version: i32,
    /// Whether this person may acknowledge it now.
    pub may_acknowledge: bool,
    /// Whether this person may resolve it now.
    pub may_resolve: bool,
    /// The moment that the page is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One figure, or the rows, behind an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertFact {
    /// What it is.
    pub label: String,
    /// What it says: texts, each with the address of its page if it has one.
    pub values: Vec<(String, Option<String>)>,
}
