//! What stands around every answer: headers that protect, compression, limits in time, and pages of
//! our own for what breaks.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use futures::FutureExt;
use tower_http::compression::CompressionLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};

use crate::api::problem::{Code, Problem};
use crate::metrics::requests;

/// How long an answer may take to begin.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// What a page may do that says nothing of its own: nothing.
const STRICTEST_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Set on every answer, unless the answer has said otherwise.
const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, STRICTEST_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Puts the layers around `router`, the first of them innermost.
pub fn around(router: Router) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_response(DefaultOnResponse::new().level(tracing::Level::DEBUG));
    router
        .layer(from_fn(limit_time))
        .layer(from_fn(catch_crash))
        .layer(from_fn(add_headers))
        .layer(CompressionLayer::new())
        .layer(from_fn(requests::count))
        .layer(trace)
}

/// Gives up on an answer that does not begin in time.
async fn limit_time(request: Request, next: Next) -> Response {
    let is_program = is_for_programs(request.uri().path());
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_program => {
            Problem::new(Code::TimedOut, "Sending the request again is safe.").into_response()
        }
        Err(_) => super::plain_page(
            StatusCode::REQUEST_TIMEOUT,
            "This took too long",
            "Please load the page again. Nothing is done twice.",
        ),
    }
}

/// Answers with a page or a problem of our own when a handler breaks. What broke is in the log.
async fn catch_crash(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let why = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            let place = first_segment(&path);
            tracing::error!(place, why, "a handler broke");
            crashed(&path)
        }
    }
}

fn crashed(path: &str) -> Response {
    if is_for_programs(path) {
        let detail = "The error was recorded. Sending the request again is safe.";
        return Problem::new(Code::Internal, detail).into_response();
    }
    (StatusCode::INTERNAL_SERVER_ERROR, Html(app::crash_page())).into_response()
}

async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// What the log says of a request: nothing that the caller chose freely, since an address may hold
/// a key or, by mistake, a card number.
fn span(request: &Request) -> tracing::Span {
    let place = first_segment(request.uri().path());
    let place = if place.bytes().all(|byte| byte.is_ascii_lowercase()) { place } else { "other" };
    tracing::debug_span!("request", method = %request.method(), place)
}

/// Whether the answer is read by a program rather than by a person.
fn is_for_programs(path: &str) -> bool {
    matches!(first_segment(path), "v1" | "webhooks" | "health")
}

/// Addresses of shoppers hold a key further on, which belongs into no log.
pub(crate) fn first_segment(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}
