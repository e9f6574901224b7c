//! Checkouts: one shopper's purchase, from the shop's call to the last payment.

pub mod accept;
pub mod advance;
pub mod basket;
pub mod cancel;
pub mod expire;
pub mod pay;
mod store;

use std::collections::HashMap;
use std::time::Duration;

use domain::checkout::{self, CheckoutState, Policy, Step};
use domain::id::{Bucket, CheckoutId, JobId, ProcessorAccountId, ShopId};
use domain::money::Money;
use domain::payment::{Payment, Phase};
use jobs::NewJob;
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::sync::watch;
use uuid::Uuid;

use crate::db::{Fault, new_id};
use crate::payments::{self, PaymentRecord};
use crate::service::Engine;

/// The kind of job that asks how a registration stands and then executes the payments; its subject
/// is the checkout.
pub const ADVANCE: &str = "advance_checkout";
/// The kind of job that gives a checkout up when its time is over; its subject is the checkout.
pub const EXPIRE: &str = "expire_checkout";

/// How often a waiting request looks for changes that another process may have made.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// A checkout with its payments.
#[derive(Debug, Clone)]
pub struct CheckoutRecord {
    /// Its id.
    pub id: CheckoutId,
    /// The shop that owns it.
    pub shop: ShopId,
    /// What shoppers know the shop as.
    pub shop_name: String,
    /// The shop's name for the checkout.
    pub reference: String,
    /// The sum of its payments.
    pub total: Money,
    /// Who buys, as the shop said.
    pub buyer: Value,
    /// What is bought, in the shop's words.
    pub description: Option<String>,
    /// Where the shop wants the shopper back.
    pub return_url: Option<String>,
    /// Whether its payments are taken all or not at all.
    pub policy: Policy,
    /// What the shop wants to find again: an object of texts.
    pub metadata: Value,
    /// Until when it can be paid.
    pub expires_at: OffsetDateTime,
    /// When the shop made it.
    pub created_at: OffsetDateTime,
    /// Whether its time is over, by the database's clock.
    pub is_overdue: bool,
    /// Its payments, in the order of the basket.
    pub payments: Vec<PaymentRecord>,
}

impl CheckoutRecord {
    /// Where the purchase stands.
    pub fn state(&self) -> CheckoutState {
        match checkout::state(self.policy, &self.states()) {
            CheckoutState::Open if self.is_overdue => CheckoutState::Expired,
            state => state,
        }
    }

    /// Whether every payment succeeded.
    pub fn is_payment_done(&self) -> bool {
        checkout::is_payment_done(&self.states())
    }

    /// A number that rises with each change of any of the payments.
    pub fn version(&self) -> i64 {
        self.payments.iter().map(|payment| i64::from(payment.version)).sum()
    }

    fn states(&self) -> Vec<Payment> {
        self.payments.iter().map(|payment| payment.state.clone()).collect()
    }
}

/// The checkout, whosever it is: only for those who hold its access key.
///
/// # Errors
/// [`Fault`].
pub async fn find_any(pool: &PgPool, id: CheckoutId) -> Result<Option<CheckoutRecord>, Fault> {
    Ok(find_many(pool, &[id]).await?.remove(&id))
}

/// Whether the checkout's time is over in `after`, by the clock of the database.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn is_over(pool: &PgPool, id: CheckoutId, after: Duration) -> Result<bool, Fault> {
    store::is_over(pool, id, after).await
}

/// The checkouts that exist, whosever they are.
pub(crate) async fn find_many(
    pool: &PgPool,
    ids: &[CheckoutId],
) -> Result<HashMap<CheckoutId, CheckoutRecord>, Fault> {
    let rows = store::find_many(pool, ids).await?;
    let payments = payments::store::of_checkouts(pool, ids).await?;
    let mut baskets = HashMap::<CheckoutId, Vec<PaymentRecord>>::new();
    for payment in payments::with_refunds(pool, payments).await? {
        baskets.entry(payment.checkout).or_default().push(payment);
    }
    rows.into_iter()
        .map(|row| {
            let id = row.id();
            Ok((id, row.into_record(baskets.remove(&id).unwrap_or_default())?))
        })
        .collect()
}

