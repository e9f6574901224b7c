//! What a shopper sees: the checkout before paying, and its status after.

use domain::id::CheckoutId;
use domain::money::Money;
use domain::payment::Status;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A checkout, ready to be paid on its page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckoutView {
    /// The checkout's id.
    pub id: CheckoutId,
    /// The access key of the checkout's pages, as it stands in their addresses.
    pub key: String,
    /// The name of the shop, as its buyers know it.
    pub shop: String,
    /// What the shop calls this order: its `checkout_id`.
    pub reference: String,
    /// Whether it can be paid now, and if not, why.
    pub state: CheckoutState,
    /// Who is paid for what, at least one.
    pub sellers: Vec<SellerOrder>,
    /// The sum over all sellers.
    pub total: Money,
    /// When the checkout stops being payable.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// The name of the processor whose page comes next, such as `Sandbox`.
    pub processor: String,
    /// Where the shop wants its buyers back, if it said so.
    pub return_url: Option<String>,
    /// A fresh key for the pay form.
    pub idempotency_key: String,
    /// The version of the checkout that the page shows.
    pub version: i64,
    /// Whether no real money moves here.
    pub is_demo: bool,
}

/// Whether a checkout can be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutState {
    /// It can be paid.
    Open,
    /// A payment is under way; its status page knows more.
    Processing,
    /// It is paid.
    Paid,
    /// The shop has cancelled it.
    Cancelled,
    /// It was not paid in time.
    Expired,
}

/// What one seller is paid for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SellerOrder {
    /// The seller's name.
    pub seller: String,
    /// What the shop calls this part of the order: its `payment_order_id`.
    pub reference: String,
    /// What was bought; empty if the shop did not say.
    pub lines: Vec<OrderLine>,
    /// What the seller is owed.
    pub subtotal: Money,
}

/// One thing that was bought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    /// What it is, in the shop's words, with the quantity if that is not one.
    pub description: String,
    /// What it costs.
    pub amount: Money,
}

/// How a checkout stands after the shopper went to pay. Also the data of each server-sent event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusView {
    /// The checkout's id, which is also what support asks for.
    pub id: CheckoutId,
    /// The access key of the checkout's pages.
    pub key: String,
    /// The name of the shop.
    pub shop: String,
    /// What the shop calls this order.
    pub reference: String,
    /// How the whole checkout stands.
    pub state: OverallState,
    /// How each seller's payment stands.
    pub payments: Vec<SellerStatus>,
    /// The sum over all sellers.
    pub total: Money,
    /// Whether nothing more is going to change by itself: the page stops following.
    pub is_final: bool,
    /// Where the shop wants its buyers back, if it said so.
    pub return_url: Option<String>,
    /// Grows with every change (the sum of the payments' versions), so that the page can ignore a
    /// message that is older than what it shows.
    pub version: i64,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// Whether no real money moves here.
    pub is_demo: bool,
}

/// How one seller's payment stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SellerStatus {
    /// The seller's name.
    pub seller: String,
    /// How the payment stands.
    pub status: Status,
    /// What the seller is owed.
    pub amount: Money,
}

/// How a checkout stands as a whole; each says whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverallState {
    /// Nothing was paid yet, or the last try was given up: the shopper's turn, on the checkout page.
    NotPaid,
    /// The last try was declined and another one is allowed: the shopper's turn.
    Declined,
    /// The processor wants one more step of the shopper, on its page.
    ActionRequired,
    /// The payment is being carried out: our turn.
    Processing,
    /// A person at the processor looks at it: the processor's turn.
    InReview,
    /// The processor has not said what happened: our turn to ask, nobody pays again.
    Unknown,
    /// Authorised, and the shop takes the money later: the shop's turn.
    Authorized,
    /// Paid in full.
    Paid,
    /// Some sellers are paid and others are not.
    PartlyPaid,
    /// Money went back to the shopper, in part or in full.
    Refunded,
    /// It failed for good.
    Failed,
    /// The shop or the shopper has cancelled it.
    Cancelled,
    /// It was not paid in time.
    Expired,
}
