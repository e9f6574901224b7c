//! The forms of a pay-out that contradicts itself: saying what became of it, agreeing, taking back.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::payout::decide::Refused;
use domain::payout::ruling::Ending;
use engine::payouts::commands::AskError;
use engine::payouts::rulings;
use serde::Deserialize;

use super::payouts::{PayoutForm, answer, ask, page};
use super::{Acting, refused};
use crate::web::not_found;
use crate::wiring::Services;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RulingForm {
    version: String,
    reason: String,
    ruling: String,
}

pub(super) async fn propose(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<RulingForm>,
) -> Response {
    let RulingForm { version, reason, ruling } = form;
    let form = PayoutForm { version, reason };
    let Some(ask) = ask(&operator, &id, &form, true) else { return not_found() };
    let Some(ending) = Ending::from_word(&ruling) else {
        return refused(&page(ask.payout), "ruling_missing", Some("ruling"));
    };
    let proposed = rulings::propose(&services.engine, &ask, ending).await;
    answer(ask.payout, proposed.map(|_| "ruling_proposed"))
}

pub(super) async fn confirm(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<PayoutForm>,
) -> Response {
    let Some(ask) = ask(&operator, &id, &form, false) else { return not_found() };
    let confirmed = rulings::confirm(&services.engine, &ask).await;
    if matches!(confirmed, Err(AskError::Refused(Refused::FourEyes(_)))) {
        return refused(&page(ask.payout), "ruling_own", None);
    }
    answer(ask.payout, confirmed.map(|_| "ruling_confirmed"))
}

pub(super) async fn withdraw(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<PayoutForm>,
) -> Response {
    let Some(ask) = ask(&operator, &id, &form, false) else { return not_found() };
    let withdrawn = rulings::withdraw(&services.engine, &ask).await;
    answer(ask.payout, withdrawn.map(|_| "ruling_withdrawn"))
}
