//! Webhooks in: what processors and pay-out providers sent, whether it was believed, and what it led to.

use std::fmt;
use std::str::FromStr;

use domain::id::{
    CheckoutId, InboundWebhookId, PaymentId, PayoutAccountId, PayoutId, ProcessorAccountId,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What became of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookState {
    /// It speaks of nothing that we know.
    Unmatched,
    /// It was not believed.
    Refused,
    /// It waits to be handled.
    Stored,
    /// It was handled.
    Handled,
    /// It speaks of nothing that we know, and a person decided that it need not.
    Discarded,
}

impl WebhookState {
    /// All of them, those first that wait for a person.
    pub const ALL: [Self; 5] =
        [Self::Unmatched, Self::Refused, Self::Stored, Self::Handled, Self::Discarded];

    /// The word of the address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unmatched => "unmatched",
            Self::Refused => "refused",
            Self::Stored => "stored",
            Self::Handled => "handled",
            Self::Discarded => "discarded",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Whose webhook it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WebhookSender {
    /// A processor's, at the address of this account.
    Processor(ProcessorAccountId),
    /// A pay-out provider's, at the address of this account.
    Payouts(PayoutAccountId),
}

impl fmt::Display for WebhookSender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Processor(account) => account.fmt(formatter),
            Self::Payouts(account) => account.fmt(formatter),
        }
    }
}

impl FromStr for WebhookSender {
    type Err = <ProcessorAccountId as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::Payouts).or_else(|_| text.parse().map(Self::Processor))
    }
}

/// What the list is narrowed to. Comes from the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookFilter {
    /// What was typed into the search box: the id of a payment, a checkout, a pay-out or a webhook,
    /// or the sender's name for the message. Empty for everything.
    pub query: String,
    /// Only those of which this became.
    pub state: Option<WebhookState>,
    /// Only those of this account.
    pub account: Option<WebhookSender>,
    /// Where the page starts, as [`WebhookListView::next`] said; the newest if absent.
    pub after: Option<InboundWebhookId>,
}

/// A page of webhooks, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookListView {
    /// The webhooks.
    pub rows: Vec<WebhookRow>,
    /// The shop's accounts that webhooks come to, by name, for the filter.
    pub accounts: Vec<(WebhookSender, String)>,
    /// Where the next page starts, if there is one.
    pub next: Option<InboundWebhookId>,
    /// The moment that the list is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One webhook in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookRow {
    /// Its id.
    pub id: InboundWebhookId,
    /// The account at whose address it arrived.
    pub account: String,
    /// The kind of news, in the sender's words.
    pub kind: Option<String>,
    /// The sender's name for the message.
    pub message_id: String,
    /// What became of it.
    pub state: WebhookState,
    /// Why it was refused or not matched.
    pub problem: Option<String>,
    /// The same as a code that stays.
    pub problem_code: Option<String>,
    /// The payment that it is about, with the shop's name for it.
    pub payment: Option<(PaymentId, String)>,
    /// The checkout that it is about, if it is about a whole one.
    pub checkout: Option<CheckoutId>,
    /// The pay-out that it is about, if we know it.
    pub payout: Option<PayoutId>,
    /// When it arrived.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
}

/// One webhook with everything that is kept of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookView {
    /// What a list says of it.
    pub row: WebhookRow,
    /// The headers that are kept, name and value.
    pub headers: Vec<(String, String)>,
    /// The body, with card numbers masked.
    pub body: String,
    /// Whether only the beginning of the body is kept.
    pub is_cut: bool,
    /// How long the body was, in bytes.
    pub body_bytes: u32,
    /// What it changed, in words, oldest first.
    pub effects: Vec<String>,
    /// How the work on it stands, if it is not done: a sentence.
    pub work: Option<String>,
    /// When it was handled.
    #[serde(with = "time::serde::rfc3339::option")]
    pub handled_at: Option<OffsetDateTime>,
    /// How often a person had it handled again: the version that the form carries.
    pub replays: i32,
    /// Whether this person may have it handled again.
    pub may_replay: bool,
    /// Whether this person may decide that it matches nothing and need not.
    pub may_discard: bool,
    /// Who discarded it, when and why, if somebody did.
    pub discarded: Option<WebhookDiscarded>,
    /// The moment that the page is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// Why a webhook need not match anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookDiscarded {
    /// Who decided.
    pub by: String,
    /// The reason.
    pub reason: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}
