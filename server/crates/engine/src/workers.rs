//! The workers: one lane per kind of job, and what has to be done now and then.

mod background;

use std::sync::Arc;
use std::time::Duration;

use jobs::{Claimed, Failure, Handled, Handler, Lane, NoPolicy, Policy};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::checkouts::advance::Advancer;
use crate::checkouts::basket::{self, Settler};
use crate::checkouts::expire::Expirer;
use crate::payments::changes::OPERATE;
use crate::payments::execute::{EXECUTE, Executor};
use crate::payments::hold::{HOLD_EXPIRY, HoldKeeper};
use crate::payments::news::News;
use crate::payments::operate::Operator;
use crate::payouts::inquire::{INQUIRE_PAYOUT, Inquirer};
use crate::payouts::submit::{SUBMIT_PAYOUT, Submitter};
use crate::poll::{POLL_PAYMENT, Poller};
use crate::processors::probe;
use crate::service::Engine;
use crate::watch::{self, OperatorWebhook, TELL_OPERATOR, Tell};
use crate::webhooks::{self, DELIVER_WEBHOOK, Deliver};
use crate::{books, checkouts, checks, inbound, janitor, ledger, payouts, statistics, wallets};

/// How each kind of job is worked on.
///
/// The lease is in seconds: a killed worker's jobs wait that long. Money is carried for two days
/// and longer, since giving up would leave its whereabouts unknown. Where the number of the try
/// decides whether money may move, claims are on disk before anything is done.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    //        kind                      tried again when it failed   lease  at once  claims
    Kind::new(EXECUTE,                  "exponential 1s 2m x2000",      15,     128,  ON_DISK),
    Kind::new(OPERATE,                  "exponential 1s 2m x2000",      15,      16,  ON_DISK),
    Kind::new(SUBMIT_PAYOUT,            "exponential 1s 2m x2000",      15,      16,  ON_DISK),
    Kind::new(INQUIRE_PAYOUT,           "exponential 1s 30m x500",      15,      16,  RELAXED),
    Kind::new(inbound::HANDLE_WEBHOOK,  "exponential 1s 2m x1000",      15,     128,  RELAXED),
    Kind::new(checkouts::ADVANCE,       "exponential 1s 2m x1000",      15,      16,  RELAXED),
    Kind::new(checkouts::EXPIRE,        "exponential 1s 2m x1000",      15,      16,  RELAXED),
    Kind::new(basket::SETTLE,           "exponential 1s 2m x2000",      15,      16,  RELAXED),
    Kind::new(HOLD_EXPIRY,              "exponential 1s 2m x1000",      15,      16,  RELAXED),
    Kind::new(POLL_PAYMENT,             "exponential 1s 2m x20",        15,      16,  RELAXED),
    Kind::new(TELL_OPERATOR,            "exponential 1s 30m x60",       30,       4,  RELAXED),
    Kind::new(DELIVER_WEBHOOK,          "exponential 1s 1h x60",        60,     128,  RELAXED),
];

/// How one kind of job is worked on.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The kind.
    pub kind: &'static str,
    /// When it is tried again, and after how many tries it becomes a dead letter; as
    /// [`Policy`] is written.
    pub retries: &'static str,
    /// How long a claim holds without a sign of life.
    pub lease_seconds: u64,
    /// How many run at the same time in one process, at most.
    pub concurrency: usize,
    /// Whether a claim is on disk before the work begins. If not, a crash of Postgres may forget it:
    /// the job is then done again, and the number of the try is used twice.
    pub claims_are_on_disk: bool,
}

const ON_DISK: bool = true;
const RELAXED: bool = false;

impl Kind {
    const fn new(
        kind: &'static str,
        retries: &'static str,
        lease_seconds: u64,
        concurrency: usize,
        claims_are_on_disk: bool,
    ) -> Self {
        Self { kind, retries, lease_seconds, concurrency, claims_are_on_disk }
    }

    /// The name of the setting that says otherwise, such as `PAYDESK_RETRY_DELIVER_WEBHOOK`.
    pub fn setting(&self) -> String {
        format!("PAYDESK_RETRY_{}", self.kind.to_uppercase())
    }
}

/// Which kinds are tried again otherwise than [`KINDS`] says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retries([Option<Policy>; KINDS.len()]);

