//! A lane: what claims jobs of one kind and hands them to their handler.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::retry::{Failure, Policy};
use crate::shift::Shift;
use crate::store::{self, Claimed, Ended, Found};
use crate::waker::Waker;

/// How many jobs one statement leases, at most.
pub(crate) const CLAIM_MAX: usize = 128;
/// How long to wait after each try to record how jobs ended; a repeat changes nothing that is there.
const RECORD_PAUSES: [Duration; 3] =
    [Duration::from_millis(10), Duration::from_millis(100), Duration::from_millis(500)];
/// How often a look is repeated at once that another worker got in the way of.
const COLLISIONS_MAX: usize = 5;

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

impl<H: Handler> Lane<H> {
    /// Claims what is due, once, and works until all of it is done. Tests call this.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn step(&self, pool: &PgPool) -> Result<Step, sqlx::Error> {
        let jobs = self.claim(pool, self.concurrency).await?.jobs;
        let claimed = jobs.len();
        let mut running = Running::default();
        let mut ended = Vec::new();
        for job in jobs {
            ended.extend(running.begin(self, job));
        }
        let mut failed = ended.len();
        while let Some((job, result)) = running.next().await {
            failed += usize::from(result.is_err());
            ended.extend(to_record(job, result));
        }
        record(pool, self.policy, &ended).await;
        Ok(Step { claimed, failed })
    }

    /// Works until `shutdown`, then lets running jobs come to their end.
    pub async fn run(self, pool: PgPool, waker: Waker, shutdown: CancellationToken) {
        let hint = waker.lane(self.kind);
        let door = waker.door(self.kind, self.concurrency, self.lease);
        Shift::new(self, pool, door).work(hint, shutdown).await;
    }

    pub(crate) async fn claim(&self, pool: &PgPool, room: usize) -> Result<Found, sqlx::Error> {
        let limit = i64::try_from(room.min(CLAIM_MAX)).unwrap_or(i64::MAX);
        for _ in 0..COLLISIONS_MAX {
            match store::claim(pool, self.kind, limit, self.lease).await {
                // Another worker leased a job with the same ordering key in the same moment: the
                // next look sees it. Nothing is leased, though all the others were free.
                Err(error) if is_collision(&error) => {}
                answer => return answer,
            }
        }
        Ok(Found { is_full: true, ..Found::default() })
    }
}

/// The jobs that run. Each is a task of its own, so that a panic is a failure of this job and of
/// nothing else.
#[derive(Debug, Default)]
pub(crate) struct Running {
    tasks: JoinSet<Result<Handled, Failure>>,
    jobs: HashMap<Id, Claimed>,
}

impl Running {
    /// Begins `job`, or says how it ended that must not begin.
    pub(crate) fn begin<H: Handler>(&mut self, lane: &Lane<H>, job: Claimed) -> Option<Ended> {
        if job.tries() > lane.policy.attempts_max {
            // Only who never came back did not count its tries itself.
            return Some((job, Err(Failure::lasting("its workers were lost too often"))));
        }
        let handler = Arc::clone(&lane.handler);
        let task = self.tasks.spawn({
            let job = job.clone();
            async move { handler.handle(job).await }
        });
        self.jobs.insert(task.id(), job);
        None
    }

    /// The next job that ends, and how; `None` if none runs.
    pub(crate) async fn next(&mut self) -> Option<(Claimed, Result<Handled, Failure>)> {
        let (id, result) = match self.tasks.join_next_with_id().await? {
            Ok(ended) => ended,
            Err(panic) => {
                (panic.id(), Err(Failure::passing(format!("the handler broke: {panic}"))))
            }
        };
        let job = self.jobs.remove(&id)?;
        if let Err(failure) = &result {
            tracing::warn!(job.id = %job.job_id, job.attempt, error = failure.error, "job failed");
        }
        Some((job, result))
    }

    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Claimed> {
        self.jobs.values()
    }
}

/// What the lane has to record of a job that ended; nothing if its handler did.
pub(crate) fn to_record(job: Claimed, result: Result<Handled, Failure>) -> Option<Ended> {
    match result {
        Ok(Handled::InItsTransaction) => None,
        Ok(Handled::NowFinish) => Some((job, Ok(()))),
        Err(failure) => Some((job, Err(failure))),
    }
}

/// Records how jobs ended, all together.
pub(crate) async fn record(pool: &PgPool, policy: Policy, ended: &[Ended]) {
    if ended.is_empty() {
        return;
    }
    for pause in RECORD_PAUSES {
        let Err(error) = store::end(pool, policy, ended).await else { return };
        tracing::warn!(jobs = ended.len(), %error, "could not record how jobs ended");
        tokio::time::sleep(pause).await;
    }
    // Their leases will run out and they will be done again.
    tracing::error!(jobs = ended.len(), "gave up recording how jobs ended");
}

/// Whether the database chose one of two workers that got in each other's way.
fn is_collision(error: &sqlx::Error) -> bool {
    const DEADLOCK: &str = "40P01";
    let error = error.as_database_error();
    error.is_some_and(|error| {
        error.is_unique_violation() || error.code().as_deref() == Some(DEADLOCK)
    })
}
