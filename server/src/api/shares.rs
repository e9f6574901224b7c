//! `POST /v1/payments/{id}/release` and `GET /v1/payments/{id}/share`: what a seller has of a payment.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::currency::Currency;
use domain::id::{PaymentId, ShopId};
use engine::wallets::release::{self, ReleaseError};
use engine::wallets::{self, ShareRecord};
use serde::Serialize;
use time::Date;

use super::auth::Caller;
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::{self, Call, Made};
use super::problem::{Code, Problem};
use super::query;
use crate::wiring::Services;

/// A seller's share of a payment.
#[derive(Debug, Serialize)]
pub struct ShareObject {
    object: &'static str,
    payment: PaymentId,
    currency: Currency,
    /// When what was bought was delivered.
    delivered_on: Option<String>,
    /// From which day on what is pending may be released; null if that waits for a delivery.
    due_on: Option<String>,
    /// Not to be had yet; below zero the seller owes it.
    pending: String,
    /// Of that, what stays there since it covers earlier refunds and chargebacks.
    covering: String,
    /// Released in total, with what was kept back.
    released: String,
    /// Kept back still.
    reserved: String,
}

/// Says that what was bought was delivered, and releases the seller's share if it is due.
///
/// # Errors
/// [`Problem`].
pub async fn release(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_optional_json(&headers, body).await?;
    let payment = id.payment(&services, shop).await?.id;
    let delivered_on = {
        let body = Object::of_body(&body)?;
        let day = body.text("delivered_on", 10)?.map(|text| query::day("delivered_on", text));
        body.finish()?;
        day.transpose()?
    };
    let path = format!("/v1/payments/{payment}/release");
    let call = Call { shop, method: "POST", path: &path, body: &body };
    let effect = |slot| {
        let services = &services;
        async move {
            let asked = (shop, payment);
            let share = release::deliver(&services.engine, asked, delivered_on, Some(slot)).await;
            Ok(shown(&share.map_err(problem)?))
        }
    };
    idempotency::once(&services, call, key, effect, |_| present(&services, shop, payment)).await
}

/// The seller's share of a payment.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<ShareObject>, Problem> {
    let payment = id.payment(&services, shop).await?.id;
    Ok(Json(ShareObject::new(&load(&services, shop, payment).await?)))
}

async fn present(services: &Services, shop: ShopId, payment: PaymentId) -> Result<Made, Problem> {
    Ok(shown(&load(services, shop, payment).await?))
}

async fn load(
    services: &Services,
    shop: ShopId,
    payment: PaymentId,
) -> Result<ShareRecord, Problem> {
    let found = wallets::share(services.pool(), shop, payment).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    found.ok_or_else(|| Problem::new(Code::NotFound, "You have no payment with this id."))
}

fn shown(share: &ShareRecord) -> Made {
    Made::of(StatusCode::OK, None, &ShareObject::new(share))
}

fn problem(error: ReleaseError) -> Problem {
    match error {
        ReleaseError::NotFound => Problem::new(Code::NotFound, "You have nothing with this id."),
        ReleaseError::NotCaptured => Problem::new(
            Code::NotCaptured,
            "Nothing was captured of this payment, so its seller has nothing to be released.",
        ),
        ReleaseError::InTheFuture(today) => Problem::of_field(
            Code::FieldInvalid,
            "delivered_on",
            format!("A delivery is at the latest of today, {today}."),
        ),
        ReleaseError::KeyLost => Problem::key_lost(),
        ReleaseError::Fault(fault) => Problem::internal(&fault),
    }
}

impl ShareObject {
    fn new(share: &ShareRecord) -> Self {
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        Self {
            object: "share",
            payment: share.payment,
            currency: share.pending.currency(),
            delivered_on: day(share.delivered_on),
            due_on: day(share.due_on),
            pending: share.pending.to_decimal_string(),
            covering: share.covering.to_decimal_string(),
            released: share.released.to_decimal_string(),
            reserved: share.reserved.to_decimal_string(),
        }
    }
}
