//! The forms of pay-outs. The version that those of a pay-out's page carry makes each act once; a
//! new pay-out is made once under the key of its preview.

use app::view::staff::Operator;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::id::PayoutId;
use domain::payout::decide::Refused;
use engine::db::Fault;
use engine::payouts::actor::By;
use engine::payouts::commands::{self, Ask, AskError};
use engine::reconciliation::actor::Person;
use engine::reconciliation::mismatches::ReasonError;
use serde::Deserialize;

use super::{Acting, done, refused};
use crate::console::session::role;
use crate::web::not_found;
use crate::wiring::Services;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PayoutForm {
    pub(super) version: String,
    pub(super) reason: String,
}

pub(super) async fn approve(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<PayoutForm>,
) -> Response {
    let Some(ask) = ask(&operator, &id, &form, false) else { return not_found() };
    let approved = commands::approve(&services.engine, &ask).await;
    answer(ask.payout, approved.map(|_| "payout_approved"))
}

pub(super) async fn hold(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<PayoutForm>,
) -> Response {
    let Some(ask) = ask(&operator, &id, &form, true) else { return not_found() };
    let held = commands::hold(&services.engine, &ask).await;
    answer(ask.payout, held.map(|_| "payout_held"))
}

pub(super) async fn resume(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<PayoutForm>,
) -> Response {
    let Some(ask) = ask(&operator, &id, &form, false) else { return not_found() };
    let resumed = commands::resume(&services.engine, &ask).await;
    answer(ask.payout, resumed.map(|_| "payout_resumed"))
}

pub(super) async fn cancel(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<PayoutForm>,
) -> Response {
    let Some(ask) = ask(&operator, &id, &form, true) else { return not_found() };
    let cancelled = commands::cancel(&services.engine, &ask).await;
    answer(ask.payout, cancelled.map(|_| "payout_cancelled"))
}

/// Who acts, for the engine.
pub(super) fn by(operator: &Operator) -> By {
    let name = operator.name.clone();
    By::Person(Person { id: operator.id, name, role: role(operator) })
}

/// The page of a pay-out.
pub(super) fn page(id: PayoutId) -> String {
    format!("/console/payouts/{id}")
}

/// What is asked for; none if there can be no such pay-out.
pub(super) fn ask(
    operator: &Operator,
    id: &str,
    form: &PayoutForm,
    has_reason: bool,
) -> Option<Ask> {
    Some(Ask {
        shop: operator.shop,
        payout: id.parse().ok()?,
        by: by(operator),
        // A version that cannot be read is of a page that nobody was shown.
        version: Some(form.version.parse().unwrap_or(-1)),
        reason: has_reason.then(|| form.reason.clone()),
        slot: None,
    })
}

/// Back to the page of the pay-out, with what came of it.
pub(super) fn answer(id: PayoutId, outcome: Result<&'static str, AskError>) -> Response {
    let page = page(id);
    match outcome {
        Ok(notice) => done(&page, notice),
        Err(AskError::NotFound) => not_found(),
        Err(AskError::Changed | AskError::KeyLost) => refused(&page, "stale", None),
        Err(AskError::NotAllowed) => refused(&page, "not_allowed", None),
        Err(AskError::Refused(why)) => refused(&page, problem(&why), None),
        Err(AskError::Reason(reason)) => refused(&page, of_reason(reason), Some("reason")),
        Err(AskError::Fault(fault)) => broken(&page, &fault),
    }
}

const fn of_reason(reason: ReasonError) -> &'static str {
    match reason {
        ReasonError::TooShort => "reason_needed",
        ReasonError::TooLong => "reason_too_long",
        ReasonError::CardNumber => "card_number",
    }
}

/// The sentence for what the rules refuse.
pub(super) const fn problem(refused: &Refused) -> &'static str {
    match refused {
        Refused::FourEyes(_) => refused.code(),
        Refused::TooMuch { .. } => "amount_too_large",
        Refused::NotPositive => "amount_not_positive",
        Refused::NoAccount => "no_verified_account",
        Refused::InDoubt => "payout_in_doubt",
        Refused::UnderWay => "payout_under_way",
        Refused::Ended(_) => "payout_ended",
        Refused::NotApproved
        | Refused::AlreadyApproved
        | Refused::Held
        | Refused::NotHeld
        | Refused::AccountChanged
        | Refused::TooManySubmissions => "stale",
        Refused::NotInQuestion | Refused::NoRuling => "ruling_not_in_question",
        Refused::RulingWaits => "ruling_waits",
        Refused::Money(_) => "amount_invalid",
    }
}

/// Tells the log what broke, and the page only that something did.
pub(super) fn broken(page: &str, fault: &Fault) -> Response {
    tracing::error!(error = ?fault, "a pay-out could not be acted on");
    refused(page, "unavailable", None)
}
