//! Sending a request, and what can be said for certain if it fails.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::answer::{CallError, Setback};
use crate::sandbox::wire;

/// The longest wait that a processor may ask of us: a wrong header must not park money for days.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// What became of a request.
pub(super) enum Sent {
    /// There is an answer; `Null` if its body is no JSON.
    Answered(Reply),
    /// The processor never got it.
    Unsent(Setback),
    /// It may have got it.
    Broken(String),
}

/// An answer as it came.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    retry_after: Option<Duration>,
}

impl Reply {
    /// What the processor says, for the log.
    pub(super) fn message(&self) -> String {
        format!("{}: {}", self.status, wire::error_message(&self.body))
    }

    /// As something that may pass.
    pub(super) fn setback(&self) -> Setback {
        Setback { retry_after: self.retry_after, ..Setback::new(self.message()) }
    }
}

pub(super) async fn send(request: RequestBuilder) -> Sent {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => {
            return Sent::Unsent(Setback::new(describe(&error)));
        }
        Err(error) => return Sent::Broken(describe(&error)),
    };
    let status = response.status();
    let retry_after = retry_after(response.headers(), OffsetDateTime::now_utc());
    match response.text().await {
        Ok(text) => {
            // Postgres keeps no NUL in its JSON, and a fact must never be lost for one.
            let body = serde_json::from_str(&text.replace("\\u0000", "")).unwrap_or(Value::Null);
            Sent::Answered(Reply { status, body, retry_after })
        }
        Err(error) => Sent::Broken(describe(&error)),
    }
}

/// Sends a request that moves no money.
pub(super) async fn ask<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, CallError> {
    match send(request).await {
        Sent::Answered(reply) if reply.status.is_success() => {
            serde_json::from_value(reply.body).map_err(|_| unreadable())
        }
        Sent::Answered(reply)
            if reply.status.is_client_error() && reply.status != StatusCode::TOO_MANY_REQUESTS =>
        {
            Err(CallError::Refused(reply.message()))
        }
        Sent::Answered(reply) => Err(CallError::Unavailable(reply.setback())),
        Sent::Unsent(setback) => Err(CallError::Unavailable(setback)),
        Sent::Broken(why) => Err(CallError::Unavailable(Setback::new(why))),
    }
}

pub(super) fn unreadable() -> CallError {
    CallError::Unavailable(Setback::new("the answer cannot be read"))
}

/// How long the processor asks us to wait: in seconds, or until a date.
fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = value.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = OffsetDateTime::parse(value, &Rfc2822).ok()?;
        Duration::try_from(until - now).unwrap_or_default()
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// What went wrong, without the address, which may hold a token.
fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "the processor did not answer in time".into()
    } else if error.is_connect() {
        "the processor could not be reached".into()
    } else {
        "the connection broke before the answer was complete".into()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn wait(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, datetime!(2026-11-20 10:00:00 UTC))
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date() {
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Fri, 20 Nov 2026 10:01:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(wait("Fri, 20 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn a_wait_that_is_absurd_is_shortened_or_ignored() {
        assert_eq!(wait("99999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(wait("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new(), datetime!(2026-11-20 10:00:00 UTC)), None);
    }
}
