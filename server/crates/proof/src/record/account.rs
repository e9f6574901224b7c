//! Accounts, and what they did on a day.

use domain::account::AccountType;
use domain::currency::Currency;
use domain::id::AccountId;
use time::Date;
use uuid::Uuid;

use crate::line::{BadLine, Decoder, Encoder};

/// An account of the ledger: one kind, one owner, one currency.
///
/// The database spreads an account over buckets; here it is one, named by the id it has in bucket 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What it counts, such as `seller_pending`: lower-case letters, digits and `_`.
    pub kind: String,
    /// Its side of the books.
    pub account_type: AccountType,
    /// Whose it is; `None` if it is the shop's own.
    pub owner: Option<Uuid>,
    /// The currency that it counts in.
    pub currency: Currency,
}

impl Account {
    pub(super) fn write(&self, encoder: &mut Encoder) {
        encoder.word("id", self.id);
        encoder.text("account_kind", &self.kind);
        encoder.word("account_type", self.account_type.as_str());
        encoder.optional_word("owner", self.owner);
        encoder.word("currency", self.currency);
    }

    pub(super) fn read(decoder: &mut Decoder<'_>) -> Result<Self, BadLine> {
        Ok(Self {
            id: decoder.word("id", "the id of an account")?,
            kind: kind(decoder)?,
            account_type: account_type(decoder)?,
            owner: decoder.optional_word("owner", "a UUID")?,
            currency: decoder.word("currency", "a currency of ISO 4217")?,
        })
    }
}

/// What one account did on a day that is being closed. Sums are in minor units of its currency and
/// wider than an amount, so that no sum can overflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The day.
    pub date: Date,
    /// The account, as it was opened.
    pub account: Account,
    /// Its balance before the day: debit positive, credit negative.
    pub opening_minor: i128,
    /// The sum of the day's debits, never below zero.
    pub debits_minor: i128,
    /// The sum of the day's credits, never below zero.
    pub credits_minor: i128,
    /// Its balance after the day: opening and debits less credits.
    pub closing_minor: i128,
}

impl Balance {
    pub(super) fn write(&self, encoder: &mut Encoder) {
        encoder.date("date", self.date);
        self.account.write(encoder);
        encoder.number("opening_minor", self.opening_minor);
        encoder.number("debits_minor", self.debits_minor);
        encoder.number("credits_minor", self.credits_minor);
        encoder.number("closing_minor", self.closing_minor);
    }

    pub(super) fn read(decoder: &mut Decoder<'_>) -> Result<Self, BadLine> {
        Ok(Self {
            date: decoder.date("date")?,
            account: Account::read(decoder)?,
            opening_minor: decoder.sum("opening_minor")?,
            debits_minor: decoder.sum("debits_minor")?,
            credits_minor: decoder.sum("credits_minor")?,
            closing_minor: decoder.sum("closing_minor")?,
        })
    }
}

/// A kind of account as a word, not as a variant: whoever checks old books must not need the chart
/// of accounts of their time.
fn kind(decoder: &mut Decoder<'_>) -> Result<String, BadLine> {
    let field = "account_kind";
    let kind = decoder.text(field)?;
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins_well = kind.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if begins_well && kind.bytes().all(is_allowed) {
        return Ok(kind.into_owned());
    }
    Err(BadLine { field, expected: "a word such as seller_pending" })
}

fn account_type(decoder: &mut Decoder<'_>) -> Result<AccountType, BadLine> {
    use AccountType::{Asset, Equity, Expense, Liability, Revenue};
    let field = "account_type";
    let word = decoder.text(field)?;
    [Asset, Liability, Equity, Revenue, Expense]
        .into_iter()
        .find(|account_type| account_type.as_str() == word)
        .ok_or(BadLine { field, expected: "one of the five types of account" })
}
