//! The hash chain: each record is tied to all before it.
//!
//! Records are numbered from 1, without gaps, per shop, after they were committed (a chain inside
//! the transactions of money would let only one of them commit at a time). Nothing here says when;
//! that is the business of whoever seals.

use domain::id::ShopId;

use crate::digest::{Digest, FORMAT, push_field};
use crate::line::Encoder;
use crate::record::Record;

/// A place in a chain: a record's sequence number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// From 1; 0 is the place before the first record.
    pub sequence: u64,
    /// Covers the record and the hash before it, and so everything before.
    pub hash: Digest,
}

impl Link {
    /// The place before the first record of the shop's books. Its hash is that of the three fields
    /// format, `genesis` and the shop's id, so that no chain can pass for another shop's.
    pub fn genesis(shop: ShopId) -> Self {
        let mut canonical = Vec::new();
        push_field(&mut canonical, FORMAT.as_bytes());
        push_field(&mut canonical, b"genesis");
        push_field(&mut canonical, shop.to_string().as_bytes());
        Self { sequence: 0, hash: Digest::of(&canonical) }
    }

    /// The link of `record`, if it follows here.
    #[must_use]
    pub fn next(&self, record: &Record) -> Self {
        let mut encoder = Encoder::default();
        let sequence = self.sequence + 1;
        encode(&mut encoder, self.hash, sequence, record);
        Self { sequence, hash: encoder.digest() }
    }

    /// Checks that `record` follows here with the link `claimed`.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn check(&self, record: &Record, claimed: &Self) -> Result<(), Broken> {
        if claimed.sequence != self.sequence + 1 {
            return Err(Broken::Sequence { expected: self.sequence + 1 });
        }
        if claimed.hash != self.next(record).hash {
            return Err(Broken::Hash);
        }
        Ok(())
    }
}

/// The bytes whose SHA-256 is the hash of `record` at `sequence` after `previous`: format, kind,
/// previous hash (32 bytes), sequence number, and the fields of the record in the order of its
/// line; each a field of four bytes of length and its text. For whoever wants to check it by hand.
pub fn canonical_bytes(previous: Digest, sequence: u64, record: &Record) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encode(&mut encoder, previous, sequence, record);
    encoder.canonical().to_vec()
}

/// Writes everything of a record that is hashed; the line still lacks the hash and its end.
pub(crate) fn encode(encoder: &mut Encoder, previous: Digest, sequence: u64, record: &Record) {
    encoder.begin(record.kind().as_str());
    encoder.hashed_only(previous);
    encoder.number("sequence", sequence);
    record.write(encoder);
}

/// Why a record does not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A record is missing, or is there twice.
    #[error("the record should have the sequence number {expected}")]
    Sequence {
        /// The number that comes next.
        expected: u64,
    },
    /// The record, or something before it, was changed.
    #[error("the hash is not that of this record after the one before")]
    Hash,
}
