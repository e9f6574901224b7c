//! The loop around a step: it starts on a hint, and ends with what it has begun.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Handled, Waker};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::world::{KIND, enqueue, job, lane, waiting};

#[sqlx::test(migrations = "../../../migrations")]
async fn a_shutdown_lets_a_running_job_end_and_begins_no_other(pool: PgPool) {
    enqueue(&pool, &[job(), job()]).await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let runs = Arc::new(AtomicUsize::new(0));
    let mut lane = lane({
        let (begun, go_on, runs) = (Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&runs));
        move |_| {
            let (begun, go_on, runs) = (Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&runs));
            async move {
                begun.notify_one();
                go_on.notified().await;
                runs.fetch_add(1, Ordering::Relaxed);
                Ok(Handled::NowFinish)
            }
        }
    });
    lane.concurrency = 1;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(lane.run(pool.clone(), Waker::default(), shutdown.clone()));
    begun.notified().await;

    shutdown.cancel();
    tokio::task::yield_now().await;
    assert!(!running.is_finished(), "the lane did not wait for its job");
    go_on.notify_one();
    running.await.unwrap();

    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(waiting(&pool).await, 1);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_lane_works_through_more_than_it_has_room_for(pool: PgPool) {
    let jobs: Vec<_> = (0..100).map(|_| job()).collect();
    enqueue(&pool, &jobs).await;
    let shutdown = CancellationToken::new();
    let lane = lane(async |_| Ok(Handled::NowFinish));
    let running = tokio::spawn(lane.run(pool.clone(), Waker::default(), shutdown.clone()));

    while waiting(&pool).await > 0 {
        tokio::task::yield_now().await;
    }

    shutdown.cancel();
    running.await.unwrap();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn hints_reach_other_processes_by_notification_few_for_many(pool: PgPool) {
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("paydesk_job").await.unwrap();
    let waker = Waker::default();
    let process = Uuid::from_u128(1);
    let shutdown = CancellationToken::new();
    let relay = tokio::spawn({
        let (waker, pool, shutdown) = (waker.clone(), pool.clone(), shutdown.clone());
        async move { waker.relay(pool, process, shutdown).await }
    });

    for _ in 0..1_000 {
        waker.hint(KIND);
    }
    waker.hint("the last");

    let mut heard = Vec::new();
    while heard.last().is_none_or(|last: &String| !last.ends_with("the last")) {
        let hint = tokio::time::timeout(Duration::from_secs(10), listener.recv()).await;
        heard.push(hint.expect("a hint arrives").unwrap().payload().to_owned());
    }
    assert!(heard.contains(&format!("{process} {KIND}")));
    assert!(heard.len() <= 4, "a thousand hints became {} notifications", heard.len());
    shutdown.cancel();
    relay.await.unwrap();
}
