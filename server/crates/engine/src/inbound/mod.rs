//! Notifications of processors, and of pay-out providers: stored raw before anybody reads them, also
//! those refused.
//!
//! Storing one enqueues the job that will ask the processor for the truth; the notification itself
//! is never a fact. A repeat of one that is stored is nothing new. Of those refused only the
//! beginning is kept, and only so many within an hour, so that nobody can fill the tables with them.

mod discard;
mod list;
mod payouts;
mod problem;
mod replay;
mod store;

use std::collections::HashMap;

use domain::id::{Bucket, InboundWebhookId, PaymentId, ProcessorAccountId};
use jobs::NewJob;
use psp::Notification;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

use crate::batch::{Batcher, Gone};
use crate::db::{Fault, Tx, new_id, new_plain_id};
use domain::id::JobId;
use jobs::Waker;

pub use discard::{DiscardError, discard};
pub use list::{
    Details, Discarded, Effect, Filter, Listed, Page, Sender, State, count_unmatched, details, list,
};
pub(crate) use payouts::{matched_again, notice, store_of_payouts};
pub use problem::Problem;
pub use replay::{ReplayError, replay, replay_any};

/// The kind of job that handles a stored notification; its subject is the notification.
pub const HANDLE_WEBHOOK: &str = "handle_webhook";
/// How many transactions store notifications at the same time.
const WRITERS: usize = 1;
/// How long a notification waits whose payment is being carried to the processor at that moment:
/// nearly always the answer says the same, and comes first.
const ANSWERED_WITHIN: Duration = Duration::from_millis(500);
/// How much of the body of a refused notification is kept, in bytes.
const REFUSED_BYTES_MAX: usize = 4096;
/// How many refused notifications of an account are kept within an hour.
pub const REFUSED_PER_HOUR_MAX: u16 = 500;

/// A notification, as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    /// The account at whose address it arrived.
    pub account: ProcessorAccountId,
    /// The sender's name for the message; a repeat carries the same. Empty if it has none.
    pub message_id: String,
    /// The headers that matter, without the signature.
    pub headers: Value,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// Whether it is believed.
    pub verdict: Verdict,
}

/// Whether a notification is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the processor's. What it is about, if the adapter could read it: for its place in the
    /// queue and the lists alone, since the job reads the stored bytes.
    Verified(Option<Notification>),
    /// It is not, for this reason.
    Refused(Problem),
}

/// A stored notification, for the job that handles it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: InboundWebhookId,
    /// The account at whose address it arrived.
    pub account: ProcessorAccountId,
    /// The headers that matter.
    pub headers: Value,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// What became of a stored notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which one.
    pub id: InboundWebhookId,
    /// The payment or checkout that it is about, if we know one.
    pub subject: Option<Uuid>,
    /// Why it could not be matched with anything of ours, if so.
    pub problem: Option<Problem>,
}

/// Stores notifications in batches. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    arrivals: Batcher<Arrived, Result<(), NotStored>>,
}

impl Inbox {
    /// Starts the writers on `pool`; `waker` is told of the jobs.
    pub fn start(pool: &PgPool, waker: &Waker) -> Self {
        let (pool, waker) = (pool.clone(), waker.clone());
        let arrivals =
            Batcher::start(WRITERS, move |batch| store_all(pool.clone(), waker.clone(), batch));
        Self { arrivals }
    }

    /// Stores a notification and, if it is believed and new, the job that handles it.
    ///
    /// # Errors
    /// [`NotStored`]: the sender must be told to try again.
    pub async fn store(&self, arrived: Arrived) -> Result<(), NotStored> {
        self.arrivals.write(arrived).await?
    }
}

/// The stored notifications, for the jobs that handle them.
///
/// # Errors
/// [`Fault`].
pub async fn find_many(
    pool: &PgPool,
    ids: &[InboundWebhookId],
) -> Result<HashMap<InboundWebhookId, Stored>, Fault> {
    store::find_many(pool, ids).await
}

/// Records what became of stored notifications, in the transaction of their effect.
///
/// # Errors
/// [`Fault`].
pub async fn record(tx: &mut Tx, outcomes: &[Outcome]) -> Result<(), Fault> {
    if outcomes.is_empty() {
        return Ok(());
    }
    store::record(tx, outcomes).await
}

