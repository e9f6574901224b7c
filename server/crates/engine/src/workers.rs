//! The workers: one lane per kind of job, and what has to be done now and then.

use std::sync::Arc;
use std::time::Duration;

use jobs::{Handler, Lane, Policy, Strategy};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::checkouts::advance::Advancer;
use crate::checkouts::expire::Expirer;
use crate::payments::changes::OPERATE;
use crate::payments::execute::{self, Executor};
use crate::payments::news::News;
use crate::payments::operate::Operator;
use crate::service::Engine;
use crate::webhooks::{self, Deliver};
use crate::{checkouts, idempotency, inbound, ledger};

/// How long a claim holds without a sign of life: a killed worker's jobs wait this long.
const LEASE: Duration = Duration::from_secs(15);
/// How often deltas are folded into balances.
const FOLD_EVERY: Duration = Duration::from_secs(1);

/// How often old rows are looked for.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// How most kinds of jobs are tried again.
const POLICY: Policy = Policy {
    strategy: Strategy::Exponential { base: Duration::from_secs(1), cap: Duration::from_mins(2) },
    attempts_max: 1_000,
};

/// How the workers work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether shops may have their webhooks delivered to private addresses, as on a laptop.
    pub allow_private_webhook_targets: bool,
}

/// Works until `shutdown`, then lets what runs come to its end.
pub async fn run(engine: Engine, options: Options, shutdown: CancellationToken) {
    let mut tasks = JoinSet::new();
    let process = uuid::Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext));
    let relay = {
        let (engine, shutdown) = (engine.clone(), shutdown.clone());
        async move { engine.waker().relay(engine.pool().clone(), process, shutdown).await }
    };
    tasks.spawn(relay);
    tasks.spawn(fold(engine.clone(), shutdown.clone()));
    tasks.spawn(sweep(engine.clone(), shutdown.clone()));
    let deliver = Deliver::start(engine.relaxed(), options.allow_private_webhook_targets);
    spawn(&mut tasks, &engine, &shutdown, executor(&engine));
    spawn(&mut tasks, &engine, &shutdown, news(&engine));
    spawn(&mut tasks, &engine, &shutdown, operator(&engine));
    spawn(&mut tasks, &engine, &shutdown, advancer(&engine));
    spawn(&mut tasks, &engine, &shutdown, expirer(&engine));
    spawn(&mut tasks, &engine, &shutdown, webhooks::lane(deliver));
    while tasks.join_next().await.is_some() {}
}

/// Carries payments to their processors.
pub fn executor(engine: &Engine) -> Lane<Executor> {
    let handler = Executor { engine: engine.clone() };
    lane(execute::EXECUTE, 64, execute::POLICY, handler)
}

/// Carries captures, cancellations and refunds to their processors.
pub fn operator(engine: &Engine) -> Lane<Operator> {
    lane(OPERATE, 16, execute::POLICY, Operator { engine: engine.clone() })
}

/// Handles notifications of processors.
pub fn news(engine: &Engine) -> Lane<News> {
    lane(inbound::HANDLE_WEBHOOK, 64, POLICY, News { engine: engine.clone() })
}

/// Follows the hosted page up.
pub fn advancer(engine: &Engine) -> Lane<Advancer> {
    lane(checkouts::ADVANCE, 16, POLICY, Advancer { engine: engine.clone() })
}

/// Gives checkouts up whose time is over.
pub fn expirer(engine: &Engine) -> Lane<Expirer> {
    lane(checkouts::EXPIRE, 16, POLICY, Expirer { engine: engine.clone() })
}

fn lane<H: Handler>(kind: &'static str, concurrency: usize, policy: Policy, handler: H) -> Lane<H> {
    Lane { kind, concurrency, lease: LEASE, policy, handler: Arc::new(handler) }
}

fn spawn<H: Handler>(
    tasks: &mut JoinSet<()>,
    engine: &Engine,
    shutdown: &CancellationToken,
    lane: Lane<H>,
) {
    tasks.spawn(lane.run(engine.relaxed().clone(), engine.waker().clone(), shutdown.clone()));
}

/// Forgets what nobody can ask for any more.
async fn sweep(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match idempotency::sweep(engine.relaxed()).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!(%error, "old idempotency keys were not forgotten"),
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}

/// Folds deltas into balances, so that reading one stays cheap.
async fn fold(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        loop {
            match ledger::fold(engine.pool()).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "balances were not folded");
                    break;
                }
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(FOLD_EVERY) => {}
        }
    }
}
