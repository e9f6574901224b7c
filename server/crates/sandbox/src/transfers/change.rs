//! The one way to write a transfer: with its money, its alarm and its webhook.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    accounts::Account,
    alarms,
    answer::ApiError,
    app::App,
    faults::fault::WebhookFault,
    transaction,
    transfers::{
        lifecycle::Step,
        store,
        transfer::{State, Transfer},
    },
    webhooks::{self, News, Parcel},
};

/// Changes a transfer by the step that `rule` names, inside the caller's transaction.
///
/// The parcel, if there is one, is for the courier, once the transaction is committed.
///
/// # Errors
/// Not found if there is no such transfer, a conflict where its rules refuse, and what `rule` says.
pub(crate) async fn change(
    app: &App,
    connection: &mut PgConnection,
    transfer_id: Uuid,
    at: OffsetDateTime,
    rule: impl FnOnce(&Transfer) -> Result<Step, ApiError>,
) -> Result<(Transfer, Option<Parcel>), ApiError> {
    let mut transfer =
        store::lock(connection, transfer_id).await?.ok_or_else(ApiError::not_found)?;
    let account = app.accounts.by_id(&app.pool, transfer.account_id).await?;
    let account = account.ok_or_else(ApiError::not_found)?;
    let step = rule(&transfer)?;
    transfer.take(step, at.max(transfer.updated_at))?;
    store::update(connection, &transfer).await?;
    let parcel = follow_up(app, connection, &account, &transfer, None).await?;
    Ok((transfer, parcel))
}

/// Writes what follows from the state that a transfer has just reached: money that moved, what will
/// happen by itself, and the message to its merchant.
pub(crate) async fn follow_up(
    app: &App,
    connection: &mut PgConnection,
    account: &Account,
    transfer: &Transfer,
    wish: Option<WebhookFault>,
) -> Result<Option<Parcel>, ApiError> {
    if let Some(line) = transfer.line() {
        store::insert_movement(connection, transfer, line).await?;
    }
    if let Some((kind, after)) = transfer.wake(app.faults.pace()) {
        let due_at = transfer.updated_at + after;
        alarms::store::insert_for_transfer(connection, transfer.transfer_id, kind, due_at).await?;
    }
    let is_silent = transfer.scenario().is_silent && transfer.state != State::Accepted;
    let news = News {
        event: transfer.state.event(),
        at: transfer.updated_at,
        data: json!({"transfer": transfer.view()}).to_string(),
        wish: if is_silent { Some(WebhookFault::Never) } else { wish },
        facts: transfer.facts(),
    };
    let parcel = Parcel::wrap(app, account, &news);
    if let Some(parcel) = &parcel {
        webhooks::store::insert(connection, parcel).await?;
    }
    Ok(parcel)
}

/// Takes a step by hand, and tells the merchant.
pub(crate) async fn step(app: &App, transfer_id: Uuid, step: Step) -> Result<Transfer, ApiError> {
    let known = store::find_any(&app.pool, transfer_id).await?;
    let known = known.ok_or_else(ApiError::not_found)?;
    // So that telling needs no second connection while one is held.
    app.accounts.by_id(&app.pool, known.account_id).await?;

    let mut transaction = transaction::begin(&app.pool).await?;
    let now = app.clock.now();
    let (transfer, parcel) =
        change(app, &mut transaction, transfer_id, now, |_transfer| Ok(step)).await?;
    transaction.commit().await?;
    app.courier.hand_over(parcel);
    Ok(transfer)
}
