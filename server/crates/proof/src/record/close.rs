//! The close of a day.

use domain::currency::Currency;
use domain::id::ShopId;
use time::Date;

use crate::digest::Digest;
use crate::line::{BadLine, Decoder, Encoder};
use crate::signature::PublicKey;

/// The close of one day of one shop: what it says of the records since the close before.
///
/// It follows the [`crate::record::Balance`] of every open account, in the order of the accounts'
/// ids, and its hash is what is signed. Accounts that close at zero are no longer open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Whose books they are.
    pub shop: ShopId,
    /// The day.
    pub date: Date,
    /// The sequence number of the first record since the close before.
    pub first_sequence: u64,
    /// The sequence number of the last record before this one.
    pub last_sequence: u64,
    /// The hash of the last record before this one.
    pub last_hash: Digest,
    /// How many postings the day has.
    pub postings: u64,
    /// How many entries they have.
    pub entries: u64,
    /// How many lines of the audit log it has.
    pub audits: u64,
    /// How many accounts are open, each with a balance before this record.
    pub accounts: u64,
    /// What all accounts of a currency did, in the order of the currencies' codes.
    pub totals: Vec<Total>,
    /// The key that signs.
    pub key: PublicKey,
}

impl Close {
    pub(super) fn write(&self, encoder: &mut Encoder) {
        encoder.word("shop", self.shop);
        encoder.date("date", self.date);
        encoder.number("first_sequence", self.first_sequence);
        encoder.number("last_sequence", self.last_sequence);
        encoder.word("last_hash", self.last_hash);
        encoder.number("postings", self.postings);
        encoder.number("entries", self.entries);
        encoder.number("audits", self.audits);
        encoder.number("accounts", self.accounts);
        encoder.list("totals", &self.totals, |encoder, total| {
            encoder.word("currency", total.currency);
            encoder.number("debits_minor", total.debits_minor);
            encoder.number("credits_minor", total.credits_minor);
        });
        encoder.word("key_id", self.key.id());
        encoder.word("public_key", self.key);
    }

    pub(super) fn read(decoder: &mut Decoder<'_>) -> Result<Self, BadLine> {
        Ok(Self {
            shop: decoder.word("shop", "the id of a shop")?,
            date: decoder.date("date")?,
            first_sequence: decoder.count("first_sequence")?,
            last_sequence: decoder.count("last_sequence")?,
            last_hash: decoder.word("last_hash", "a SHA-256")?,
            postings: decoder.count("postings")?,
            entries: decoder.count("entries")?,
            audits: decoder.count("audits")?,
            accounts: decoder.count("accounts")?,
            totals: decoder.list("totals", |decoder| {
                Ok(Total {
                    currency: decoder.word("currency", "a currency of ISO 4217")?,
                    debits_minor: decoder.sum("debits_minor")?,
                    credits_minor: decoder.sum("credits_minor")?,
                })
            })?,
            key: key(decoder)?,
        })
    }
}

/// A key after its id, which follows from it: another one is found when the line is written again.
fn key(decoder: &mut Decoder<'_>) -> Result<PublicKey, BadLine> {
    decoder.text("key_id")?;
    decoder.word("public_key", "a public key of Ed25519")
}

/// What all accounts of one currency did on a day. Debits and credits are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The currency.
    pub currency: Currency,
    /// The sum of all debits, in minor units.
    pub debits_minor: i128,
    /// The sum of all credits, in minor units.
    pub credits_minor: i128,
}
