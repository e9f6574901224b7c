//! The shops' REST API, one file per resource.

pub mod amount;
pub mod auth;
pub mod call;
pub mod canonical;
pub mod captures;
pub mod checkouts;
pub mod disputes;
pub mod exchange_quotes;
pub mod exchange_rates;
pub mod fields;
pub mod health;
pub mod history;
pub mod idempotency;
pub mod metadata;
pub mod new_checkout;
pub mod object;
pub mod openapi;
pub mod payee_accounts;
pub mod payments;
pub mod payout_object;
pub mod payouts;
pub mod problem;
pub mod query;
pub mod refund_object;
pub mod refunds;
pub mod refused;
pub mod revenue;
pub mod routes;
pub mod sellers;
pub mod shares;
pub mod webhook_endpoints;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::wiring::Services;
use problem::{Code, Problem};
use routes::Route;

/// Everything below `/v1`.
pub fn router(services: &Services) -> Router {
    let described = Route::ALL
        .iter()
        .fold(Router::new(), |router, route| router.route(route.path(), route.handler()))
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_such_address)
        .layer(from_fn_with_state(services.clone(), auth::require_key));
    // Whoever wants to know how to ask for a key can read it without one.
    let open = Router::new()
        .route("/openapi.json", get(openapi::show))
        .method_not_allowed_fallback(wrong_method);
    described.merge(open).with_state(services.clone())
}

async fn wrong_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "The header Allow says which methods are.")
}

async fn no_such_address() -> Problem {
    Problem::new(
        Code::NotFound,
        "There is nothing at this address. GET /v1/openapi.json describes what there is.",
    )
}
