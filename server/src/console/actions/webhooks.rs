//! The forms of a webhook's page. The version that they carry makes each act once.

use app::view::staff::Operator;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::id::InboundWebhookId;
use engine::inbound::{DiscardError, ReplayError, discard, replay};
use engine::reconciliation::actor::{Actor, Person};
use serde::Deserialize;

use super::dead_letters::reason_code;
use super::{Acting, done, refused};
use crate::console::session::role;
use crate::web::not_found;
use crate::wiring::Services;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReplayForm {
    version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DiscardForm {
    version: String,
    reason: String,
}

pub(super) async fn again(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<ReplayForm>,
) -> Response {
    let Ok(id) = id.parse::<InboundWebhookId>() else { return not_found() };
    let page = format!("/console/webhooks/{id}");
    let shown = (id, version(&form.version));
    match replay(&services.engine, operator.shop, shown, &actor(&operator)).await {
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

pub(super) async fn discarded(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<DiscardForm>,
) -> Response {
    let Ok(id) = id.parse::<InboundWebhookId>() else { return not_found() };
    let page = format!("/console/webhooks/{id}");
    let (shop, shown) = (Some(operator.shop), (id, Some(version(&form.version))));
    match discard(&services.engine, shop, shown, &form.reason, &actor(&operator)).await {
        Ok(()) => done(&page, "webhook_discarded"),
        Err(DiscardError::NotFound) => not_found(),
        Err(DiscardError::NotAllowed) => refused(&page, "not_allowed", None),
        Err(DiscardError::NotUnmatched) => refused(&page, "webhook_not_unmatched", None),
        Err(DiscardError::Stale) => refused(&page, "stale", None),
        Err(DiscardError::Reason(why)) => refused(&page, reason_code(why), Some("reason")),
        Err(DiscardError::Fault(fault)) => {
            tracing::error!(error = ?fault, "a webhook could not be discarded");
            refused(&page, "unavailable", None)
        }
    }
}

fn actor(operator: &Operator) -> Actor {
    Actor::Person(Person { id: operator.id, name: operator.name.clone(), role: role(operator) })
}

/// A version that cannot be read is of a page that nobody was shown.
fn version(shown: &str) -> i32 {
    shown.parse().unwrap_or(-1)
}
