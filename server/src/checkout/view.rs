//! Checkouts as the shopper's pages show them.

use app::error::AppError;
use app::view::checkouts::{
    CheckoutState as PageState, CheckoutView, OrderLine, OverallState, SellerOrder, SellerStatus,
    StatusView,
};
use domain::checkout::CheckoutState;
use domain::payment::{Phase, Status};
use engine::checkouts::CheckoutRecord;
use engine::payments::PaymentRecord;

use crate::console::ports::unavailable;
use crate::wiring::Services;

/// The checkout page.
pub fn checkout(
    services: &Services,
    checkout: CheckoutRecord,
    key: &str,
    processor: String,
) -> CheckoutView {
    let state = page_state(&checkout);
    let version = checkout.version();
    CheckoutView {
        id: checkout.id,
        key: key.to_owned(),
        state,
        sellers: checkout.payments.iter().map(order).collect(),
        total: checkout.total,
        expires_at: checkout.expires_at,
        processor,
        idempotency_key: format!("{}.{version}", checkout.id),
        version,
        is_demo: services.settings.is_demo,
        shop: checkout.shop_name,
        reference: checkout.reference,
        return_url: checkout.return_url,
    }
}

fn order(payment: &PaymentRecord) -> SellerOrder {
    let amount = payment.state.amount;
    let line = |description: &String| OrderLine { description: description.clone(), amount };
    SellerOrder {
        seller: payment.seller_name.clone(),
        reference: payment.reference.clone(),
        lines: payment.description.iter().map(line).collect(),
        subtotal: amount,
    }
}

fn page_state(checkout: &CheckoutRecord) -> PageState {
    match checkout.state() {
        CheckoutState::Open => PageState::Open,
        CheckoutState::Processing => PageState::Processing,
        CheckoutState::Paid | CheckoutState::PartlyPaid => PageState::Paid,
        CheckoutState::Cancelled => PageState::Cancelled,
        // Nothing more can be paid here, for whichever reason.
        CheckoutState::Failed | CheckoutState::Expired => PageState::Expired,
    }
}

/// The status page, and each event of it.
///
/// # Errors
/// [`AppError::Unavailable`].
pub async fn status(
    services: &Services,
    checkout: CheckoutRecord,
    key: &str,
) -> Result<StatusView, AppError> {
    let changed = engine::timeline::last_change(services.pool(), checkout.id).await;
    let state = overall(&checkout);
    Ok(StatusView {
        id: checkout.id,
        key: key.to_owned(),
        state,
        payments: checkout.payments.iter().map(seller_status).collect(),
        total: checkout.total,
        is_final: is_final(state),
        version: checkout.version(),
        updated_at: changed.map_err(unavailable)?.unwrap_or(checkout.created_at),
        is_demo: services.settings.is_demo,
        shop: checkout.shop_name,
        reference: checkout.reference,
        return_url: checkout.return_url,
    })
}

fn seller_status(payment: &PaymentRecord) -> SellerStatus {
    SellerStatus {
        seller: payment.seller_name.clone(),
        status: payment.state.status(),
        amount: payment.state.amount,
    }
}

/// How it stands as a whole: what the shopper has to know first comes first.
fn overall(checkout: &CheckoutRecord) -> OverallState {
    let any = |test: &dyn Fn(&PaymentRecord) -> bool| checkout.payments.iter().any(test);
    let phase = |wanted: Phase| any(&|payment| payment.state.phase == wanted);
    if any(&|payment| payment.state.in_doubt) {
        return OverallState::Unknown;
    }
    if phase(Phase::ActionRequired) {
        return OverallState::ActionRequired;
    }
    if phase(Phase::InReview) {
        return OverallState::InReview;
    }
    match checkout.state() {
        CheckoutState::Processing => OverallState::Processing,
        CheckoutState::Expired => OverallState::Expired,
        CheckoutState::PartlyPaid => OverallState::PartlyPaid,
        CheckoutState::Cancelled => OverallState::Cancelled,
        CheckoutState::Failed => OverallState::Failed,
        CheckoutState::Open if any(&|payment| payment.failure.is_some()) => OverallState::Declined,
        CheckoutState::Open => OverallState::NotPaid,
        CheckoutState::Paid if any(&has_returned) => OverallState::Refunded,
        CheckoutState::Paid if phase(Phase::Authorized) => OverallState::Authorized,
        CheckoutState::Paid => OverallState::Paid,
    }
}

fn has_returned(payment: &PaymentRecord) -> bool {
    matches!(
        payment.state.status(),
        Status::Refunded | Status::PartiallyRefunded | Status::ChargedBack
    )
}

/// Whether nothing more is going to change by itself.
fn is_final(state: OverallState) -> bool {
    match state {
        OverallState::NotPaid
        | OverallState::Declined
        | OverallState::ActionRequired
        | OverallState::Processing
        | OverallState::InReview
        | OverallState::Unknown => false,
        OverallState::Authorized
        | OverallState::Paid
        | OverallState::PartlyPaid
        | OverallState::Refunded
        | OverallState::Failed
        | OverallState::Cancelled
        | OverallState::Expired => true,
    }
}
