//! What staff look at: the list of payments, and everything that happened to one of them. Only reads.

mod store;

use domain::currency::Currency;
use domain::id::{CheckoutId, MismatchId, PaymentId, SettlementFileId, ShopId};
use domain::money::Money;
use domain::payment::{Payment, Status};
use serde_json::Value;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::checkouts;
use crate::db::Fault;
use crate::ledger::{self, PostedEntry};
use crate::why;

/// How many payments are looked at, at most, to fill one page of a list.
const SCANNED_MAX: usize = 2000;
/// How many are read at once.
const CHUNK: i64 = 200;

/// What a list of payments is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// An id of ours, of the shop or of the processor, or part of a seller's name; empty for all.
    pub query: String,
    /// Only payments of this status.
    pub status: Option<Status>,
    /// Only payments older than this one.
    pub after: Option<PaymentId>,
}

/// One payment in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its id.
    pub id: PaymentId,
    /// The shop's name for it.
    pub reference: String,
    /// Who is paid.
    pub seller: String,
    /// How it stands.
    pub status: Status,
    /// What the shopper agreed to pay.
    pub amount: Money,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// A page of payments, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The payments.
    pub payments: Vec<Listed>,
    /// After which payment the next page starts, if there may be more.
    pub next: Option<PaymentId>,
}

/// The payments of the shop, newest first, at most `limit` of them.
///
/// # Errors
/// [`Fault`].
pub async fn list(
    pool: &PgPool,
    shop: ShopId,
    filter: &Filter,
    limit: usize,
) -> Result<Page, Fault> {
    let Some(sought) = Sought::find(pool, shop, &filter.query).await? else {
        return Ok(Page { payments: Vec::new(), next: None });
    };
    let mut payments: Vec<Listed> = Vec::new();
    let mut after = filter.after;
    let mut scanned = 0;
    loop {
        let chunk = store::list(pool, shop, sought.payments.as_deref(), after, CHUNK).await?;
        let is_last = chunk.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX);
        for listed in chunk {
            scanned += 1;
            after = Some(listed.id);
            let has_status = filter.status.is_none_or(|status| status == listed.status);
            if has_status && sought.fits(&listed) {
                payments.push(listed);
            }
            if payments.len() == limit {
                return Ok(Page { payments, next: after });
            }
        }
        if is_last {
            return Ok(Page { payments, next: None });
        }
        if scanned >= SCANNED_MAX {
            return Ok(Page { payments, next: after });
        }
    }
}

/// These payments, as far as they are the shop's, newest first.
///
/// # Errors
/// [`Fault`].
pub async fn some(pool: &PgPool, shop: ShopId, ids: &[PaymentId]) -> Result<Vec<Listed>, Fault> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    store::list(pool, shop, Some(&ids), None, CHUNK).await
}

/// What somebody typed, as what it means. Names are looked up first, each by its own index: one
/// condition for all of them would have every payment of the shop read.
#[derive(Debug, Default)]
struct Sought {
    /// Only these payments.
    payments: Option<Vec<Uuid>>,
    /// Only those of sellers whose name holds this, in small letters.
    seller: Option<String>,
}

impl Sought {
    /// What `query` means, or `None` if it means nothing.
    async fn find(pool: &PgPool, shop: ShopId, query: &str) -> Result<Option<Self>, Fault> {
        let query = query.trim();
        if query.is_empty() {
            return Ok(Some(Self::default()));
        }
        // Postgres keeps no NUL, so nothing has one in its name.
        if query.contains('\0') {
            return Ok(None);
        }
        let named = if let Ok(id) = query.parse::<PaymentId>() {
            vec![id.uuid()]
        } else if let Ok(id) = query.parse::<CheckoutId>() {
            store::of_checkout(pool, shop, id).await?
        } else {
            called(pool, shop, query).await?
        };
        if !named.is_empty() {
            return Ok(Some(Self { payments: Some(named), seller: None }));
        }
        let is_seller = store::names_a_seller(pool, shop, query).await?;
        Ok(is_seller.then(|| Self { payments: None, seller: Some(query.to_lowercase()) }))
    }

    fn fits(&self, listed: &Listed) -> bool {
        let seller = listed.seller.to_lowercase();
        self.seller.as_ref().is_none_or(|part| seller.contains(part))
    }
}

/// The payments that the shop or the processor calls `name`, also those of a checkout called so.
async fn called(pool: &PgPool, shop: ShopId, name: &str) -> Result<Vec<Uuid>, Fault> {
    let claimed = checkouts::claimed(pool, shop, "payment", name).await?;
    let mut found: Vec<Uuid> = claimed.into_iter().collect();
    if let Some(checkout) = checkouts::claimed(pool, shop, "checkout", name).await? {
        found.extend(store::of_checkout(pool, shop, CheckoutId::from_uuid(checkout)).await?);
    }
    found.extend(why::of_processor(pool, shop, name).await?.into_iter().map(PaymentId::uuid));
    Ok(found)
}

/// When any payment of the checkout changed last.
///
/// # Errors
/// [`Fault`].
pub async fn last_change(
    pool: &PgPool,
    checkout: CheckoutId,
) -> Result<Option<OffsetDateTime>, Fault> {
    store::last_change(pool, checkout).await
}

