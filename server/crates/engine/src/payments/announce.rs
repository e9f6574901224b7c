//! What the shop is told about a payment, and who of it: the data of an outgoing event and its
//! deliveries.

use std::time::Duration;

use domain::id::{CheckoutId, EventId, JobId, PaymentId};
use domain::payment::Payment;
use jobs::NewJob;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::new_id;
use crate::payments::row::Row;

/// The kind of job that delivers an outgoing event to one endpoint; its subject is the event, its
/// payload holds the `object` and the `sequence` under which the event stands in the outbox, and
/// the `endpoint`.
pub const DELIVER: &str = "deliver_webhook";

/// An endpoint that is not disabled, and the types of events that it wants; none means all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Receiver(Uuid, Vec<String>);

impl Receiver {
    /// Whether it wants events of the type `kind`.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.1.is_empty() || self.1.iter().any(|wanted| wanted == kind)
    }
}

/// The delivery of an event of the payment as it is now to one receiver.
pub(crate) fn job(row: &Row, event: EventId, receiver: &Receiver) -> NewJob {
    delivery((row.payment_id, row.version), event, receiver)
}

/// The delivery to one receiver of an event that stands in the outbox under this object and
/// sequence.
pub(crate) fn delivery(
    (object, sequence): (Uuid, i32),
    event: EventId,
    receiver: &Receiver,
) -> NewJob {
    let job_id: JobId = new_id(event.bucket());
    NewJob {
        job_id: job_id.uuid(),
        kind: DELIVER,
        subject_id: event.uuid(),
        payload: json!({ "object": object, "sequence": sequence, "endpoint": receiver.0 }),
        ordering_key: None,
        delay: Duration::ZERO,
    }
}

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
