//! Mints every id, token and chance of the sandbox, and turns ids into what the outside sees and
//! back.
//!
//! With a seed, an id is made of the seed and of what it stands for, not of the order in which it
//! was asked for: so parallel calls, too, get the same ids, and strike the same faults, run by run.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_lc_rs::rand;
use time::OffsetDateTime;
use uuid::{Builder, NoContext, Timestamp, Uuid};

/// How many names are told apart before the count of each begins again.
const NAMES_MAX: usize = 1_000_000;
/// A chance of one.
pub(crate) const MILLION: u32 = 1_000_000;

/// Where ids and chances come from.
#[derive(Debug)]
pub(crate) struct Mint {
    seed: u64,
    is_seeded: bool,
    minted: AtomicU64,
    /// How often each name was used, as hashes.
    uses: Mutex<HashMap<u64, u64>>,
}

impl Mint {
    /// Makes a mint that repeats itself for a seed, and surprises without one.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let mut bytes = [0_u8; 8];
        rand::fill(&mut bytes).expect("the system's random source answers");
        Self {
            seed: seed.unwrap_or(u64::from_be_bytes(bytes)),
            is_seeded: seed.is_some(),
            minted: AtomicU64::new(0),
            uses: Mutex::default(),
        }
    }

    pub(crate) fn seed(&self) -> Option<u64> {
        self.is_seeded.then_some(self.seed)
    }

    /// Mints the id of what `name` stands for. Its order is roughly the order of time, so that
    /// indexes grow at their end.
    pub(crate) fn id(&self, at: OffsetDateTime, name: &[&str]) -> Uuid {
        if !self.is_seeded {
            return Uuid::new_v7(Timestamp::now(NoContext));
        }
        let ms = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        let random = self.bits(name).to_be_bytes();
        let random = random[..10].try_into().expect("sixteen bytes hold ten");
        Builder::from_unix_timestamp_millis(ms, random).into_uuid()
    }

    /// Mints a token: `prefix` and 128 bits in hex, which nobody can guess unless there is a seed.
    pub(crate) fn token(&self, prefix: &str, name: &[&str]) -> String {
        let bits = if self.is_seeded {
            self.bits(name)
        } else {
            let mut bytes = [0_u8; 16];
            rand::fill(&mut bytes).expect("the system's random source answers");
            u128::from_be_bytes(bytes)
        };
        format!("{prefix}{bits:032x}")
    }

    /// Rolls a number below `sides` for what `name` stands for. Each roll for a name is a new one.
    pub(crate) fn roll(&self, sides: u32, name: &[&str]) -> u32 {
        let number = if self.is_seeded {
            let hash = hash(self.seed, name);
            mix(hash, self.count(hash))
        } else {
            mix(self.seed, self.minted.fetch_add(1, Ordering::Relaxed))
        };
        u32::try_from(number % u64::from(sides.max(1))).expect("it is below a number of 32 bits")
    }

    fn bits(&self, name: &[&str]) -> u128 {
        let hash = hash(self.seed, name);
        let count = self.count(hash);
        let high = mix(hash, count);
        u128::from(high) << 64 | u128::from(mix(high, count))
    }

    fn count(&self, hash: u64) -> u64 {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() >= NAMES_MAX {
            uses.clear();
        }
        let count = uses.entry(hash).or_default();
        *count += 1;
        *count
    }
}

/// FNV-1a over the parts of a name: the same on every machine and in every version.
fn hash(seed: u64, name: &[&str]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for part in name {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    hash
}

/// One step of splitmix64.
fn mix(state: u64, step: u64) -> u64 {
    let mut z = state.wrapping_add((step.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Shows an id outside: `sp_018f…`.
pub(crate) fn show(prefix: &str, id: Uuid) -> String {
    format!("{prefix}{}", id.simple())
}

/// Reads an id back, if it has this prefix.
pub(crate) fn read(prefix: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?;
    (digits.len() == 32).then(|| Uuid::try_parse(digits).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::{MILLION, Mint, read, show};

    const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn an_id_survives_being_shown() {
        let id = Mint::new(None).id(AT, &["pay_1"]);
        assert_eq!(read("sp_", &show("sp_", id)), Some(id));
        assert_eq!(read("sr_", &show("sp_", id)), None);
        assert_eq!(read("sp_", "sp_123"), None);
    }

    #[test]
    fn tokens_differ_and_have_one_length() {
        let mint = Mint::new(None);
        let (one, other) = (mint.token("reg_", &["a"]), mint.token("reg_", &["a"]));
        assert_ne!(one, other);
        assert_eq!((one.len(), other.len()), (36, 36));
    }

    #[test]
    fn a_seed_repeats_by_name_and_not_by_order() {
        let (one, other) = (Mint::new(Some(7)), Mint::new(Some(7)));
        let first = (one.id(AT, &["a"]), one.id(AT, &["b"]), one.roll(MILLION, &["a"]));
        let second = (other.id(AT, &["b"]), other.id(AT, &["a"]), other.roll(MILLION, &["a"]));
        assert_eq!((first.0, first.1), (second.1, second.0));
        assert_eq!(first.2, second.2);
        assert_ne!(one.id(AT, &["a"]), first.0, "the second of a name is another");
        assert_ne!(Mint::new(Some(8)).id(AT, &["a"]), first.0);
        assert_ne!(one.token("t_", &["ab", "c"]), one.token("t_", &["a", "bc"]));
    }

    #[test]
    fn chances_are_even() {
        let mint = Mint::new(Some(1));
        let below = (0..10_000)
            .filter(|number| mint.roll(MILLION, &[&number.to_string()]) < MILLION / 10)
            .count();
        assert!((900..1_100).contains(&below), "{below} of 10,000 with a chance of a tenth");
    }
}
