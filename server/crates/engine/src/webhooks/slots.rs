//! Room for deliveries, shop by shop: one that is slow holds a few of the lane's slots, never all.
//!
//! What finds its shop busy is put back for as long as the shop will need for those before it, at
//! the pace that it keeps now: a long queue for a slow shop is looked at about once per delivery,
//! and costs the others nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use uuid::Uuid;

/// How many deliveries to one shop run at the same time, at most.
pub(super) const SHOP_MAX: usize = 16;
/// How long a delivery waits for its shop here before it is put back.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a delivery is put back for, at most.
const BACK_MAX: Duration = Duration::from_mins(5);
/// What a shop is believed to take before it has answered once.
const FIRST_GUESS: Duration = Duration::from_millis(20);
/// Shops that have been idle are forgotten when there are more than this.
const SHOPS_MAX: usize = 1_024;

/// The slots of all shops. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots(Arc<Mutex<HashMap<Uuid, Shop>>>);

#[derive(Debug)]
struct Shop {
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
    shop: Uuid,
    since: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    /// Room for a delivery to `shop`.
    ///
    /// # Errors
    /// How long the delivery should be put back for: the shop is busy.
    pub(super) async fn take(&self, shop: Uuid) -> Result<Slot, Duration> {
        let (room, wait) = self.ask(shop, Instant::now());
        if wait > PATIENCE {
            return Err(wait.min(BACK_MAX));
        }
        match tokio::time::timeout(PATIENCE, room.acquire_owned()).await {
            Ok(Ok(permit)) => {
                Ok(Slot { slots: self.clone(), shop, since: Instant::now(), _permit: permit })
            }
            _ => Err(PATIENCE),
        }
    }

    /// Whether `shop` keeps its pace again although deliveries were put back for longer: whoever
    /// hears so makes them due.
    pub(super) fn has_recovered(&self, shop: Uuid) -> bool {
        self.recover(shop, Instant::now())
    }

    fn recover(&self, shop: Uuid, now: Instant) -> bool {
        let mut shops = self.lock();
        let Some(known) = shops.get_mut(&shop) else { return false };
        let is_ahead = known.free_at > now + PATIENCE + known.takes * 2;
        if is_ahead && known.room.available_permits() > 0 {
            known.free_at = now;
            return true;
        }
        false
    }

    /// The shop's room, and how long until some of it is free; zero if some is.
    fn ask(&self, shop: Uuid, now: Instant) -> (Arc<Semaphore>, Duration) {
        let mut shops = self.lock();
        if shops.len() > SHOPS_MAX {
            shops.retain(|_, known| {
                known.room.available_permits() < SHOP_MAX || known.free_at > now
            });
        }
        let known = shops.entry(shop).or_insert_with(|| Shop {
            room: Arc::new(Semaphore::new(SHOP_MAX)),
            takes: FIRST_GUESS,
            moved_at: now,
            free_at: now,
        });
        let room = Arc::clone(&known.room);
        match room.available_permits() {
            SHOP_MAX => known.moved_at = now,
            0 => {
                // A shop that has answered nothing for a while takes at least that long.
                let takes = known.takes.max(now - known.moved_at);
                let share = takes / u32::try_from(SHOP_MAX).unwrap_or(u32::MAX);
                known.free_at = known.free_at.max(now) + share;
                let wait = known.free_at - now;
                return (room, wait);
            }
            _ => {}
        }
        (room, Duration::ZERO)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Shop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let now = Instant::now();
        if let Some(known) = self.slots.lock().get_mut(&self.shop) {
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
        for _ in 0..SHOP_MAX {
            held.push(slots.take(SLOW).await.unwrap());
        }
        held
    }

    /// Eight seconds after the shop has fallen silent.
    fn later() -> Instant {
        Instant::now() + Duration::from_secs(8)
    }

    #[tokio::test]
    async fn a_shop_that_never_answers_holds_its_own_slots_alone() {
        let slots = Slots::default();
        let held = fill(&slots).await;

        assert!(slots.ask(SLOW, later()).1 > PATIENCE);
        assert!(slots.take(SLOW).await.is_err());
        assert!(slots.take(FAST).await.is_ok());

        drop(held);
        assert!(slots.take(SLOW).await.is_ok());
    }

    #[tokio::test]
    async fn what_has_to_wait_is_put_back_at_the_pace_of_its_shop() {
        let slots = Slots::default();
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
        let slots = Slots::default();
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
    async fn a_shop_that_recovers_gets_what_was_put_back_once() {
        let slots = Slots::default();
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