/// The figures of a shop's day (UTC), and what needs a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Today {
    /// How many payments were made.
    pub payments: u64,
    /// What was captured, per currency.
    pub captured: Vec<Money>,
    /// How many payments are in doubt, whenever they were made.
    pub in_doubt: u64,
    /// How many jobs failed for good, of all shops.
    pub dead_letters: u64,
}

/// The figures of the shop's day.
///
/// # Errors
/// [`Fault`].
pub async fn today(pool: &PgPool, shop: ShopId) -> Result<Today, Fault> {
    let (payments, in_doubt, dead_letters) = store::today(pool, shop).await?;
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(Today {
        payments: count(payments),
        captured: store::captured_today(pool, shop).await?,
        in_doubt: count(in_doubt),
        dead_letters: count(dead_letters),
    })
}

/// What there is to know of a payment beside its state.
#[derive(Debug, Clone)]
pub struct Story {
    /// The shop's name for its checkout.
    pub checkout_reference: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Its changes, oldest first.
    pub transitions: Vec<Transition>,
    /// What processors were asked, oldest first.
    pub attempts: Vec<Attempt>,
    /// What processors said by themselves, oldest first.
    pub notifications: Vec<Notification>,
    /// What was posted, oldest first, entry by entry.
    pub entries: Vec<PostedEntry>,
    /// On which day each posting counts.
    pub effective_on: Vec<(Uuid, Date)>,
    /// The lines of settlement files that speak of it, oldest first.
    pub settlements: Vec<Settlement>,
    /// The mismatches about it, newest first.
    pub mismatches: Vec<Mismatch>,
}

/// One change of a payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// What was learnt.
    pub event: String,
    /// The phase before.
    pub from_phase: String,
    /// The phase after.
    pub to_phase: String,
    /// The amount it is about, in minor units.
    pub amount_minor: Option<i64>,
    /// Where it came from.
    pub source: String,
    /// What proves it.
    pub evidence: Value,
    /// How it breaks our rules, if it does.
    pub irregular: Option<String>,
    /// How many changes there were before.
    pub version: i32,
    /// When.
    pub at: OffsetDateTime,
}

/// One try of one operation at a processor.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// What was asked.
    pub operation: String,
    /// Which adapter was asked.
    pub processor: String,
    /// Why it was made there, in one sentence.
    pub routing_reason: Option<String>,
    /// The key that makes a repeat harmless.
    pub key: String,
    /// How it went.
    pub state: String,
    /// The processor's name for it.
    pub processor_reference: Option<String>,
    /// The answer in our word.
    pub code: Option<String>,
    /// The answer as it came.
    pub answer: Option<Value>,
    /// How much was asked for, in minor units.
    pub amount_minor: i64,
    /// When it was begun.
    pub started_at: OffsetDateTime,
}

/// One notification of a processor.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Which adapter read it.
    pub processor: String,
    /// The processor's name for the message.
    pub message_id: String,
    /// Its body.
    pub body: Vec<u8>,
    /// What became of it.
    pub state: String,
    /// When it arrived.
    pub received_at: OffsetDateTime,
}

/// One line of a settlement file.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// The file.
    pub file: SettlementFileId,
    /// What it is called.
    pub file_name: String,
    /// The line's number.
    pub line: i32,
    /// Its currency.
    pub currency: Currency,
    /// Before the processor's fee, in minor units.
    pub gross_minor: i64,
    /// The processor's fee, in minor units.
    pub fee_minor: i64,
    /// When the file came in.
    pub at: OffsetDateTime,
}

/// A mismatch about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Its id.
    pub id: MismatchId,
    /// What differs.
    pub kind: String,
    /// How it stands.
    pub state: String,
}

/// Everything that happened to a payment, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn story(pool: &PgPool, shop: ShopId, id: PaymentId) -> Result<Option<Story>, Fault> {
    let Some(head) = store::head(pool, shop, id).await? else { return Ok(None) };
    Ok(Some(Story {
        checkout_reference: head.checkout_reference,
        created_at: head.created_at,
        transitions: store::transitions(pool, id).await?,
        attempts: store::attempts(pool, id).await?,
        notifications: store::notifications(pool, id, head.checkout).await?,
        entries: ledger::entries_of(pool, shop, id.uuid()).await?,
        effective_on: store::effective_days(pool, shop, id).await?,
        settlements: store::settlements(pool, shop, id).await?,
        mismatches: store::mismatches(pool, shop, id).await?,
    }))
}

/// The status of a payment of which only these columns were read.
fn status(columns: &store::StatusColumns, currency: Currency) -> Result<Status, Fault> {
    let money = |minor| Money::from_minor(minor, currency);
    let amount = money(columns.amount_minor);
    let mode = domain::payment::CaptureMode::Automatic;
    let phase = domain::payment::Phase::from_word(&columns.phase)
        .ok_or_else(|| Fault::CorruptRow("a payment has an unknown phase".into()))?;
    let payment = Payment {
        phase,
        in_doubt: columns.in_doubt,
        captured: money(columns.captured_minor),
        refunded: money(columns.refunded_minor),
        charged_back: money(columns.charged_back_minor),
        settled: money(columns.settled_minor),
        ..Payment::new(amount, mode, 0)
    };
    Ok(payment.status())
}
