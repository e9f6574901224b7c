//! The adapter of the sandbox processor.

mod wire;

use std::time::Duration;

use async_trait::async_trait;
use domain::money::Money;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::processor::{
    Answer, Authorization, CallError, Decline, DeclineCode, Headers, Notification,
    NotificationError, PaymentReport, Processor, Registration, RegistrationReport, ReportedState,
    Source,
};

/// How long a call may take before its outcome counts as unknown.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One account at a sandbox.
#[derive(Debug, Clone)]
pub struct Sandbox {
    client: Client,
    base_url: String,
    api_key: String,
    webhook_secret: String,
}

impl Sandbox {
    /// The account that `api_key` opens at the sandbox at `base_url`; its notifications are signed
    /// with `webhook_secret` (`whsec_…`).
    ///
    /// # Panics
    /// If the HTTP client cannot be made, which only a broken TLS set-up causes.
    pub fn new(base_url: &str, api_key: &str, webhook_secret: &str) -> Self {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("the TLS provider is installed at start");
        Self {
            client,
            base_url: base_url.trim_end_matches('/').to_owned(),
            api_key: api_key.to_owned(),
            webhook_secret: webhook_secret.to_owned(),
        }
    }

    fn post(&self, path: &str, key: &str, body: &impl Serialize) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.base_url))
            .bearer_auth(&self.api_key)
            .header("idempotency-key", key)
            .json(body)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base_url)).bearer_auth(&self.api_key)
    }

    async fn move_money(&self, request: RequestBuilder) -> Answer {
        match send(request).await {
            Sent::Answered(status, body) if status.is_success() => read_payment(&body),
            Sent::Answered(status, body) => refused(status, &body),
            Sent::Unsent(why) => Answer::Retryable(why),
            Sent::Broken(why) => Answer::Unknown(why),
        }
    }

    /// As [`Self::move_money`], for what acts on a payment that the processor has: a conflict then
    /// says that the payment stands elsewhere, so that nothing was done.
    async fn act(&self, request: RequestBuilder) -> Answer {
        match send(request).await {
            Sent::Answered(StatusCode::CONFLICT, body) => invalid(StatusCode::CONFLICT, &body),
            Sent::Answered(status, body) if status.is_success() => read_payment(&body),
            Sent::Answered(status, body) => refused(status, &body),
            Sent::Unsent(why) => Answer::Retryable(why),
            Sent::Broken(why) => Answer::Unknown(why),
        }
    }
}

#[async_trait]
impl Processor for Sandbox {
    async fn register(&self, registration: &Registration) -> Result<RegistrationReport, CallError> {
        let body = wire::NewRegistration::from(registration);
        let answer: Value = ask(self.post("/v1/registrations", &registration.nonce, &body)).await?;
        wire::read_registration(answer)
    }

    async fn find_registration(&self, token: &str) -> Result<RegistrationReport, CallError> {
        let answer: Value = ask(self.get(&format!("/v1/registrations/{token}"))).await?;
        wire::read_registration(answer)
    }

    async fn authorize(&self, authorization: &Authorization) -> Answer {
        let source = match &authorization.source {
            Source::Registration(token) => json!({ "registration": token }),
            Source::PaymentMethod(token) => json!({ "payment_method": token }),
        };
        let body = json!({
            "reference": authorization.reference,
            "amount": authorization.amount.to_decimal_string(),
            "currency": authorization.amount.currency(),
            "capture": authorization.capture,
            "source": source,
            "return_url": authorization.return_url,
        });
        self.move_money(self.post("/v1/payments", &authorization.key, &body)).await
    }

    async fn inquire(&self, reference: &str) -> Result<Vec<PaymentReport>, CallError> {
        let answer: wire::List =
            ask(self.get("/v1/payments").query(&[("reference", reference)])).await?;
        answer
            .data
            .iter()
            .map(|payment| wire::read_payment(payment).ok_or_else(unreadable))
            .collect()
    }

    async fn capture(&self, processor_reference: &str, key: &str, amount: Money) -> Answer {
        let body = json!({ "amount": amount.to_decimal_string() });
        let path = format!("/v1/payments/{processor_reference}/capture");
        self.act(self.post(&path, key, &body)).await
    }

    async fn cancel(&self, processor_reference: &str, key: &str) -> Answer {
        let path = format!("/v1/payments/{processor_reference}/cancel");
        self.act(self.post(&path, key, &json!({}))).await
    }

