//! The description of the API in `OpenAPI` 3.1, made from the routes and the problem codes themselves.

mod operations;
mod queries;
mod schemas;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::problem::Code;
use super::routes::Route;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// `GET /v1/openapi.json`.
pub async fn show() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

/// The description as JSON.
pub fn document() -> Value {
    let mut paths = Map::new();
    for &route in Route::ALL {
        let path = paths.entry(format!("/v1{}", route.path())).or_insert_with(|| json!({}));
        path[route.method()] = operations::describe(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Paydesk",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Take payments for one or several sellers, capture, cancel and refund \
                them. Amounts are decimal strings; every call that moves money needs an \
                Idempotency-Key; errors are application/problem+json with a code for programs.",
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "Your API key." },
            },
            "schemas": schemas::all(),
            "headers": headers(),
        },
    })
}

fn headers() -> Value {
    json!({
        "Idempotency-Replayed": {
            "description": "There, and true, if the answer is that of an earlier call.",
            "schema": { "type": "string", "const": "true" },
        },
        "Location": {
            "description": "Where the new object can be read.",
            "schema": { "type": "string" },
        },
        "Retry-After": {
            "description": "After how many seconds the same request may go better.",
            "schema": { "type": "integer", "minimum": 0 },
        },
    })
}

/// One answer for each status that the codes have, each naming its codes.
fn problems(codes: impl Iterator<Item = Code>) -> Map<String, Value> {
    let mut by_status = BTreeMap::<u16, Vec<Code>>::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code);
    }
    by_status.into_iter().map(|(status, codes)| (status.to_string(), problem(&codes))).collect()
}

fn problem(codes: &[Code]) -> Value {
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let lines: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}.", code.as_str(), code.title())).collect();
    let mut answer = json!({
        "description": lines.join("\n"),
        "content": { "application/problem+json": { "schema": { "allOf": [
            { "$ref": "#/components/schemas/Problem" },
            { "properties": { "code": { "enum": words } } },
        ] } } },
    });
    if codes.iter().any(|code| code.retry_after_seconds().is_some()) {
        answer["headers"] =
            json!({ "Retry-After": { "$ref": "#/components/headers/Retry-After" } });
    }
    answer
}
