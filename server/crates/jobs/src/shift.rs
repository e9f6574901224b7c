//! The loop of a lane: it looks for jobs, keeps a few in hand, and records together how they ended.
//!
//! Looking, working and recording go on at the same time, each for as many jobs as there are: a
//! statement costs the same for one job as for a hundred.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::door::{Handed, Inside};
use crate::lane::{CLAIM_MAX, Handler, Lane, Running, record, to_record};
use crate::store::{self, Claimed, Ended, Found};

/// How often a lane looks for work that nobody hinted at.
const POLL: Duration = Duration::from_millis(500);
/// How often it looks while a job is kept waiting by another one of the same ordering key.
const POLL_BLOCKED: Duration = Duration::from_millis(25);
/// How long a lane waits after the database could not be asked.
const BREATH: Duration = Duration::from_millis(500);
/// How far apart looks are, at least, unless the one before left something: hints come one by one,
/// and what arrives a moment later can be taken with the same statement.
const PACE: Duration = Duration::from_millis(8);
/// How many jobs may wait to be recorded before the lane looks for no more.
const UNRECORDED_MAX: usize = 8 * CLAIM_MAX;

/// One lane at work.
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub(crate) struct Shift<H> {
    lane: Arc<Lane<H>>,
    pool: PgPool,
    door: Inside,
    /// The places of jobs that came by the door.
    places: HashMap<Uuid, OwnedSemaphorePermit>,
    /// Leased, and begun as soon as there is room.
    ready: VecDeque<Claimed>,
    running: Running,
    /// Ended, and not yet recorded.
    ended: Vec<Ended>,
    looking: Option<JoinHandle<Result<Found, sqlx::Error>>>,
    recording: Option<JoinHandle<()>>,
    /// Whether there may be something to find.
    look: bool,
    /// Whether the last look left something.
    is_full: bool,
    /// Whether the last look saw jobs that another one of the same ordering key keeps waiting.
    is_blocked: bool,
    /// Whether what is being recorded frees ordering keys.
    frees_keys: bool,
    not_before: Instant,
    poll_at: Instant,
    /// While the door closes, until everybody has come in who was promised a place.
    closing: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<H: Handler> Shift<H> {
    pub(crate) fn new(lane: Lane<H>, pool: PgPool, door: Inside) -> Self {
        let now = Instant::now();
        Self {
            lane: Arc::new(lane),
            pool,
            door,
            places: HashMap::new(),
            ready: VecDeque::new(),
            running: Running::default(),
            ended: Vec::new(),
            looking: None,
            recording: None,
            look: true,
            is_full: false,
            is_blocked: false,
            frees_keys: false,
            not_before: now,
            poll_at: now + POLL,
            closing: None,
        }
    }

    /// Works until `shutdown`, then lets running jobs come to their end and gives the others back.
    pub(crate) async fn work(mut self, hint: Arc<Notify>, shutdown: CancellationToken) {
        let mut heartbeat = interval(self.lane.lease / 3);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_closing = false;
        while !(is_closing && self.is_idle()) {
            self.begin();
            self.start_recording();
            if !is_closing {
                self.start_looking();
            }
            let wake_at = if self.look { self.not_before } else { self.poll_at };
            let may_look = !is_closing && self.may_look();
            tokio::select! {
                Some((job, result)) = self.running.next() => {
                    self.places.remove(&job.job_id);
                    self.look |= self.is_blocked && job.ordering_key.is_some();
                    self.ended.extend(to_record(job, result));
                }
                Some(handed) = self.door.receiver.recv() => self.come_in(handed),
                () = all_in(&mut self.closing) => self.closing = None,
                found = join(&mut self.looking) => self.take(found),
                () = join(&mut self.recording) => {
                    self.recording = None;
                    self.look |= std::mem::take(&mut self.frees_keys);
                }
                () = hint.notified(), if !is_closing => self.look = true,
                () = sleep_until(wake_at), if may_look => self.look = true,
                _ = heartbeat.tick() => self.keep_leases(),
                () = shutdown.cancelled(), if !is_closing => {
                    is_closing = true;
                    self.close();
                }
            }
            if is_closing && self.looking.is_none() {
                self.give_back().await;
            }
        }
    }

    fn come_in(&mut self, (job, place): Handed) {
        self.places.insert(job.job_id, place);
        self.ready.push_back(job);
    }

    /// Lets nobody in any more but whoever was promised a place: for as long as a lease, after which
    /// another worker takes the job anyway.
    fn close(&mut self) {
        let (all_in, lease) = (self.door.close(), self.lane.lease);
        self.closing = Some(Box::pin(async move {
            let _ = tokio::time::timeout(lease, all_in).await;
        }));
    }

    /// Whether nothing is in hand.
    fn is_idle(&self) -> bool {
        self.running.len() == 0
            && self.ready.is_empty()
            && self.ended.is_empty()
            && self.looking.is_none()
            && self.recording.is_none()
            && self.closing.is_none()
            && self.door.receiver.is_empty()
    }

    fn begin(&mut self) {
        while self.running.len() < self.lane.concurrency
            && let Some(job) = self.ready.pop_front()
        {
            self.ended.extend(self.running.begin(&self.lane, job));
        }
    }

    /// Half as many jobs as can run are kept ready, so that none has to wait for a look.
    fn room(&self) -> usize {
        let capacity = self.lane.concurrency + self.lane.concurrency / 2;
        capacity.saturating_sub(self.running.len() + self.ready.len())
    }

    fn may_look(&self) -> bool {
        // If there is more for sure, much is taken at a time.
        let least = if self.is_full { (self.lane.concurrency / 2).max(1) } else { 1 };
        self.looking.is_none() && self.room() >= least && self.ended.len() < UNRECORDED_MAX
    }

    fn start_looking(&mut self) {
        if !self.look || !self.may_look() || Instant::now() < self.not_before {
            return;
        }
        let (lane, pool, room) = (Arc::clone(&self.lane), self.pool.clone(), self.room());
        self.look = false;
        self.not_before = Instant::now() + PACE;
        self.looking = Some(tokio::spawn(async move { lane.claim(&pool, room).await }));
    }

    fn take(&mut self, found: Result<Found, sqlx::Error>) {
        self.looking = None;
        let now = Instant::now();
        match found {
            Ok(found) => {
                (self.is_full, self.is_blocked) = (found.is_full, found.is_blocked);
                // What has waited for longer goes first.
                self.door.open(!found.is_full);
                self.look |= found.is_full;
                if found.is_full && !found.jobs.is_empty() {
                    self.not_before = now;
                }
                self.poll_at = now + if found.is_blocked { POLL_BLOCKED } else { POLL };
                self.ready.extend(found.jobs);
            }
            Err(error) => {
                tracing::warn!(kind = self.lane.kind, %error, "could not claim jobs");
                (self.look, self.not_before) = (true, now + BREATH);
            }
        }
    }

    fn start_recording(&mut self) {
        if self.recording.is_some() || self.ended.is_empty() {
            return;
        }
        let ended = std::mem::take(&mut self.ended);
        self.frees_keys =
            self.is_blocked && ended.iter().any(|(job, _)| job.ordering_key.is_some());
        let (pool, policy) = (self.pool.clone(), self.lane.policy);
        self.recording = Some(tokio::spawn(async move { record(&pool, policy, &ended).await }));
    }

    /// Keeps the leases of everything in hand.
    fn keep_leases(&self) {
        let ended = self.ended.iter().map(|(job, _)| job);
        let jobs: Vec<Claimed> =
            self.ready.iter().chain(self.running.jobs()).chain(ended).cloned().collect();
        if jobs.is_empty() {
            return;
        }
        let (pool, lease) = (self.pool.clone(), self.lane.lease);
        tokio::spawn(async move {
            if let Err(error) = store::extend(&pool, &jobs, lease).await {
                tracing::warn!(%error, "could not keep the leases of running jobs");
            }
        });
    }

    /// Gives back what was leased and not begun: somebody else need not wait for the lease to end.
    async fn give_back(&mut self) {
        let jobs: Vec<Claimed> = self.ready.drain(..).collect();
        if jobs.is_empty() {
            return;
        }
        for job in &jobs {
            self.places.remove(&job.job_id);
        }
        if let Err(error) = store::give_back(&self.pool, &jobs).await {
            tracing::warn!(%error, "could not give jobs back; their leases will run out");
        }
    }
}

/// When the door is closed; never, if it is not closing.
async fn all_in(closing: &mut Option<Pin<Box<dyn Future<Output = ()> + Send>>>) {
    match closing {
        Some(closing) => closing.await,
        None => std::future::pending().await,
    }
}

/// What `task` comes to; never, if there is none.
///
/// # Panics
/// If the task did.
async fn join<T>(task: &mut Option<JoinHandle<T>>) -> T {
    match task {
        Some(task) => task.await.expect("looking and recording do not panic"),
        None => std::future::pending().await,
    }
}