    async fn refund(&self, processor_reference: &str, key: &str, amount: Money) -> Answer {
        let body = json!({ "amount": amount.to_decimal_string(), "reference": key });
        let path = format!("/v1/payments/{processor_reference}/refunds");
        match send(self.post(&path, key, &body)).await {
            Sent::Answered(status, body) if status.is_success() => {
                match body.get("status").and_then(Value::as_str) {
                    Some("succeeded") => self.after_refund(processor_reference).await,
                    Some("failed") => invalid(status, &body),
                    _ => Answer::Unknown("the answer cannot be read".into()),
                }
            }
            Sent::Answered(StatusCode::CONFLICT, body) => invalid(StatusCode::CONFLICT, &body),
            Sent::Answered(status, body) => refused(status, &body),
            Sent::Unsent(why) => Answer::Retryable(why),
            Sent::Broken(why) => Answer::Unknown(why),
        }
    }

    fn notification(
        &self,
        headers: &Headers,
        body: &[u8],
    ) -> Result<Notification, NotificationError> {
        wire::read_notification(&self.webhook_secret, headers, body)
    }

    fn reported(&self, body: &[u8]) -> Option<PaymentReport> {
        wire::read_reported(body)
    }
}

impl Sandbox {
    async fn after_refund(&self, processor_reference: &str) -> Answer {
        let answer: Result<Value, _> =
            ask(self.get(&format!("/v1/payments/{processor_reference}"))).await;
        match answer.ok().as_ref().and_then(wire::read_payment) {
            Some(report) => Answer::Done(Box::new(report)),
            None => Answer::Unknown("the refund was made; the payment could not be read".into()),
        }
    }
}

enum Sent {
    Answered(StatusCode, Value),
    Unsent(String),
    Broken(String),
}

async fn send(request: RequestBuilder) -> Sent {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => {
            return Sent::Unsent(describe(&error));
        }
        Err(error) => return Sent::Broken(describe(&error)),
    };
    let status = response.status();
    match response.text().await {
        // Postgres keeps no NUL in its JSON, and a fact must never be lost for one.
        Ok(text) => match serde_json::from_str(&text.replace("\\u0000", "")) {
            Ok(body) => Sent::Answered(status, body),
            Err(_) => Sent::Broken("the answer is not JSON".into()),
        },
        Err(error) => Sent::Broken(describe(&error)),
    }
}

async fn ask<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, CallError> {
    match send(request).await {
        Sent::Answered(status, body) if status.is_success() => {
            serde_json::from_value(body).map_err(|_| unreadable())
        }
        Sent::Answered(status, body) if status.is_client_error() => {
            Err(CallError::Refused(format!("{status}: {}", wire::error_message(&body))))
        }
        Sent::Answered(status, _) => Err(CallError::Unavailable(status.to_string())),
        Sent::Unsent(why) | Sent::Broken(why) => Err(CallError::Unavailable(why)),
    }
}

fn read_payment(body: &Value) -> Answer {
    let Some(report) = wire::read_payment(body) else {
        return Answer::Unknown("the answer cannot be read".into());
    };
    match (report.state, report.decline.clone()) {
        (ReportedState::Declined, decline) => {
            let decline = decline.unwrap_or_else(|| Decline {
                code: DeclineCode::Declined,
                message: "declined without a reason".into(),
                processor_reference: Some(report.processor_reference.clone()),
            });
            Answer::Declined(decline, report.raw)
        }
        _ => Answer::Done(Box::new(report)),
    }
}

/// What an answer that is no success says about what happened.
fn refused(status: StatusCode, body: &Value) -> Answer {
    let message = format!("{status}: {}", wire::error_message(body));
    match status {
        // Our access is in question, not the payment.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::TOO_MANY_REQUESTS => Answer::Retryable(message),
        // Something with this key or reference exists: only an inquiry tells what.
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::REQUEST_TIMEOUT => {
            Answer::Unknown(message)
        }
        _ if status.is_server_error() => Answer::Unknown(message),
        _ => invalid(status, body),
    }
}

/// The processor will not do it, and has done nothing.
fn invalid(status: StatusCode, body: &Value) -> Answer {
    let message = format!("{status}: {}", wire::error_message(body));
    let code = DeclineCode::Invalid;
    Answer::Declined(Decline { code, message, processor_reference: None }, body.clone())
}

fn unreadable() -> CallError {
    CallError::Unavailable("the answer cannot be read".into())
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
