//! The pay button: makes the checkout known to the processor and leads to its page.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use engine::checkouts::pay::{PayError, pay as open_page};
use serde::Deserialize;

use super::opened;
use crate::web::{not_found, see_other};
use crate::wiring::Services;

/// What the form sends. Its key needs no storing: paying twice finds the same page.
#[derive(Debug, Deserialize)]
pub(super) struct PayForm {
    version: i64,
}

pub(super) async fn pay(
    State(services): State<Services>,
    Path(address): Path<(String, String)>,
    Form(form): Form<PayForm>,
) -> Response {
    let Some(id) = opened(&services, &address) else { return not_found() };
    let (checkout, key) = address;
    let back = |problem: &str| see_other(&format!("/checkout/{checkout}/{key}?problem={problem}"));
    let version = match engine::checkouts::find_any(services.pool(), id).await {
        Ok(Some(found)) => found.version(),
        Ok(None) => return not_found(),
        Err(fault) => {
            tracing::error!(error = ?fault, "a checkout could not be read");
            return back("unavailable");
        }
    };
    match open_page(&services.engine, id).await {
        Ok(_) if version != form.version => back("stale"),
        Ok(page) => see_other(&page),
        Err(PayError::NotFound) => not_found(),
        Err(PayError::Expired) => back("expired"),
        Err(PayError::UnderWay) => back("in_progress"),
        Err(PayError::Ended) => back("already_paid"),
        Err(PayError::Unavailable) => back("processor_unavailable"),
        Err(PayError::Fault(fault)) => {
            tracing::error!(error = ?fault, "a checkout could not be registered");
            back("unavailable")
        }
    }
}
