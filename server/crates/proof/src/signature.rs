//! Who vouches for a day: Ed25519 (RFC 8032) over a short text.
//!
//! What is signed is the [`statement`] of a day's close, five lines that anybody can write down and
//! check without Paydesk, for instance with `openssl pkeyutl -verify -rawin`.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use domain::id::ShopId;
use time::Date;

use crate::chain::Link;
use crate::digest::{Digest, FORMAT, NotHexadecimal, from_hexadecimal, write_hexadecimal};

/// The exact bytes that are signed for a day: this text in UTF-8, each line ended by a line feed.
///
/// ```text
/// paydesk-books/1 day close
/// shop: shp_…
/// date: 2026-11-20
/// sequence: 17
/// hash: <64 hexadecimal digits>
/// ```
///
/// `sequence` and `hash` are those of the close itself. Since its hash covers the one before, and
/// so on to the first, the signature vouches for every record up to it.
pub fn statement(shop: ShopId, date: Date, close: &Link) -> String {
    format!(
        "{FORMAT} day close\nshop: {shop}\ndate: {date}\nsequence: {}\nhash: {}\n",
        close.sequence, close.hash
    )
}

/// A private key that signs closes.
#[derive(Debug)]
pub struct Signer {
    pair: Ed25519KeyPair,
    key: PublicKey,
}

impl Signer {
    /// Takes the 32 random bytes that a key of Ed25519 is made from.
    ///
    /// # Panics
    /// Never: every 32 bytes make a key.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        use aws_lc_rs::signature::KeyPair as _;

        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("every 32 bytes make a key");
        let key = pair.public_key().as_ref().try_into().expect("a public key has 32 bytes");
        Self { pair, key: PublicKey(key) }
    }

    /// The key that its signatures are checked with.
    pub const fn public_key(&self) -> PublicKey {
        self.key
    }

    /// Signs a day whose close has the link `close`.
    ///
    /// # Panics
    /// Never: a signature of Ed25519 has 64 bytes.
    pub fn sign(&self, shop: ShopId, date: Date, close: &Link) -> Signature {
        let signature = self.pair.sign(statement(shop, date, close).as_bytes());
        Signature(signature.as_ref().try_into().expect("a signature has 64 bytes"))
    }
}

/// A public key of Ed25519; its text is 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A short name for people: the first 16 hexadecimal digits of the key's SHA-256.
    pub fn id(&self) -> String {
        let mut id = Digest::of(&self.0).to_string();
        id.truncate(16);
        id
    }

    /// Whether `signature` vouches for the day whose close has the link `close`.
    pub fn has_signed(
        &self,
        signature: &Signature,
        shop: ShopId,
        date: Date,
        close: &Link,
    ) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(statement(shop, date, close).as_bytes(), &signature.0)
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hexadecimal(formatter, &self.0)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for PublicKey {
    type Err = NotHexadecimal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(from_hexadecimal(text)?))
    }
}

/// A signature of Ed25519; its text is 128 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes the 64 bytes of RFC 8032.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hexadecimal(formatter, &self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Signature {
    type Err = NotHexadecimal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(from_hexadecimal(text)?))
    }
}
