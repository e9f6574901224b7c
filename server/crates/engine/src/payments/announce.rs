//! What the shop is told about a payment: the data of an outgoing event.

use domain::id::{CheckoutId, PaymentId};
use domain::payment::Payment;
use serde_json::{Value, json};

use crate::payments::row::Row;

/// The kind of job that delivers an outgoing event; its subject is the event, its payload holds
/// the `object` and the `sequence` under which the event stands in the outbox.
pub const DELIVER: &str = "deliver_webhook";

/// The payment as the shop sees it, at the moment of the event.
pub(crate) fn payment_data(row: &Row, state: &Payment) -> Value {
    json!({
        "id": PaymentId::from_uuid(row.payment_id),
        "payment_order_id": row.reference,
        "checkout_id": CheckoutId::from_uuid(row.checkout_id),
        "seller_account": row.seller_account,
        "amount": state.amount.to_decimal_string(),
        "currency": state.amount.currency(),
        "status": state.status(),
        "execution_status": state.execution_status(),
        "authorized": state.authorized.to_decimal_string(),
        "captured": state.captured.to_decimal_string(),
        "refunded": state.refunded.to_decimal_string(),
        "failure_code": row.failure_code,
        "metadata": row.metadata,
        "sequence": row.version,
    })
}
