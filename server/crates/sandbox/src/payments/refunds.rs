//! Refunds over the API.

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    accounts::Caller,
    answer::{Answer, ApiError},
    app::App,
    clock,
    idempotency::Attempt,
    ids,
    payments::{
        change::{lock, tell},
        payment::Refund,
        request::{PartBody, check_reference},
        store,
    },
    webhooks::Parcel,
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

    let mut transaction = app.pool.begin().await?;
    if let Some(answer) = attempt.claim(&mut transaction).await? {
        return Ok(answer);
    }
    let (answer, parcel) =
        refund(&app, &mut transaction, account.account_id, payment_id, &part, reference).await?;
    attempt.remember(&mut transaction, &answer).await?;
    transaction.commit().await?;
    app.courier.hand_over(parcel);
    Ok(answer)
}

async fn refund(
    app: &App,
    connection: &mut PgConnection,
    account_id: i64,
    payment_id: Uuid,
    part: &PartBody,
    reference: &str,
) -> Result<(Answer, Option<Parcel>), ApiError> {
    let mut payment = lock(connection, Some(account_id), payment_id).await?;
    let at = clock::now();
    let amount_minor = part.amount_minor(&payment.currency)?;
    let (amount_minor, change) = payment.give_back(amount_minor, at)?;
    let refund = Refund {
        refund_id: ids::new_id(),
        account_id,
        payment_id,
        reference: reference.to_owned(),
        amount_minor,
        status: if change.line.is_some() { "succeeded" } else { "failed" }.to_owned(),
        created_at: at,
    };
    if !store::insert_refund(connection, &refund).await? {
        return Err(ApiError::conflict_of(
            "reference_exists",
            "there is a refund with this reference already",
        ));
    }
    if let Some(line) = change.line {
        store::update(connection, &payment).await?;
        store::insert_movement(connection, &payment, Some(&refund), line).await?;
    }
    let view = refund.view(&payment.currency);
    let data = json!({"refund": view, "payment": payment.view(&app.public_url)});
    let parcel = tell(app, connection, account_id, change.event, at, &data).await?;
    Ok((Answer::new(StatusCode::CREATED, &view), parcel))
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
    let data: Vec<_> = found.iter().map(|(refund, currency)| refund.view(currency)).collect();
    Ok(Answer::new(StatusCode::OK, &json!({ "data": data })))
}
