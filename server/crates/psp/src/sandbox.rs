//! The adapter of the sandbox processor.

mod http;
mod transfers;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use domain::money::Money;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::answer::{Answer, CallError};
use crate::decline::{Decline, DeclineCode};
use crate::processor::{
    Authorization, Headers, Notification, NotificationError, Processor, Registration,
    RegistrationReport, Source,
};
use crate::report::{PaymentReport, RefundReport, RefundReportState, ReportedState};
use crate::signature;
use http::{Reply, Sent, ask, send, unreadable};

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
            Sent::Answered(reply) if reply.status.is_success() => read_payment(&reply.body),
            Sent::Answered(reply) => refused(&reply),
            Sent::Unsent(setback) => Answer::Retryable(setback),
            Sent::Broken(why) => Answer::Unknown(why),
        }
    }

    /// As [`Self::move_money`], for what acts on a payment that the processor has: a conflict then
    /// says that the payment stands elsewhere, so that nothing was done now.
    async fn act(&self, request: RequestBuilder) -> Answer {
        match send(request).await {
            Sent::Answered(reply) if reply.status == StatusCode::CONFLICT => conflict(&reply),
            Sent::Answered(reply) if reply.status.is_success() => read_payment(&reply.body),
            Sent::Answered(reply) => refused(&reply),
            Sent::Unsent(setback) => Answer::Retryable(setback),
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
            Sent::Answered(reply) if reply.status.is_success() => {
                match wire::read_refund(&reply.body, amount.currency(), Some((key, amount))) {
                    Some(refund) if refund.state == RefundReportState::Failed => invalid(&reply),
                    Some(refund) => self.after_refund(processor_reference, refund).await,
                    None => Answer::Unknown("the answer cannot be read".into()),
                }
            }
            Sent::Answered(reply) if reply.status == StatusCode::CONFLICT => conflict(&reply),
            Sent::Answered(reply) => refused(&reply),
            Sent::Unsent(setback) => Answer::Retryable(setback),
            Sent::Broken(why) => Answer::Unknown(why),
        }
    }

    fn verify_notification(
        &self,
        headers: &Headers,
        body: &[u8],
    ) -> Result<String, NotificationError> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        signature::verify(&self.webhook_secret, headers, body, now).map(str::to_owned)
    }

    fn read_notification(&self, body: &[u8]) -> Option<Notification> {
        wire::read_notification(body)
    }

    fn reported(&self, body: &[u8]) -> Option<PaymentReport> {
        wire::read_reported(body)
    }
}

impl Sandbox {
    async fn after_refund(&self, processor_reference: &str, refund: RefundReport) -> Answer {
        let answer: Result<Value, _> =
            ask(self.get(&format!("/v1/payments/{processor_reference}"))).await;
        match answer.ok().as_ref().and_then(wire::read_payment) {
            Some(report) => Answer::Done(Box::new(with_refund(report, refund))),
            None => Answer::Unknown("the refund was made; the payment could not be read".into()),
        }
    }
}

/// The report with the refund that was just answered, if the payment does not list it already.
fn with_refund(mut report: PaymentReport, refund: RefundReport) -> PaymentReport {
    if report.refunds.iter().all(|known| known.reference != refund.reference) {
        report.refunds.push(refund);
    }
    report
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
fn refused(reply: &Reply) -> Answer {
    match reply.status {
        // Our access is in question, or our pace, not the payment.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::TOO_MANY_REQUESTS => Answer::Retryable(reply.setback()),
        StatusCode::SERVICE_UNAVAILABLE if wire::says_not_processed(&reply.body) => {
            Answer::Retryable(reply.setback())
        }
        // Something with this key or reference exists: only an inquiry tells what.
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::REQUEST_TIMEOUT => {
            Answer::Unknown(reply.message())
        }
        status if status.is_client_error() => invalid(reply),
        // A server error may have come after the money moved, and a redirect says nothing at all.
        _ => Answer::Unknown(reply.message()),
    }
}

/// The processor will not do it, and has done nothing.
fn invalid(reply: &Reply) -> Answer {
    Answer::Declined(refusal(reply), reply.body.clone())
}

/// The processor will not do it as the payment stands, which may be because it did it before.
fn conflict(reply: &Reply) -> Answer {
    Answer::Conflict(refusal(reply), reply.body.clone())
}

fn refusal(reply: &Reply) -> Decline {
    Decline { code: DeclineCode::Invalid, message: reply.message(), processor_reference: None }
}
