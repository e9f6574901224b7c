//! `POST /v1/payments` and `GET /v1/payments/{id}`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::id::{CheckoutId, ShopId};
use engine::checkouts::CheckoutRecord;
use engine::checkouts::accept::{AcceptError, NewCheckout, NewOrder, accept};
use engine::idempotency::Slot;
use serde_json::json;
use uuid::Uuid;

use super::auth::Caller;
use super::call::{self, Named};
use super::idempotency::{self, Call, Made};
use super::new_checkout::{self, CheckoutRequest};
use super::object::{CheckoutObject, PaymentObject};
use super::problem::{Code, Problem};
use crate::wiring::Services;

/// Takes a checkout with its payments in; with a stored method, carries them out at once.
///
/// With the header `Prefer: respond-async` the answer does not wait for the outcome.
pub async fn create(
    State(services): State<Services>,
    Caller(shop): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_json(&headers, body).await?;
    let request = new_checkout::parse(&body)?;
    let patience = call::patience(&services, &headers);
    let call = Call { shop, method: "POST", path: "/v1/payments", body: &body };
    idempotency::once(
        &services,
        call,
        key,
        |slot| {
            let services = &services;
            async move {
                let new = new_checkout(shop, request, slot);
                let checkout = accept(&services.engine, new, patience).await?;
                Ok(made(services, &checkout))
            }
        },
        |object| present(&services, object),
    )
    .await
}

/// Finds a payment by our id or by the shop's.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<PaymentObject>, Problem> {
    Ok(Json(PaymentObject::new(&id.payment(&services, shop).await?)))
}

fn new_checkout(shop: ShopId, request: CheckoutRequest, slot: Slot) -> NewCheckout {
    NewCheckout {
        shop,
        reference: request.reference,
        buyer: json!(request.buyer),
        description: request.description,
        return_url: request.return_url,
        capture_mode: request.capture_mode,
        payment_method: request.payment_method,
        expires_in: request.expires_in,
        policy: request.policy,
        metadata: request.metadata,
        orders: request
            .payments
            .into_iter()
            .map(|payment| NewOrder {
                reference: payment.reference,
                seller_account: payment.seller,
                amount: payment.amount,
                description: payment.description,
                metadata: payment.metadata,
            })
            .collect(),
        slot: Some(slot),
    }
}

fn made(services: &Services, checkout: &CheckoutRecord) -> Made {
    let location = format!("/v1/checkouts/{}", checkout.id);
    let object = CheckoutObject::new(checkout, services.engine.links());
    Made::of(StatusCode::CREATED, Some(location), &object)
}

/// The checkout as it is now: for a call whose answer nobody kept.
async fn present(services: &Services, object: Uuid) -> Result<Made, Problem> {
    let id = CheckoutId::from_uuid(object);
    let found = engine::checkouts::find_any(services.pool(), id).await;
    let checkout = found
        .map_err(|fault| Problem::internal(&fault))?
        .ok_or_else(|| Problem::new(Code::NotFound, "You have no checkout with this id."))?;
    Ok(made(services, &checkout))
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::KnownCheckout => Self::of_field(
                Code::ReferenceTaken,
                "checkout_id",
                "You have a checkout with this id. GET /v1/checkouts/{checkout_id} shows it.",
            ),
            AcceptError::KnownOrder { index } => Self::of_field(
                Code::ReferenceTaken,
                format!("payment_orders[{index}].payment_order_id"),
                "You have a payment with this id. GET /v1/payments/{payment_order_id} shows it.",
            ),
            AcceptError::UnknownSeller { index } => Self::of_field(
                Code::SellerUnknown,
                format!("payment_orders[{index}].seller_account"),
                "You have no seller of this name.",
            ),
            AcceptError::TotalOutOfRange => Self::of_field(
                Code::AmountTooLarge,
                "payment_orders",
                "The sum is more than can be counted exactly.",
            ),
            AcceptError::NoProcessor => Self::of_field(
                Code::NoProcessor,
                "payment_method_id",
                "You have no processor account that could charge this method.",
            ),
            AcceptError::KeyLost => Self::key_lost(),
            AcceptError::Fault(fault) => Self::internal(&fault),
        }
    }
}
