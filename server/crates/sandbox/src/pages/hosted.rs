//! The hosted payment page: one page and one card entry for a whole checkout.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use crate::{
    answer::ApiError,
    app::App,
    cards::{Behaviour, TestCard, by_slug},
    faults::rules::Facts,
    pages::{
        entry::{Entry, EntryErrors},
        form::{self, Shown},
        html, way_back,
    },
    registrations::store::{self, NewMethod, Registration},
    transaction,
    webhooks::{self, News, Parcel},
};

/// The expiry of a card that was not typed in.
const EXPIRY: &str = "12/34";

/// Which practice card the form is to be filled with.
#[derive(Deserialize)]
pub(crate) struct Pick {
    card: Option<String>,
}

/// `GET /pay/{token}`.
pub(crate) async fn show(
    State(app): State<App>,
    Path(token): Path<String>,
    Query(pick): Query<Pick>,
) -> Response {
    let picked = pick.card.as_deref().and_then(by_slug);
    let entry = picked.map(Entry::of).unwrap_or_default();
    match render(&app, &token, &entry, &EntryErrors::default(), picked).await {
        Ok(response) => response,
        Err(error) => broken(&error),
    }
}

/// `POST /pay/{token}`: a card was entered.
pub(crate) async fn enter(
    State(app): State<App>,
    Path(token): Path<String>,
    Form(entry): Form<Entry>,
) -> Response {
    let now = app.clock.now();
    if let Some(card) = by_slug(&entry.scenario) {
        let outcome = take_card(&app, &token, card, EXPIRY).await;
        return outcome.unwrap_or_else(|error| broken(&error));
    }
    let outcome = match entry.check(now) {
        Err(errors) => render(&app, &token, &entry, &errors, None).await,
        Ok((card, expiry)) => take_card(&app, &token, card, &expiry).await,
    };
    outcome.unwrap_or_else(|error| broken(&error))
}

/// `POST /pay/{token}/cancel`: the shopper goes back, and may come again.
pub(crate) async fn cancel(State(app): State<App>, Path(token): Path<String>) -> Response {
    match store::find(&app.pool, &token).await {
        Ok(Some(registration)) if registration.status == "open" => {
            html::see_other(&way_back(&registration.return_url, "token", &token, "cancelled"))
        }
        Ok(Some(registration)) => closed(&app, &registration),
        Ok(None) => html::not_found(),
        Err(error) => broken(&error.into()),
    }
}

/// What a page says that can no longer be paid on: completed and failed ones lead back.
pub(crate) fn closed(app: &App, registration: &Registration) -> Response {
    let back = |result| way_back(&registration.return_url, "token", &registration.token, result);
    match registration.status_at(app.clock.now()) {
        "completed" => html::see_other(&back("completed")),
        "failed" => html::see_other(&back("failed")),
        _ => form::expired(&back("failed")),
    }
}

/// Says whether the page still takes a card.
pub(crate) fn is_open(app: &App, registration: &Registration) -> bool {
    registration.status_at(app.clock.now()) == "open"
}

/// Logs nothing more (the cause is logged where it arose) and says so to a person.
pub(crate) fn broken(_error: &ApiError) -> Response {
    html::broken()
}

async fn render(
    app: &App,
    token: &str,
    entry: &Entry,
    errors: &EntryErrors,
    picked: Option<&'static TestCard>,
) -> Result<Response, ApiError> {
    let Some(registration) = store::find(&app.pool, token).await? else {
        return Ok(html::not_found());
    };
    if !is_open(app, &registration) {
        return Ok(closed(app, &registration));
    }
    let named = {
        let mut connection = app.pool.acquire().await?;
        store::list_named(&mut connection, token).await?
    };
    let account = app.accounts.by_id(&app.pool, registration.account_id).await?;
    let account = account.ok_or_else(ApiError::internal)?;
    let shown = Shown {
        registration: &registration,
        named: &named,
        merchant: &account.name,
        processor: &account.processor,
        entry,
        errors,
        picked,
    };
    Ok(form::page(&shown).into_response())
}

/// Takes a good card: straight to completed, or to the challenge first.
async fn take_card(
    app: &App,
    token: &str,
    card: &TestCard,
    expiry: &str,
) -> Result<Response, ApiError> {
    let Some(known) = store::find(&app.pool, token).await? else {
        return Ok(html::not_found());
    };
    // So that telling needs no second connection while this one is held.
    let account = app.accounts.by_id(&app.pool, known.account_id).await?;
    let account = account.ok_or_else(ApiError::internal)?;
    if !account.processor.methods.iter().any(|method| method == card.method) {
        return Ok(html::see_other(&format!("/pay/{token}")));
    }

    let mut transaction = transaction::begin(&app.pool).await?;
    let locked = store::lock(&mut transaction, token).await?;
    let registration = locked.ok_or_else(ApiError::internal)?;
    if !is_open(app, &registration) {
        return Ok(closed(app, &registration));
    }
    let method = NewMethod {
        token: &app.mint.token("pm_", &["method", token]),
        brand: card.brand,
        last4: card.last4(),
        expiry,
        behaviour: card.slug,
    };
    store::set_method(&mut transaction, &registration, &method).await?;
    if card.behaviour == Behaviour::SecureOnPage {
        transaction.commit().await?;
        return Ok(html::see_other(&format!("/pay/{token}/challenge")));
    }
    let parcel = finish(app, &mut transaction, token, None).await?;
    transaction.commit().await?;
    app.courier.hand_over(parcel);
    Ok(html::see_other(&way_back(&registration.return_url, "token", token, "completed")))
}

/// Ends an open registration in the caller's transaction, and tells the merchant.
pub(crate) async fn finish(
    app: &App,
    connection: &mut PgConnection,
    token: &str,
    failure_code: Option<&str>,
) -> Result<Option<Parcel>, ApiError> {
    store::finish(connection, token, failure_code).await?;
    let registration = store::lock(connection, token).await?.ok_or_else(ApiError::internal)?;
    let event =
        if failure_code.is_none() { "registration.completed" } else { "registration.failed" };
    let at = app.clock.now();
    let data = json!({"registration": registration.view(&app.public_url, at)});
    let facts = Facts { reference: Some(&registration.nonce), ..Facts::default() };
    let account = app.accounts.by_id(&app.pool, registration.account_id).await?;
    let news = News { event, at, data: data.to_string(), wish: None, facts };
    let parcel = account.and_then(|account| Parcel::wrap(app, &account, &news));
    if let Some(parcel) = &parcel {
        webhooks::store::insert(connection, parcel).await?;
    }
    Ok(parcel)
}

/// The status with which a form comes back that has to be mended.
pub(crate) fn form_status(errors: &EntryErrors) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}