/// The checkout, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: CheckoutId,
) -> Result<Option<CheckoutRecord>, Fault> {
    Ok(find_any(pool, id).await?.filter(|checkout| checkout.shop == shop))
}

/// The checkout that the shop calls `reference`.
///
/// # Errors
/// [`Fault`].
pub async fn find_by_reference(
    pool: &PgPool,
    shop: ShopId,
    reference: &str,
) -> Result<Option<CheckoutRecord>, Fault> {
    match claimed(pool, shop, "checkout", reference).await? {
        Some(uuid) => find(pool, shop, CheckoutId::from_uuid(uuid)).await,
        None => Ok(None),
    }
}

/// The object that the shop calls `reference`.
pub(crate) async fn claimed(
    pool: &PgPool,
    shop: ShopId,
    kind: &str,
    reference: &str,
) -> Result<Option<Uuid>, Fault> {
    store::claimed(pool, Bucket::of_reference(shop, reference), shop, (kind, reference)).await
}

/// The checkout that was registered under `token` at `account`.
///
/// # Errors
/// [`Fault`].
pub async fn of_registration(
    pool: &PgPool,
    account: ProcessorAccountId,
    token: &str,
) -> Result<Option<CheckoutId>, Fault> {
    store::of_registration(pool, account, token).await
}

/// The secret that the access keys of this installation are made with, made once.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn access_secret(pool: &PgPool) -> Result<Vec<u8>, Fault> {
    Ok(crate::installation::secret(pool, "access_secret").await?.to_vec())
}

/// The job that asks how the checkout's registration stands.
pub fn advance_job(checkout: CheckoutId) -> NewJob {
    job(ADVANCE, checkout)
}

fn job(kind: &'static str, checkout: CheckoutId) -> NewJob {
    let id: JobId = new_id(checkout.bucket());
    NewJob {
        job_id: id.uuid(),
        kind,
        subject_id: checkout.uuid(),
        payload: Value::Null,
        ordering_key: Some(checkout.uuid()),
        delay: Duration::ZERO,
    }
}

/// Waits until the checkout is not `is_under_way` any more, at most for `patience`, and returns the checkout as
/// it then is.
///
/// `outcomes` tell of changes that this process makes; those of others are found by looking.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn wait(
    engine: &Engine,
    id: CheckoutId,
    mut outcomes: Vec<watch::Receiver<u64>>,
    patience: Duration,
    is_under_way: impl Fn(&CheckoutRecord) -> bool,
) -> Result<Option<CheckoutRecord>, Fault> {
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let all = futures::future::join_all(outcomes.iter_mut().map(watch::Receiver::changed));
        tokio::select! {
            _ = all => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
        let found = engine.reads().checkout(id).await.map_err(Fault::from)?;
        let is_over = tokio::time::Instant::now() >= deadline;
        match found {
            Some(checkout) if is_under_way(&checkout) && !is_over => {}
            found => return Ok(found),
        }
    }
}

/// What tells of changes of the checkout's payments that this process makes from now on.
pub fn watch(engine: &Engine, checkout: &CheckoutRecord) -> Vec<watch::Receiver<u64>> {
    checkout.payments.iter().map(|payment| engine.changes().watch(payment.id)).collect()
}

/// Whether something happens by itself, without the shopper and the shop.
pub(crate) fn is_under_way(checkout: &CheckoutRecord) -> bool {
    let any =
        |test: fn(&Payment) -> bool| checkout.payments.iter().any(|payment| test(&payment.state));
    if any(|payment| payment.phase == Phase::Executing) {
        return true;
    }
    checkout.policy == Policy::AllOrNothing
        && (any(|payment| payment.capture_reserved.is_positive())
            || any(|payment| payment.refund_reserved.is_positive())
            || checkout::settle(&checkout.states(), false)
                .is_ok_and(|steps| steps.iter().any(|step| *step != Step::Nothing)))
}
