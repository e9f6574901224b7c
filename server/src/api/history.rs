//! `GET /v1/payments/{id}/history`: every change of a payment, with what proves it.

use axum::Json;
use axum::extract::State;
use domain::currency::Currency;
use engine::payments::{TransitionRecord, history};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::auth::Caller;
use super::call::Named;
use super::object::List;
use super::problem::Problem;
use crate::wiring::Services;

/// One change of a payment.
#[derive(Debug, Serialize)]
pub struct ChangeObject {
    object: &'static str,
    /// The number of the change, rising.
    version: i32,
    event: String,
    from: String,
    to: String,
    /// How much money it is about, if any.
    amount: Option<String>,
    currency: Option<Currency>,
    /// Through which door it came.
    source: String,
    /// What proves it, such as the processor's answer.
    evidence: Value,
    /// Why the attempt that it belongs to was made at its processor account, in one sentence.
    routing_reason: Option<String>,
    /// What our rules would not have allowed about it.
    irregular: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// The changes of a payment, the oldest first.
///
/// # Errors
/// [`Problem`].
pub async fn list(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<List<ChangeObject>>, Problem> {
    let payment = id.payment(&services, shop).await?;
    let changes = history(services.pool(), shop, payment.id).await;
    let changes = changes.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(changes.into_iter().map(ChangeObject::new))))
}

impl ChangeObject {
    fn new(change: TransitionRecord) -> Self {
        Self {
            object: "payment_change",
            version: change.version,
            event: change.event,
            from: change.from_phase,
            to: change.to_phase,
            amount: change.amount.map(domain::money::Money::to_decimal_string),
            currency: change.amount.map(domain::money::Money::currency),
            source: change.source,
            evidence: change.evidence,
            routing_reason: change.routing_reason,
            irregular: change.irregular,
            at: change.at,
        }
    }
}
