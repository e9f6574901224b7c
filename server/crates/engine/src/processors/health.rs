//! How processor accounts are doing, learnt from what becomes of real calls.
//!
//! Each process watches its own calls; what follows from them, the state of the circuit, is shared
//! through Postgres: written only when it changes, and read again once a second while it is used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use domain::id::ProcessorAccountId;
use domain::routing::circuit::{Change, Circuit, CircuitState, Thresholds, after_call};
use jobs::Waker;
use psp::Setback;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::Fault;
use crate::processors::circuits;
use crate::processors::store::{self, Report};
use crate::processors::window::{CallKind, Window};

/// For how long what was read of circuits is used.
const READ_EVERY: Duration = Duration::from_secs(1);
/// How often people are told what this process saw.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// How long to wait while as many calls are let through as a half-open circuit allows.
const PROBING: Duration = Duration::from_secs(1);

/// The health of all accounts that this process knows. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Board(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: PgPool,
    waker: Waker,
    process: Uuid,
    accounts: RwLock<HashMap<ProcessorAccountId, Arc<Health>>>,
    times: Mutex<Times>,
    /// Held while circuits are read, so that what was read first is not learnt last.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Times {
    read_at: Instant,
    reported_at: Instant,
}

impl Board {
    pub(crate) fn new(pool: PgPool, waker: Waker) -> Self {
        let now = Instant::now();
        Self(Arc::new(Shared {
            pool,
            waker,
            process: Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext)),
            accounts: RwLock::default(),
            times: Mutex::new(Times { read_at: now, reported_at: now }),
            reading: tokio::sync::Mutex::default(),
        }))
    }

    /// The health of `account`, read from the database if this process does not know it yet.
    pub(crate) async fn health(&self, account: ProcessorAccountId) -> Result<Arc<Health>, Fault> {
        if let Some(known) = self.known(account) {
            return Ok(known);
        }
        self.meet(&[account]).await?;
        self.known(account).ok_or_else(|| Fault::Broken(format!("{account} has no health")))
    }

    /// Whether `account` is called now. One that this process has not met counts as up.
    pub(crate) fn state(&self, account: ProcessorAccountId) -> CircuitState {
        self.freshen();
        self.known(account).map_or(CircuitState::Closed, |health| health.state())
    }

    /// Gets to know accounts before they are called.
    pub(crate) async fn meet(&self, accounts: &[ProcessorAccountId]) -> Result<(), Fault> {
        let new: Vec<ProcessorAccountId> =
            accounts.iter().copied().filter(|account| self.known(*account).is_none()).collect();
        if new.is_empty() {
            return Ok(());
        }
        let circuits = store::circuits(&self.0.pool, &new).await?;
        let mut known = self.0.accounts.write().unwrap_or_else(PoisonError::into_inner);
        for account in new {
            let (circuit, thresholds) = circuits.get(&account).cloned().unwrap_or_default();
            known.entry(account).or_insert_with(|| {
                Arc::new(Health {
                    account,
                    board: Arc::downgrade(&self.0),
                    inner: Mutex::new(Inner {
                        circuit,
                        thresholds,
                        window: Window::default(),
                        probing: 0,
                        changes: 0,
                        writing: 0,
                    }),
                })
            });
        }
        Ok(())
    }

    /// Reads what other processes and people decided, and tells what this one saw.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn refresh(&self) -> Result<(), Fault> {
        self.read().await?;
        self.tell(&self.all()).await
    }

    async fn read(&self) -> Result<(), Fault> {
        let _reading = self.0.reading.lock().await;
        let accounts = self.all();
        let changes: Vec<u64> = accounts.iter().map(|health| health.lock().changes).collect();
        let ids: Vec<ProcessorAccountId> = accounts.iter().map(|health| health.account).collect();
        let mut circuits = store::circuits(&self.0.pool, &ids).await?;
        for (health, changes) in accounts.iter().zip(changes) {
            let (circuit, thresholds) = circuits.remove(&health.account).unwrap_or_default();
            health.learn(circuit, thresholds, changes);
        }
        Ok(())
    }

    async fn tell(&self, accounts: &[Arc<Health>]) -> Result<(), Fault> {
        let reports: Vec<Report> = accounts.iter().filter_map(|health| health.report()).collect();
        if reports.is_empty() {
            return Ok(());
        }
        store::report(&self.0.pool, self.0.process, &reports).await
    }

    /// Refreshes in the background what is older than a second.
    fn freshen(&self) {
        let is_due = {
            let mut times = self.0.times.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = times.read_at.elapsed() >= READ_EVERY;
            if is_due {
                times.read_at = Instant::now();
            }
            is_due
        };
        if is_due {
            let board = self.clone();
            let tells = self.is_time_to_report();
            tokio::spawn(async move {
                let refreshed = if tells { board.refresh().await } else { board.read().await };
                if let Err(error) = refreshed {
                    tracing::warn!(%error, "the circuits of processors could not be read");
                }
            });
        }
    }

    fn is_time_to_report(&self) -> bool {
        let mut times = self.0.times.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = times.reported_at.elapsed() >= REPORT_EVERY;
        if is_due {
            times.reported_at = Instant::now();
        }
        is_due
    }

    fn known(&self, account: ProcessorAccountId) -> Option<Arc<Health>> {
        self.0.accounts.read().unwrap_or_else(PoisonError::into_inner).get(&account).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Health>> {
        self.0.accounts.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// The health of one account.
#[derive(Debug)]
pub struct Health {
    /// Which account.
    pub(crate) account: ProcessorAccountId,
    /// Weak, since the board knows its accounts.
    board: Weak<Shared>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    circuit: Circuit,
    thresholds: Thresholds,
    window: Window,
    /// How many calls are under way that a half-open circuit let through.
    probing: u32,
    /// How many changes this process made, and wrote: what was read before one of them is old.
    changes: u64,
    /// How many of them are being written.
    writing: u32,
}

/// A change on its way into the database, also if its caller goes away meanwhile.
#[derive(Debug)]
struct Writing<'a>(&'a Health);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.changes += 1;
        inner.writing = inner.writing.saturating_sub(1);
    }
}

