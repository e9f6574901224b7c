//! The sandbox's JSON: written strictly, read leniently.

use domain::currency::Currency;
use domain::money::Money;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::answer::CallError;
use crate::decline::{Decline, DeclineCode};
use crate::processor::{Notification, Registration, RegistrationReport, RegistrationState};
use crate::report::{
    DisputeReport, DisputeReportState, PaymentReport, RefundReport, RefundReportState,
    ReportedState,
};

#[derive(Serialize)]
pub(super) struct NewRegistration {
    nonce: String,
    amount: String,
    currency: Currency,
    payments: Vec<NewLine>,
    return_url: String,
    expires_at: String,
    description: String,
}

#[derive(Serialize)]
struct NewLine {
    reference: String,
    amount: String,
    description: String,
}

impl From<&Registration> for NewRegistration {
    fn from(registration: &Registration) -> Self {
        let lines = registration.payments.iter().map(|line| NewLine {
            reference: line.reference.clone(),
            amount: line.amount.to_decimal_string(),
            description: line.description.clone(),
        });
        Self {
            nonce: registration.nonce.clone(),
            amount: registration.amount.to_decimal_string(),
            currency: registration.amount.currency(),
            payments: lines.collect(),
            return_url: registration.return_url.clone(),
            expires_at: instant(registration.expires_at),
            description: registration.description.clone(),
        }
    }
}

fn instant(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).expect("an instant of this age has a text form")
}

#[derive(Deserialize)]
pub(super) struct List {
    pub(super) data: Vec<Value>,
}

pub(super) fn read_registration(raw: Value) -> Result<RegistrationReport, CallError> {
    let read = || {
        let state = match raw.get("status")?.as_str()? {
            "open" => RegistrationState::Open,
            "completed" => RegistrationState::Completed,
            "expired" => RegistrationState::Expired,
            _ => RegistrationState::Failed,
        };
        Some((text(&raw, "token")?, text(&raw, "page_url")?, state))
    };
    let (token, page_url, state) = read().ok_or_else(super::http::unreadable)?;
    Ok(RegistrationReport { token, page_url, state, raw })
}

pub(super) fn read_payment(raw: &Value) -> Option<PaymentReport> {
    let currency: Currency = raw.get("currency")?.as_str()?.parse().ok()?;
    let amount = |name: &str| money(raw, name, currency);
    let state = match raw.get("status")?.as_str()? {
        "requires_action" => ReportedState::ActionRequired,
        "in_review" => ReportedState::InReview,
        "awaiting_funds" => ReportedState::AwaitingFunds,
        "authorized" => ReportedState::Authorized,
        "captured" | "refunded" | "partially_refunded" | "disputed" | "charged_back" => {
            ReportedState::Captured
        }
        "declined" => ReportedState::Declined,
        "cancelled" => ReportedState::Cancelled,
        "expired" => ReportedState::Expired,
        _ => return None,
    };
    let decline = text(raw, "decline_code").map(|code| Decline {
        code: DeclineCode::from_word(&code).unwrap_or(DeclineCode::Declined),
        message: text(raw, "decline_message").unwrap_or(code),
        processor_reference: text(raw, "id"),
    });
    let mut unread = Vec::new();
    let refunds = read_all(raw, "refund", &mut unread, |row| read_refund(row, currency, None));
    let disputes = read_all(raw, "dispute", &mut unread, |row| read_dispute(row, currency));
    Some(PaymentReport {
        processor_reference: text(raw, "id")?,
        reference: text(raw, "reference")?,
        state,
        amount: amount("amount")?,
        authorized: amount("authorized")?,
        captured: amount("captured")?,
        refunded: amount("refunded")?,
        charged_back: amount("charged_back").unwrap_or(Money::zero(currency)),
        hold_expires_at: moment(raw, "hold_expires_at"),
        refunds,
        disputes,
        unread,
        decline,
        action_url: raw.get("next_action").and_then(|action| text(action, "redirect_url")),
        raw: raw.clone(),
    })
}

/// One refund; `asked` is the reference and the amount of the one that was just asked for, which
/// the answer need not repeat.
pub(super) fn read_refund(
    raw: &Value,
    currency: Currency,
    asked: Option<(&str, Money)>,
) -> Option<RefundReport> {
    let state = match raw.get("status")?.as_str()? {
        "pending" => RefundReportState::Pending,
        "succeeded" => RefundReportState::Succeeded,
        "failed" => RefundReportState::Failed,
        _ => return None,
    };
    Some(RefundReport {
        processor_reference: text(raw, "id")?,
        reference: asked.map(|(key, _)| key.to_owned()).or_else(|| text(raw, "reference")),
        amount: money(raw, "amount", currency).or(asked.map(|(_, amount)| amount))?,
        state,
    })
}

fn read_dispute(raw: &Value, currency: Currency) -> Option<DisputeReport> {
    let state = match raw.get("status")?.as_str()? {
        "opened" => DisputeReportState::Opened,
        "won" => DisputeReportState::Won,
        "lost" => DisputeReportState::Lost,
        _ => return None,
    };
    Some(DisputeReport {
        processor_reference: text(raw, "id")?,
        amount: money(raw, "amount", currency)?,
        reason: text(raw, "reason").unwrap_or_else(|| "no reason given".into()),
        state,
        opened_at: moment(raw, "opened_at"),
        respond_by: moment(raw, "respond_by"),
    })
}

/// Everything in the list of what is called `thing`; what cannot be read is told in `unread`.
fn read_all<T>(
    raw: &Value,
    thing: &str,
    unread: &mut Vec<String>,
    read: impl Fn(&Value) -> Option<T>,
) -> Vec<T> {
    let rows = raw.get(format!("{thing}s")).and_then(Value::as_array).into_iter().flatten();
    rows.filter_map(|row| {
        let known = read(row);
        if known.is_none() {
            let id = text(row, "id").unwrap_or_else(|| "without an id".into());
            unread.push(format!("the {thing} {id} cannot be read"));
        }
        known
    })
    .collect()
}

fn money(raw: &Value, name: &str, currency: Currency) -> Option<Money> {
    Money::parse(raw.get(name)?.as_str()?, currency).ok()
}

fn moment(raw: &Value, name: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(raw.get(name)?.as_str()?, &Rfc3339).ok()
}

/// What a notification is about. `None` if it is no event of the sandbox.
pub(super) fn read_notification(body: &[u8]) -> Option<Notification> {
    let event: Value = serde_json::from_slice(body).ok()?;
    let data = event.get("data")?;
    Some(Notification {
        kind: text(&event, "type")?,
        payment_reference: data.get("payment").and_then(|payment| text(payment, "reference")),
        registration_token: data
            .get("registration")
            .and_then(|registration| text(registration, "token")),
    })
}

/// The payment in the body of a notification.
pub(super) fn read_reported(body: &[u8]) -> Option<PaymentReport> {
    let event: Value = serde_json::from_slice(body).ok()?;
    read_payment(event.get("data")?.get("payment")?)
}

/// Whether an error promises that nothing was done.
pub(super) fn says_not_processed(body: &Value) -> bool {
    body.get("error").and_then(|error| text(error, "code")).as_deref() == Some("not_processed")
}

pub(super) fn error_message(body: &Value) -> String {
    body.get("error")
        .and_then(|error| text(error, "message"))
        .unwrap_or_else(|| "no reason given".into())
}

/// Without NUL, which Postgres does not keep in a text: a fact must never be lost for one.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(|text| text.replace('\0', ""))
}
