//! Refunds as the API shows them.

use domain::currency::Currency;
use domain::id::{PaymentId, RefundId};
use domain::refund::RefundState;
use engine::payments::refunds::RefundRecord;
use serde::Serialize;
use time::OffsetDateTime;

use super::object::Failure;

/// A refund.
#[derive(Debug, Serialize)]
pub struct RefundObject {
    id: RefundId,
    object: &'static str,
    payment: PaymentId,
    amount: String,
    currency: Currency,
    /// Why, in the shop's words.
    reason: Option<String>,
    status: &'static str,
    /// The processor's id of it.
    processor_reference: Option<String>,
    failure: Option<Failure>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl RefundObject {
    /// The refund as it is now.
    pub fn new(refund: &RefundRecord) -> Self {
        Self {
            id: refund.id,
            object: "refund",
            payment: refund.payment,
            amount: refund.amount.to_decimal_string(),
            currency: refund.amount.currency(),
            reason: refund.reason.clone(),
            status: status(refund.state),
            processor_reference: refund.processor_reference.clone(),
            failure: refund.failure.clone().map(Failure::from),
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}

/// What a shop has to know of where a refund stands.
fn status(state: RefundState) -> &'static str {
    match state {
        RefundState::Requested | RefundState::Processing => "pending",
        RefundState::Succeeded => "succeeded",
        // Money that came back to us did not reach the shopper.
        RefundState::Failed | RefundState::Returned => "failed",
    }
}