impl Retries {
    /// What the settings say, which `read` finds by their names.
    ///
    /// # Errors
    /// The name of a setting that cannot be read, and why.
    pub fn from_settings(
        read: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, (String, NoPolicy)> {
        let mut retries = Self::default();
        for (retry, kind) in retries.0.iter_mut().zip(KINDS) {
            let setting = kind.setting();
            if let Some(text) = read(&setting) {
                *retry = Some(text.parse().map_err(|error| (setting, error))?);
            }
        }
        Ok(retries)
    }

    fn of(&self, kind: &str) -> Option<Policy> {
        self.0.iter().zip(KINDS).find(|(_, known)| known.kind == kind).and_then(|(retry, _)| *retry)
    }
}

/// How often deltas are folded into balances.
///
/// What waits longer is folded together: an account's deltas cost one update, however many they are.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// How the workers work.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether shops may have their webhooks delivered to private addresses, as on a laptop.
    pub allow_private_webhook_targets: bool,
    /// Where the operator hears of alerts, if anywhere but in the log.
    pub operator_webhook: Option<OperatorWebhook>,
    /// Which kinds of jobs are tried again otherwise than usual.
    pub retries: Retries,
}

/// Works until `shutdown`, then lets what runs come to its end.
pub async fn run(engine: Engine, options: Options, shutdown: CancellationToken) {
    let (retries, tasks) = (options.retries, JoinSet::new());
    let mut floor = Floor { engine: &engine, retries, shutdown: &shutdown, tasks };
    floor.keep("relay", relay);
    floor.keep("fold", fold);
    floor.keep("probe", probe::run);
    floor.keep("janitor", janitor::run);
    floor.keep("payout schedules", payouts::schedules::run);
    floor.keep("statistics", statistics::keep);
    floor.keep("watch", watch::rounds::run);
    floor.keep("wallets", wallets::rounds::run);
    floor.keep("books", books::rounds::run);
    floor.keep("checks", checks::run);
    floor.work(executor(&engine));
    floor.work(news(&engine));
    floor.work(operator(&engine));
    floor.work(advancer(&engine));
    floor.work(expirer(&engine));
    floor.work(settler(&engine));
    floor.work(hold_keeper(&engine));
    let deliver = Deliver::start(engine.relaxed(), options.allow_private_webhook_targets);
    floor.work(webhooks::lane(deliver));
    floor.work(poller(&engine));
    floor.work(submitter(&engine));
    floor.work(inquirer(&engine));
    floor.work(watch::lane(Tell::new(engine.relaxed(), options.operator_webhook)));
    while floor.tasks.join_next().await.is_some() {}
}

/// Carries payments to their processors.
pub fn executor(engine: &Engine) -> Lane<Executor> {
    let handler = Executor { engine: engine.clone() };
    lane(EXECUTE, handler)
}

/// Carries captures, cancellations and refunds to their processors.
pub fn operator(engine: &Engine) -> Lane<Operator> {
    lane(OPERATE, Operator { engine: engine.clone() })
}

/// Handles notifications of processors.
pub fn news(engine: &Engine) -> Lane<News> {
    lane(inbound::HANDLE_WEBHOOK, News { engine: engine.clone() })
}

/// Follows the hosted page up.
pub fn advancer(engine: &Engine) -> Lane<Advancer> {
    lane(checkouts::ADVANCE, Advancer { engine: engine.clone() })
}

/// Decides what all-or-nothing baskets do next.
pub fn settler(engine: &Engine) -> Lane<Settler> {
    lane(basket::SETTLE, Settler { engine: engine.clone() })
}

/// Asks about holds whose time is over.
pub fn hold_keeper(engine: &Engine) -> Lane<HoldKeeper> {
    lane(HOLD_EXPIRY, HoldKeeper { engine: engine.clone() })
}

/// Asks processors about what waits.
pub fn poller(engine: &Engine) -> Lane<Poller> {
    lane(POLL_PAYMENT, Poller { engine: engine.clone() })
}

/// Gives pay-outs to their providers.
pub fn submitter(engine: &Engine) -> Lane<Submitter> {
    lane(SUBMIT_PAYOUT, Submitter { engine: engine.clone() })
}

/// Asks providers about pay-outs.
pub fn inquirer(engine: &Engine) -> Lane<Inquirer> {
    lane(INQUIRE_PAYOUT, Inquirer { engine: engine.clone() })
}

/// Gives checkouts up whose time is over.
pub fn expirer(engine: &Engine) -> Lane<Expirer> {
    lane(checkouts::EXPIRE, Expirer { engine: engine.clone() })
}

