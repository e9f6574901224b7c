//! Whether the service lives, and whether it can be used. For machines.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::problem::{Code, Problem};
use crate::wiring::Services;

/// `/health/live` and `/health/ready`.
pub fn router(services: &Services) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .with_state(services.clone())
}

async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn ready(State(services): State<Services>) -> Result<StatusCode, Problem> {
    match services.engine.pool().acquire().await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            tracing::warn!(%error, "not ready: no connection to the database");
            Err(Problem::new(Code::Unavailable, "The database cannot be reached."))
        }
    }
}
