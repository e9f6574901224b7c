//! Room for deliveries, receiver by receiver: one that is slow holds a few of the lane's slots, never
//! all.
//!
//! What finds its receiver busy is put back for as long as that will need for those before it, at
//! the pace that it keeps now: a long queue for a slow receiver is looked at about once per
//! delivery, and costs the others nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use uuid::Uuid;

/// How many deliveries to one endpoint run at the same time, at most.
pub(super) const ENDPOINT_MAX: usize = 16;
/// How many deliveries to all endpoints of one shop run at the same time, at most: a few of them
/// that hang leave room in the lane for other shops.
pub(super) const SHOP_MAX: usize = 48;
/// How long a delivery waits for its receiver here before it is put back.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a delivery is put back for, at most.
const BACK_MAX: Duration = Duration::from_mins(5);
/// What a receiver is believed to take before it has answered once.
const FIRST_GUESS: Duration = Duration::from_millis(20);
/// Receivers that have been idle are forgotten when there are more than this.
const RECEIVERS_MAX: usize = 1_024;

/// The slots of all receivers, endpoints or shops, by their ids. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    /// How many each receiver has.
    each: usize,
    receivers: Arc<Mutex<HashMap<Uuid, Receiver>>>,
}

#[derive(Debug)]
struct Receiver {
    room: Arc<Semaphore>,
    /// What a delivery takes, smoothed.
    takes: Duration,
    /// When a delivery last ended, or the first began.
    moved_at: Instant,
    /// When there is room for what comes next.
    free_at: Instant,
}

/// Room for one delivery; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Slots,
    receiver: Uuid,
    since: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    /// As many as `each` for every receiver.
    pub(super) fn new(each: usize) -> Self {
        Self { each, receivers: Arc::default() }
    }

    /// Room for a delivery to `receiver`.
    ///
    /// # Errors
    /// How long the delivery should be put back for: the receiver is busy.
    pub(super) async fn take(&self, receiver: Uuid) -> Result<Slot, Duration> {
        let (room, wait) = self.ask(receiver, Instant::now());
        if wait > PATIENCE {
            return Err(wait.min(BACK_MAX));
        }
        match tokio::time::timeout(PATIENCE, room.acquire_owned()).await {
            Ok(Ok(permit)) => {
                Ok(Slot { slots: self.clone(), receiver, since: Instant::now(), _permit: permit })
            }
            _ => Err(PATIENCE),
        }
    }

    /// Whether `receiver` keeps its pace again although deliveries were put back for longer: whoever
    /// hears so makes them due.
    pub(super) fn has_recovered(&self, receiver: Uuid) -> bool {
        self.recover(receiver, Instant::now())
    }

    fn recover(&self, receiver: Uuid, now: Instant) -> bool {
        let mut receivers = self.lock();
        let Some(known) = receivers.get_mut(&receiver) else { return false };
        let is_ahead = known.free_at > now + PATIENCE + known.takes * 2;
        if is_ahead && known.room.available_permits() > 0 {
            known.free_at = now;
            return true;
        }
        false
    }

    /// The receiver's room, and how long until some of it is free; zero if some is.
    fn ask(&self, receiver: Uuid, now: Instant) -> (Arc<Semaphore>, Duration) {
        let mut receivers = self.lock();
        if receivers.len() > RECEIVERS_MAX {
            receivers.retain(|_, known| {
                known.room.available_permits() < self.each || known.free_at > now
            });
        }
        let known = receivers.entry(receiver).or_insert_with(|| Receiver {
            room: Arc::new(Semaphore::new(self.each)),
            takes: FIRST_GUESS,
            moved_at: now,
            free_at: now,
        });
        let room = Arc::clone(&known.room);
        match room.available_permits() {
            0 => {
                // One that has answered nothing for a while takes at least that long.
                let takes = known.takes.max(now - known.moved_at);
                let share = takes / u32::try_from(self.each).unwrap_or(u32::MAX);
                known.free_at = known.free_at.max(now) + share;
                let wait = known.free_at - now;
                return (room, wait);
            }
            free if free == self.each => known.moved_at = now,
            _ => {}
        }
        (room, Duration::ZERO)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Receiver>> {
        self.receivers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let now = Instant::now();
        if let Some(known) = self.slots.lock().get_mut(&self.receiver) {
            known.takes = (known.takes * 3 + (now - self.since)) / 4;
            known.moved_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Uuid = Uuid::from_u128(1);
    const FAST: Uuid = Uuid::from_u128(2);

    async fn fill(slots: &Slots) -> Vec<Slot> {
        let mut held = Vec::new();
        for _ in 0..ENDPOINT_MAX {
            held.push(slots.take(SLOW).await.unwrap());
        }
        held
    }

    /// Eight seconds after the receiver has fallen silent.
    fn later() -> Instant {
        Instant::now() + Duration::from_secs(8)
    }

    #[tokio::test]
    async fn a_receiver_that_never_answers_holds_its_own_slots_alone() {
        let slots = Slots::new(ENDPOINT_MAX);
        let held = fill(&slots).await;

        assert!(slots.ask(SLOW, later()).1 > PATIENCE);
        assert!(slots.take(SLOW).await.is_err());
        assert!(slots.take(FAST).await.is_ok());

        drop(held);
        assert!(slots.take(SLOW).await.is_ok());
    }

    #[tokio::test]
    async fn what_has_to_wait_is_put_back_at_the_pace_of_its_receiver() {
        let slots = Slots::new(ENDPOINT_MAX);
        let _held = fill(&slots).await;
        let now = later();

        for number in 1..=20 {
            let wait = slots.ask(SLOW, now).1;
            let expected = number * Duration::from_millis(500);
            let distance = wait.abs_diff(expected);
            assert!(distance < Duration::from_millis(50) * number, "{number}: {wait:?}");
        }
    }

    #[tokio::test]
    async fn a_delivery_takes_the_slot_that_becomes_free_while_it_waits() {
        let slots = Slots::new(ENDPOINT_MAX);
        let mut held = fill(&slots).await;
        let next = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take(SLOW).await.is_ok() }
        });
        tokio::task::yield_now().await;
        held.pop();

        assert!(next.await.unwrap());
    }

    #[tokio::test]
    async fn a_receiver_that_recovers_gets_what_was_put_back_once() {
        let slots = Slots::new(ENDPOINT_MAX);
        let held = fill(&slots).await;
        for _ in 0..1_000 {
            slots.ask(SLOW, later());
        }
        assert!(!slots.recover(SLOW, Instant::now()), "it is busy");
        drop(held);

        assert!(slots.recover(SLOW, Instant::now()));
        assert!(!slots.recover(SLOW, Instant::now()));
    }
}
