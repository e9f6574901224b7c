//! `POST` and `GET /v1/payments/{id}/refunds`, and `GET /v1/refunds/{id}`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::id::{RefundId, ShopId};
use engine::payments::Source;
use engine::payments::commands::{self, Ask, NewRefund};
use engine::payments::refunds::{self, RefundRecord};
use uuid::Uuid;

use super::amount;
use super::auth::Caller;
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::{self, Call, Made};
use super::object::List;
use super::problem::{Code, Problem};
use super::refund_object::RefundObject;
use super::refused::Asked;
use crate::wiring::Services;

/// How many characters a reason may have.
pub const REASON_LENGTH_MAX: usize = 200;

/// Gives back what was captured, in part or whole.
///
/// # Errors
/// [`Problem`].
pub async fn create(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_optional_json(&headers, body).await?;
    let payment = id.payment(&services, shop).await?;
    let new = {
        let body = Object::of_body(&body)?;
        let amount = amount::optional(&body, payment.state.amount.currency())?;
        let reason = body.text("reason", REASON_LENGTH_MAX)?.map(str::to_owned);
        body.finish()?;
        NewRefund { amount, reason }
    };
    let patience = call::patience(&services, &headers);
    let path = format!("/v1/payments/{}/refunds", payment.id);
    let call = Call { shop, method: "POST", path: &path, body: &body };
    let effect = |slot| {
        let (services, payment) = (&services, payment.id);
        async move {
            let ask = Ask { shop, payment, slot: Some(slot), source: Source::Api };
            let made = commands::refund(&services.engine, ask, new, patience).await;
            Ok(made_of(&made.map_err(|error| Asked::Refund.problem(error))?))
        }
    };
    idempotency::once(&services, call, key, effect, |object| present(&services, shop, object)).await
}

/// The refunds of a payment, the oldest first.
///
/// # Errors
/// [`Problem`].
pub async fn list(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<List<RefundObject>>, Problem> {
    let payment = id.payment(&services, shop).await?;
    let found = refunds::of_payment(services.pool(), shop, payment.id).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(found.iter().map(RefundObject::new))))
}

/// One refund, by our id.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    Named(id): Named,
) -> Result<Json<RefundObject>, Problem> {
    let id: RefundId = id.parse().map_err(|_| unknown())?;
    Ok(Json(RefundObject::new(&stored(&services, shop, id).await?)))
}

async fn stored(services: &Services, shop: ShopId, id: RefundId) -> Result<RefundRecord, Problem> {
    let found = refunds::find(services.pool(), shop, id).await;
    found.map_err(|fault| Problem::internal(&fault))?.ok_or_else(unknown)
}

/// The refund as it is now: for a call whose answer nobody kept.
async fn present(services: &Services, shop: ShopId, object: Uuid) -> Result<Made, Problem> {
    Ok(made_of(&stored(services, shop, RefundId::from_uuid(object)).await?))
}

fn made_of(refund: &RefundRecord) -> Made {
    let location = format!("/v1/refunds/{}", refund.id);
    Made::of(StatusCode::CREATED, Some(location), &RefundObject::new(refund))
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "You have no refund with this id.")
}
