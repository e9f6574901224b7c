//! The shopper's way back from the processor's page.
//!
//! What the processor wrote into the address is only a hint: a job asks it what happened. The
//! shopper waits a few seconds for the outcome; whatever takes longer is seen on the status page.

use std::time::{Duration, Instant};

use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::checkout::CheckoutState;
use domain::id::CheckoutId;
use engine::checkouts::{advance, find_any, watch};
use engine::db::Fault;
use futures::future::select_all;
use serde::Deserialize;

use super::opened;
use crate::web::{not_found, see_other};
use crate::wiring::Services;

/// How long the shopper waits until the payments begin.
const BEGIN_WITHIN: Duration = Duration::from_secs(3);
/// How often the state is read, whether or not a change was heard of.
const LOOK_EVERY: Duration = Duration::from_millis(300);

#[derive(Debug, Deserialize)]
pub(super) struct Returned {
    result: Option<String>,
}

pub(super) async fn returned(
    State(services): State<Services>,
    Path(address): Path<(String, String)>,
    Query(query): Query<Returned>,
) -> Response {
    let Some(id) = opened(&services, &address) else { return not_found() };
    let (checkout, key) = address;
    let result = match query.result.as_deref() {
        Some("completed") => Some("completed"),
        Some("failed") => Some("failed"),
        Some("cancelled") => Some("cancelled"),
        _ => None,
    };
    if result != Some("cancelled")
        && let Err(fault) = outcome(&services, id).await
    {
        // The status page follows all the same: the processor also notifies us.
        tracing::warn!(error = ?fault, "could not look at the processor after a return");
    }
    let query = result.map(|result| format!("?result={result}")).unwrap_or_default();
    see_other(&format!("/status/{checkout}/{key}{query}"))
}

/// Asks the processor, and waits a little until the payments have ended.
async fn outcome(services: &Services, id: CheckoutId) -> Result<(), Fault> {
    let engine = &services.engine;
    let Some(before) = find_any(engine.pool(), id).await? else { return Ok(()) };
    let is_awaited = before.state() == CheckoutState::Open;
    if is_awaited || before.state() == CheckoutState::Processing {
        advance::look(engine, id).await?;
    }
    let start = Instant::now();
    loop {
        // Watched before it is read, so that no change falls in between.
        let mut changes = watch(engine, &before);
        let Some(now) = find_any(engine.pool(), id).await? else { return Ok(()) };
        let has_begun = !is_awaited || now.version() != before.version();
        let patience = if has_begun { services.settings.patience } else { BEGIN_WITHIN };
        let is_under_way = !has_begun || now.state() == CheckoutState::Processing;
        if !is_under_way || start.elapsed() >= patience {
            return Ok(());
        }
        let next = changes.iter_mut().map(|change| Box::pin(change.changed()));
        // Another process may do the work, so do not rely on being told.
        let _ = tokio::time::timeout(LOOK_EVERY, select_all(next)).await;
    }
}
