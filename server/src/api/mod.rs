//! The shops' REST API, one file per resource.

pub mod auth;
pub mod canonical;
pub mod checkouts;
pub mod fields;
pub mod health;
pub mod idempotency;
pub mod metadata;
pub mod new_checkout;
pub mod object;
pub mod payments;
pub mod problem;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use serde_json::Value;

use crate::wiring::Services;
use problem::{Code, Problem};

/// The largest body that is read, in bytes.
const BODY_BYTES_MAX: usize = 65_536;

/// Everything below `/v1`.
pub fn router(services: &Services) -> Router {
    Router::new()
        .route("/payments", post(payments::create))
        .route("/payments/{id}", get(payments::find))
        .route("/checkouts/{id}", get(checkouts::find))
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

/// Reads a body as JSON, unless it is too large, of another type, or holds a card number.
///
/// # Errors
/// [`Problem`].
pub async fn read_json(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        let detail = "Send the header Content-Type: application/json.";
        return Err(Problem::new(Code::ContentTypeUnsupported, detail));
    }
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let detail = format!("The body may have {BODY_BYTES_MAX} bytes at most.");
        Problem::new(Code::BodyTooLarge, detail)
    })?;
    let value = fields::parse(&bytes)?;
    fields::refuse_card_numbers(&value)?;
    Ok(value)
}
