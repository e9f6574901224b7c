//! Checkouts and payments as the API shows them.

use domain::checkout::{CheckoutState, Policy};
use domain::currency::Currency;
use domain::id::{CheckoutId, PaymentId, ProcessorAccountId};
use domain::payment::{CaptureMode, ExecutionStatus, Phase, Status};
use engine::checkouts::CheckoutRecord;
use engine::payments::PaymentRecord;
use engine::service::Links;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

/// A checkout.
#[derive(Debug, Serialize)]
pub struct CheckoutObject {
    id: CheckoutId,
    object: &'static str,
    /// The shop's name for it.
    checkout_id: String,
    /// Where the shopper pays.
    checkout_url: String,
    /// Where the shopper sees how it stands.
    status_url: String,
    state: CheckoutState,
    is_payment_done: bool,
    policy: Policy,
    currency: Currency,
    /// The sum of the payments, in major units.
    total: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<String>,
    metadata: Value,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    payments: Vec<PaymentObject>,
}

/// A payment.
#[derive(Debug, Serialize)]
pub struct PaymentObject {
    id: PaymentId,
    object: &'static str,
    /// The shop's name for it.
    payment_order_id: String,
    checkout: CheckoutId,
    seller_account: String,
    amount: String,
    currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    metadata: Value,
    status: Status,
    execution_status: ExecutionStatus,
    capture: CaptureMode,
    authorized: String,
    captured: String,
    /// Asked for and not answered by the processor yet.
    capture_pending: String,
    refunded: String,
    /// Asked for and not answered by the processor yet.
    refund_pending: String,
    settled: String,
    fee: String,
    failure: Option<Failure>,
    next_action: Option<NextAction>,
    /// Whether the seller's wallet shows what was captured: it is written with the payment.
    wallet_updated: bool,
    /// Whether the ledger shows what was captured: it is written with the payment.
    ledger_updated: bool,
    /// Where it is carried, or was last.
    processor_account: Option<ProcessorAccountId>,
    /// The processor's id of it.
    processor_reference: Option<String>,
    /// Until when the processor holds what is not captured.
    #[serde(with = "time::serde::rfc3339::option")]
    hold_expires_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    version: i32,
}

/// Why something was declined.
#[derive(Debug, Serialize)]
pub struct Failure {
    code: String,
    message: String,
}

impl From<(String, String)> for Failure {
    fn from((code, message): (String, String)) -> Self {
        Self { code, message }
    }
}

/// Several objects, all there are.
#[derive(Debug, Serialize)]
pub struct List<T> {
    object: &'static str,
    data: Vec<T>,
}

impl<T> List<T> {
    /// The list of `items`.
    pub fn of(items: impl Iterator<Item = T>) -> Self {
        Self { object: "list", data: items.collect() }
    }
}

/// What the shopper has to do.
#[derive(Debug, Serialize)]
struct NextAction {
    #[serde(rename = "type")]
    kind: &'static str,
    redirect_url: String,
}

impl CheckoutObject {
    /// The checkout as it is now.
    pub fn new(checkout: &CheckoutRecord, links: &Links) -> Self {
        Self {
            id: checkout.id,
            object: "checkout",
            checkout_id: checkout.reference.clone(),
            checkout_url: links.checkout(checkout.id),
            status_url: links.status(checkout.id),
            state: checkout.state(),
            is_payment_done: checkout.is_payment_done(),
            policy: checkout.policy,
            currency: checkout.total.currency(),
            total: checkout.total.to_decimal_string(),
            description: checkout.description.clone(),
            return_url: checkout.return_url.clone(),
            metadata: checkout.metadata.clone(),
            expires_at: checkout.expires_at,
            created_at: checkout.created_at,
            payments: checkout.payments.iter().map(PaymentObject::new).collect(),
        }
    }
}

impl PaymentObject {
    /// The payment as it is now.
    pub fn new(payment: &PaymentRecord) -> Self {
        let state = &payment.state;
        let is_posted = state.captured.is_positive();
        Self {
            id: payment.id,
            object: "payment",
            payment_order_id: payment.reference.clone(),
            checkout: payment.checkout,
            seller_account: payment.seller_account.clone(),
            amount: state.amount.to_decimal_string(),
            currency: state.amount.currency(),
            description: payment.description.clone(),
            metadata: payment.metadata.clone(),
            status: state.status(),
            execution_status: state.execution_status(),
            capture: state.capture_mode,
            authorized: state.authorized.to_decimal_string(),
            captured: state.captured.to_decimal_string(),
            capture_pending: state.capture_reserved.to_decimal_string(),
            refunded: state.refunded.to_decimal_string(),
            refund_pending: state.refund_reserved.to_decimal_string(),
            settled: state.settled.to_decimal_string(),
            fee: state.fee.to_decimal_string(),
            failure: payment.failure.clone().map(Failure::from),
            next_action: next_action(payment),
            wallet_updated: is_posted,
            ledger_updated: is_posted,
            processor_account: payment.processor_account,
            processor_reference: payment.processor_reference.clone(),
            hold_expires_at: payment.hold_expires_at,
            created_at: payment.created_at,
            version: payment.version,
        }
    }
}

fn next_action(payment: &PaymentRecord) -> Option<NextAction> {
    let address = payment.action_url.clone()?;
    (payment.state.phase == Phase::ActionRequired)
        .then_some(NextAction { kind: "redirect", redirect_url: address })
}
