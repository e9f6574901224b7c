//! Work that failed for good: what people see of it and what they decide.
//!
//! A dead letter is a job with its whole history. It is tried again with that history, together with
//! all others of the same cause if somebody wants that, or discarded with a reason. Who decided, and
//! when, stands in the audit log. What is discarded stays readable until the janitor's time.

mod act;
mod open;
mod store;

use domain::id::{CheckoutId, InboundWebhookId, JobId, PaymentId, ShopId};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::Fault;

pub use act::{ActError, discard, retry, retry_like};

/// What a list of dead letters is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of this shop; `None` for an operator at the command line, who alone sees those
    /// that are of no shop.
    pub shop: Option<ShopId>,
    /// Only jobs of this kind.
    pub kind: Option<String>,
    /// Only those whose errors are of this class.
    pub error_class: Option<String>,
    /// Only those that failed for good before this moment.
    pub before: Option<OffsetDateTime>,
    /// Those that were discarded, instead of those that wait for a person.
    pub is_discarded: bool,
}

/// What a dead letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A payment.
    Payment(PaymentId),
    /// A checkout.
    Checkout(CheckoutId),
    /// A notification of a processor.
    Webhook(InboundWebhookId),
    /// Something else, by its plain id.
    Other(Uuid),
}

/// One dead letter in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The job's id.
    pub id: JobId,
    /// What kind of work it was.
    pub kind: String,
    /// What it is about.
    pub subject: Subject,
    /// How often it was tried.
    pub attempts: i32,
    /// What went wrong last.
    pub last_error: String,
    /// What is common to errors of this cause.
    pub error_class: String,
    /// When the job came into being.
    pub created_at: OffsetDateTime,
    /// When it failed for good.
    pub died_at: OffsetDateTime,
    /// Who discarded it, when and why, if somebody did.
    pub discarded: Option<Discarded>,
}

/// Why a dead letter is not tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// Who decided.
    pub by: String,
    /// The reason.
    pub reason: String,
    /// When.
    pub at: OffsetDateTime,
}

/// How many dead letters there are of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What kind of work.
    pub kind: String,
    /// What is common to their errors.
    pub error_class: String,
    /// How many.
    pub count: u64,
    /// When the first of them failed for good.
    pub since: OffsetDateTime,
}

/// The newest dead letters that fit a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The newest of them.
    pub rows: Vec<Listed>,
    /// How many fit.
    pub total: u64,
}

/// Everything about one dead letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// What a list says of it.
    pub letter: Listed,
    /// What else the worker was told.
    pub payload: Value,
    /// The key that it shared with others, if any.
    pub ordering_key: Option<Uuid>,
    /// Every try that failed, oldest first.
    pub history: Vec<Failed>,
    /// What people decided about it, oldest first.
    pub decisions: Vec<Decision>,
    /// How many wait that are like it, with itself: same kind, same class of error.
    pub alike: u64,
}

/// A try that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Which try.
    pub attempt: i32,
    /// Why.
    pub error: String,
    /// When.
    pub at: OffsetDateTime,
}

/// What somebody decided about a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who.
    pub actor: String,
    /// What, such as `dead_letter.retried`.
    pub action: String,
    /// Why, if a reason was given.
    pub reason: Option<String>,
    /// When.
    pub at: OffsetDateTime,
}

/// The dead letters that fit `filter`, newest first, at most `limit` of them.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, filter: &Filter, limit: u16) -> Result<Page, Fault> {
    let rows = store::list(pool, filter, i64::from(limit)).await?;
    let total = store::total(pool, filter).await?;
    Ok(Page { rows, total: u64::try_from(total).unwrap_or(0) })
}

/// How many wait, by kind and class of error, the most first.
///
/// # Errors
/// [`Fault`].
pub async fn counts(pool: &PgPool, shop: Option<ShopId>) -> Result<Vec<Count>, Fault> {
    store::counts(pool, shop).await
}

/// One dead letter with its history; `shop` as in [`Filter`].
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    shop: Option<ShopId>,
    id: JobId,
) -> Result<Option<Details>, Fault> {
    let Some((letter, payload, ordering_key)) = store::find(pool, shop, id).await? else {
        return Ok(None);
    };
    let alike = Filter {
        shop,
        kind: Some(letter.kind.clone()),
        error_class: Some(letter.error_class.clone()),
        ..Filter::default()
    };
    Ok(Some(Details {
        history: store::history(pool, id).await?,
        decisions: store::decisions(pool, id).await?,
        alike: u64::try_from(store::total(pool, &alike).await?).unwrap_or(0),
        letter,
        payload,
        ordering_key,
    }))
}
