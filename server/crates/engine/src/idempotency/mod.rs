//! Idempotency keys: a call that is repeated has one effect and one answer.
//!
//! A key is claimed with a lease, in a transaction of its own; the transaction of the effect adds
//! the id of the object that it made ([`attach`]); the answer is kept when it is known. A claim
//! whose lease ran out is taken over if it has no object yet, and otherwise answered from the
//! object's present state. Claims and answers are written in batches.

mod store;

use std::collections::HashMap;
use std::time::Duration;

use domain::id::{Bucket, ShopId};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::batch::{Batcher, Gone};
use crate::db::{Fault, Tx};

/// How long a request may work on its effect before another one may take its key over.
const LEASE: Duration = Duration::from_secs(15);
/// The longest key, in characters.
pub const KEY_LENGTH_MAX: usize = 255;
/// Answers above this size are not kept; a repeat is answered from the object's present state. What
/// a call may hold comes back in its answer, beside less than that again of ours.
const BODY_BYTES_MAX: usize = 262_144;
/// How many transactions write claims, and how many answers, at the same time.
const WRITERS: usize = 1;

/// A key that a caller sent, and what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// Whose key it is: keys of two shops never meet.
    pub shop: ShopId,
    /// Method and path; the same key on another route is another key.
    pub route: String,
    /// The key, as the caller chose it.
    pub key: String,
    /// SHA-256 of everything that must be the same in a repeat.
    pub fingerprint: [u8; 32],
}

/// A key that is held by the request that claimed it, until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    shop: ShopId,
    route: String,
    key: String,
    /// Fences two holders of the same key from each other.
    leased_until: OffsetDateTime,
}

impl Slot {
    fn bucket(&self) -> i16 {
        Bucket::of_reference(self.shop, &self.key).as_i16()
    }
}

/// What a claim found.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Nobody has used the key: go on, then [`Keys::keep`] the answer or [`Keys::free`] the key.
    Mine(Slot),
    /// The call was answered before: answer the same again.
    Answered(Answer),
    /// The call had its effect and nobody kept the answer: answer from the object as it is now.
    Done(Uuid),
    /// Another request with the same key is at work.
    InProgress,
    /// The key was used for something else.
    Reused,
}

/// An answer, as it was sent and as it is sent again.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that matter, as an object of names and values.
    pub headers: Value,
    /// The body.
    pub body: String,
}

/// Claims keys and keeps answers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Keys {
    pool: PgPool,
    claims: Batcher<Request, Result<Claim, Broken>>,
    answers: Batcher<(Slot, Answer), ()>,
}

impl Keys {
    /// Starts the writers on `pool`.
    pub fn start(pool: &PgPool) -> Self {
        let (for_claims, for_answers) = (pool.clone(), pool.clone());
        Self {
            pool: pool.clone(),
            claims: Batcher::start(WRITERS, move |requests| {
                claim_all(for_claims.clone(), requests)
            }),
            answers: Batcher::start(WRITERS, move |answers| keep_all(for_answers.clone(), answers)),
        }
    }

    /// Claims the key of `request`.
    ///
    /// # Errors
    /// [`Broken`] if the database could not be asked: nothing is known of the key.
    pub async fn claim(&self, request: Request) -> Result<Claim, Broken> {
        self.claims.write(request).await?
    }

    /// Keeps the answer that the holder of `slot` is about to give.
    ///
    /// Never fails: if it cannot be kept, a repeat is answered from the object's present state.
    pub async fn keep(&self, slot: Slot, answer: Answer) {
        if answer.body.len() <= BODY_BYTES_MAX {
            // Nothing to do about a broken writer: it has said so in the log.
            let _ = self.answers.write((slot, answer)).await;
        } else if let Err(error) = store::end_lease(&self.pool, &slot).await {
            tracing::warn!(%error, "a lease was not ended; repeats wait until it ends");
        }
    }

    /// Gives a key back whose call was refused before it had any effect.
    pub async fn free(&self, slot: Slot) {
        if let Err(error) = store::free(&self.pool, &slot).await {
            tracing::warn!(%error, "a key was not freed; it is free when its lease ends");
        }
    }
}

