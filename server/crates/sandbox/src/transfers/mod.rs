//! Transfers over the API: money that a merchant sends to its sellers.

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    accounts::Caller,
    answer::{Answer, ApiError},
    app::App,
    idempotency::Attempt,
    ids, transaction,
};

pub(crate) mod change;
pub(crate) mod iban;
pub(crate) mod lifecycle;
pub(crate) mod request;
pub(crate) mod scenarios;
pub(crate) mod statement;
pub(crate) mod store;
pub(crate) mod transfer;

use request::{NewTransfer, check_reference};
use transfer::Transfer;

/// `POST /v1/transfers`: sends money to a bank account, once per reference.
pub(crate) async fn create(
    State(app): State<App>,
    Caller(account): Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let request = NewTransfer::read(&body, &account.processor)?;
    let attempt = Attempt::read(account.account_id, "POST /v1/transfers", &headers, &body)?;

    let mut transaction = transaction::begin(&app.pool).await?;
    if let Some(answer) = attempt.claim(&mut transaction).await? {
        return Ok(answer);
    }
    let reference = request.reference.clone();
    let known = store::find_by_reference(&mut transaction, account.account_id, &reference).await?;
    let (transfer, parcel, status) = if let Some(known) = known {
        (must_be(known, &request)?, None, StatusCode::OK)
    } else {
        let at = app.clock.now();
        let transfer_id = app.mint.id(at, &["transfer", &account.name, &reference]);
        let new = Transfer::accept(transfer_id, account.account_id, request.clone(), at);
        if store::insert(&mut transaction, &new).await? {
            let parcel =
                change::follow_up(&app, &mut transaction, &account, &new, attempt.webhook).await?;
            (new, parcel, StatusCode::CREATED)
        } else {
            // Somebody else was faster, and has committed by now.
            let known =
                store::find_by_reference(&mut transaction, account.account_id, &reference).await?;
            let known = known.ok_or_else(ApiError::internal)?;
            (must_be(known, &request)?, None, StatusCode::OK)
        }
    };
    let answer = Answer::new(status, &transfer.view());
    attempt.remember(&mut transaction, &answer).await?;
    transaction.commit().await?;
    app.courier.deliver(parcel).await;
    Ok(answer)
}

/// Refuses a reference that stands for another transfer.
fn must_be(known: Transfer, request: &NewTransfer) -> Result<Transfer, ApiError> {
    if known.is_what(request) {
        return Ok(known);
    }
    Err(ApiError::conflict_of(
        "reference_exists",
        "there is another transfer with this reference already",
    ))
}

/// `GET /v1/transfers/{id}`.
pub(crate) async fn get(
    State(app): State<App>,
    Caller(account): Caller,
    Path(id): Path<String>,
) -> Result<Answer, ApiError> {
    let transfer_id = ids::read("trf_", &id).ok_or_else(ApiError::not_found)?;
    let transfer = store::find(&app.pool, account.account_id, transfer_id).await?;
    let transfer = transfer.ok_or_else(ApiError::not_found)?;
    Ok(Answer::new(StatusCode::OK, &transfer.view()))
}

/// What an inquiry asks for.
#[derive(Deserialize)]
pub(crate) struct Inquiry {
    reference: Option<String>,
}

/// `GET /v1/transfers?reference=…`: what became of a transfer whose answer was lost.
pub(crate) async fn list(
    State(app): State<App>,
    Caller(account): Caller,
    Query(inquiry): Query<Inquiry>,
) -> Result<Answer, ApiError> {
    let reference = inquiry
        .reference
        .ok_or_else(|| ApiError::invalid("reference", "say which transfer is meant"))?;
    check_reference(&reference)?;
    let mut connection = app.pool.acquire().await?;
    let found = store::find_by_reference(&mut connection, account.account_id, &reference).await?;
    let data: Vec<Value> = found.iter().map(Transfer::view).collect();
    Ok(Answer::new(StatusCode::OK, &json!({ "data": data })))
}
