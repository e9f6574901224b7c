//! The books as a proof: one chain of records per shop, closed and signed day by day.
//!
//! What is proven, and in which form, says the crate `proof`. Here is when: whatever is committed
//! waits in the table `unsealed`, until one process at a time seals it in batches ([`sealer`]); a day
//! that is over is closed a while later; and an [`export`] reads it all back, page by page.
//!
//! The lines of the audit log that are about no shop (an operator handles a dead letter, say) have a
//! chain of their own, that of [`INSTALLATION`]: they are nobody's books, and must not be left out.

pub mod export;
pub mod journal;
pub(crate) mod records;
pub mod rounds;
pub mod sealer;
mod store;

use std::fmt;

use domain::id::{AccountId, AuditId, Bucket, PostingId, ShopId};
use proof::chain::Link;
use proof::digest::Digest;
use proof::signature::{PublicKey, Signer};
use sqlx::PgPool;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::db::Fault;
use crate::installation;

/// Whose chain has the lines of the audit log that are about no shop.
pub const INSTALLATION: ShopId = ShopId::from_uuid(Uuid::nil());

/// The key that closes of this installation are signed with, made when first asked for.
///
/// # Errors
/// [`Fault`].
pub async fn signer(pool: &PgPool) -> Result<Signer, Fault> {
    Ok(Signer::from_seed(&installation::secret(pool, "books_key").await?))
}

/// The key that auditors check closes of this installation with.
///
/// # Errors
/// [`Fault`].
pub async fn public_key(pool: &PgPool) -> Result<PublicKey, Fault> {
    Ok(signer(pool).await?.public_key())
}

/// How far a shop's chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many records are sealed.
    pub sealed: i64,
    /// The hash of the last of them, which covers all before it.
    pub hash: Digest,
    /// How many postings and lines of the audit log wait to be sealed.
    pub unsealed: i64,
    /// Since when the oldest of them waits; `None` if none does.
    pub unsealed_since: Option<OffsetDateTime>,
    /// The day that is booked on.
    pub open_on: Date,
    /// How many records no signature vouches for yet.
    pub unsigned: i64,
}

/// How far the shop's chain is; `None` if it has none yet.
///
/// # Errors
/// [`Fault`].
pub async fn standing(pool: &PgPool, shop: ShopId) -> Result<Option<Standing>, Fault> {
    store::standing(pool, shop).await
}

/// A day that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The day.
    pub date: Date,
    /// The number of its close in the chain.
    pub sequence: i64,
    /// The hash of its close: what is signed.
    pub hash: Digest,
    /// How many postings it has.
    pub postings: i64,
    /// How many entries they have.
    pub entries: i64,
    /// How many lines of the audit log it has.
    pub audits: i64,
    /// How many accounts were open.
    pub accounts: i64,
    /// The key that signed it.
    pub key: PublicKey,
    /// When it was closed.
    pub closed_at: OffsetDateTime,
}

/// The last closes of a shop, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn closes(pool: &PgPool, shop: ShopId, limit: i64) -> Result<Vec<Closed>, Fault> {
    store::closes(pool, shop, limit).await
}

/// Where a record stands, and what it is about.
pub(crate) struct Place {
    pub(crate) link: Link,
    pub(crate) kind: String,
    pub(crate) subject: Uuid,
    pub(crate) booked_on: Date,
}

/// The record, as people know it.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind.as_str() {
            "posting" => write!(formatter, "the posting {}", PostingId::from_uuid(self.subject)),
            "audit" => write!(formatter, "the audit line {}", AuditId::from_uuid(self.subject)),
            "close" => write!(formatter, "the close of {}", self.booked_on),
            kind => write!(formatter, "the {kind} of {}", AccountId::from_uuid(self.subject)),
        }
    }
}

/// An account as the chain names it. It lives in many buckets; its id in bucket 0 stands for all.
fn whole_account(id: Uuid) -> AccountId {
    AccountId::from_uuid(Bucket(0).stamp(id))
}
