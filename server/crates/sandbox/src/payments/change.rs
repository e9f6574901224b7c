//! The one way to change a payment that exists: lock, decide, write with all that follows.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    answer::ApiError,
    app::App,
    clock,
    payments::{lifecycle::Change, payment::Payment, store},
    webhooks::{self, Parcel},
};

/// Changes the payment by `rule` inside the caller's transaction.
///
/// The parcel, if there is one, is for the courier, once the transaction is committed.
///
/// # Errors
/// Not found if the payment is not one of `account_id` (where that is given), and what `rule` says.
pub(crate) async fn change(
    app: &App,
    connection: &mut PgConnection,
    account_id: Option<i64>,
    payment_id: Uuid,
    rule: impl FnOnce(&mut Payment, OffsetDateTime) -> Result<Change, ApiError>,
) -> Result<(Payment, Option<Parcel>), ApiError> {
    let mut payment = lock(connection, account_id, payment_id).await?;
    let at = clock::now();
    let change = rule(&mut payment, at)?;
    store::update(connection, &payment).await?;
    if let Some(line) = change.line {
        store::insert_movement(connection, &payment, None, line).await?;
    }
    let data = json!({"payment": payment.view(&app.public_url)});
    let parcel = tell(app, connection, payment.account_id, change.event, at, &data).await?;
    Ok((payment, parcel))
}

/// Locks a payment.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    account_id: Option<i64>,
    payment_id: Uuid,
) -> Result<Payment, ApiError> {
    store::lock(connection, payment_id)
        .await?
        .filter(|payment| account_id.is_none_or(|account_id| account_id == payment.account_id))
        .ok_or_else(ApiError::not_found)
}

/// Writes the webhook of an event into the caller's transaction.
pub(crate) async fn tell(
    app: &App,
    connection: &mut PgConnection,
    account_id: i64,
    event: &'static str,
    at: OffsetDateTime,
    data: &serde_json::Value,
) -> Result<Option<Parcel>, ApiError> {
    let account = app.accounts.by_id(&app.pool, account_id).await?;
    let parcel = account.and_then(|account| Parcel::wrap(&account, event, at, data));
    if let Some(parcel) = &parcel {
        webhooks::store::insert(connection, parcel).await?;
    }
    Ok(parcel)
}