/// The notification was not stored, for a reason of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the notification could not be stored")]
pub struct NotStored;

impl From<Gone> for NotStored {
    fn from(_: Gone) -> Self {
        Self
    }
}

async fn store_all(pool: PgPool, waker: Waker, batch: Vec<Arrived>) -> Vec<Result<(), NotStored>> {
    let stored = match store_batch(&pool, &batch).await {
        Ok(due) => vec![Ok(due); batch.len()],
        // The database refuses one of them, and the others must not suffer for it.
        Err(fault) if batch.len() > 1 && !fault.is_passing() => {
            let mut stored = Vec::with_capacity(batch.len());
            for one in &batch {
                stored.push(
                    store_batch(&pool, std::slice::from_ref(one))
                        .await
                        .map_err(|fault| told(&fault)),
                );
            }
            stored
        }
        Err(fault) => vec![Err(told(&fault)); batch.len()],
    };
    if stored.iter().any(|stored| stored.is_ok_and(|due| due > 0)) {
        waker.hint(HANDLE_WEBHOOK);
    }
    stored.into_iter().map(|stored| stored.map(|_| ())).collect()
}

fn told(fault: &Fault) -> NotStored {
    tracing::error!(error = ?fault, "a notification could not be stored");
    NotStored
}

/// Stores notifications together; returns how many of their jobs are due at once.
async fn store_batch(pool: &PgPool, batch: &[Arrived]) -> Result<usize, Fault> {
    let mut batch: Vec<&Arrived> = batch.iter().collect();
    // Two batches that hold the same notification wait for each other in the same order.
    batch.sort_by(|one, other| {
        (one.account, &one.message_id).cmp(&(other.account, &other.message_id))
    });
    let ids: Vec<InboundWebhookId> = batch.iter().map(|_| new_plain_id()).collect();

    let mut tx = Tx::begin(pool).await?;
    let stored = store::insert(&mut tx, &ids, &batch).await?;
    let jobs: Vec<NewJob> = ids
        .iter()
        .zip(&batch)
        .filter(|(id, _)| stored.contains(id))
        .filter_map(|(id, arrived)| job(*id, arrived))
        .collect();
    let due = jobs::enqueue_behind(tx.conn(), &jobs, ANSWERED_WITHIN).await?;
    tx.commit().await?;
    Ok(due)
}

/// The job that handles a notification that has just arrived.
fn job(id: InboundWebhookId, arrived: &Arrived) -> Option<NewJob> {
    match &arrived.verdict {
        Verdict::Verified(notification) => {
            Some(handle_job(id, arrived.account, notification.as_ref()))
        }
        Verdict::Refused(_) => None,
    }
}

/// The payment that a notification names, if it can be one of ours.
pub(crate) fn payment_named(notification: &Notification) -> Option<PaymentId> {
    notification.payment_reference.as_ref().and_then(|text| text.parse().ok())
}

/// What a believed notification names.
fn about(account: ProcessorAccountId, notification: Option<&Notification>) -> Value {
    // Postgres keeps no NUL.
    let token = notification.and_then(|read| read.registration_token.as_ref());
    json!({
        "account": account,
        "payment": notification.and_then(payment_named),
        "registration_token": token.map(|token| token.replace('\0', "")),
    })
}

/// The job that handles a notification, in the bucket of the payment that it names.
fn handle_job(
    id: InboundWebhookId,
    account: ProcessorAccountId,
    notification: Option<&Notification>,
) -> NewJob {
    let payment = notification.and_then(payment_named);
    let bucket = payment.map_or(Bucket(id.uuid().as_bytes()[15]), domain::id::Id::bucket);
    let job_id: JobId = new_id(bucket);
    NewJob {
        job_id: job_id.uuid(),
        kind: HANDLE_WEBHOOK,
        subject_id: id.uuid(),
        // Only for processes of a release before: the job reads the stored bytes.
        payload: about(account, notification),
        // One owner at a time: a notification waits for the attempt that it tells of.
        ordering_key: payment.map(domain::id::Id::uuid),
        delay: Duration::ZERO,
    }
}
