//! What was seen before, in little memory: sets of hashes that grow without a jump.
//!
//! A set of the standard library doubles at once and keeps old and new while it does. This one has
//! 256 small tables that grow by a quarter, so that it needs at most about 1.4 times its hashes.

use std::hash::{BuildHasher, RandomState};

use domain::id::PostingId;
use uuid::Uuid;

use crate::digest::{Digest, push_field};

/// The causes and ids of all postings so far: 24 bytes of hashes for each.
#[derive(Debug)]
pub(super) struct Seen {
    causes: Set<u128>,
    ids: Set<u64>,
    /// Odd and drawn at random, so that nobody can choose ids that collide.
    factor: u128,
    scratch: Vec<u8>,
}

impl Seen {
    pub(super) fn new() -> Self {
        let random = || u128::from(RandomState::new().hash_one(0_u8));
        let factor = (random() << 64) | random() | 1;
        Self { causes: Set::new(), ids: Set::new(), factor, scratch: Vec::new() }
    }

    /// Remembers that `object` had `cause`; `false` if it had it before.
    ///
    /// Half of a SHA-256 stands for both, so another cause is taken for this one only if somebody
    /// finds a collision of 128 bits.
    pub(super) fn insert_cause(&mut self, object: Uuid, cause: &str) -> bool {
        self.scratch.clear();
        push_field(&mut self.scratch, object.as_bytes());
        push_field(&mut self.scratch, cause.as_bytes());
        let digest = Digest::of(&self.scratch);
        let half = digest.as_bytes().first_chunk().expect("a SHA-256 has 32 bytes");
        self.causes.insert(u128::from_be_bytes(*half))
    }

    /// Remembers a posting; `false` if it was there before.
    pub(super) fn insert_posting(&mut self, id: PostingId) -> bool {
        let hash = self.hash(id);
        self.ids.insert(hash)
    }

    /// Whether the posting was there before.
    pub(super) fn has_posting(&self, id: PostingId) -> bool {
        self.ids.contains(self.hash(id))
    }

    /// The upper half of the product: a universal hash, so two ids of a billion are taken for one
    /// with a probability of one in thirty or so. Ids are also within a hash that is signed.
    fn hash(&self, id: PostingId) -> u64 {
        let product = id.uuid().as_u128().wrapping_mul(self.factor);
        u64::try_from(product >> 64).expect("64 bits are left")
    }
}

/// A hash that is evenly spread; its default stands for an empty slot.
trait Hash: Copy + Default + PartialEq {
    fn upper(self) -> u64;
    /// Another value for the one that would look like an empty slot.
    fn not_empty(self) -> Self;
}

impl Hash for u64 {
    fn upper(self) -> u64 {
        self
    }
    fn not_empty(self) -> Self {
        self.max(1)
    }
}

impl Hash for u128 {
    fn upper(self) -> u64 {
        u64::try_from(self >> 64).expect("64 bits are left")
    }
    fn not_empty(self) -> Self {
        self.max(1)
    }
}

/// Open addressing in 256 tables, chosen by the first byte.
#[derive(Debug)]
struct Set<H> {
    tables: Vec<Table<H>>,
}

impl<H: Hash> Set<H> {
    fn new() -> Self {
        let empty = || Table { slots: Vec::new(), count: 0 };
        Self { tables: (0..256).map(|_| empty()).collect() }
    }

    fn insert(&mut self, hash: H) -> bool {
        self.tables[Self::table(hash)].insert(hash.not_empty())
    }

    fn contains(&self, hash: H) -> bool {
        let table = &self.tables[Self::table(hash)];
        !table.slots.is_empty() && table.find(hash.not_empty()).is_none()
    }

    fn table(hash: H) -> usize {
        usize::from(hash.upper().to_be_bytes()[0])
    }
}

#[derive(Debug)]
struct Table<H> {
    slots: Vec<H>,
    count: usize,
}

impl<H: Hash> Table<H> {
    fn insert(&mut self, hash: H) -> bool {
        if (self.count + 1) * 10 > self.slots.len() * 9 {
            self.grow();
        }
        let Some(free) = self.find(hash) else { return false };
        self.slots[free] = hash;
        self.count += 1;
        true
    }

    /// The free slot where `hash` belongs; `None` if it is there.
    fn find(&self, hash: H) -> Option<usize> {
        let length = self.slots.len();
        let spread = u128::from(hash.upper() << 8) * length as u128;
        let mut slot = usize::try_from(spread >> 64).expect("less than the length");
        while self.slots[slot] != H::default() {
            if self.slots[slot] == hash {
                return None;
            }
            slot = if slot + 1 == length { 0 } else { slot + 1 };
        }
        Some(slot)
    }

    fn grow(&mut self) {
        let length = self.slots.len() + self.slots.len() / 4 + 16;
        let old = std::mem::replace(&mut self.slots, vec![H::default(); length]);
        for hash in old.into_iter().filter(|hash| *hash != H::default()) {
            let free = self.find(hash).expect("each is there once");
            self.slots[free] = hash;
        }
    }
}
