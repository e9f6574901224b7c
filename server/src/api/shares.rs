//! `POST /v1/payments/{id}/release` and `GET /v1/payments/{id}/share`: what a seller has of a payment.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::clawback::Taken;
use domain::currency::Currency;
use domain::id::{PaymentId, ShopId};
use domain::money::Money;
use engine::payments::commands::AskError;
use engine::wallets::preview::{self, PreviewError, RefundPreview};
use engine::wallets::release::{self, ReleaseError};
use engine::wallets::{self, ShareRecord};
use serde::Serialize;
use serde_json::json;
use time::Date;

use super::amount;
use super::auth::Caller;
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::{self, Call, Made};
use super::problem::{Code, Problem};
use super::query::{self, Query};
use super::refused::Asked;
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

/// What a refund would take from where, as things stand now.
#[derive(Debug, Serialize)]
pub struct PreviewObject {
    object: &'static str,
    payment: PaymentId,
    currency: Currency,
    /// How much the shopper gets back.
    amount: String,
    /// How much of it is our fee.
    fee_given_back: String,
    /// From what is pending of the payment.
    pending: String,
    /// From what can be paid out.
    available: String,
    /// From what is kept back.
    reserved: String,
    /// What the seller owes then.
    debt: String,
    /// What is left to the seller's next sales.
    next_sales: String,
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

/// What a refund would take from where.
///
/// # Errors
/// [`Problem`], as that of the refund itself.
pub async fn preview(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
    query: Query,
) -> Result<Json<PreviewObject>, Problem> {
    query.takes(&["amount"])?;
    let payment = id.payment(&services, shop).await?;
    let amount = match query.text("amount") {
        None => None,
        Some(text) => {
            let body = json!({ "amount": text });
            amount::optional(&Object::of_body(&body)?, payment.state.amount.currency())?
        }
    };
    let preview = preview::refund(services.pool(), &payment, amount).await;
    let preview = preview.map_err(|error| match error {
        PreviewError::Refused(refused) => Asked::Refund.problem(AskError::Refused(refused)),
        PreviewError::Fault(fault) => Problem::internal(&fault),
    })?;
    Ok(Json(PreviewObject::new(payment.id, &preview)))
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

impl PreviewObject {
    fn new(payment: PaymentId, preview: &RefundPreview) -> Self {
        let zero = Money::zero(preview.amount.currency());
        let part =
            |of: fn(&Taken) -> Money| preview.taken.as_ref().map_or(zero, of).to_decimal_string();
        Self {
            object: "refund_preview",
            payment,
            currency: preview.amount.currency(),
            amount: preview.amount.to_decimal_string(),
            fee_given_back: preview.fee_given_back.to_decimal_string(),
            pending: part(|taken| taken.pending),
            available: part(|taken| taken.available),
            reserved: part(|taken| taken.reserved),
            debt: part(|taken| taken.debt),
            next_sales: part(|taken| taken.next_sales),
        }
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
