//! Why a payment failed or waits, for staff.

use domain::why::{Reason, Turn};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::view::payments::{PaymentRow, PaymentView};

/// The answer to what somebody typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhyView {
    /// What was typed.
    pub query: String,
    /// What was found.
    pub found: Found,
    /// The moment that everything is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Found {
    /// Nothing was asked yet.
    NotAsked,
    /// Nothing of this shop is called so.
    Nothing,
    /// Several payments may be meant, such as those of one checkout.
    Several {
        /// The payments, newest first.
        payments: Vec<PaymentRow>,
    },
    /// One payment.
    One(Box<Explanation>),
}

/// Why one payment stands where it stands, and the evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The payment, with everything that happened to it.
    pub payment: PaymentView,
    /// The one reason.
    pub reason: Reason,
    /// Whose turn it is.
    pub turn: Turn,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// What the shopper reads out.
    pub support_code: String,
    /// What the processor said last, in its own words.
    pub processor_message: Option<String>,
    /// The work that waits for it, also what was given up.
    pub jobs: Vec<JobRow>,
    /// Why each attempt went where it went, oldest first.
    pub routes: Vec<RouteRow>,
    /// What the shop was told, or not yet, oldest first.
    pub deliveries: Vec<DeliveryRow>,
}

/// Work about a payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// What kind of work.
    pub kind: String,
    /// How often it was tried.
    pub tries: i32,
    /// When it is tried next; absent if it was given up.
    #[serde(with = "time::serde::rfc3339::option")]
    pub due_at: Option<OffsetDateTime>,
    /// Why the last try failed.
    pub error: Option<String>,
}

/// Where an attempt went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteRow {
    /// What was asked.
    pub operation: String,
    /// The processor account's name.
    pub account: String,
    /// Why it was chosen, if a choice was made.
    pub reason: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What the shop was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// The event's type.
    pub event: String,
    /// The endpoint that it is for; none if no endpoint wanted it.
    pub endpoint: Option<String>,
    /// How often it was sent.
    pub tries: i64,
    /// What the endpoint answered last.
    pub answer: Option<String>,
    /// When the event happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}
