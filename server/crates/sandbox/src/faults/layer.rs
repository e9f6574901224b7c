//! The layer in front of the API in which calls go wrong: before they are carried out, or after.

use std::{io, time::Duration};

use axum::{
    Extension,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use serde::Deserialize;

use crate::{
    BODY_MAX,
    accounts::Caller,
    answer::ApiError,
    app::App,
    connection::Scissors,
    faults::{
        Down,
        fault::{CallFault, Wish},
        rules::{Facts, Operation},
    },
    money::parse_amount,
};

/// The header by which a caller wishes for faults.
pub(crate) const HEADER: &str = "x-sandbox-fault";
/// How long half an answer may take to leave before the connection is cut.
const HALF: Duration = Duration::from_millis(20);

/// The scissors of the connection on which a call came.
pub(crate) type Cut = Option<Extension<ConnectInfo<Scissors>>>;

/// A payment that is to be declined, with this code.
#[derive(Debug, Clone)]
pub(crate) struct Declined(pub(crate) String);

/// Reads the wish in the headers.
pub(crate) fn read_wish(headers: &HeaderMap) -> Result<Wish, ApiError> {
    let Some(value) = headers.get(HEADER) else { return Ok(Wish::default()) };
    let list = value.to_str().unwrap_or("?");
    Wish::parse(list).map_err(|message| ApiError::invalid(HEADER, message))
}

/// Makes calls go wrong.
pub(crate) async fn strike(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(operation) = operation(&parts.method, parts.uri.path()) else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let Caller(account) = match Caller::from_request_parts(&mut parts, &app).await {
        Ok(caller) => caller,
        Err(refused) => return refused.into_response(),
    };
    let scissors = parts.extensions.get::<ConnectInfo<Scissors>>().map(|found| found.0.clone());
    app.faults.count_call();
    let is_quiet = !app.faults.is_busy() && !parts.headers.contains_key(HEADER);
    if is_quiet {
        parts.extensions.insert(account);
        return next.run(Request::from_parts(parts, body)).await;
    }
    let down = app.faults.down(&account.processor.name);
    let wish = match read_wish(&parts.headers) {
        Ok(wish) => wish,
        Err(refused) => return refused.into_response(),
    };
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        return ApiError::malformed("the body is too long or broke off").into_response();
    };
    let fault = match down {
        Some(down) => Some(fault_of(down)),
        None => wish.call.or_else(|| {
            let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
            let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
            let name = [account.name.as_str(), parts.method.as_str(), path, key.unwrap_or("")];
            let known = Known::read(&body, parts.uri.query());
            app.faults.pick_call(&app.mint, operation, &account, &known.facts(), &name)
        }),
    };
    // What the account was found to be is not looked up again.
    parts.extensions.insert(account);
    if let Some(CallFault::Decline(code)) = &fault {
        parts.extensions.insert(Declined(code.clone().into_owned()));
    }
    let request = Request::from_parts(parts, Body::from(body));
    match fault.filter(|fault| fault.concerns(operation)) {
        None => next.run(request).await,
        Some(fault) if fault.is_before() => before(&app, scissors.as_ref(), &fault).await,
        Some(fault) => {
            let response = next.run(request).await;
            after(&app, scissors.as_ref(), &fault, response).await
        }
    }
}

impl CallFault {
    /// Only a payment can be declined.
    fn concerns(&self, operation: Operation) -> bool {
        !matches!(self, Self::Decline(_)) || operation == Operation::Payment
    }
}

fn operation(method: &Method, path: &str) -> Option<Operation> {
    let rest = path.strip_prefix("/v1/")?;
    let last = rest.rsplit('/').next();
    let is_post = method == Method::POST;
    match rest.split('/').next()? {
        "registrations" if is_post => Some(Operation::Registration),
        "payments" if is_post && last == Some("payments") => Some(Operation::Payment),
        "payments" if is_post && last == Some("capture") => Some(Operation::Capture),
        "payments" if is_post && last == Some("cancel") => Some(Operation::Cancel),
        "payments" if is_post && last == Some("refunds") => Some(Operation::Refund),
        "transfers" if is_post => Some(Operation::Transfer),
        "payments" | "refunds" | "registrations" | "transfers" => Some(Operation::Inquiry),
        _ => None,
    }
}

