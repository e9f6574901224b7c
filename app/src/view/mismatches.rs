//! Differences between our books and a processor's: the overview, the queue, and one mismatch.

use domain::id::{MismatchId, PaymentId, SettlementFileId};
use domain::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::view::payments::EntryView;

// What differs, who fixes it and how far it is are the rules' own words.
pub use domain::matching::{MismatchClass, MismatchKind, MismatchState};

/// What the console's first page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverviewView {
    /// One queue per class, in the order of [`MismatchClass::ALL`].
    pub queues: Vec<QueueCount>,
    /// How many resolutions wait for a second person.
    pub waiting_for_approval: u64,
    /// How many payments were made today (UTC).
    pub payments_today: u64,
    /// What was captured today (UTC), per currency.
    pub captured_today: Vec<Money>,
    /// How many payments are in doubt: a processor has not said what happened.
    pub payments_in_doubt: u64,
    /// How many jobs failed for good.
    pub dead_letters: u64,
    /// How many alerts are not resolved.
    pub alerts: u64,
    /// How many webhooks speak of nothing that we know.
    pub webhooks_unmatched: u64,
    /// Whether debits equal credits in each currency.
    pub is_ledger_balanced: bool,
    /// The settlement file that came in last.
    pub last_file: Option<LastFile>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// How much waits in one queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueCount {
    /// The queue.
    pub class: MismatchClass,
    /// How many mismatches are not resolved.
    pub open: u64,
    /// What they are about, per currency.
    pub at_stake: Vec<Money>,
}

/// The settlement file that came in last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastFile {
    /// The file's id.
    pub id: SettlementFileId,
    /// The file's name.
    pub name: String,
    /// When it came in.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
}

/// What the queue is narrowed to. Comes from the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MismatchFilter {
    /// Only this class.
    pub class: Option<MismatchClass>,
    /// Only this kind.
    pub kind: Option<MismatchKind>,
    /// Only this state; if absent, all that are not resolved or ignored.
    pub state: Option<MismatchState>,
}

/// The queue, the largest amount at stake first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MismatchQueueView {
    /// At most as many rows as one page shows.
    pub rows: Vec<MismatchRow>,
    /// How many there are in all.
    pub total: u64,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One mismatch in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MismatchRow {
    /// The mismatch's id.
    pub id: MismatchId,
    /// What differs.
    pub kind: MismatchKind,
    /// Who fixes it.
    pub class: MismatchClass,
    /// How far it is.
    pub state: MismatchState,
    /// What it is about: the shop's reference, or else the processor's.
    pub subject: String,
    /// How much it is about.
    pub at_stake: Money,
    /// Who looks at it.
    pub claimed_by: Option<String>,
    /// When it was found.
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
}

/// One mismatch with both sides' figures and what can be done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MismatchView {
    /// The mismatch's id.
    pub id: MismatchId,
    /// What differs.
    pub kind: MismatchKind,
    /// Who fixes it.
    pub class: MismatchClass,
    /// How far it is.
    pub state: MismatchState,
    /// What it is about: the shop's reference, or else the processor's.
    pub subject: String,
    /// How much it is about.
    pub at_stake: Money,
    /// The processor's name.
    pub processor: String,
    /// The payment it is about, if we know one.
    pub payment: Option<PaymentId>,
    /// Where it was found, if in a settlement file.
    pub file: Option<FilePlace>,
    /// Both sides' figures, row by row.
    pub comparison: Vec<ComparisonRow>,
    /// What may be done about it; empty when nothing may (it is resolved, or waits for approval).
    pub resolutions: Vec<ResolutionChoice>,
    /// What the resolution in the page's address would post.
    pub preview: Option<ResolutionPreview>,
    /// The resolution that waits for a second person, or that was carried out.
    pub proposal: Option<ProposalView>,
    /// What was done about it so far, oldest first.
    pub history: Vec<HistoryEntry>,
    /// Who looks at it.
    pub claimed_by: Option<String>,
    /// What this person may do now.
    pub may: MismatchActions,
    /// A fresh key for the form that acts.
    pub idempotency_key: String,
    /// The version of the mismatch that the page shows.
    pub version: i64,
    /// When it was found.
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// A line of a settlement file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilePlace {
    /// The file's id.
    pub file: SettlementFileId,
    /// The file's name.
    pub name: String,
    /// The line's number; absent if the point is that no line speaks of it.
    pub line: Option<i32>,
}

/// One figure on both sides. A side that has none holds `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonRow {
    /// What is compared, such as `Captured`.
    pub label: String,
    /// What our books say.
    pub ours: Option<Figure>,
    /// What the processor's file says.
    pub theirs: Option<Figure>,
    /// Whether that is the difference, or part of it.
    pub differs: bool,
}

/// One figure of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Figure {
    /// An amount.
    Amount(Money),
    /// An instant.
    Instant(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    /// Words or a reference.
    Text(String),
}

/// One way to resolve a mismatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolutionChoice {
    /// The word of the form and of the address, such as `write_off`.
    pub code: String,
    /// What the person reads, such as `Write the difference off`.
    pub label: String,
    /// One sentence of what it does.
    pub explanation: String,
    /// Whether a second person has to approve it.
    pub needs_approval: bool,
}

/// What a resolution would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolutionPreview {
    /// Which resolution: the `code` of one of the choices.
    pub code: String,
    /// What it would post, debits first; empty if it posts nothing.
    pub entries: Vec<EntryView>,
    /// What else it does, in one sentence, such as what happens to the payment.
    pub effect: Option<String>,
}

/// A resolution that somebody proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposalView {
    /// What the person read when choosing it.
    pub label: String,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub maker: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub proposed_at: OffsetDateTime,
    /// Who approved it; absent while it waits, or if nobody had to.
    pub checker: Option<String>,
    /// What it posts, debits first; empty if it posts nothing.
    pub entries: Vec<EntryView>,
}

/// One thing that was done about a mismatch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who: a person, or `Paydesk`.
    pub actor: String,
    /// What, in a few words, such as `claimed it`.
    pub action: String,
    /// Why, if a reason was given.
    pub reason: Option<String>,
}

/// What the person who looks may do. The server decides again when the form arrives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "one permission each, independent of the others")]
pub struct MismatchActions {
    /// Take it on.
    pub claim: bool,
    /// Choose a resolution.
    pub resolve: bool,
    /// Approve what someone else proposed.
    pub approve: bool,
    /// Send a proposal back.
    pub reject: bool,
    /// Open it again after it was resolved or ignored.
    pub reopen: bool,
}

impl MismatchView {
    /// Whether a resolution waits for a second person.
    pub fn is_waiting(&self) -> bool {
        self.state == MismatchState::Proposed
    }
}
