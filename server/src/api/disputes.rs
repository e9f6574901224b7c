//! `GET /v1/payments/{id}/disputes` and `GET /v1/disputes/{id}`.

use axum::Json;
use axum::extract::State;
use domain::currency::Currency;
use domain::id::{DisputeId, PaymentId};
use engine::disputes::{self, DisputeRecord};
use serde::Serialize;
use time::OffsetDateTime;

use super::auth::Caller;
use super::call::Named;
use super::object::List;
use super::problem::{Code, Problem};
use crate::wiring::Services;

/// A dispute over a payment.
#[derive(Debug, Serialize)]
pub struct DisputeObject {
    id: DisputeId,
    object: &'static str,
    payment: PaymentId,
    amount: String,
    currency: Currency,
    /// Why, in the processor's words.
    reason: String,
    status: &'static str,
    /// The processor's id of it.
    processor_reference: String,
    #[serde(with = "time::serde::rfc3339")]
    opened_at: OffsetDateTime,
    /// Until when evidence can be handed in.
    #[serde(with = "time::serde::rfc3339::option")]
    respond_by: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// The disputes over a payment, the oldest first.
///
/// # Errors
/// [`Problem`].
pub async fn list(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<List<DisputeObject>>, Problem> {
    let payment = id.payment(&services, shop).await?;
    let found = disputes::of_payment(services.pool(), shop, payment.id).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(found.into_iter().map(DisputeObject::new))))
}

/// One dispute, by our id.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    Named(id): Named,
) -> Result<Json<DisputeObject>, Problem> {
    let unknown = || Problem::new(Code::NotFound, "You have no dispute with this id.");
    let id: DisputeId = id.parse().map_err(|_| unknown())?;
    let found = disputes::find(services.pool(), shop, id).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(DisputeObject::new(found.ok_or_else(unknown)?)))
}

impl DisputeObject {
    fn new(dispute: DisputeRecord) -> Self {
        Self {
            id: dispute.id,
            object: "dispute",
            payment: dispute.payment,
            amount: dispute.amount.to_decimal_string(),
            currency: dispute.amount.currency(),
            reason: dispute.reason,
            status: dispute.state.as_str(),
            processor_reference: dispute.processor_reference,
            opened_at: dispute.opened_at,
            respond_by: dispute.respond_by,
            created_at: dispute.created_at,
            updated_at: dispute.updated_at,
        }
    }
}
