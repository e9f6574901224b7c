//! `GET /v1/checkouts/{id}` and `POST /v1/checkouts/{id}/cancel`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::id::{CheckoutId, ShopId};
use engine::checkouts::CheckoutRecord;

use super::auth::Caller;
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::{self, Call, Made};
use super::object::CheckoutObject;
use super::problem::{Code, Problem};
use super::refused::Asked;
use crate::wiring::Services;

/// Finds a checkout by our id or by the shop's.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<CheckoutObject>, Problem> {
    let checkout = id.checkout(&services, shop).await?;
    Ok(Json(CheckoutObject::new(&checkout, services.engine.links())))
}

/// Cancels every payment of a checkout that is not captured.
///
/// # Errors
/// [`Problem`].
pub async fn cancel(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_optional_json(&headers, body).await?;
    Object::of_body(&body)?.finish()?;
    let id = id.checkout(&services, shop).await?.id;
    let patience = call::patience(&services, &headers);
    let path = format!("/v1/checkouts/{id}/cancel");
    let call = Call { shop, method: "POST", path: &path, body: &body };
    let effect = |slot| {
        let services = &services;
        async move {
            let engine = &services.engine;
            let cancelled =
                engine::checkouts::cancel::cancel(engine, (shop, id), Some(slot), patience).await;
            let cancelled = cancelled.map_err(|error| Asked::Cancel.problem(error))?;
            Ok(shown(services, &cancelled))
        }
    };
    idempotency::once(&services, call, key, effect, |_| present(&services, shop, id)).await
}

/// The checkout as it is now: for a call whose answer nobody kept.
async fn present(services: &Services, shop: ShopId, id: CheckoutId) -> Result<Made, Problem> {
    let found = engine::checkouts::find(services.pool(), shop, id).await;
    let checkout = found.map_err(|fault| Problem::internal(&fault))?;
    let unknown = || Problem::new(Code::NotFound, "You have no checkout with this id.");
    Ok(shown(services, &checkout.ok_or_else(unknown)?))
}

fn shown(services: &Services, checkout: &CheckoutRecord) -> Made {
    Made::of(StatusCode::OK, None, &CheckoutObject::new(checkout, services.engine.links()))
}
