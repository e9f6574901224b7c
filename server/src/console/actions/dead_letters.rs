//! The forms of a dead letter's page. Each acts once: what was given back to the queue is not there
//! any more for a second click.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::id::JobId;
use engine::dead_letters::{self, ActError};
use engine::reconciliation::actor::{Actor, Person};
use engine::reconciliation::mismatches::ReasonError;
use serde::Deserialize;

use super::{Acting, done, refused};
use crate::console::session::role;
use crate::web::not_found;
use crate::wiring::Services;

const LIST: &str = "/console/dead-letters";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DiscardForm {
    reason: String,
}

pub(super) async fn retry(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<JobId>() else { return not_found() };
    let (shop, by) = (Some(operator.shop), actor(&operator));
    match dead_letters::retry(&services.engine, shop, id, &by).await {
        Ok(()) => done(LIST, "dead_letter_retried"),
        Err(error) => answer(id, &error),
    }
}

pub(super) async fn retry_like(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<JobId>() else { return not_found() };
    let (shop, by) = (Some(operator.shop), actor(&operator));
    match dead_letters::retry_like(&services.engine, shop, id, &by).await {
        Ok(_) => done(LIST, "dead_letters_retried"),
        Err(error) => answer(id, &error),
    }
}

pub(super) async fn discard(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<DiscardForm>,
) -> Response {
    let Ok(id) = id.parse::<JobId>() else { return not_found() };
    let (shop, by) = (Some(operator.shop), actor(&operator));
    match dead_letters::discard(&services.engine, shop, id, &form.reason, &by).await {
        Ok(()) => done(&page(id), "dead_letter_discarded"),
        Err(error) => answer(id, &error),
    }
}

fn actor(operator: &app::view::staff::Operator) -> Actor {
    Actor::Person(Person { id: operator.id, name: operator.name.clone(), role: role(operator) })
}

fn page(id: JobId) -> String {
    format!("{LIST}/{id}")
}

/// What to say of a reason that is not taken.
pub(super) const fn reason_code(reason: ReasonError) -> &'static str {
    match reason {
        ReasonError::TooShort => "reason_missing",
        ReasonError::TooLong => "reason_too_long",
        ReasonError::CardNumber => "card_number",
    }
}

fn answer(id: JobId, error: &ActError) -> Response {
    match error {
        // It may be another shop's, or nobody's: the answer is the same.
        ActError::NotFound => refused(LIST, "dead_letter_gone", None),
        ActError::Discarded => refused(&page(id), "dead_letter_gone", None),
        ActError::NotAllowed => refused(&page(id), "not_allowed", None),
        ActError::WaitedFor => refused(&page(id), "dead_letter_waited_for", None),
        ActError::Reason(reason) => refused(&page(id), reason_code(*reason), Some("reason")),
        ActError::Fault(fault) => {
            tracing::error!(error = ?fault, "a dead letter could not be acted on");
            refused(&page(id), "unavailable", None)
        }
    }
}
