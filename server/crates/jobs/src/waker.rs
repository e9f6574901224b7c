//! Hints that there is work: in this process at once, in others through NOTIFY.
//!
//! A hint is never needed for correctness, since lanes poll. Notifications are sent after commit
//! and coalesced, because NOTIFY inside a transaction takes a lock that serialises commits.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::door::{Door, Inside, Place};

const CHANNEL: &str = "paydesk_job";
const COALESCE: Duration = Duration::from_millis(20);

/// Wakes the lanes of this and, through Postgres, of other processes. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Waker(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    lanes: Mutex<HashMap<String, Arc<Notify>>>,
    doors: Mutex<HashMap<&'static str, Door>>,
    unsent: Mutex<BTreeSet<&'static str>>,
    send: Notify,
}

impl Waker {
    /// Says, after commit, that jobs of `kind` were enqueued.
    pub fn hint(&self, kind: &'static str) {
        self.wake(kind);
        let is_new = self.0.unsent.lock().unwrap_or_else(PoisonError::into_inner).insert(kind);
        if is_new {
            self.0.send.notify_one();
        }
    }

    /// A place for a job of `kind` that is about to be enqueued with [`crate::enqueue_leased`], if a
    /// lane of this process has one free.
    pub fn place(&self, kind: &str) -> Option<Place> {
        self.0.doors.lock().unwrap_or_else(PoisonError::into_inner).get(kind)?.place()
    }

    /// Opens a door of the lane of `kind`, with as many places.
    pub(crate) fn door(&self, kind: &'static str, places: usize, lease: Duration) -> Inside {
        let (door, inside) = Door::new(places, lease);
        self.0.doors.lock().unwrap_or_else(PoisonError::into_inner).insert(kind, door);
        inside
    }

    /// What a lane of `kind` waits on.
    pub(crate) fn lane(&self, kind: &str) -> Arc<Notify> {
        let mut lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(kind.to_owned()).or_default())
    }

    fn wake(&self, kind: &str) {
        self.lane(kind).notify_one();
    }

    /// Carries hints to and from other processes until `shutdown`.
    ///
    /// A lost connection is opened again; what was missed meanwhile is found by polling.
    pub async fn relay(&self, pool: PgPool, process: Uuid, shutdown: CancellationToken) {
        let both =
            async { tokio::join!(self.send_all(&pool, process), self.receive(&pool, process)) };
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = both => {}
        }
    }

    async fn send_all(&self, pool: &PgPool, process: Uuid) {
        loop {
            self.0.send.notified().await;
            tokio::time::sleep(COALESCE).await;
            let kinds =
                std::mem::take(&mut *self.0.unsent.lock().unwrap_or_else(PoisonError::into_inner));
            for kind in kinds {
                let payload = format!("{process} {kind}");
                let sent = sqlx::query("select pg_notify($1, $2)")
                    .bind(CHANNEL)
                    .bind(payload)
                    .execute(pool)
                    .await;
                if let Err(error) = sent {
                    tracing::debug!(%error, "a hint was not sent; the other processes will poll");
                }
            }
        }
    }

    async fn receive(&self, pool: &PgPool, process: Uuid) {
        let own = process.to_string();
        loop {
            if let Err(error) = self.listen(pool, &own).await {
                tracing::debug!(%error, "not listening for hints; polling until the next try");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    async fn listen(&self, pool: &PgPool, own: &str) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            let hint = listener.recv().await?;
            match hint.payload().split_once(' ') {
                Some((sender, kind)) if sender != own => self.wake(kind),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[sqlx::test]
    async fn a_hint_wakes_the_lane_of_another_process(pool: PgPool) {
        let (here, there) = (Waker::default(), Waker::default());
        let shutdown = CancellationToken::new();
        let relays = [(&here, 1), (&there, 2)].map(|(waker, process)| {
            let (waker, pool, shutdown) = (waker.clone(), pool.clone(), shutdown.clone());
            tokio::spawn(async move { waker.relay(pool, Uuid::from_u128(process), shutdown).await })
        });
        let lane = there.lane("work");

        // Until the other listens, hints go nowhere: that is what polling is for.
        let woken = async {
            loop {
                here.hint("work");
                let wait = tokio::time::timeout(Duration::from_millis(100), lane.notified());
                if wait.await.is_ok() {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), woken).await.expect("the hint arrives");

        shutdown.cancel();
        for relay in relays {
            relay.await.expect("the relay ends with the process");
        }
    }
}
