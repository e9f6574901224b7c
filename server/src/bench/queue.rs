//! The queue alone: jobs that do nothing, through real lanes, with every step durable.
//!
//! Producers enqueue in transactions of their own while two lanes, as two processes would, claim and
//! finish. The rate is that of whole jobs, from before the first is enqueued to after the last is
//! gone from the table.

use std::future::Future;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, ensure};
use jobs::{Claimed, Failure, Handled, Handler, Lane, NewJob, Policy, Strategy, Waker};
use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::store;
use super::table::Table;
use super::world::World;

const KIND: &str = "benchmark";
const DATABASE: &str = "queue";
/// How many jobs go through the queue.
const JOBS: usize = 100_000;
/// How many jobs one transaction enqueues.
const BATCH: usize = 50;
const PRODUCERS: usize = 2;
const LANES: usize = 2;
const CONCURRENCY: usize = 256;
/// How long all of it may take.
const TIME_MAX: Duration = Duration::from_mins(5);

/// Measures the queue on a database of its own, beside the yardstick's.
pub(super) async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let server = PgConnectOptions::from_str(&world.yardstick_url)?;
    let admin = PgPool::connect_with(server.clone()).await?;
    store::create_queue_database(&admin).await?;
    admin.close().await;
    let options = server.database(DATABASE).options([("synchronous_commit", "on")]);
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await?;
    engine::db::migrate(&pool).await?;
    let rate = rate(&pool, JOBS).await?;
    pool.close().await;
    table.row("queue alone, jobs/s durable (goal 10,000)", rate);
    Ok(())
}

/// How many jobs per second go through the queue in `pool`.
async fn rate(pool: &PgPool, count: usize) -> Result<u64> {
    let shutdown = CancellationToken::new();
    let mut lanes = JoinSet::new();
    let wakers: Vec<Waker> = (0..LANES).map(|_| Waker::default()).collect();
    for waker in &wakers {
        let (pool, waker, shutdown) = (pool.clone(), waker.clone(), shutdown.clone());
        lanes.spawn(async move { lane().run(pool, waker, shutdown).await });
    }

    let start = Instant::now();
    let mut producers = JoinSet::new();
    for _ in 0..PRODUCERS {
        producers.spawn(produce(pool.clone(), wakers.clone(), count / PRODUCERS));
    }
    while let Some(produced) = producers.join_next().await {
        produced??;
    }
    while !store::is_queue_empty(pool).await? {
        ensure!(start.elapsed() < TIME_MAX, "the queue did not come to its end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let millis = u64::try_from(start.elapsed().as_millis())?.max(1);

    shutdown.cancel();
    lanes.join_all().await;
    Ok(count as u64 * 1000 / millis)
}

async fn produce(pool: PgPool, wakers: Vec<Waker>, count: usize) -> Result<()> {
    for _ in 0..count / BATCH {
        let jobs: Vec<NewJob> = (0..BATCH).map(|_| job()).collect();
        let mut transaction = pool.begin().await?;
        jobs::enqueue(&mut transaction, &jobs).await?;
        transaction.commit().await?;
        for waker in &wakers {
            waker.hint(KIND);
        }
    }
    Ok(())
}

fn job() -> NewJob {
    let id = Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext));
    NewJob {
        job_id: id,
        kind: KIND,
        subject_id: id,
        payload: Value::Null,
        ordering_key: None,
        delay: Duration::ZERO,
    }
}

fn lane() -> Lane<Nothing> {
    Lane {
        kind: KIND,
        concurrency: CONCURRENCY,
        lease: Duration::from_secs(15),
        policy: Policy { strategy: Strategy::Cancel, attempts_max: 1 },
        handler: Arc::new(Nothing),
    }
}

/// Has no effect, so that only the queue is measured.
struct Nothing;

impl Handler for Nothing {
    fn handle(&self, _: Claimed) -> impl Future<Output = Result<Handled, Failure>> + Send {
        std::future::ready(Ok(Handled::NowFinish))
    }
}