/// A call that may be made. Tell [`Health::note`] what became of it; one that is dropped instead,
/// because its caller went away, only gives its place back.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    health: &'a Health,
    kind: CallKind,
    state: CircuitState,
    begun: Instant,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.state == CircuitState::HalfOpen {
            let mut inner = self.health.lock();
            inner.probing = inner.probing.saturating_sub(1);
        }
    }
}

impl Health {
    /// Whether the account is called now.
    pub(crate) fn state(&self) -> CircuitState {
        self.lock().circuit.state_at(OffsetDateTime::now_utc())
    }

    /// Why a call that moves money would be held back now, if it would.
    pub(crate) fn held_back(&self) -> Option<Setback> {
        self.freshen();
        let inner = self.lock();
        inner.wait(self.account)
    }

    /// Lets a call through that the circuit is there for.
    ///
    /// # Errors
    /// [`Setback`]: the call must not be made now.
    pub(super) fn pass(&self, kind: CallKind) -> Result<Pass<'_>, Setback> {
        self.freshen();
        let mut inner = self.lock();
        if let Some(setback) = inner.wait(self.account) {
            return Err(setback);
        }
        let state = inner.circuit.state_at(OffsetDateTime::now_utc());
        if state == CircuitState::HalfOpen {
            inner.probing += 1;
        }
        Ok(Pass { health: self, kind, state, begun: Instant::now() })
    }

    /// Lets a question through, which is always asked.
    pub(super) fn ask(&self) -> Pass<'_> {
        let (kind, state) = (CallKind::Question, CircuitState::Closed);
        Pass { health: self, kind, state, begun: Instant::now() }
    }

    /// Learns what became of a call: the error, if it failed.
    ///
    /// What follows for the circuit is written before it returns.
    pub(super) async fn note(&self, pass: Pass<'_>, error: Option<&str>) {
        let change = {
            let mut guard = self.lock();
            let inner = &mut *guard;
            let now = OffsetDateTime::now_utc();
            let span = inner.thresholds.window;
            let call = (pass.kind, error);
            let mut tally = inner.window.add(call, pass.begun.elapsed(), span, Instant::now());
            let state = inner.circuit.state_at(now);
            let is_probe = pass.state == CircuitState::HalfOpen && pass.kind == CallKind::Money;
            if is_probe && error.is_none() {
                tally = inner.window.pass_probe();
            }
            // A question that is answered does not show that money can be moved, and one that is not
            // answered shows nothing that a call would not.
            let counts = pass.kind != CallKind::Question
                && (state == CircuitState::Closed || pass.state == CircuitState::HalfOpen);
            let change = (counts && !inner.circuit.is_forced_at(now))
                .then(|| after_call(state, tally, error.is_none(), &inner.thresholds))
                .flatten();
            change.map(|change| (inner.take(self, &change, now), change))
        };
        drop(pass);
        if let Some((writing, change)) = change {
            self.change(&change, writing).await;
        }
    }

    /// The account answers again: calls are let through to see whether money can be moved.
    pub(super) async fn half_open(&self) {
        let writing = self.lock().take(self, &Change::HalfOpens, OffsetDateTime::now_utc());
        self.change(&Change::HalfOpens, writing).await;
    }

    async fn change(&self, change: &Change, _writing: Writing<'_>) {
        let Some(shared) = self.board.upgrade() else { return };
        let changed = circuits::change(&shared.pool, &shared.waker, self.account, change).await;
        if let Err(error) = changed {
            // This process has changed its mind already; others find out by their own calls.
            tracing::error!(%error, account = %self.account, "a circuit could not be changed");
        }
    }

    /// Takes over what is in the database, unless this process changed it since the reading began,
    /// after `changes`: an older answer would close a circuit that has just opened.
    fn learn(&self, circuit: Circuit, thresholds: Thresholds, changes: u64) {
        let mut inner = self.lock();
        if inner.changes != changes || inner.writing > 0 {
            return;
        }
        if inner.circuit.state != circuit.state {
            inner.window.clear();
        }
        inner.circuit = circuit;
        inner.thresholds = thresholds;
    }

    /// What this process saw, if there is anything new.
    fn report(&self) -> Option<Report> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        if !std::mem::take(&mut inner.window.is_news) {
            return None;
        }
        let [calls, failures, latency_median_ms, latency_high_ms] =
            inner.window.figures(inner.thresholds.window, Instant::now());
        Some(Report {
            processor_account_id: self.account.uuid(),
            calls,
            failures,
            latency_median_ms,
            latency_high_ms,
            errors: store::errors(&inner.window.errors),
        })
    }

    fn freshen(&self) {
        if let Some(shared) = self.board.upgrade() {
            Board(shared).freshen();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Why a call must wait, if it must.
    fn wait(&self, account: ProcessorAccountId) -> Option<Setback> {
        let now = OffsetDateTime::now_utc();
        let wait = match self.circuit.state_at(now) {
            CircuitState::Closed => return None,
            CircuitState::HalfOpen if self.probing < self.thresholds.probes => return None,
            CircuitState::HalfOpen => PROBING,
            CircuitState::Open => {
                let until = match self.circuit.forced {
                    Some((_, until)) if until > now => Some(until),
                    _ => self.circuit.retry_at,
                };
                let left = until.map_or(time::Duration::SECOND, |until| until - now);
                left.try_into().unwrap_or(PROBING)
            }
        };
        Some(Setback {
            retry_after: Some(wait),
            waits_for: Some(account),
            ..Setback::new("the circuit of the processor account is open")
        })
    }

    /// Takes over a change, before others know of it: until what it gives back is dropped.
    fn take<'a>(&mut self, of: &'a Health, change: &Change, now: OffsetDateTime) -> Writing<'a> {
        self.window.clear();
        self.changes += 1;
        self.writing += 1;
        let (state, retry_at) = match change {
            Change::Opens(_) => (CircuitState::Open, Some(now + self.thresholds.open_for)),
            Change::HalfOpens => (CircuitState::HalfOpen, None),
            Change::Closes => (CircuitState::Closed, None),
        };
        self.circuit = Circuit { state, retry_at, forced: self.circuit.forced };
        Writing(of)
    }
}