/// Adds the id of the object that was made to each key, in the transaction that makes it.
///
/// `false` if one of the keys is no longer held: somebody else may have made the object, so the
/// caller must roll back.
///
/// # Errors
/// [`Fault`].
pub async fn attach(tx: &mut Tx, objects: &[(&Slot, Uuid)]) -> Result<bool, Fault> {
    if objects.is_empty() {
        return Ok(true);
    }
    store::attach(tx, objects).await
}

/// How long a key is kept: for as long as processors usually let a payment be refunded, in days.
pub const KEPT_DAYS: i32 = 180;
/// How many keys one sweep forgets, at most.
const SWEEP_MAX: i64 = 5_000;

/// Forgets some keys that are older than [`KEPT_DAYS`] and says how many; call again while that is
/// not zero.
///
/// # Errors
/// [`Fault`].
pub async fn sweep(pool: &PgPool) -> Result<u64, Fault> {
    store::sweep(pool, KEPT_DAYS, SWEEP_MAX).await
}

/// The key could not be claimed for a reason of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency keys cannot be reached")]
pub struct Broken;

impl From<Gone> for Broken {
    fn from(_: Gone) -> Self {
        Self
    }
}

async fn claim_all(pool: PgPool, requests: Vec<Request>) -> Vec<Result<Claim, Broken>> {
    match claim_batch(&pool, &requests).await {
        Ok(claims) => claims.into_iter().map(Ok).collect(),
        Err(error) => {
            tracing::error!(error = ?error, "keys could not be claimed");
            vec![Err(Broken); requests.len()]
        }
    }
}

/// One transaction: new keys are inserted, the others are read, and those left behind taken over.
async fn claim_batch(pool: &PgPool, requests: &[Request]) -> Result<Vec<Claim>, Fault> {
    let mut sorted: Vec<&Request> = requests.iter().collect();
    // Two batches that meet in the same keys wait for each other in the same order.
    sorted.sort_by_key(|request| (request.shop, &request.route, &request.key));

    let mut tx = Tx::begin(pool).await?;
    let mut leases = store::insert(&mut tx, &sorted, LEASE).await?;
    let known: Vec<&Request> =
        sorted.iter().copied().filter(|request| !leases.contains_key(&name(request))).collect();
    let mut rows = HashMap::new();
    if !known.is_empty() {
        leases.extend(store::take_over(&mut tx, &known, LEASE).await?);
        rows = store::find(&mut tx, &known).await?;
    }
    tx.commit().await?;

    // Of several same keys in one batch, the first one with the leased content gets the lease.
    let contents: HashMap<Name, [u8; 32]> =
        leases.iter().map(|(name, (fingerprint, _))| (name.clone(), *fingerprint)).collect();
    Ok(requests
        .iter()
        .map(|request| match leases.remove(&name(request)) {
            Some((fingerprint, leased_until)) if fingerprint == request.fingerprint => {
                Claim::Mine(Slot {
                    shop: request.shop,
                    route: request.route.clone(),
                    key: request.key.clone(),
                    leased_until,
                })
            }
            Some(lease) => {
                leases.insert(name(request), lease);
                Claim::Reused
            }
            None => match (contents.get(&name(request)), rows.get(&name(request))) {
                (Some(fingerprint), _) if *fingerprint != request.fingerprint => Claim::Reused,
                (None, Some(row)) => row.claim(request),
                (_, _) => Claim::InProgress,
            },
        })
        .collect())
}

/// What names a key.
type Name = (ShopId, String, String);

fn name(request: &Request) -> Name {
    (request.shop, request.route.clone(), request.key.clone())
}

/// A key as it stands in the database.
#[derive(Debug)]
struct Row {
    fingerprint: Vec<u8>,
    is_leased: bool,
    object: Option<Uuid>,
    answer: Option<Answer>,
}

impl Row {
    fn claim(&self, request: &Request) -> Claim {
        match (&self.answer, self.object) {
            _ if self.fingerprint != request.fingerprint => Claim::Reused,
            (Some(answer), _) => Claim::Answered(answer.clone()),
            (None, Some(object)) if !self.is_leased => Claim::Done(object),
            (None, _) => Claim::InProgress,
        }
    }
}

async fn keep_all(pool: PgPool, answers: Vec<(Slot, Answer)>) -> Vec<()> {
    if let Err(error) = store::keep(&pool, &answers).await {
        tracing::warn!(error = ?error, "answers were not kept");
    }
    vec![(); answers.len()]
}