fn fault_of(down: Down) -> CallFault {
    match down {
        Down::Unavailable => CallFault::Unavailable(1),
        Down::Cut => CallFault::CutBefore,
        Down::Hang => CallFault::TimeoutBefore,
        Down::Error => CallFault::ErrorBefore,
    }
}

/// What the body of a call says of what it is about, as far as it can be read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Known {
    reference: Option<String>,
    nonce: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    #[serde(skip)]
    minor: Option<i64>,
}

impl Known {
    fn read(body: &Bytes, query: Option<&str>) -> Self {
        let mut known: Self = serde_json::from_slice(body).unwrap_or_default();
        if let (Some(amount), Some(currency)) = (&known.amount, &known.currency) {
            known.minor = parse_amount(amount, currency).ok();
        }
        if known.reference.is_none() {
            known.reference = query
                .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("reference=")))
                .map(str::to_owned)
                .or_else(|| known.nonce.take());
        }
        known
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            reference: self.reference.as_deref(),
            amount: self.minor.zip(self.currency.as_deref()),
            card: None,
        }
    }
}

/// Answers a call that is not carried out.
pub(crate) async fn before(app: &App, scissors: Option<&Scissors>, fault: &CallFault) -> Response {
    app.faults.count(fault.name());
    match fault {
        CallFault::TimeoutBefore => {
            wait(app, app.faults.hang()).await;
            cut(scissors)
        }
        CallFault::CutBefore => cut(scissors),
        CallFault::RateLimited(seconds) => again(ApiError::rate_limited(), *seconds),
        CallFault::Unavailable(seconds) => again(ApiError::not_processed(), *seconds),
        _ => ApiError::practice().into_response(),
    }
}

/// Spoils the answer of a call that was carried out.
pub(crate) async fn after(
    app: &App,
    scissors: Option<&Scissors>,
    fault: &CallFault,
    response: Response,
) -> Response {
    app.faults.count(fault.name());
    match fault {
        CallFault::TimeoutAfter => {
            wait(app, app.faults.hang()).await;
            cut(scissors)
        }
        CallFault::ErrorAfter => ApiError::practice().into_response(),
        CallFault::Slow(ms) => {
            wait(app, Duration::from_millis((*ms).into())).await;
            response
        }
        CallFault::CutAfter => cut(scissors),
        CallFault::CutMidAnswer => half(response).await,
        CallFault::Garbage => {
            let body = "<html><title>502 Bad Gateway</title>\u{0}\u{fffd}{\"id\":";
            (response.status(), body).into_response()
        }
        _ => response,
    }
}

/// Waits, but not past the end of the process.
async fn wait(app: &App, duration: Duration) {
    tokio::select! {
        () = app.closing.cancelled() => {}
        () = tokio::time::sleep(duration) => {}
    }
}

fn cut(scissors: Option<&Scissors>) -> Response {
    if let Some(scissors) = scissors {
        scissors.cut();
    }
    // Nobody sees this: the connection is gone.
    ApiError::practice().into_response()
}

fn again(refused: ApiError, seconds: u32) -> Response {
    let mut response = refused.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Promises the whole answer, sends half of it, and breaks off.
async fn half(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let first = whole.slice(..whole.len() / 2);
    let broken = stream::once(async {
        // What was written has to leave before the connection ends.
        tokio::time::sleep(HALF).await;
        Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    let body = stream::once(async { Ok::<_, io::Error>(first) }).chain(broken);
    Response::from_parts(parts, Body::from_stream(body))
}
