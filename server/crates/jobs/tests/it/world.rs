//! Jobs, handlers and lanes of the tests.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jobs::{Claimed, Failure, Handled, Handler, Lane, NewJob, Policy, Strategy};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

/// The kind of every job of the tests.
pub(crate) const KIND: &str = "test";
/// A lease that no test outlives.
pub(crate) const LEASE: Duration = Duration::from_mins(1);

/// A handler that is a function.
pub(crate) struct Does<F>(F);

impl<F, Fut> Handler for Does<F>
where
    F: Fn(Claimed) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Handled, Failure>> + Send + 'static,
{
    fn handle(&self, job: Claimed) -> impl Future<Output = Result<Handled, Failure>> + Send {
        (self.0)(job)
    }
}

/// A lane of up to 16 jobs at once, each of which does `work` and is never tried again.
pub(crate) fn lane<F, Fut>(work: F) -> Lane<Does<F>>
where
    F: Fn(Claimed) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Handled, Failure>> + Send + 'static,
{
    let policy = Policy { strategy: Strategy::Cancel, attempts_max: 100 };
    Lane { kind: KIND, concurrency: 16, lease: LEASE, policy, handler: Arc::new(Does(work)) }
}

/// A job whose id is new.
pub(crate) fn job() -> NewJob {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    NewJob {
        job_id: Uuid::from_u64_pair(number, number),
        kind: KIND,
        subject_id: Uuid::from_u64_pair(0, number),
        payload: Value::Null,
        ordering_key: None,
        delay: Duration::ZERO,
    }
}

/// A job that shares ordering key number `key`.
pub(crate) fn keyed(key: u64) -> NewJob {
    NewJob { ordering_key: Some(Uuid::from_u64_pair(7, key)), ..job() }
}

/// Enqueues jobs in a transaction of their own.
pub(crate) async fn enqueue(pool: &PgPool, jobs: &[NewJob]) {
    let mut transaction = pool.begin().await.unwrap();
    jobs::enqueue(&mut transaction, jobs).await.unwrap();
    transaction.commit().await.unwrap();
}

/// How many rows a query counts.
pub(crate) async fn count(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

/// How many jobs are in the queue.
pub(crate) async fn waiting(pool: &PgPool) -> i64 {
    count(pool, "select count(*) from job").await
}

/// Moves every job's time, or the end of its lease, into the past.
pub(crate) async fn make_due(pool: &PgPool) {
    sqlx::query(
        "update job set due_at = now() - interval '1 second',
                        leased_until = case when leased_by is not null then now() end",
    )
    .execute(pool)
    .await
    .unwrap();
}

/// Takes every claim back, as a crash of Postgres does that makes it forget them.
pub(crate) async fn forget_claims(pool: &PgPool) {
    sqlx::query(
        "update job set attempt = attempt - 1, leased_by = null, leased_until = null,
                        held_key = null
         where leased_by is not null",
    )
    .execute(pool)
    .await
    .unwrap();
}