/// The connections with which jobs of `kind` are claimed, kept and ended.
///
/// # Panics
/// If [`KINDS`] says nothing of `kind`.
pub fn connections<'a>(engine: &'a Engine, kind: &str) -> &'a PgPool {
    if known(kind).claims_are_on_disk { engine.hot() } else { engine.relaxed() }
}

fn known(kind: &str) -> &'static Kind {
    KINDS.iter().find(|known| known.kind == kind).expect("the kind is in the table")
}

/// The lane of `kind`, as [`KINDS`] says.
///
/// # Panics
/// If [`KINDS`] says nothing of `kind`, or nothing that can be read.
pub(crate) fn lane<H: Handler>(kind: &'static str, handler: H) -> Lane<H> {
    let known = known(kind);
    Lane {
        kind,
        concurrency: known.concurrency,
        lease: Duration::from_secs(known.lease_seconds),
        policy: known.retries.parse().expect("the table's policies can be read"),
        handler: Arc::new(handler),
    }
}

/// Where lanes are put to work.
struct Floor<'a> {
    engine: &'a Engine,
    retries: Retries,
    shutdown: &'a CancellationToken,
    tasks: JoinSet<()>,
}

impl Floor<'_> {
    fn work<H: Handler>(&mut self, lane: Lane<H>) {
        let Lane { kind, concurrency, lease, policy, handler } = lane;
        let policy = self.retries.of(kind).unwrap_or(policy);
        let handler = Arc::new(Leased(handler));
        self.keep(kind, move |engine, shutdown| {
            let handler = Arc::clone(&handler);
            let lane = Lane { kind, concurrency, lease, policy, handler };
            lane.run(connections(&engine, kind).clone(), engine.waker().clone(), shutdown)
        });
    }

    /// Has `work` done until the end, whatever breaks.
    fn keep<Work: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &'static str,
        work: impl Fn(Engine, CancellationToken) -> Work + Send + Sync + 'static,
    ) {
        let (engine, shutdown) = (self.engine.clone(), self.shutdown.clone());
        let again = {
            let shutdown = shutdown.clone();
            move || work(engine.clone(), shutdown.clone())
        };
        self.tasks.spawn(background::keep(name, background::PAUSE, shutdown, again));
    }
}

/// Carries hints that there is work to and from other processes.
async fn relay(engine: Engine, shutdown: CancellationToken) {
    let process = uuid::Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext));
    engine.waker().relay(engine.pool().clone(), process, shutdown).await;
}

/// Whatever does the work of a lane, from the moment at which a job is leased.
#[derive(Debug)]
struct Leased<H>(Arc<H>);

impl<H: Handler> Handler for Leased<H> {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        crate::failpoint!("F4");
        self.0.handle(job).await
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

#[cfg(test)]
mod tests {
    use jobs::Strategy;

    use super::*;

    #[test]
    fn every_kind_of_job_has_a_policy_that_can_be_read() {
        for kind in KINDS {
            kind.retries.parse::<Policy>().expect(kind.kind);
            assert!(kind.lease_seconds >= 5 && kind.concurrency > 0, "{}", kind.kind);
        }
    }

    #[test]
    fn the_handbook_says_how_every_kind_is_tried_again() {
        let handbook = include_str!("../../../docs/operations.md");
        for kind in KINDS {
            let row =
                handbook.lines().find(|line| line.starts_with(&format!("| `{}` |", kind.kind)));
            let row = row.unwrap_or_else(|| panic!("the handbook does not know {}", kind.kind));
            assert!(row.ends_with(&format!("| `{}` |", kind.retries)), "{row}");
        }
    }

    #[test]
    fn a_setting_says_how_a_kind_is_tried_again_and_nonsense_is_refused() {
        let read = |name: &str| (name == "PAYDESK_RETRY_DELIVER_WEBHOOK").then(|| "cancel".into());
        let retries = Retries::from_settings(read).unwrap();

        let cancel = Policy { strategy: Strategy::Cancel, attempts_max: 1 };
        assert_eq!(retries.of(DELIVER_WEBHOOK), Some(cancel));
        assert_eq!(retries.of(EXECUTE), None);
        let (name, _) = Retries::from_settings(|_| Some("often".into())).unwrap_err();
        assert_eq!(name, "PAYDESK_RETRY_EXECUTE_PAYMENT");
    }
}
