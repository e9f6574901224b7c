//! A lane: the loop that claims jobs of one kind and hands them to their handler.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::retry::{Failure, Policy};
use crate::store::{self, Claimed};
use crate::waker::Waker;

/// How often a lane looks for work that nobody hinted at.
const POLL: Duration = Duration::from_millis(500);
/// How long a lane waits after the database could not be asked.
const BREATH: Duration = Duration::from_millis(500);

/// Does the work of one kind of job.
pub trait Handler: Send + Sync + 'static {
    /// Does the work of one job. It may be done twice, if a lease runs out: it must be idempotent.
    fn handle(&self, job: Claimed) -> impl Future<Output = Result<Handled, Failure>> + Send;
}

/// How the work of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// The handler finished the job in the transaction of its effect.
    InItsTransaction,
    /// The job had no effect of its own in the database: the lane finishes it.
    NowFinish,
}

/// What one [`Lane::step`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Step {
    /// How many jobs were claimed.
    pub claimed: usize,
    /// How many of them failed.
    pub failed: usize,
}

/// The worker of one kind of job.
#[derive(Debug)]
pub struct Lane<H> {
    /// The kind of job.
    pub kind: &'static str,
    /// How many jobs run at once, at most.
    pub concurrency: usize,
    /// How long a claim holds without a sign of life.
    pub lease: Duration,
    /// What happens to jobs that fail.
    pub policy: Policy,
    /// Who does the work.
    pub handler: Arc<H>,
}

type Held = Arc<Mutex<HashMap<Uuid, Claimed>>>;

impl<H: Handler> Lane<H> {
    /// Claims what is due, once, and works until all of it is done. Tests call this.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn step(&self, pool: &PgPool) -> Result<Step, sqlx::Error> {
        let jobs = self.claim(pool, self.concurrency).await?;
        let claimed = jobs.len();
        let mut running = JoinSet::new();
        for job in jobs {
            running.spawn(work(Arc::clone(&self.handler), pool.clone(), self.policy, job));
        }
        let failed = running.join_all().await.into_iter().filter(|done| !done).count();
        Ok(Step { claimed, failed })
    }

    /// Works until `shutdown`, then lets running jobs come to their end.
    pub async fn run(self, pool: PgPool, waker: Waker, shutdown: CancellationToken) {
        let hint = waker.lane(self.kind);
        let held = Held::default();
        let heartbeat = tokio::spawn(keep_leases(pool.clone(), Arc::clone(&held), self.lease));
        let mut running = JoinSet::new();
        while !shutdown.is_cancelled() {
            let room = self.concurrency - running.len();
            let claimed =
                if room == 0 { 0 } else { self.refill(&pool, room, &held, &mut running).await };
            while running.try_join_next().is_some() {}
            if claimed > 0 || room == 0 {
                // There may be more: jobs that share an ordering key come one at a time. Look as
                // soon as there is room.
                if running.len() >= self.concurrency {
                    running.join_next().await;
                }
                continue;
            }
            tokio::select! {
                () = hint.notified() => {}
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        while running.join_next().await.is_some() {}
        heartbeat.abort();
    }

    async fn refill(
        &self,
        pool: &PgPool,
        room: usize,
        held: &Held,
        running: &mut JoinSet<()>,
    ) -> usize {
        let jobs = match self.claim(pool, room).await {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::warn!(kind = self.kind, %error, "could not claim jobs");
                tokio::time::sleep(BREATH).await;
                return 0;
            }
        };
        let claimed = jobs.len();
        for job in jobs {
            let (handler, pool, policy) = (Arc::clone(&self.handler), pool.clone(), self.policy);
            let held = Arc::clone(held);
            lock(&held).insert(job.job_id, job.clone());
            running.spawn(async move {
                let (job_id, attempt) = (job.job_id, job.attempt);
                work(handler, pool, policy, job).await;
                // Unless this process has claimed it again meanwhile.
                let mut held = lock(&held);
                if held.get(&job_id).is_some_and(|job| job.attempt == attempt) {
                    held.remove(&job_id);
                }
            });
        }
        claimed
    }

    async fn claim(&self, pool: &PgPool, room: usize) -> Result<Vec<Claimed>, sqlx::Error> {
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        match store::claim(pool, self.kind, process_id(), limit, self.lease).await {
            // Another worker leased a job with the same ordering key in the same moment.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(Vec::new()),
            answer => answer,
        }
    }
}

/// Does one job and records how it ended; `false` if it failed.
async fn work<H: Handler>(handler: Arc<H>, pool: PgPool, policy: Policy, job: Claimed) -> bool {
    // A task of its own, so that a panic is a failure of this job and of nothing else.
    let result = if job.attempt > policy.attempts_max {
        // Only who never came back did not count its tries itself.
        Err(Failure::lasting("its workers were lost too often"))
    } else {
        tokio::spawn({
            let job = job.clone();
            async move { handler.handle(job).await }
        })
        .await
        .unwrap_or_else(|panic| Err(Failure::passing(format!("the handler broke: {panic}"))))
    };
    let recorded = match &result {
        Ok(Handled::InItsTransaction) => Ok(()),
        Ok(Handled::NowFinish) => finish_alone(&pool, &job).await,
        Err(failure) => {
            tracing::warn!(job.id = %job.job_id, job.attempt, error = failure.error, "job failed");
            store::fail(&pool, &job, policy, failure).await
        }
    };
    if let Err(error) = recorded {
        // The lease will run out and the job will be done again.
        tracing::warn!(job.id = %job.job_id, %error, "could not record how a job ended");
    }
    result.is_ok()
}

async fn finish_alone(pool: &PgPool, job: &Claimed) -> Result<(), sqlx::Error> {
    let mut conn = pool.acquire().await?;
    store::finish(&mut conn, std::slice::from_ref(job)).await?;
    Ok(())
}

async fn keep_leases(pool: PgPool, held: Held, lease: Duration) {
    loop {
        tokio::time::sleep(lease / 3).await;
        let jobs: Vec<Claimed> = lock(&held).values().cloned().collect();
        if jobs.is_empty() {
            continue;
        }
        if let Err(error) = store::extend(&pool, &jobs, lease).await {
            tracing::warn!(%error, "could not keep the leases of running jobs");
        }
    }
}

fn lock(held: &Held) -> std::sync::MutexGuard<'_, HashMap<Uuid, Claimed>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The id under which this process holds leases.
fn process_id() -> Uuid {
    static ID: std::sync::LazyLock<Uuid> =
        std::sync::LazyLock::new(|| Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext)));
    *ID
}
