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
            Sent::NotSent(why) => Answer::Retryable(why),
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
        self.move_money(self.post(&path, key, &body)).await
    }

    async fn cancel(&self, processor_reference: &str, key: &str) -> Answer {
        let path = format!("/v1/payments/{processor_reference}/cancel");
        self.move_money(self.post(&path, key, &json!({}))).await
    }

    async fn refund(&self, processor_reference: &str, key: &str, amount: Money) -> Answer {
        let body = json!({ "amount": amount.to_decimal_string(), "reference": key });
        let path = format!("/v1/payments/{processor_reference}/refunds");
        match send(self.post(&path, key, &body)).await {
            Sent::Answered(status, _) if status.is_success() => {
                self.after_refund(processor_reference).await
            }
            Sent::Answered(status, body) => refused(status, &body),
            Sent::NotSent(why) => Answer::Retryable(why),
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
    NotSent(String),
    Broken(String),
}

async fn send(request: RequestBuilder) -> Sent {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => {
            return Sent::NotSent(describe(&error));
        }
        Err(error) => return Sent::Broken(describe(&error)),
    };
    let status = response.status();
    match response.json().await {
        Ok(body) => Sent::Answered(status, body),
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
        Sent::NotSent(why) | Sent::Broken(why) => Err(CallError::Unavailable(why)),
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
            });
            Answer::Declined(decline, report.raw)
        }
        _ => Answer::Done(Box::new(report)),
    }
}

/// A server error says nothing about what happened; a client error says that nothing did.
fn refused(status: StatusCode, body: &Value) -> Answer {
    let message = format!("{status}: {}", wire::error_message(body));
    if status.is_server_error() || status == StatusCode::CONFLICT {
        return Answer::Unknown(message);
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Answer::Retryable(message);
    }
    Answer::Declined(Decline { code: DeclineCode::Invalid, message }, body.clone())
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
