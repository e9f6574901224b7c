//! What staff see of notifications, of processors and of pay-out providers. Only reads; whatever
//! looks like a card number is masked.

use domain::id::{
    CheckoutId, InboundWebhookId, PaymentId, PayoutAccountId, PayoutId, ProcessorAccountId, ShopId,
};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::store::lists;
use crate::db::{Fault, Tx};

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It waits to be handled.
    Stored,
    /// It was handled.
    Handled,
    /// It speaks of nothing that we know.
    Unmatched,
    /// It was not believed.
    Refused,
    /// It speaks of nothing that we know, and a person decided that it need not.
    Discarded,
}

impl State {
    /// All of them, those first that wait for a person.
    pub const ALL: [Self; 5] =
        [Self::Unmatched, Self::Refused, Self::Stored, Self::Handled, Self::Discarded];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Handled => "handled",
            Self::Unmatched => "unmatched",
            Self::Refused => "refused",
            Self::Discarded => "discarded",
        }
    }

    /// The word that stands in the database, beside whether it was discarded.
    pub(super) const fn stored(self) -> (&'static str, bool) {
        match self {
            Self::Discarded => (Self::Unmatched.as_str(), true),
            other => (other.as_str(), false),
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Whose notification it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// A processor's, at the address of this account.
    Processor(ProcessorAccountId),
    /// A pay-out provider's, at the address of this account.
    Payouts(PayoutAccountId),
}

impl Sender {
    /// The processor account, if it is one.
    pub(super) const fn processor(self) -> Option<Uuid> {
        match self {
            Self::Processor(account) => Some(account.uuid()),
            Self::Payouts(_) => None,
        }
    }

    /// The pay-out account, if it is one.
    pub(super) const fn payouts(self) -> Option<Uuid> {
        match self {
            Self::Payouts(account) => Some(account.uuid()),
            Self::Processor(_) => None,
        }
    }
}

/// What a list of notifications is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of this shop; `None` for an operator at the command line.
    pub shop: Option<ShopId>,
    /// Only those of which this became.
    pub state: Option<State>,
    /// Only those of this account.
    pub account: Option<Sender>,
    /// The sender's name for a message, a payment's, a pay-out's or a notification's id; empty for
    /// all.
    pub query: String,
    /// Only notifications older than this one.
    pub after: Option<InboundWebhookId>,
}

/// One notification in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its id.
    pub id: InboundWebhookId,
    /// The account at whose address it arrived.
    pub account: Sender,
    /// What the shop calls the account.
    pub account_name: String,
    /// The sender's name for the message.
    pub message_id: String,
    /// The kind of news, in the processor's words.
    pub kind: Option<String>,
    /// What became of it.
    pub state: State,
    /// Why it was refused or not matched, for people.
    pub problem: Option<String>,
    /// The same for programs: a code of [`super::Problem`].
    pub problem_code: Option<String>,
    /// The payment that it is about, if we know it, with the shop's name for it.
    pub payment: Option<(PaymentId, String)>,
    /// The checkout that it is about, if it is about a whole one.
    pub checkout: Option<CheckoutId>,
    /// The pay-out that it is about, if we know it.
    pub payout: Option<PayoutId>,
    /// When it arrived.
    pub received_at: OffsetDateTime,
    /// When it was handled.
    pub handled_at: Option<OffsetDateTime>,
}

/// A page of notifications, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The notifications.
    pub rows: Vec<Listed>,
    /// After which one the next page starts, if there is more.
    pub next: Option<InboundWebhookId>,
}

/// Everything about one notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// What a list says of it.
    pub webhook: Listed,
    /// Whose it is.
    pub shop: ShopId,
    /// The headers that are kept.
    pub headers: Value,
    /// The body as text, masked.
    pub body: String,
    /// How long the body was; of a refused one only the beginning is kept.
    pub body_bytes: u32,
    /// What was changed because of it.
    pub effects: Vec<Effect>,
    /// Whether work on it waits, and what went wrong at the last try.
    pub waiting: Option<Option<String>>,
    /// Why work on it failed for good, if it did.
    pub dead: Option<String>,
    /// How often a person had it handled again.
    pub replays: i32,
    /// Who discarded it, when and why, if somebody did.
    pub discarded: Option<Discarded>,
}

/// Why a notification need not match anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// Who decided.
    pub by: String,
    /// The reason.
    pub reason: String,
    /// When.
    pub at: OffsetDateTime,
}

/// A change of the payment, written when the notification was handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What was learnt.
    pub event: String,
    /// The phase before.
    pub from_phase: String,
    /// The phase after.
    pub to_phase: String,
}

/// The notifications, newest first, at most `limit` of them.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, filter: &Filter, limit: u16) -> Result<Page, Fault> {
    let sought = Sought::new(&filter.query);
    // One more than is shown tells whether there is another page.
    let mut tx = Tx::begin(pool).await?;
    lists::plan_for_the_filter(&mut tx).await?;
    let mut rows = lists::list(&mut tx, filter, &sought, i64::from(limit) + 1).await?;
    let has_more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows.last().filter(|_| has_more).map(|row| row.id);
    Ok(Page { rows, next })
}

/// One notification; `shop` as in [`Filter`].
///
/// # Errors
/// [`Fault`].
pub async fn details(
    pool: &PgPool,
    shop: Option<ShopId>,
    id: InboundWebhookId,
) -> Result<Option<Details>, Fault> {
    let Some(mut found) = lists::find(pool, shop, id).await? else { return Ok(None) };
    if let (Some((payment, _)), Some(at)) = (&found.webhook.payment, found.webhook.handled_at) {
        found.effects = lists::effects(pool, *payment, at).await?;
    }
    found.waiting = match found.webhook.payout {
        Some(payout) => lists::asking(pool, payout).await?,
        None => lists::waiting(pool, id).await?,
    };
    found.dead = lists::dead(pool, id).await?;
    Ok(Some(found))
}

/// How many notifications to the shop's accounts speak of nothing that we know.
///
/// # Errors
/// [`Fault`].
pub async fn count_unmatched(pool: &PgPool, shop: ShopId) -> Result<u64, Fault> {
    lists::count_unmatched(pool, shop).await
}

/// What somebody typed, as what it may be.
#[derive(Debug, Default)]
pub(super) struct Sought {
    pub(super) subject: Option<Uuid>,
    pub(super) webhook: Option<Uuid>,
    pub(super) message: Option<String>,
}

impl Sought {
    fn new(query: &str) -> Self {
        let query = query.trim();
        if let Ok(id) = query.parse::<PaymentId>() {
            return Self { subject: Some(id.uuid()), ..Self::default() };
        }
        if let Ok(id) = query.parse::<CheckoutId>() {
            return Self { subject: Some(id.uuid()), ..Self::default() };
        }
        if let Ok(id) = query.parse::<PayoutId>() {
            return Self { subject: Some(id.uuid()), ..Self::default() };
        }
        if let Ok(id) = query.parse::<InboundWebhookId>() {
            return Self { webhook: Some(id.uuid()), ..Self::default() };
        }
        Self { message: (!query.is_empty()).then(|| query.to_owned()), ..Self::default() }
    }
}
