//! Notifications of processors: verified, stored raw, answered with 200, and nothing else.
//!
//! Only the signature, over the raw bytes, decides whether one is stored: one that is signed is
//! stored whole, also if it cannot be read, and a job reads it. What it says is not believed: the
//! job asks the processor. Those that are refused are stored too, cut and counted, with the reason,
//! so that somebody can look at them.

mod payouts;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::id::ProcessorAccountId;
use engine::inbound::{self, Arrived, Verdict};
use engine::processors::ProcessorError;
use psp::{Headers, NotificationError};
use serde_json::{Value, json};

use crate::api::problem::{Code, Problem};
use crate::wiring::Services;

/// The largest notification that is read, in bytes.
const BODY_BYTES_MAX: usize = 262_144;
/// Longer values of headers are not kept.
const HEADER_LENGTH_MAX: usize = 256;
/// What is kept of the headers. The signature is not: it is worth something to an attacker.
const HEADERS_KEPT: [&str; 4] = ["content-type", "user-agent", "webhook-id", "webhook-timestamp"];

/// The address of each processor account.
pub fn router(services: &Services) -> Router {
    Router::new()
        .route("/webhooks/{account}", post(receive).fallback(wrong_method))
        .with_state(services.clone())
}

async fn wrong_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "Notifications are sent with POST.")
}

async fn receive(
    State(services): State<Services>,
    Path(account): Path<String>,
    request: Request,
) -> Response {
    match take_in(&services, &account, request).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn take_in(services: &Services, account: &str, request: Request) -> Result<(), Problem> {
    if let Ok(account) = account.parse() {
        return payouts::take_in(services, account, request).await;
    }
    let account: ProcessorAccountId = account.parse().map_err(|_| unknown())?;
    let processor = services.engine.processor(account).await.map_err(|error| match error {
        ProcessorError::Fault(fault) => Problem::internal(&fault),
        ProcessorError::Unknown | ProcessorError::NoAdapter(_) => unknown(),
    })?;
    let (parts, body) = request.into_parts();
    let body = read(body).await?;

    let verified = processor.verify_notification(&lower_case(&parts.headers), &body);
    let (message_id, verdict, refusal) = match verified {
        Ok(message_id) => (message_id, Verdict::Verified(processor.read_notification(&body)), None),
        Err(error) => {
            let claimed = header(&parts.headers, "webhook-id").unwrap_or_default();
            let (problem, answer) = refused(error);
            (claimed, Verdict::Refused(problem), Some(answer))
        }
    };
    engine::failpoint!("F9");
    let headers = kept(&parts.headers);
    services
        .inbox
        .store(Arrived { account, message_id, headers, body, verdict })
        .await
        .map_err(|_| Problem::new(Code::Unavailable, "Send the notification again later."))?;
    engine::failpoint!("F10");
    refusal.map_or(Ok(()), Err)
}

fn unknown() -> Problem {
    Problem::new(Code::ProcessorAccountUnknown, "No account has this address.")
}

async fn read(body: Body) -> Result<Vec<u8>, Problem> {
    let read = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let detail = format!("A notification has {BODY_BYTES_MAX} bytes at most.");
        Problem::new(Code::BodyTooLarge, detail)
    })?;
    Ok(read.into())
}

fn refused(error: NotificationError) -> (inbound::Problem, Problem) {
    let (problem, code, detail) = match error {
        NotificationError::Unsigned => (
            inbound::Problem::Unsigned,
            Code::WebhookUnsigned,
            "Send the headers webhook-id, webhook-timestamp and webhook-signature.",
        ),
        NotificationError::BadSignature => (
            inbound::Problem::SignatureInvalid,
            Code::WebhookSignatureInvalid,
            "The signature belongs to another body or another secret.",
        ),
        NotificationError::OutsideTolerance => (
            inbound::Problem::OutsideTolerance,
            Code::WebhookOutsideTolerance,
            "The signature fits, and webhook-timestamp is more than five minutes from our time. \
             Sign again when sending again.",
        ),
    };
    (problem, Problem::new(code, detail))
}

/// The headers by their names in lower case, as adapters want them.
fn lower_case(headers: &HeaderMap) -> Headers {
    headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect()
}

fn kept(headers: &HeaderMap) -> Value {
    let kept = HEADERS_KEPT.iter().filter_map(|name| Some((*name, header(headers, name)?)));
    json!(kept.collect::<std::collections::BTreeMap<_, _>>())
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= HEADER_LENGTH_MAX).then(|| value.to_owned())
}
