//! One effect and one answer per `Idempotency-Key`, as in the IETF draft of that header.

use std::future::Future;

use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::id::ShopId;
use engine::idempotency::{Answer, Claim, KEY_LENGTH_MAX, Request, Slot};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::canonical::fingerprint;
use super::problem::{Code, Problem};
use crate::wiring::Services;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer that made or shows one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The status.
    pub status: StatusCode,
    /// Where a new object can be read.
    pub location: Option<String>,
    /// The object as JSON.
    pub body: String,
}

impl Made {
    /// The answer that shows `object`.
    ///
    /// # Panics
    /// Never: the API's objects hold nothing but plain values.
    pub fn of(status: StatusCode, location: Option<String>, object: &impl Serialize) -> Self {
        let body = serde_json::to_string(object);
        Self { status, location, body: body.expect("an object holds nothing but plain values") }
    }
}

/// The key of a request.
///
/// # Errors
/// [`Problem`] if there is none, or if it cannot be one.
pub fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let value = headers.get(KEY).ok_or_else(|| {
        let detail = "Send the header Idempotency-Key with a new random value for each thing that you want done.";
        Problem::new(Code::IdempotencyKeyMissing, detail)
    })?;
    value
        .to_str()
        .ok()
        .filter(|key| (1..=KEY_LENGTH_MAX).contains(&key.len()))
        .filter(|key| !domain::card_number::is_in(key))
        .map(str::to_owned)
        .ok_or_else(|| {
            let detail = format!("The key is 1 to {KEY_LENGTH_MAX} visible ASCII characters.");
            Problem::new(Code::IdempotencyKeyInvalid, detail)
        })
}

/// What one call is, for telling it from others with the same key.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Who calls.
    pub shop: ShopId,
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The body.
    pub body: &'a Value,
}

/// Runs `effect` once per key; repeats get the same answer, or what `present` makes of the object
/// that the effect made.
///
/// # Errors
/// [`Problem`]; the key is free again if `effect` refused.
pub async fn once<Effect, Present>(
    services: &Services,
    call: Call<'_>,
    key: String,
    effect: impl FnOnce(Slot) -> Effect,
    present: impl FnOnce(Uuid) -> Present,
) -> Result<Response, Problem>
where
    Effect: Future<Output = Result<Made, Problem>>,
    Present: Future<Output = Result<Made, Problem>>,
{
    engine::failpoint!("F1");
    let request = Request {
        shop: call.shop,
        route: format!("{} {}", call.method, call.path),
        key,
        fingerprint: fingerprint(call.method, call.path, call.body),
    };
    let claim = services.keys.claim(request).await.map_err(|_| Problem::unavailable())?;
    match claim {
        Claim::Mine(slot) => match claimed(effect, slot.clone()).await {
            Ok(made) => {
                services.keys.keep(slot, made.answer()).await;
                Ok(made.into_response())
            }
            Err(problem) => {
                services.keys.free(slot).await;
                Err(problem)
            }
        },
        Claim::Answered(answer) => Ok(replay(answer)),
        Claim::Done(object) => Ok(marked(present(object).await?.into_response())),
        Claim::InProgress => Err(Problem::new(
            Code::IdempotencyInProgress,
            "Ask again in a moment: the answer will be that of the first request.",
        )),
        Claim::Reused => Err(Problem::new(
            Code::IdempotencyKeyReused,
            "The first request with this key had another content. Use a new key.",
        )),
    }
}

/// Carries the effect out, between the two commits that a crash may separate from it.
async fn claimed<Effect>(effect: impl FnOnce(Slot) -> Effect, slot: Slot) -> Result<Made, Problem>
where
    Effect: Future<Output = Result<Made, Problem>>,
{
    engine::failpoint!("F2");
    let made = effect(slot).await?;
    engine::failpoint!("F3");
    Ok(made)
}

impl Made {
    fn answer(&self) -> Answer {
        Answer {
            status: self.status.as_u16(),
            headers: json!({ "location": self.location }),
            body: self.body.clone(),
        }
    }
}

impl IntoResponse for Made {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(location) = self.location.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(LOCATION, location);
        }
        response
    }
}

fn replay(answer: Answer) -> Response {
    let made = Made {
        status: StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK),
        location: answer.headers["location"].as_str().map(str::to_owned),
        body: answer.body,
    };
    marked(made.into_response())
}

fn marked(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
