//! Payments over the API: authorise, capture, cancel, and look up.

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    accounts::Caller,
    answer::{Answer, ApiError},
    app::App,
    faults::layer::{Cut, Declined, after, before},
    idempotency::Attempt,
    ids, transaction,
};

pub(crate) mod batch;
pub(crate) mod change;
pub(crate) mod lifecycle;
pub(crate) mod payment;
pub(crate) mod refunds;
pub(crate) mod request;
pub(crate) mod store;
pub(crate) mod till;

use change::Target;
use lifecycle::{Change, Moment};
use payment::Payment;
use request::{NewPayment, PartBody, check_reference};
use till::{Order, Receipt};

/// `POST /v1/payments`: charges a method, with or without capturing.
pub(crate) async fn create(
    State(app): State<App>,
    Caller(account): Caller,
    connection: Cut,
    declined: Option<Extension<Declined>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let attempt = Attempt::read(account.account_id, "POST /v1/payments", &headers, &body)?;
    let request = NewPayment::read(&body)?;
    let scissors = connection.map(|Extension(found)| found.0);
    let declined = declined.map(|Extension(declined)| declined.0);
    let (answer, fault) =
        match app.till.ring_up(Order { account, attempt, request, declined }).await {
            Receipt::Refused(refused) => return Err(refused),
            Receipt::Nothing(fault) => return Ok(before(&app, scissors.as_ref(), &fault).await),
            Receipt::Answered(answer, fault) => (answer, fault),
            Receipt::AnsweredAfter(answer, fault, parcel) => {
                app.courier.deliver(Some(*parcel)).await;
                (answer, fault)
            }
        };
    match fault {
        Some(fault) => Ok(after(&app, scissors.as_ref(), &fault, answer.into_response()).await),
        None => Ok(answer.into_response()),
    }
}

/// `GET /v1/payments/{id}`.
pub(crate) async fn get(
    State(app): State<App>,
    Caller(account): Caller,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let payment_id = ids::read("sp_", &id).ok_or_else(ApiError::not_found)?;
    let payment = store::find(&app.pool, account.account_id, payment_id).await?;
    let payment = payment.ok_or_else(ApiError::not_found)?;
    Ok(Answer::new(StatusCode::OK, &payment.view(&app.public_url)))
}

/// What an inquiry asks for.
#[derive(Deserialize)]
pub(crate) struct Inquiry {
    reference: Option<String>,
}

/// `GET /v1/payments?reference=…`: what became of a payment whose answer was lost.
pub(crate) async fn list(
    State(app): State<App>,
    Caller(account): Caller,
    Query(inquiry): Query<Inquiry>,
) -> Result<Answer, ApiError> {
    let reference = inquiry
        .reference
        .ok_or_else(|| ApiError::invalid("reference", "say which payments are meant"))?;
    check_reference("reference", &reference)?;
    let payments = store::list_by_reference(&app.pool, account.account_id, &reference).await?;
    let data: Vec<Value> = payments.iter().map(|payment| payment.view(&app.public_url)).collect();
    Ok(Answer::new(StatusCode::OK, &json!({ "data": data })))
}

/// `POST /v1/payments/{id}/capture`.
pub(crate) async fn capture(
    State(app): State<App>,
    Caller(account): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let part = PartBody::read(&body)?;
    let route = format!("POST /v1/payments/{id}/capture");
    let attempt = Attempt::read(account.account_id, &route, &headers, &body)?;
    change_once(&app, &attempt, &id, |payment, moment| {
        let amount_minor = part.amount_minor(&payment.currency)?;
        payment.take(amount_minor, moment)
    })
    .await
}

/// `POST /v1/payments/{id}/cancel`.
pub(crate) async fn cancel(
    State(app): State<App>,
    Caller(account): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let route = format!("POST /v1/payments/{id}/cancel");
    let attempt = Attempt::read(account.account_id, &route, &headers, &body)?;
    change_once(&app, &attempt, &id, Payment::cancel).await
}

/// Changes a payment under an idempotency key.
async fn change_once(
    app: &App,
    attempt: &Attempt,
    id: &str,
    rule: impl FnOnce(&mut Payment, &Moment) -> Result<Change, ApiError>,
) -> Result<Answer, ApiError> {
    let payment_id = ids::read("sp_", id).ok_or_else(ApiError::not_found)?;
    let mut transaction = transaction::begin(&app.pool).await?;
    if let Some(answer) = attempt.claim(&mut transaction).await? {
        return Ok(answer);
    }
    let target = Target {
        account_id: Some(attempt.account_id),
        webhook: attempt.webhook,
        ..Target::of(payment_id)
    };
    let (payment, parcel) = change::change(app, &mut transaction, target, rule).await?;
    let answer = Answer::new(StatusCode::OK, &payment.view(&app.public_url));
    attempt.remember(&mut transaction, &answer).await?;
    transaction.commit().await?;
    app.courier.deliver(parcel).await;
    Ok(answer)
}
