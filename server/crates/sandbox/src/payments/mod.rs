//! Payments over the API: authorise, capture, cancel, and look up.

use std::time::Duration;

use axum::{
    Extension,
    body::Bytes,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{
    accounts::Caller,
    answer::{Answer, ApiError},
    app::App,
    cards::Behaviour,
    connection::Scissors,
    idempotency::Attempt,
    ids,
    money::format_amount,
};

pub(crate) mod batch;
pub(crate) mod change;
pub(crate) mod lifecycle;
pub(crate) mod payment;
pub(crate) mod refunds;
pub(crate) mod request;
pub(crate) mod store;
pub(crate) mod till;

use lifecycle::Change;
use payment::Payment;
use request::{NewPayment, PartBody, check_reference};
use till::{Order, Receipt};

/// How late a slow card answers.
const SLOW: Duration = Duration::from_secs(3);
/// How long a hanging card keeps the caller waiting.
const HANG: Duration = Duration::from_secs(30);

/// `POST /v1/payments`: charges a method, with or without capturing.
pub(crate) async fn create(
    State(app): State<App>,
    Caller(account): Caller,
    connection: Option<Extension<ConnectInfo<Scissors>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let attempt = Attempt::read(account.account_id, "POST /v1/payments", &headers, &body)?;
    let request = NewPayment::read(&body)?;
    let cut = || {
        if let Some(Extension(ConnectInfo(scissors))) = &connection {
            scissors.cut();
        }
        ApiError::practice()
    };
    match app.till.ring_up(Order { account, attempt, request }).await {
        Receipt::Refused(refused) => Err(refused),
        Receipt::Nothing(Behaviour::TimeoutBefore) => {
            wait(&app, HANG).await;
            Err(cut())
        }
        Receipt::Nothing(_) => Err(ApiError::practice()),
        Receipt::Answered(_, Behaviour::LostAnswer) => Err(cut()),
        Receipt::Answered(answer, behaviour) => {
            if behaviour == Behaviour::Slow {
                wait(&app, SLOW).await;
            }
            Ok(answer.into_response())
        }
    }
}

/// Waits, but not past the end of the process.
async fn wait(app: &App, duration: Duration) {
    tokio::select! {
        () = app.closing.cancelled() => {}
        () = tokio::time::sleep(duration) => {}
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
    change_once(&app, &attempt, &id, |payment, at| {
        let amount_minor = part.amount_minor(&payment.currency)?;
        payment.take(amount_minor, at)
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
    rule: impl FnOnce(&mut Payment, OffsetDateTime) -> Result<Change, ApiError>,
) -> Result<Answer, ApiError> {
    let payment_id = ids::read("sp_", id).ok_or_else(ApiError::not_found)?;
    let mut transaction = app.pool.begin().await?;
    if let Some(answer) = attempt.claim(&mut transaction).await? {
        return Ok(answer);
    }
    let account_id = Some(attempt.account_id);
    let (payment, parcel) =
        change::change(app, &mut transaction, account_id, payment_id, rule).await?;
    let answer = Answer::new(StatusCode::OK, &payment.view(&app.public_url));
    attempt.remember(&mut transaction, &answer).await?;
    transaction.commit().await?;
    app.courier.hand_over(parcel);
    Ok(answer)
}

/// `GET /v1/books`: every payment of the account, for those who compare books.
pub(crate) async fn books(
    State(app): State<App>,
    Caller(account): Caller,
) -> Result<Answer, ApiError> {
    let payments = store::list_all(&app.pool, account.account_id).await?;
    let lines: Vec<Value> = payments
        .iter()
        .map(|payment| {
            let amount = |minor| format_amount(minor, &payment.currency);
            json!({
                "reference": payment.reference,
                "status": payment.status,
                "currency": payment.currency,
                "authorized": amount(payment.authorized_minor),
                "captured": amount(payment.captured_minor),
                "refunded": amount(payment.refunded_minor),
            })
        })
        .collect();
    Ok(Answer::new(StatusCode::OK, &json!({ "payments": lines })))
}
