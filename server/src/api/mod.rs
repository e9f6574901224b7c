//! The shops' REST API, one file per resource.

pub mod amount;
pub mod auth;
pub mod call;
pub mod canonical;
pub mod captures;
pub mod checkouts;
pub mod fields;
pub mod health;
pub mod history;
pub mod idempotency;
pub mod metadata;
pub mod new_checkout;
pub mod object;
pub mod payments;
pub mod problem;
pub mod refund_object;
pub mod refunds;
pub mod refused;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::wiring::Services;
use problem::{Code, Problem};

/// Everything below `/v1`.
pub fn router(services: &Services) -> Router {
    Router::new()
        .route("/payments", post(payments::create))
        .route("/payments/{id}", get(payments::find))
        .route("/payments/{id}/capture", post(captures::capture))
        .route("/payments/{id}/cancel", post(captures::cancel))
        .route("/payments/{id}/refunds", get(refunds::list).post(refunds::create))
        .route("/payments/{id}/history", get(history::list))
        .route("/refunds/{id}", get(refunds::find))
        .route("/checkouts/{id}", get(checkouts::find))
        .route("/checkouts/{id}/cancel", post(checkouts::cancel))
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_such_address)
        .layer(from_fn_with_state(services.clone(), auth::require_key))
        .with_state(services.clone())
}

async fn wrong_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "The header Allow says which methods are.")
}

async fn no_such_address() -> Problem {
    Problem::new(
        Code::NotFound,
        "There is nothing at this address. The API is described in the README.",
    )
}
