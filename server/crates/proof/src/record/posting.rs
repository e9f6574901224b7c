//! Postings and their entries.

use domain::id::{AccountId, PostingId};
use domain::money::Money;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::line::{BadLine, Decoder, Encoder};

/// One balanced transaction of the ledger, as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Its id.
    pub id: PostingId,
    /// The payment, line or mismatch whose fact it is.
    pub object: Uuid,
    /// The fact; no object has the same one twice.
    pub cause: String,
    /// The earlier posting that it corrects.
    pub corrects: Option<PostingId>,
    /// When the fact happened.
    pub effective_on: Date,
    /// The day whose close holds it: that of the fact, or a later one if that was closed already.
    pub booked_on: Date,
    /// When it was recorded, to the microsecond.
    pub recorded_at: OffsetDateTime,
    /// Its lines, in their order: none zero, and in sum nothing in each currency.
    pub entries: Vec<Entry>,
}

impl Posting {
    pub(super) fn write(&self, encoder: &mut Encoder) {
        encoder.word("id", self.id);
        encoder.word("object", self.object);
        encoder.text("cause", &self.cause);
        encoder.optional_word("corrects", self.corrects);
        encoder.date("effective_on", self.effective_on);
        encoder.date("booked_on", self.booked_on);
        encoder.instant("recorded_at", self.recorded_at);
        encoder.list("entries", &self.entries, |encoder, entry| {
            encoder.word("account", entry.account);
            encoder.word("currency", entry.amount.currency());
            encoder.number("amount_minor", entry.amount.minor());
        });
    }

    pub(super) fn read(decoder: &mut Decoder<'_>) -> Result<Self, BadLine> {
        Ok(Self {
            id: decoder.word("id", "the id of a posting")?,
            object: decoder.word("object", "a UUID")?,
            cause: decoder.text("cause")?.into_owned(),
            corrects: decoder.optional_word("corrects", "the id of a posting")?,
            effective_on: decoder.date("effective_on")?,
            booked_on: decoder.date("booked_on")?,
            recorded_at: decoder.instant("recorded_at")?,
            entries: decoder.list("entries", |decoder| {
                let account = decoder.word("account", "the id of an account")?;
                let currency = decoder.word("currency", "a currency of ISO 4217")?;
                let minor = decoder.amount("amount_minor")?;
                Ok(Entry { account, amount: Money::from_minor(minor, currency) })
            })?,
        })
    }
}

/// One signed line of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The account that moves, which must be open.
    pub account: AccountId,
    /// By how much: debit positive, credit negative; in the account's currency.
    pub amount: Money,
}
