//! What the API answers with: stored answers and errors.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;

/// An answer of the API, in the form in which it is stored under its idempotency key.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    /// Whether this was answered before.
    pub(crate) replayed: bool,
}

impl Answer {
    /// Makes a first answer out of what is to be shown.
    pub(crate) fn new(status: StatusCode, shown: &impl Serialize) -> Self {
        let body = serde_json::to_string(shown).expect("what is shown has only string keys");
        Self { status, body, replayed: false }
    }

    /// Makes a first answer out of JSON that is written already.
    pub(crate) fn written(status: StatusCode, body: String) -> Self {
        Self { status, body, replayed: false }
    }

    /// Brings back an answer from the database.
    pub(crate) fn replayed(status_code: i16, body: String) -> Self {
        let status =
            u16::try_from(status_code).ok().and_then(|code| StatusCode::from_u16(code).ok());
        Self { status: status.unwrap_or(StatusCode::OK), body, replayed: true }
    }

    /// The status as it is stored.
    pub(crate) fn status_code(&self) -> i16 {
        i16::try_from(self.status.as_u16()).expect("an HTTP status has three digits")
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let mut response = (self.status, json, self.body).into_response();
        if self.replayed {
            response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// A request that is not carried out. Nothing has been written.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    param: Option<&'static str>,
}

impl ApiError {
    /// 401.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "send the account's API key as a bearer token",
        )
    }

    /// 400, with the field that is wrong.
    pub(crate) fn invalid(param: &'static str, message: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, "invalid_request", message);
        Self { param: Some(param), ..error }
    }

    /// 400, for a body that is no JSON of the expected shape.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// 404. Also for what belongs to another account.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is no such thing in this account")
    }

    /// 409: understood, and refused by a rule.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// 409, with a code of its own.
    pub(crate) fn conflict_of(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 422, for a field that can be read and not be carried out.
    pub(crate) fn unprocessable(
        code: &'static str,
        param: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
        Self { param: Some(param), ..error }
    }

    /// 422: the key was used for something else.
    pub(crate) fn mismatch() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_mismatch",
            "this idempotency key was used with another request",
        )
    }

    /// 500, without a word about the cause.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something broke in the sandbox")
    }

    /// 500, because somebody wanted it.
    pub(crate) fn practice() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "a practice fault asked for this")
    }

    /// 429: nothing happened.
    pub(crate) fn rate_limited() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "too many requests")
    }

    /// 503: nothing happened.
    pub(crate) fn not_processed() -> Self {
        let message = "the processor is not available, and nothing was done";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_processed", message)
    }

    /// 400, for what this processor does not take.
    pub(crate) fn unsupported(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong, in a sentence without its full stop.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), param: None }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the database refused");
        Self::internal()
    }
}

/// Says whether somebody else was faster to write what may stand there only once.
pub(crate) fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let shown =
            json!({"error": {"code": self.code, "message": self.message, "param": self.param}});
        Answer::new(self.status, &shown).into_response()
    }
}

/// Reads a JSON body, or says where it is wrong.
pub(crate) fn read_json<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::malformed(error.to_string()))
}
