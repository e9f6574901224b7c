//! Leases: who lost one is fenced, and who works keeps it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobs::{Claimed, Failure, Handled, Step, Strategy, Waker};
use sqlx::PgPool;
use tokio::sync::{Barrier, Notify};
use tokio_util::sync::CancellationToken;

use crate::world::{count, enqueue, forget_claims, job, keyed, lane, make_due, waiting};

/// Books the effect of `job` and finishes it, both or neither.
async fn book(pool: &PgPool, job: &Claimed) -> bool {
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("insert into setting (name, value) values ($1, '')")
        .bind(format!("{}/{}", job.job_id, job.attempt))
        .execute(&mut *transaction)
        .await
        .unwrap();
    let is_mine = jobs::finish(&mut transaction, std::slice::from_ref(job)).await.unwrap();
    if is_mine {
        transaction.commit().await.unwrap();
    }
    is_mine
}

/// A worker that claims, says so, waits for its word to go on, books, and says whether it could.
struct Worker {
    claimed: Arc<Notify>,
    go_on: Arc<Notify>,
    step: tokio::task::JoinHandle<bool>,
}

impl Worker {
    fn start(pool: &PgPool) -> Self {
        let (claimed, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let was_mine = Arc::new(Mutex::new(false));
        let lane = lane({
            let (pool, claimed, go_on, was_mine) =
                (pool.clone(), Arc::clone(&claimed), Arc::clone(&go_on), Arc::clone(&was_mine));
            move |job| {
                let (pool, claimed, go_on, was_mine) =
                    (pool.clone(), Arc::clone(&claimed), Arc::clone(&go_on), Arc::clone(&was_mine));
                async move {
                    claimed.notify_one();
                    go_on.notified().await;
                    *was_mine.lock().unwrap() = book(&pool, &job).await;
                    Ok(Handled::InItsTransaction)
                }
            }
        });
        let pool = pool.clone();
        let step = tokio::spawn(async move {
            lane.step(&pool).await.unwrap();
            *was_mine.lock().unwrap()
        });
        Self { claimed, go_on, step }
    }

    /// Lets the worker book; whether the job was still its own.
    async fn end(self) -> bool {
        self.go_on.notify_one();
        self.step.await.unwrap()
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_comes_back_after_the_lease_ran_out_cannot_finish_the_job(pool: PgPool) {
    enqueue(&pool, &[keyed(1)]).await;
    let first = Worker::start(&pool);
    first.claimed.notified().await;
    make_due(&pool).await;
    let second = Worker::start(&pool);
    second.claimed.notified().await;

    assert!(!first.end().await, "while the second is at work");
    assert_eq!(waiting(&pool).await, 1);
    assert!(second.end().await);

    assert_eq!(count(&pool, "select count(*) from setting where name like '%/2'").await, 1);
    assert_eq!(count(&pool, "select count(*) from setting where name like '%/1'").await, 0);
    assert_eq!(waiting(&pool).await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_comes_back_after_another_finished_the_job_cannot_finish_it_again(pool: PgPool) {
    enqueue(&pool, &[keyed(1)]).await;
    let first = Worker::start(&pool);
    first.claimed.notified().await;
    make_due(&pool).await;
    let second = Worker::start(&pool);
    second.claimed.notified().await;

    assert!(second.end().await);
    assert!(!first.end().await);

    assert_eq!(count(&pool, "select count(*) from setting where name like '%/1'").await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_job_that_was_lost_spoils_the_batch_it_is_finished_in(pool: PgPool) {
    enqueue(&pool, &[job(), job()]).await;
    let claimed = Arc::new(Mutex::new(Vec::new()));
    let lane = lane({
        let claimed = Arc::clone(&claimed);
        move |job| {
            claimed.lock().unwrap().push(job);
            async { Ok(Handled::InItsTransaction) }
        }
    });
    lane.step(&pool).await.unwrap();
    let mut jobs = claimed.lock().unwrap().clone();
    jobs[1].holder = jobs[1].job_id;

    let mut transaction = pool.begin().await.unwrap();
    assert!(!jobs::finish(&mut transaction, &jobs).await.unwrap());
    transaction.rollback().await.unwrap();

    assert_eq!(waiting(&pool).await, 2);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_claim_that_a_crash_made_forgotten_cannot_finish_what_was_claimed_again(pool: PgPool) {
    enqueue(&pool, &[keyed(1)]).await;
    let first = Worker::start(&pool);
    first.claimed.notified().await;
    forget_claims(&pool).await;
    let second = Worker::start(&pool);
    second.claimed.notified().await;
    assert_eq!(count(&pool, "select attempt::bigint from job").await, 1, "the number of both");

    assert!(!first.end().await, "while the second is at work");
    assert_eq!(waiting(&pool).await, 1);
    assert!(second.end().await);

    assert_eq!(waiting(&pool).await, 0);
}

/// How a worker loses its claim.
#[derive(Clone, Copy)]
enum Lost {
    /// Its lease runs out.
    LeaseEnded,
    /// The database crashes and forgets it: the next claim has the same number.
    Forgotten,
}

/// A worker that has lost its claim fails with `failure`, while another one is at work.
async fn fails_late(pool: &PgPool, lost: Lost, failure: Failure) {
    enqueue(pool, &[job()]).await;
    let (claimed, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut first = lane({
        let (claimed, go_on) = (Arc::clone(&claimed), Arc::clone(&go_on));
        move |_| {
            let (claimed, go_on) = (Arc::clone(&claimed), Arc::clone(&go_on));
            let failure = failure.clone();
            async move {
                claimed.notify_one();
                go_on.notified().await;
                Err(failure)
            }
        }
    });
    first.policy.strategy = Strategy::Fixed(Duration::from_hours(1));
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { first.step(&pool).await.unwrap() }
    });
    claimed.notified().await;
    match lost {
        Lost::LeaseEnded => make_due(pool).await,
        Lost::Forgotten => forget_claims(pool).await,
    }
    let claimed_again = Arc::new(Notify::new());
    let second = lane({
        let claimed = Arc::clone(&claimed_again);
        move |_| {
            claimed.notify_one();
            std::future::pending()
        }
    });
    let second = tokio::spawn({
        let pool = pool.clone();
        async move { second.step(&pool).await }
    });
    claimed_again.notified().await;

    go_on.notify_one();
    first.await.unwrap();

    assert_eq!(count(pool, "select count(*) from job where leased_by is not null").await, 1);
    assert_eq!(count(pool, "select count(*) from job where uncounted = 0").await, 1);
    assert_eq!(count(pool, "select count(*) from dead_letter").await, 0);
    second.abort();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_fails_after_the_lease_ran_out_takes_nothing_from_the_next_worker(pool: PgPool) {
    fails_late(&pool, Lost::LeaseEnded, Failure::lasting("too late")).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_fails_after_the_lease_ran_out_does_not_put_the_job_back(pool: PgPool) {
    fails_late(&pool, Lost::LeaseEnded, Failure::passing("too late")).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_waits_after_the_lease_ran_out_does_not_put_the_job_back(pool: PgPool) {
    let waits = Failure::waiting("too late", Duration::from_hours(1));
    fails_late(&pool, Lost::LeaseEnded, waits).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_fails_after_the_claim_was_forgotten_takes_nothing_from_the_next_worker(pool: PgPool) {
    fails_late(&pool, Lost::Forgotten, Failure::lasting("too late")).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_fails_after_the_claim_was_forgotten_does_not_put_the_job_back(pool: PgPool) {
    fails_late(&pool, Lost::Forgotten, Failure::passing("too late")).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_job_that_takes_its_workers_down_is_given_up_in_the_end(pool: PgPool) {
    enqueue(&pool, &[job()]).await;
    sqlx::query("update job set attempt = 3, leased_by = job_id, leased_until = now()")
        .execute(&pool)
        .await
        .unwrap();
    make_due(&pool).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let mut lane = lane({
        let runs = Arc::clone(&runs);
        move |_| {
            runs.fetch_add(1, Ordering::Relaxed);
            async { Ok(Handled::NowFinish) }
        }
    });
    lane.policy.attempts_max = 3;

    assert_eq!(lane.step(&pool).await.unwrap(), Step { claimed: 1, failed: 1 });

    assert_eq!(runs.load(Ordering::Relaxed), 0);
    assert_eq!(count(&pool, "select count(*) from dead_letter").await, 1);
    assert_eq!(waiting(&pool).await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_is_at_work_keeps_the_lease(pool: PgPool) {
    enqueue(&pool, &[job()]).await;
    let (claimed, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut lane = lane({
        let (claimed, go_on) = (Arc::clone(&claimed), Arc::clone(&go_on));
        move |_| {
            let (claimed, go_on) = (Arc::clone(&claimed), Arc::clone(&go_on));
            async move {
                claimed.notify_one();
                go_on.notified().await;
                Ok(Handled::NowFinish)
            }
        }
    });
    lane.lease = Duration::from_millis(300);
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(lane.run(pool.clone(), Waker::default(), shutdown.clone()));
    claimed.notified().await;
    // Far more heartbeats than the lease has room for without one.
    let first = lease_end(&pool).await;
    while lease_end(&pool).await < first + 5 * Duration::from_millis(300) {
        tokio::task::yield_now().await;
    }

    assert_eq!(count(&pool, "select count(*) from job where attempt = 1").await, 1);
    shutdown.cancel();
    go_on.notify_one();
    running.await.unwrap();
    assert_eq!(waiting(&pool).await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_job_that_was_put_back_takes_no_lease_from_the_others(pool: PgPool) {
    enqueue(&pool, &[job(), keyed(1)]).await;
    let (both, go_on) = (Arc::new(Barrier::new(3)), Arc::new(Notify::new()));
    let mut lane = lane({
        let (both, go_on) = (Arc::clone(&both), Arc::clone(&go_on));
        move |_| {
            let (both, go_on) = (Arc::clone(&both), Arc::clone(&go_on));
            async move {
                both.wait().await;
                go_on.notified().await;
                Ok(Handled::NowFinish)
            }
        }
    });
    // Kept three times in its time, and waited for less than it.
    lane.lease = Duration::from_secs(6);
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(lane.run(pool.clone(), Waker::default(), shutdown.clone()));
    both.wait().await;
    // The lane still works on it, and does not know.
    sqlx::query(
        "update job set leased_by = null, leased_until = null, held_key = null,
                        due_at = now() + interval '1 hour'
         where ordering_key is not null",
    )
    .execute(&pool)
    .await
    .unwrap();

    let is_kept = async {
        let first = lease_end(&pool).await;
        while lease_end(&pool).await <= first {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), is_kept).await.expect("the other is kept");

    assert_eq!(count(&pool, "select count(*) from job where leased_by is null").await, 1);
    shutdown.cancel();
    go_on.notify_waiters();
    running.await.unwrap();
    assert_eq!(waiting(&pool).await, 1, "who lost it did not end it");
}

/// When the only lease ends.
async fn lease_end(pool: &PgPool) -> time::OffsetDateTime {
    sqlx::query_scalar("select leased_until from job where leased_by is not null")
        .fetch_one(pool)
        .await
        .unwrap()
}
