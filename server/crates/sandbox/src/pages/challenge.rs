//! The issuer's challenge: for a whole registration on its page, or for one payment.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    accounts::is_web_address,
    answer::ApiError,
    app::App,
    control::act::{Act, perform},
    ids,
    money::format_amount,
    pages::{
        hosted::{broken, closed, finish, is_open},
        html::{self, BRAND, Page, Text},
        way_back,
    },
    payments::{self, payment::Status},
    registrations, transaction,
};

/// Which button was pressed.
#[derive(Deserialize)]
pub(crate) struct Pressed {
    outcome: String,
    /// Where a payment's challenge leads back, if its merchant named no place before.
    #[serde(default)]
    return_url: String,
}

impl Pressed {
    fn is_passed(&self) -> bool {
        self.outcome == "complete"
    }
}

/// `GET /pay/{token}/challenge`.
pub(crate) async fn show_registration(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Response {
    match registrations::store::find(&app.pool, &token).await {
        Ok(Some(registration)) if !is_open(&app, &registration) => closed(&app, &registration),
        Ok(Some(registration)) if registration.payment_method.is_none() => {
            html::see_other(&format!("/pay/{token}"))
        }
        Ok(Some(registration)) => page(&Challenge {
            action: &format!("/pay/{token}/challenge"),
            amount_minor: registration.amount_minor,
            currency: &registration.currency,
            last4: registration.last4.as_deref().unwrap_or_default(),
            return_url: "",
        }),
        Ok(None) => html::not_found(),
        Err(error) => broken(&error.into()),
    }
}

/// `POST /pay/{token}/challenge`.
pub(crate) async fn answer_registration(
    State(app): State<App>,
    Path(token): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let outcome = end_registration(&app, &token, &pressed).await;
    outcome.unwrap_or_else(|error| broken(&error))
}

async fn end_registration(app: &App, token: &str, pressed: &Pressed) -> Result<Response, ApiError> {
    let Some(known) = registrations::store::find(&app.pool, token).await? else {
        return Ok(html::not_found());
    };
    // So that telling needs no second connection while this one is held.
    app.accounts.by_id(&app.pool, known.account_id).await?;

    let mut transaction = transaction::begin(&app.pool).await?;
    let locked = registrations::store::lock(&mut transaction, token).await?;
    let registration = locked.ok_or_else(ApiError::internal)?;
    if !is_open(app, &registration) {
        return Ok(closed(app, &registration));
    }
    if registration.payment_method.is_none() {
        return Ok(html::see_other(&format!("/pay/{token}")));
    }
    if pressed.outcome == "abandon" {
        return Ok(abandoned(&format!("/pay/{token}/challenge")));
    }
    let (failure_code, result) = if pressed.is_passed() {
        (None, "completed")
    } else {
        (Some("authentication_failed"), "failed")
    };
    let parcel = finish(app, &mut transaction, token, failure_code).await?;
    transaction.commit().await?;
    app.courier.hand_over(parcel);
    Ok(html::see_other(&way_back(&registration.return_url, "token", token, result)))
}

/// Where a payment's challenge leads back.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    return_url: String,
}

/// `GET /challenge/{id}`.
pub(crate) async fn show_payment(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(back): Query<Back>,
) -> Response {
    let Some(payment_id) = ids::read("sp_", &id) else { return html::not_found() };
    match payments::store::find_any(&app.pool, payment_id).await {
        Ok(Some(payment)) if payment.status != Status::RequiresAction => {
            let result = if payment.status == Status::Declined { "failed" } else { "completed" };
            leave(&id, payment.return_url.as_deref(), &back.return_url, result)
        }
        Ok(Some(payment)) => page(&Challenge {
            action: &format!("/challenge/{id}"),
            amount_minor: payment.amount_minor,
            currency: &payment.currency,
            last4: &payment.last4,
            return_url: &back.return_url,
        }),
        Ok(None) => html::not_found(),
        Err(error) => broken(&error.into()),
    }
}

/// `POST /challenge/{id}`.
pub(crate) async fn answer_payment(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let outcome = end_payment(&app, &id, &pressed).await;
    outcome.unwrap_or_else(|error| broken(&error))
}

async fn end_payment(app: &App, id: &str, pressed: &Pressed) -> Result<Response, ApiError> {
    let Some(payment_id) = ids::read("sp_", id) else { return Ok(html::not_found()) };
    let Some(known) = payments::store::find_any(&app.pool, payment_id).await? else {
        return Ok(html::not_found());
    };
    if pressed.outcome == "abandon" {
        return Ok(abandoned(&format!("/challenge/{id}")));
    }
    if known.status != Status::RequiresAction {
        return Ok(html::see_other(&format!("/challenge/{id}")));
    }
    let payment = perform(app, payment_id, Act::Challenge { passed: pressed.is_passed() }).await?;
    let result = if pressed.is_passed() { "completed" } else { "failed" };
    Ok(leave(id, payment.return_url.as_deref(), &pressed.return_url, result))
}

/// Goes back to the merchant's address, or says the outcome where none is known.
fn leave(id: &str, stored: Option<&str>, asked: &str, result: &'static str) -> Response {
    match stored.or_else(|| is_web_address(asked).then_some(asked)) {
        Some(return_url) => html::see_other(&way_back(return_url, "payment", id, result)),
        None if result == "completed" => {
            html::notice(StatusCode::OK, "Challenge passed", "You can close this page.")
        }
        None => html::notice(StatusCode::OK, "Payment not made", "You can close this page."),
    }
}

/// Says that the shopper went away. Nobody is told, as when a window is closed.
fn abandoned(way_back: &str) -> Response {
    let main = format!(
        r#"<section class="card challenge"><h1>You walked away</h1>
<p>Nothing was decided and the shop was not told, as if you had closed this window. The bank gives up after 15 minutes, the page of a checkout when it expires.</p>
<p><a class="button quiet" href="{}">Come back to the challenge</a></p></section>"#,
        Text(way_back)
    );
    Page { status: StatusCode::OK, title: "You walked away", brand: BRAND, is_wide: false, main }
        .into_response()
}

struct Challenge<'a> {
    action: &'a str,
    amount_minor: i64,
    currency: &'a str,
    last4: &'a str,
    return_url: &'a str,
}

fn page(challenge: &Challenge<'_>) -> Response {
    let main = format!(
        r#"<section class="card challenge">
<p class="eyebrow">Practice bank · 3-D Secure</p>
<h1>Confirm your payment</h1>
<p>Your bank wants to know that it is you who pays <strong>{amount} {currency}</strong> with the card ending in <strong>{last4}</strong>.</p>
<form method="post" action="{action}">
<input type="hidden" name="return_url" value="{return_url}">
<button class="button" type="submit" name="outcome" value="complete">Complete</button>
<button class="button quiet" type="submit" name="outcome" value="fail">Fail</button>
<button class="button quiet" type="submit" name="outcome" value="abandon">Walk away</button>
</form>
<p class="hint">A real bank would ask for a code or for its app. Here you choose how it ends.</p>
</section>"#,
        amount = format_amount(challenge.amount_minor, challenge.currency),
        currency = Text(challenge.currency),
        last4 = Text(challenge.last4),
        action = Text(challenge.action),
        return_url = Text(challenge.return_url),
    );
    Page {
        status: StatusCode::OK,
        title: "Confirm your payment",
        brand: BRAND,
        is_wide: false,
        main,
    }
    .into_response()
}
