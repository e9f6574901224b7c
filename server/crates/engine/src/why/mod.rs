//! "Why did this payment fail?": from whatever somebody has in hand to the payment, its one reason,
//! and the evidence that is not part of its own story. Only reads.

mod store;

use domain::id::{CheckoutId, PaymentId, RefundId, ShopId};
use domain::support_code::SupportCode;
use domain::why::{Circumstances, Reason, Turn, Work, why};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::checkouts;
use crate::db::Fault;
use crate::payments::{self, PaymentRecord};

/// How many payments one search finds, at most.
const FOUND_MAX: usize = 20;
/// The kinds of jobs that call the processor to move money.
const AT_THE_PROCESSOR: [&str; 2] = [payments::execute::EXECUTE, payments::changes::OPERATE];
/// Longer texts name nothing.
const QUERY_LENGTH_MAX: usize = 200;

/// The payments of `shop` that `query` may mean, newest first: our id of a payment, checkout or
/// refund, the shop's reference of a payment or checkout, the processor's reference, or a shopper's
/// support code.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, shop: ShopId, query: &str) -> Result<Vec<PaymentId>, Fault> {
    let query = query.trim();
    if query.is_empty() || query.len() > QUERY_LENGTH_MAX || query.contains('\0') {
        return Ok(Vec::new());
    }
    // A shop may name its payments as we name ours, so what is nothing of ours is looked for on.
    let mut found = Vec::new();
    if let Ok(id) = query.parse::<PaymentId>() {
        found = store::own(pool, shop, id).await?;
    }
    if let Ok(id) = query.parse::<CheckoutId>() {
        found = store::of_checkouts(pool, shop, (id, id)).await?;
    }
    if let Ok(id) = query.parse::<RefundId>() {
        found = store::of_refund(pool, shop, id).await?;
    }
    if !found.is_empty() {
        return Ok(found);
    }
    if let Ok(code) = query.parse::<SupportCode>() {
        found.extend(store::of_checkouts(pool, shop, code.ids()).await?);
    }
    if let Some(payment) = checkouts::claimed(pool, shop, "payment", query).await? {
        found.push(PaymentId::from_uuid(payment));
    }
    if let Some(checkout) = checkouts::claimed(pool, shop, "checkout", query).await? {
        let checkout = CheckoutId::from_uuid(checkout);
        found.extend(store::of_checkouts(pool, shop, (checkout, checkout)).await?);
    }
    if found.is_empty() {
        found = of_processor(pool, shop, query).await?;
    }
    found.sort_unstable();
    found.dedup();
    found.reverse();
    found.truncate(FOUND_MAX);
    Ok(found)
}

/// The payments of `shop` that a processor calls `reference`, or once called so.
pub(crate) async fn of_processor(
    pool: &PgPool,
    shop: ShopId,
    reference: &str,
) -> Result<Vec<PaymentId>, Fault> {
    let found = store::of_processor_reference(pool, shop, reference).await?;
    if found.is_empty() {
        return store::of_earlier_reference(pool, shop, reference).await;
    }
    Ok(found)
}

/// Why one payment stands where it stands.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The payment.
    pub payment: PaymentRecord,
    /// The one reason.
    pub reason: Reason,
    /// Whose turn it is.
    pub turn: Turn,
    /// What the shopper of its checkout reads out.
    pub support_code: SupportCode,
    /// Since when it has stood there.
    pub since: OffsetDateTime,
    /// The work that waits for it or its checkout, also what was given up.
    pub jobs: Vec<WaitingJob>,
    /// What the shop was told, or not yet, oldest first.
    pub deliveries: Vec<Delivery>,
    /// Why each attempt went where it went, oldest first.
    pub routes: Vec<RouteTaken>,
}

/// One job about a payment.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingJob {
    /// What kind of work.
    pub kind: String,
    /// How often it was tried.
    pub tries: i32,
    /// When it is tried next; `None` if it was given up and waits for a person.
    pub due_at: Option<OffsetDateTime>,
    /// Why the last try failed, if it did.
    pub error: Option<String>,
}

/// One event that the shop is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The event's type, such as `payment.captured`.
    pub event: String,
    /// The name of the endpoint that it is for; none if no endpoint wanted it.
    pub endpoint: Option<String>,
    /// How often it was sent.
    pub tries: i64,
    /// What the endpoint answered last: a status, or what went wrong.
    pub answer: Option<String>,
    /// When the event happened.
    pub at: OffsetDateTime,
}

/// Where an attempt went, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteTaken {
    /// What was asked.
    pub operation: String,
    /// The processor account's name.
    pub account: String,
    /// Why it was chosen, in one sentence, if a choice was made.
    pub reason: Option<String>,
    /// When.
    pub at: OffsetDateTime,
}

/// Explains the payment, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn explain(
    pool: &PgPool,
    shop: ShopId,
    id: PaymentId,
) -> Result<Option<Explanation>, Fault> {
    let Some(payment) = payments::find(pool, shop, id).await? else { return Ok(None) };
    let facts = store::facts(pool, &payment).await?;
    let jobs = store::jobs(pool, &payment).await?;
    let waiting =
        jobs.iter().filter(|job| job.due_at.is_some() && AT_THE_PROCESSOR.contains(&&*job.kind));
    let known = Circumstances {
        is_overdue: facts.is_overdue,
        page_is_open: facts.page_is_open,
        basket_failed: facts.basket_failed,
        decline: payment.failure.as_ref().map(|(code, _)| code.clone()),
        processor_is_out: facts.processor_is_out,
        has_dead_letter: jobs.iter().any(|job| job.due_at.is_none()),
        unknown_operation: facts.unknown_operation,
        tries: store::tries(pool, id).await?,
        jobs: waiting
            .map(|job| Work { kind: job.kind.clone(), tries: job.tries, error: job.error.clone() })
            .collect(),
    };
    let (reason, turn) = why(&payment.state, &known);
    Ok(Some(Explanation {
        support_code: SupportCode::of(payment.checkout),
        since: facts.since,
        deliveries: store::deliveries(pool, id).await?,
        routes: store::routes(pool, id).await?,
        payment,
        reason,
        turn,
        jobs,
    }))
}
