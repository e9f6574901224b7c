//! The forms of an alert's page. The version that they carry makes each of them act once.

use app::view::staff::Operator;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::id::AlertId;
use engine::reconciliation::actor::Person;
use engine::watch::{HandleError, Handling, handle};
use serde::Deserialize;

use super::{Acting, done, refused};
use crate::console::session::role;
use crate::web::not_found;
use crate::wiring::Services;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AlertForm {
    version: String,
}

pub(super) async fn acknowledge(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<AlertForm>,
) -> Response {
    act(&services, &operator, (&id, &form), Handling::Acknowledge).await
}

pub(super) async fn resolve(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<AlertForm>,
) -> Response {
    act(&services, &operator, (&id, &form), Handling::Resolve).await
}

async fn act(
    services: &Services,
    operator: &Operator,
    (id, form): (&str, &AlertForm),
    handling: Handling,
) -> Response {
    let Ok(id) = id.parse::<AlertId>() else { return not_found() };
    let page = format!("/console/alerts/{id}");
    let by = Person { id: operator.id, name: operator.name.clone(), role: role(operator) };
    // A version that cannot be read is of a page that nobody was shown.
    let version = form.version.parse().unwrap_or(-1);
    match handle(services.pool(), operator.shop, (id, version), handling, &by).await {
        Ok(()) if handling == Handling::Acknowledge => done(&page, "acknowledged"),
        Ok(()) => {
            services.engine.waker().hint(engine::watch::TELL_OPERATOR);
            done(&page, "alert_resolved")
        }
        Err(HandleError::NotFound) => not_found(),
        Err(HandleError::NotAllowed) => refused(&page, "not_allowed", None),
        Err(HandleError::Stale) => refused(&page, "stale", None),
        Err(HandleError::Fault(fault)) => {
            tracing::error!(error = ?fault, "an alert could not be handled");
            refused(&page, "unavailable", None)
        }
    }
}
