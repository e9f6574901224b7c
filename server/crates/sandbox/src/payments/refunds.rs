//! Refunds over the API.

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    accounts::Caller,
    answer::{Answer, ApiError},
    app::App,
    idempotency::Attempt,
    ids,
    payments::{
        change::{Target, change},
        lifecycle::NewRefund,
        request::{PartBody, check_reference},
        store,
    },
    transaction,
};

/// `POST /v1/payments/{id}/refunds`.
pub(crate) async fn create(
    State(app): State<App>,
    Caller(account): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let part = PartBody::read(&body)?;
    let reference = part.reference.as_deref().unwrap_or_default();
    check_reference("reference", reference)?;
    let payment_id = ids::read("sp_", &id).ok_or_else(ApiError::not_found)?;
    let route = format!("POST /v1/payments/{id}/refunds");
    let attempt = Attempt::read(account.account_id, &route, &headers, &body)?;

    let mut transaction = transaction::begin(&app.pool).await?;
    if let Some(answer) = attempt.claim(&mut transaction).await? {
        return Ok(answer);
    }
    let refund_id = app.mint.id(app.clock.now(), &["refund", &account.name, reference]);
    let target = Target {
        account_id: Some(account.account_id),
        webhook: attempt.webhook,
        ..Target::of(payment_id)
    };
    let (payment, parcel) = change(&app, &mut transaction, target, |payment, moment| {
        let amount_minor = part.amount_minor(&payment.currency)?;
        payment.give_back(&NewRefund { refund_id, reference, amount_minor }, moment)
    })
    .await?;
    let refund = payment.refunds.iter().find(|refund| refund.refund_id == refund_id);
    let refund = refund.ok_or_else(ApiError::internal)?;
    let answer = Answer::new(StatusCode::CREATED, &refund.view(&payment.currency));
    attempt.remember(&mut transaction, &answer).await?;
    transaction.commit().await?;
    app.courier.deliver(parcel).await;
    Ok(answer)
}

/// `GET /v1/refunds/{id}`.
pub(crate) async fn get(
    State(app): State<App>,
    Caller(account): Caller,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let refund_id = ids::read("sr_", &id).ok_or_else(ApiError::not_found)?;
    let refund = store::find_refund_by_id(&app.pool, refund_id)
        .await?
        .filter(|refund| refund.account_id == account.account_id)
        .ok_or_else(ApiError::not_found)?;
    let payment = store::find_any(&app.pool, refund.payment_id).await?;
    let payment = payment.ok_or_else(ApiError::internal)?;
    Ok(Answer::new(StatusCode::OK, &refund.view(&payment.currency)))
}

/// What an inquiry asks for.
#[derive(Deserialize)]
pub(crate) struct Inquiry {
    reference: Option<String>,
}

/// `GET /v1/refunds?reference=…`: what became of a refund whose answer was lost.
pub(crate) async fn list(
    State(app): State<App>,
    Caller(account): Caller,
    Query(inquiry): Query<Inquiry>,
) -> Result<Answer, ApiError> {
    let reference = inquiry
        .reference
        .ok_or_else(|| ApiError::invalid("reference", "say which refund is meant"))?;
    check_reference("reference", &reference)?;
    let found = store::find_refund(&app.pool, account.account_id, &reference).await?;
    let mut data = Vec::new();
    if let Some(refund) = found {
        let payment = store::find_any(&app.pool, refund.payment_id).await?;
        let payment = payment.ok_or_else(ApiError::internal)?;
        data.push(refund.view(&payment.currency));
    }
    Ok(Answer::new(StatusCode::OK, &json!({ "data": data })))
}
