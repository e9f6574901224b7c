//! `POST /v1/payments/{id}/capture` and `POST /v1/payments/{id}/cancel`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::checkout::{Policy, is_complete};
use domain::id::{PaymentId, ShopId};
use engine::idempotency::Slot;
use engine::payments::commands::{self, Ask};
use engine::payments::{PaymentRecord, Source};

use super::amount;
use super::auth::Caller;
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::{self, Call, Made};
use super::object::PaymentObject;
use super::problem::{Code, Problem};
use super::refused::Asked;
use crate::wiring::Services;

/// Takes what is held, in part or whole, once or in several steps.
///
/// # Errors
/// [`Problem`].
pub async fn capture(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_optional_json(&headers, body).await?;
    let payment = id.payment(&services, shop).await?;
    let amount = {
        let body = Object::of_body(&body)?;
        let amount = amount::optional(&body, payment.state.amount.currency())?;
        body.finish()?;
        amount
    };
    let patience = call::patience(&services, &headers);
    // The path that names the payment by our id, so that a key means the same under both ids.
    let path = format!("/v1/payments/{}/capture", payment.id);
    let call = Call { shop, method: "POST", path: &path, body: &body };
    let effect = |slot| {
        let (services, payment) = (&services, &payment);
        async move {
            refuse_part_of_a_basket(services, payment).await?;
            let ask = ask(payment, slot);
            let done = commands::capture(&services.engine, ask, amount, patience).await;
            Ok(shown(&done.map_err(|error| Asked::Capture.problem(error))?))
        }
    };
    idempotency::once(&services, call, key, effect, |_| present(&services, shop, payment.id)).await
}

/// Releases what is held, or gives up what is not paid yet.
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
    let payment = id.payment(&services, shop).await?;
    let patience = call::patience(&services, &headers);
    let path = format!("/v1/payments/{}/cancel", payment.id);
    let call = Call { shop, method: "POST", path: &path, body: &body };
    let effect = |slot| {
        let (services, payment) = (&services, &payment);
        async move {
            let done = commands::cancel(&services.engine, ask(payment, slot), patience).await;
            Ok(shown(&done.map_err(|error| Asked::Cancel.problem(error))?))
        }
    };
    idempotency::once(&services, call, key, effect, |_| present(&services, shop, payment.id)).await
}

fn ask(payment: &PaymentRecord, slot: Slot) -> Ask {
    Ask { shop: payment.shop, payment: payment.id, slot: Some(slot), source: Source::Api }
}

/// Of an all-or-nothing basket nothing is taken before everything is held.
async fn refuse_part_of_a_basket(
    services: &Services,
    payment: &PaymentRecord,
) -> Result<(), Problem> {
    let found = engine::checkouts::find(services.pool(), payment.shop, payment.checkout).await;
    let Some(checkout) = found.map_err(|fault| Problem::internal(&fault))? else { return Ok(()) };
    let states: Vec<_> = checkout.payments.iter().map(|payment| payment.state.clone()).collect();
    let has_begun = states.iter().any(|state| state.captured.is_positive());
    if checkout.policy == Policy::BestEffort || is_complete(&states) || has_begun {
        return Ok(());
    }
    Err(Problem::new(
        Code::BasketIncomplete,
        "The checkout is all or nothing, and not all of its payments are authorized.",
    ))
}

/// The payment as it is now: for a call whose answer nobody kept.
async fn present(services: &Services, shop: ShopId, id: PaymentId) -> Result<Made, Problem> {
    let found = engine::payments::find(services.pool(), shop, id).await;
    let payment = found.map_err(|fault| Problem::internal(&fault))?;
    let payment =
        payment.ok_or_else(|| Problem::new(Code::NotFound, "You have no such payment."))?;
    Ok(shown(&payment))
}

fn shown(payment: &PaymentRecord) -> Made {
    Made::of(StatusCode::OK, None, &PaymentObject::new(payment))
}
