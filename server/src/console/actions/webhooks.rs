//! The form of a webhook's page. The version that it carries makes it act once.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::id::InboundWebhookId;
use engine::inbound::{ReplayError, replay};
use engine::reconciliation::actor::{Actor, Person};
use serde::Deserialize;

use super::{Acting, done, refused};
use crate::console::session::role;
use crate::web::not_found;
use crate::wiring::Services;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReplayForm {
    version: String,
}

pub(super) async fn again(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<ReplayForm>,
) -> Response {
    let Ok(id) = id.parse::<InboundWebhookId>() else { return not_found() };
    let page = format!("/console/webhooks/{id}");
    let by = Person { id: operator.id, name: operator.name.clone(), role: role(&operator) };
    // A version that cannot be read is of a page that nobody was shown.
    let version = form.version.parse().unwrap_or(-1);
    match replay(&services.engine, operator.shop, (id, version), &Actor::Person(by)).await {
        Ok(()) => done(&page, "replayed"),
        Err(ReplayError::NotFound) => not_found(),
        Err(ReplayError::NotAllowed) => refused(&page, "not_allowed", None),
        Err(ReplayError::Refused) => refused(&page, "webhook_refused", None),
        Err(ReplayError::Stale) => refused(&page, "stale", None),
        Err(ReplayError::Fault(fault)) => {
            tracing::error!(error = ?fault, "a webhook could not be replayed");
            refused(&page, "unavailable", None)
        }
    }
}
