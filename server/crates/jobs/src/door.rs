//! The door of a lane: by it, jobs come in that were enqueued in this process a moment ago.
//!
//! A job that is enqueued leased and handed over after the commit need not be looked for. The lease
//! is as good as any other: if this process dies before the job is done, another one takes it over
//! when the lease ends.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::store::Claimed;

/// A job that was handed over, with its place.
pub(crate) type Handed = (Claimed, OwnedSemaphorePermit);

/// The outer side of a lane's door. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    lease: Duration,
    places: Arc<Semaphore>,
    is_open: Arc<AtomicBool>,
    sender: mpsc::UnboundedSender<Handed>,
}

/// The inner side.
#[derive(Debug)]
pub(crate) struct Inside {
    is_open: Arc<AtomicBool>,
    is_closed: bool,
    places: Arc<Semaphore>,
    places_max: u32,
    pub(crate) receiver: mpsc::UnboundedReceiver<Handed>,
}

impl Door {
    /// A door with `places` for jobs that are handed over and not yet done.
    pub(crate) fn new(places: usize, lease: Duration) -> (Self, Inside) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let is_open = Arc::new(AtomicBool::new(true));
        let places_max = u32::try_from(places).expect("a lane runs fewer jobs at once");
        let places = Arc::new(Semaphore::new(places));
        let inside = Inside {
            is_open: Arc::clone(&is_open),
            is_closed: false,
            places: Arc::clone(&places),
            places_max,
            receiver,
        };
        (Self { lease, places, is_open, sender }, inside)
    }

    /// Takes a place, if the door is open and one is free.
    pub(crate) fn place(&self) -> Option<Place> {
        let is_open = self.is_open.load(Ordering::Relaxed) && !self.sender.is_closed();
        let permit = is_open.then(|| Arc::clone(&self.places).try_acquire_owned().ok())??;
        Some(Place { permit, lease: self.lease, sender: self.sender.clone() })
    }
}

impl Inside {
    /// Opens the door, or closes it: what waits in the database goes first. A door that was closed
    /// for good stays so.
    pub(crate) fn open(&self, is_open: bool) {
        self.is_open.store(is_open && !self.is_closed, Ordering::Relaxed);
    }

    /// Closes the door for good, and comes to an end when every place is free again that was taken
    /// before: until then a job may still be handed over.
    pub(crate) fn close(&mut self) -> impl Future<Output = ()> + Send + use<> {
        self.is_closed = true;
        self.open(false);
        let (places, all) = (Arc::clone(&self.places), self.places_max);
        // Whoever waits for all of them is served before whoever comes for one.
        async move {
            if let Ok(places) = places.acquire_many_owned(all).await {
                places.forget();
            }
        }
    }
}

/// A place in a lane for one job that is about to be enqueued. Dropped, it is free again.
#[derive(Debug)]
pub struct Place {
    permit: OwnedSemaphorePermit,
    lease: Duration,
    sender: mpsc::UnboundedSender<Handed>,
}

impl Place {
    pub(crate) fn lease(&self) -> Duration {
        self.lease
    }

    /// Hands `job` over, after the commit of the transaction that enqueued it.
    pub fn hand_over(self, job: Claimed) {
        // If the lane has just ended, another worker takes the job when its lease ends.
        let _ = self.sender.send((job, self.permit));
    }
}
