//! The form that decides whether a processor account is called.

use std::time::Duration;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::id::ProcessorAccountId;
use engine::processors::circuits::{self, ForceError, Wish};
use engine::reconciliation::actor::Person;
use engine::reconciliation::mismatches::ReasonError;
use serde::Deserialize;

use super::{Acting, done, refused};
use crate::console::session::role;
use crate::web::not_found;
use crate::wiring::Services;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ForceForm {
    version: String,
    wish: String,
    minutes: String,
    reason: String,
}

pub(super) async fn force(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<ForceForm>,
) -> Response {
    let Ok(id) = id.parse::<ProcessorAccountId>() else { return not_found() };
    let page = format!("/console/processors/{id}");
    let lasts = Duration::from_secs(form.minutes.parse::<u64>().unwrap_or(0).saturating_mul(60));
    let (wish, notice) = match form.wish.as_str() {
        "open" => (Wish::Open(lasts), "circuit_forced"),
        "closed" => (Wish::Closed(lasts), "circuit_forced"),
        "by_itself" => (Wish::ByItself, "circuit_unforced"),
        _ => return refused(&page, "wish_missing", Some("wish")),
    };
    let by = Person { id: operator.id, name: operator.name.clone(), role: role(&operator) };
    // A version that cannot be read is of a page that nobody was shown.
    let place = (id, form.version.parse().unwrap_or(-1));
    match circuits::force(&services.engine, operator.shop, place, wish, &form.reason, &by).await {
        Ok(()) => done(&page, notice),
        Err(ForceError::NotFound) => not_found(),
        Err(ForceError::NotAllowed) => refused(&page, "not_allowed", None),
        Err(ForceError::Stale) => refused(&page, "stale", None),
        Err(ForceError::Duration) => refused(&page, "duration_missing", Some("minutes")),
        Err(ForceError::Reason(reason)) => refused(&page, of_reason(reason), Some("reason")),
        Err(ForceError::Fault(fault)) => {
            tracing::error!(error = ?fault, "a circuit could not be forced");
            refused(&page, "unavailable", None)
        }
    }
}

const fn of_reason(reason: ReasonError) -> &'static str {
    match reason {
        ReasonError::TooShort => "reason_needed",
        ReasonError::TooLong => "reason_too_long",
        ReasonError::CardNumber => "card_number",
    }
}
