//! The circuit breaker of a processor account: whether it is called, decided from real outcomes.
//!
//! Closed: it is called. Open: it is not, until some time has passed. Half-open: a few calls are let
//! through, and what becomes of them closes or opens it again. A person may force it either way, with
//! a reason and for a limited time; what happens meanwhile changes nothing.

use std::time::Duration;

use time::OffsetDateTime;

/// Whether an account is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// It is.
    Closed,
    /// A few calls are let through, to learn whether it is up again.
    HalfOpen,
    /// It is not.
    Open,
}

impl CircuitState {
    /// The word that stands in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Closed, Self::HalfOpen, Self::Open].into_iter().find(|state| state.as_str() == word)
    }

    /// What a sentence about an account says of it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Closed => "its circuit is closed",
            Self::HalfOpen => "its circuit is half-open",
            Self::Open => "its circuit is open",
        }
    }
}

/// When a circuit opens, and how it closes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// How far back outcomes count.
    pub window: Duration,
    /// How many calls there must be before their share of failures counts.
    pub calls_min: u32,
    /// The share of failures that opens it, in percent.
    pub failures_percent: u32,
    /// How many failures one after the other open it, however few calls there are.
    pub failures_in_row: u32,
    /// How long it stays open before a call is let through.
    pub open_for: Duration,
    /// How many calls have to succeed before it closes.
    pub probes: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            window: Duration::from_mins(1),
            calls_min: 10,
            failures_percent: 50,
            failures_in_row: 5,
            open_for: Duration::from_secs(15),
            probes: 3,
        }
    }
}

/// A circuit as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circuit {
    /// Whether the account is called, unless a person decided otherwise.
    pub state: CircuitState,
    /// When an open one lets a call through.
    pub retry_at: Option<OffsetDateTime>,
    /// What a person decided: the state, and until when.
    pub forced: Option<(CircuitState, OffsetDateTime)>,
}

impl Default for Circuit {
    fn default() -> Self {
        Self { state: CircuitState::Closed, retry_at: None, forced: None }
    }
}

impl Circuit {
    /// What counts at `now`: a person's decision until it expires, then what outcomes led to; an
    /// open circuit whose time is over counts as half-open.
    pub fn state_at(&self, now: OffsetDateTime) -> CircuitState {
        match (self.forced, self.state) {
            (Some((forced, until)), _) if until > now => forced,
            (_, CircuitState::Open) if self.retry_at.is_none_or(|at| at <= now) => {
                CircuitState::HalfOpen
            }
            (_, state) => state,
        }
    }

    /// Whether a person's decision counts at `now`.
    pub fn is_forced_at(&self, now: OffsetDateTime) -> bool {
        self.forced.is_some_and(|(_, until)| until > now)
    }
}

/// What the calls of a window led to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many calls there were.
    pub calls: u32,
    /// How many of them failed.
    pub failures: u32,
    /// How many failed since the last one that did not.
    pub failures_in_row: u32,
    /// How many succeeded since the circuit was half-open.
    pub probes_passed: u32,
}

/// How a circuit changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It opens, for this reason.
    Opens(String),
    /// It lets a few calls through.
    HalfOpens,
    /// It closes.
    Closes,
}

/// What the outcome of a call, `good` or not, does to a circuit in `state`; the tally counts it.
pub fn after_call(
    state: CircuitState,
    tally: Tally,
    good: bool,
    thresholds: &Thresholds,
) -> Option<Change> {
    match (state, good) {
        (CircuitState::Closed, false) => why_open(tally, thresholds).map(Change::Opens),
        (CircuitState::HalfOpen, false) => {
            Some(Change::Opens("a call that was let through failed".into()))
        }
        (CircuitState::HalfOpen, true) if tally.probes_passed >= thresholds.probes => {
            Some(Change::Closes)
        }
        // When it is open: calls that were under way when it opened.
        (CircuitState::HalfOpen | CircuitState::Closed, true) | (CircuitState::Open, _) => None,
    }
}

fn why_open(tally: Tally, thresholds: &Thresholds) -> Option<String> {
    if tally.failures_in_row >= thresholds.failures_in_row {
        return Some(format!("{} calls failed one after the other", tally.failures_in_row));
    }
    let (failures, calls) = (u64::from(tally.failures), u64::from(tally.calls));
    let too_many = failures * 100 >= calls * u64::from(thresholds.failures_percent);
    (tally.calls >= thresholds.calls_min && too_many).then(|| {
        let seconds = thresholds.window.as_secs();
        format!("{failures} of {calls} calls failed within {seconds} s")
    })
}
