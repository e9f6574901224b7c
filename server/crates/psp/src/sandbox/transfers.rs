//! The sandbox as a pay-out provider.

use async_trait::async_trait;
use domain::currency::Currency;
use domain::money::Money;
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Sandbox;
use super::http::{Reply, Sent, ask, send, unreadable};
use super::wire;
use crate::answer::CallError;
use crate::payout::{
    PayoutProvider, Transfer, TransferAnswer, TransferFailure, TransferNotification,
    TransferReport, TransferState,
};
use crate::processor::{Headers, NotificationError};
use crate::signature;

#[async_trait]
impl PayoutProvider for Sandbox {
    async fn submit(&self, transfer: &Transfer) -> TransferAnswer {
        let body = json!({
            "reference": transfer.reference,
            "amount": transfer.amount.to_decimal_string(),
            "currency": transfer.amount.currency(),
            "iban": transfer.iban.as_str(),
            "name": transfer.holder,
            "remittance": transfer.remittance,
        });
        match send(self.post("/v1/transfers", &transfer.reference, &body)).await {
            Sent::Answered(reply) if reply.status.is_success() => match read(&reply.body) {
                Some(report) => TransferAnswer::Done(Box::new(report)),
                None => TransferAnswer::Unknown("the answer cannot be read".into()),
            },
            Sent::Answered(reply) => refused(&reply),
            Sent::Unsent(setback) => TransferAnswer::Retryable(setback),
            Sent::Broken(why) => TransferAnswer::Unknown(why),
        }
    }

    async fn inquire(&self, reference: &str) -> Result<Option<TransferReport>, CallError> {
        let request = self.get("/v1/transfers").query(&[("reference", reference)]);
        let list: wire::List = ask(request).await?;
        let ours = list.data.iter().filter(|row| {
            row.get("reference").and_then(Value::as_str).is_none_or(|known| known == reference)
        });
        // A transfer that cannot be read is not one that is not there.
        ours.map(|row| read(row).ok_or_else(unreadable)).next().transpose()
    }

    fn verify_notification(
        &self,
        headers: &Headers,
        body: &[u8],
    ) -> Result<String, NotificationError> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        signature::verify(&self.webhook_secret, headers, body, now).map(str::to_owned)
    }

    fn read_notification(&self, body: &[u8]) -> Option<TransferNotification> {
        let event: Value = serde_json::from_slice(body).ok()?;
        Some(TransferNotification {
            kind: wire::text(&event, "type")?,
            reference: wire::text(event.get("data")?.get("transfer")?, "reference")?,
        })
    }
}

fn read(raw: &Value) -> Option<TransferReport> {
    let currency: Currency = raw.get("currency")?.as_str()?.parse().ok()?;
    let state = match raw.get("state")?.as_str()? {
        "accepted" => TransferState::Accepted,
        "in_transit" => TransferState::InTransit,
        "paid" => TransferState::Paid,
        "failed" => TransferState::Failed,
        "returned" => TransferState::Returned,
        _ => return None,
    };
    let failure = wire::text(raw, "reason").map(|code| TransferFailure {
        message: wire::text(raw, "reason_message").unwrap_or_else(|| code.clone()),
        code,
    });
    Some(TransferReport {
        provider_reference: wire::text(raw, "id")?,
        reference: wire::text(raw, "reference")?,
        state,
        amount: Money::parse(raw.get("amount")?.as_str()?, currency).ok()?,
        failure,
        raw: without_payee(raw),
    })
}

/// The answer without whom it pays: histories are kept for ever, and that is not theirs to keep.
fn without_payee(raw: &Value) -> Value {
    let mut kept = raw.clone();
    if let Some(object) = kept.as_object_mut() {
        object.retain(|name, _| name != "iban" && name != "name");
    }
    kept
}

/// What an answer that is no success says about what happened.
fn refused(reply: &Reply) -> TransferAnswer {
    match reply.status {
        // Our access is in question, or our pace, not the transfer.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::TOO_MANY_REQUESTS => TransferAnswer::Retryable(reply.setback()),
        StatusCode::SERVICE_UNAVAILABLE if wire::says_not_processed(&reply.body) => {
            TransferAnswer::Retryable(reply.setback())
        }
        // Something with this reference exists: only an inquiry tells what.
        StatusCode::CONFLICT | StatusCode::REQUEST_TIMEOUT => {
            TransferAnswer::Unknown(reply.message())
        }
        StatusCode::UNPROCESSABLE_ENTITY if code(reply) == "idempotency_mismatch" => {
            TransferAnswer::Unknown(reply.message())
        }
        status if status.is_client_error() => {
            let failure = TransferFailure { code: code(reply), message: reply.message() };
            TransferAnswer::Declined(failure, without_payee(&reply.body))
        }
        // A server error may have come after the money moved, and a redirect says nothing at all.
        _ => TransferAnswer::Unknown(reply.message()),
    }
}

fn code(reply: &Reply) -> String {
    let code = reply.body.get("error").and_then(|error| wire::text(error, "code"));
    code.unwrap_or_else(|| "refused".into())
}
