//! The history of a payment, as its readers see it.

use domain::id::{AttemptId, PaymentId, ShopId};
use domain::money::Money;
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::Fault;
use crate::payments::store;

/// One change of a payment.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionRecord {
    /// The number of the change, rising.
    pub version: i32,
    /// What happened, such as `captured`.
    pub event: String,
    /// The phase before.
    pub from_phase: String,
    /// The phase since.
    pub to_phase: String,
    /// How much money it is about, if any.
    pub amount: Option<Money>,
    /// Where it came from, such as `webhook`.
    pub source: String,
    /// The try at the processor that it belongs to.
    pub attempt: Option<AttemptId>,
    /// Why that try was made at its processor account, in one sentence.
    pub routing_reason: Option<String>,
    /// What proves it, as it came.
    pub evidence: Value,
    /// How it breaks our rules, if it does.
    pub irregular: Option<String>,
    /// When it was written.
    pub at: OffsetDateTime,
}

/// Every change of a payment, if it is the shop's, the oldest first.
///
/// # Errors
/// [`Fault`].
pub async fn history(
    pool: &PgPool,
    shop: ShopId,
    payment: PaymentId,
) -> Result<Vec<TransitionRecord>, Fault> {
    store::objects::transitions(pool, shop, payment).await
}
