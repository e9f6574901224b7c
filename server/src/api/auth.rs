//! Who calls the API: a bearer key, looked up by its hash.

use axum::extract::{FromRequestParts, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use axum::{extract::Request, response::IntoResponse};
use domain::id::{ApiKeyId, ShopId};

use super::problem::{Code, Problem};
use crate::wiring::Services;

/// The shop that calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller(pub ShopId);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(refused)
    }
}

/// The key with which the shop calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallersKey(pub ApiKeyId);

impl<S: Send + Sync> FromRequestParts<S> for CallersKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(refused)
    }
}

/// Lets only shops through.
pub async fn require_key(
    State(services): State<Services>,
    mut request: Request,
    next: Next,
) -> Response {
    let key = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    let Some(key) = key else { return refused().into_response() };
    match services.api_keys.find(key).await {
        Ok(Some(holder)) => {
            request.extensions_mut().insert(Caller(holder.shop));
            request.extensions_mut().insert(CallersKey(holder.key));
            next.run(request).await
        }
        Ok(None) => refused().into_response(),
        Err(fault) => Problem::internal(&fault).into_response(),
    }
}

fn refused() -> Problem {
    Problem::new(
        Code::Unauthorized,
        "Send your API key in the header Authorization, as \"Bearer pdk_…\".",
    )
}
