//! Payments as staff see them: the list, and one payment with everything that happened to it.

use domain::id::{CheckoutId, MismatchId, PaymentId, PostingId};
use domain::money::Money;
use domain::payment::Status;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use crate::view::mismatches::{MismatchKind, MismatchState};

/// What the list of payments is narrowed to. Comes from the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFilter {
    /// What was typed into the search box: an id of ours, of the shop or of the processor, or part
    /// of a seller's name. Empty for everything.
    pub query: String,
    /// Only payments of this status.
    pub status: Option<Status>,
    /// Where the page starts, as [`PaymentListView::next`] said; the newest if absent.
    pub after: Option<String>,
}

/// A page of payments, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentListView {
    /// The payments.
    pub rows: Vec<PaymentRow>,
    /// Where the next page starts, if there is one.
    pub next: Option<String>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One payment in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentRow {
    /// The payment's id.
    pub id: PaymentId,
    /// What the shop calls it: its `payment_order_id`.
    pub reference: String,
    /// Who is paid.
    pub seller: String,
    /// How it stands.
    pub status: Status,
    /// What the shopper agreed to pay.
    pub amount: Money,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One payment with its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentView {
    /// The payment's id.
    pub id: PaymentId,
    /// What the shop calls it: its `payment_order_id`.
    pub reference: String,
    /// The checkout it belongs to.
    pub checkout: CheckoutId,
    /// What the shop calls the checkout: its `checkout_id`.
    pub checkout_reference: String,
    /// Who is paid.
    pub seller: String,
    /// How it stands.
    pub status: Status,
    /// What the shopper agreed to pay.
    pub amount: Money,
    /// What the processor authorised.
    pub authorized: Money,
    /// What was captured.
    pub captured: Money,
    /// What went back to the shopper.
    pub refunded: Money,
    /// What the processor has settled.
    pub settled: Money,
    /// Our fee.
    pub fee: Money,
    /// The processor's name, once one was asked.
    pub processor: Option<String>,
    /// What the processor calls it.
    pub processor_reference: Option<String>,
    /// Everything that happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// The mismatches about it, newest first.
    pub mismatches: Vec<PaymentMismatch>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// A mismatch, as the payment's page links to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentMismatch {
    /// The mismatch's id.
    pub id: MismatchId,
    /// What differs.
    pub kind: MismatchKind,
    /// How it stands.
    pub state: MismatchState,
}

/// One thing that happened to a payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What.
    pub fact: TimelineFact,
}

/// What can happen to a payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TimelineFact {
    /// Its state changed.
    Transition {
        /// What was learnt, as the history row calls it, such as `captured`.
        event: String,
        /// The status before; absent for the first row.
        from: Option<Status>,
        /// The status after.
        to: Status,
        /// Who or what caused it, such as `webhook`, `settlement file` or a person's name.
        actor: String,
        /// The amount the event is about.
        amount: Option<Money>,
        /// How it breaks our rules, for a person to look at; absent if it does not.
        irregular: Option<String>,
    },
    /// The processor was asked to do something.
    Attempt {
        /// What: `authorize`, `capture`, `cancel` or `refund`.
        operation: String,
        /// The processor's name.
        processor: String,
        /// How it went: `started`, `done`, `declined`, `retryable` or `unknown`.
        state: String,
        /// The nonce of the attempt.
        nonce: String,
        /// What the processor calls it, once it said so.
        reference: Option<String>,
        /// What the processor answered, in its own words.
        answer: Option<String>,
        /// Why this processor account was chosen, in one sentence.
        reason: Option<String>,
        /// The amount asked for.
        amount: Money,
    },
    /// The processor told us something.
    Webhook {
        /// The processor's name.
        processor: String,
        /// What it says happened, in the processor's words.
        event: String,
        /// What the processor calls the message.
        reference: String,
        /// What became of it: `received`, `applied`, `repeat`, `refused`.
        state: String,
    },
    /// The books changed.
    Posting {
        /// The posting's id.
        id: PostingId,
        /// The business event behind it.
        cause: String,
        /// The day it counts for.
        effective_on: Date,
        /// Its entries, debits first.
        entries: Vec<EntryView>,
    },
    /// A line of a settlement file speaks of it.
    Settlement {
        /// The file's id, for the link.
        file: domain::id::SettlementFileId,
        /// The file's name.
        file_name: String,
        /// The number of the line.
        line: i32,
        /// What the line reports before the processor's fee.
        gross: Money,
        /// The processor's fee.
        fee: Money,
    },
}

/// One entry of a posting: its amount stands in one of the two columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryView {
    /// The account in words, with its owner, such as `Seller pending, Ada's Books`.
    pub account: String,
    /// The amount, if it is a debit.
    pub debit: Option<Money>,
    /// The amount, if it is a credit.
    pub credit: Option<Money>,
}
