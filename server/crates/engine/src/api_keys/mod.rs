//! The keys with which shops call the API. Only their hashes are stored.

mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::id::{ApiKeyId, ShopId};
use sqlx::PgPool;

use crate::db::{Fault, Tx, new_plain_id};

/// What every key begins with, so that a leaked one is recognised as such.
const PREFIX: &str = "pdk_";
/// How long a key that was found is believed without asking again.
const REMEMBERED: Duration = Duration::from_secs(10);
/// How many keys are remembered at most.
const REMEMBERED_MAX: usize = 10_000;

/// Keys by their hash, and when each was found.
type Found = HashMap<[u8; 32], (Holder, Instant)>;

/// Whose a key is, and which of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The shop.
    pub shop: ShopId,
    /// The key.
    pub key: ApiKeyId,
}

/// Finds whose key is whose. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ApiKeys {
    pool: PgPool,
    found: Arc<Mutex<Found>>,
}

impl ApiKeys {
    /// Looks keys up in `pool`.
    pub fn new(pool: &PgPool) -> Self {
        Self { pool: pool.clone(), found: Arc::default() }
    }

    /// Whose key `key` is, if it is one that holds.
    ///
    /// A revoked key may be believed for ten more seconds.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn find(&self, key: &str) -> Result<Option<Holder>, Fault> {
        if !key.starts_with(PREFIX) {
            return Ok(None);
        }
        let hash = hash(key);
        if let Some(holder) = self.remembered(&hash) {
            return Ok(Some(holder));
        }
        let holder = store::find(&self.pool, &hash).await?;
        if let Some(holder) = holder {
            self.remember(hash, holder);
        }
        Ok(holder)
    }

    fn remembered(&self, hash: &[u8; 32]) -> Option<Holder> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(hash).filter(|(_, at)| at.elapsed() < REMEMBERED).map(|(holder, _)| *holder)
    }

    fn remember(&self, hash: [u8; 32], holder: Holder) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= REMEMBERED_MAX {
            found.clear();
        }
        found.insert(hash, (holder, Instant::now()));
    }
}

/// Makes a key for `shop` and returns it: the only time that anybody sees it.
///
/// # Errors
/// [`Fault`].
///
/// # Panics
/// If the system gives no random numbers.
pub async fn create(tx: &mut Tx, shop: ShopId, name: &str) -> Result<String, Fault> {
    let mut secret = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut secret).expect("the system's random numbers never run out");
    let key = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(secret));
    let id: ApiKeyId = new_plain_id();
    store::insert(tx, id, shop, name, &hash(&key)).await?;
    Ok(key)
}

fn hash(key: &str) -> [u8; 32] {
    digest(&SHA256, key.as_bytes()).as_ref().try_into().expect("a SHA-256 has 32 bytes")
}
