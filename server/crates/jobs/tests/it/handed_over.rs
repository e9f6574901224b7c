//! Jobs that are handed over to a lane of the same process: leased from the start, and safe.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Claimed, Handled, Step, Waker};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::world::{KIND, count, enqueue, keyed, lane, make_due, waiting};

/// Enqueues a job for a place of the lane that runs with `waker`, and returns both.
async fn enqueue_leased(pool: &PgPool, waker: &Waker) -> (Claimed, jobs::Place) {
    let place = loop {
        match waker.place(KIND) {
            Some(place) => break place,
            None => tokio::task::yield_now().await,
        }
    };
    let job = [(keyed(1), place)];
    let mut transaction = pool.begin().await.unwrap();
    let claimed = jobs::enqueue_leased(&mut transaction, &job).await.unwrap().remove(0);
    transaction.commit().await.unwrap();
    let [(_, place)] = job;
    (claimed, place)
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_job_that_is_handed_over_is_done_without_being_looked_for(pool: PgPool) {
    let waker = Waker::default();
    let shutdown = CancellationToken::new();
    let attempts = Arc::new(AtomicUsize::new(0));
    let lane = lane({
        let attempts = Arc::clone(&attempts);
        move |claimed| {
            attempts.fetch_add(usize::try_from(claimed.attempt).unwrap(), Ordering::Relaxed);
            async { Ok(Handled::NowFinish) }
        }
    });
    let running = tokio::spawn(lane.run(pool.clone(), waker.clone(), shutdown.clone()));

    let (claimed, place) = enqueue_leased(&pool, &waker).await;
    assert_eq!(count(&pool, "select count(*) from job where held_key is not null").await, 1);
    place.hand_over(claimed);
    while waiting(&pool).await > 0 {
        tokio::task::yield_now().await;
    }

    assert_eq!(attempts.load(Ordering::Relaxed), 1);
    shutdown.cancel();
    running.await.unwrap();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_job_whose_process_died_before_the_hand_over_is_taken_over_when_its_lease_ends(
    pool: PgPool,
) {
    let waker = Waker::default();
    let shutdown = CancellationToken::new();
    let dying = lane(async |_| Ok(Handled::NowFinish));
    let dying = tokio::spawn(dying.run(pool.clone(), waker.clone(), shutdown.clone()));
    let (claimed, place) = enqueue_leased(&pool, &waker).await;
    drop(place);
    shutdown.cancel();
    dying.await.unwrap();
    let another = lane(async |job: Claimed| {
        assert_eq!(job.attempt, 2, "the first try is fenced off");
        Ok(Handled::NowFinish)
    });

    assert_eq!(another.step(&pool).await.unwrap(), Step::default(), "it is leased");
    make_due(&pool).await;
    assert_eq!(another.step(&pool).await.unwrap(), Step { claimed: 1, failed: 0 });

    let mut conn = pool.acquire().await.unwrap();
    assert!(!jobs::finish(&mut conn, &[claimed]).await.unwrap(), "who comes too late is fenced");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_hands_over_to_a_lane_that_is_full_or_has_ended(pool: PgPool) {
    let waker = Waker::default();
    assert!(waker.place(KIND).is_none(), "no lane runs");
    let shutdown = CancellationToken::new();
    let mut two = lane(async |_| Ok(Handled::NowFinish));
    two.concurrency = 2;
    let running = tokio::spawn(two.run(pool.clone(), waker.clone(), shutdown.clone()));
    let first = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            match waker.place(KIND) {
                Some(place) => break place,
                None => tokio::task::yield_now().await,
            }
        }
    });
    let first = first.await.unwrap();

    let second = waker.place(KIND).unwrap();
    assert!(waker.place(KIND).is_none(), "both places are taken");
    drop((first, second));
    assert!(waker.place(KIND).is_some());

    shutdown.cancel();
    running.await.unwrap();
    assert!(waker.place(KIND).is_none());
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_job_that_is_handed_over_to_a_lane_that_closes_waits_for_no_lease(pool: PgPool) {
    let waker = Waker::default();
    let shutdown = CancellationToken::new();
    let lane = lane(async |_| Ok(Handled::NowFinish));
    let running = tokio::spawn(lane.run(pool.clone(), waker.clone(), shutdown.clone()));
    let (claimed, place) = enqueue_leased(&pool, &waker).await;
    shutdown.cancel();
    // Time enough to end, many times over.
    for _ in 0..50 {
        count(&pool, "select count(*) from job").await;
        assert!(!running.is_finished(), "it waits for whom it promised a place");
    }

    place.hand_over(claimed);
    running.await.unwrap();

    assert_eq!(count(&pool, "select count(*) from job where leased_by is not null").await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_place_that_was_taken_for_nothing_keeps_no_lane_from_ending(pool: PgPool) {
    let waker = Waker::default();
    let shutdown = CancellationToken::new();
    let lane = lane(async |_| Ok(Handled::NowFinish));
    let running = tokio::spawn(lane.run(pool.clone(), waker.clone(), shutdown.clone()));
    let (_, place) = enqueue_leased(&pool, &waker).await;
    shutdown.cancel();

    drop(place);

    tokio::time::timeout(Duration::from_secs(20), running).await.expect("it ends").unwrap();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_look_that_ends_while_a_lane_closes_opens_no_door(pool: PgPool) {
    let waker = Waker::default();
    let shutdown = CancellationToken::new();
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let lane = lane({
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        move |_| {
            let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
            async move {
                begun.notify_one();
                go_on.notified().await;
                Ok(Handled::NowFinish)
            }
        }
    });
    // Found by a look of its own, so that it holds no place.
    enqueue(&pool, &[keyed(1)]).await;
    let running = tokio::spawn(lane.run(pool.clone(), waker.clone(), shutdown.clone()));
    begun.notified().await;
    let mut busy = pool.begin().await.unwrap();
    sqlx::query("lock table job in access exclusive mode").execute(&mut *busy).await.unwrap();
    let waiting_looks = "select count(*) from pg_stat_activity
                         where datname = current_database() and wait_event_type = 'Lock'";
    while count(&pool, waiting_looks).await == 0 {
        tokio::task::yield_now().await;
    }

    shutdown.cancel();
    while waker.place(KIND).is_some() {
        tokio::task::yield_now().await;
    }
    busy.rollback().await.unwrap();
    while count(&pool, waiting_looks).await > 0 {
        tokio::task::yield_now().await;
    }

    // The lane hears of its look within these, many times over.
    for _ in 0..50 {
        count(&pool, "select count(*) from job").await;
        assert!(waker.place(KIND).is_none());
    }
    go_on.notify_one();
    running.await.unwrap();
    assert_eq!(waiting(&pool).await, 0);
}
