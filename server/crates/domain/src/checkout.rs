//! A checkout's state, derived from its payments.

use serde::{Deserialize, Serialize};

use crate::payment::{ExecutionStatus, Payment, Phase};

/// Where one shopper's purchase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutState {
    /// Waits for the shopper to pay.
    Open,
    /// Something is under way, at the processor or with the shopper.
    Processing,
    /// Every payment succeeded.
    Paid,
    /// Every payment ended, some with and some without the money.
    PartlyPaid,
    /// Every payment ended without the money.
    Failed,
    /// Nobody paid in time.
    Expired,
}

impl CheckoutState {
    /// The word that stands in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::PartlyPaid => "partly_paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// Whether every payment succeeded.
pub fn is_payment_done(payments: &[Payment]) -> bool {
    !payments.is_empty()
        && payments.iter().all(|payment| payment.execution_status() == ExecutionStatus::Success)
}

/// The state that the payments make together.
///
/// A payment that is held but not taken counts as paid for the shopper: nothing more is asked.
pub fn state(payments: &[Payment]) -> CheckoutState {
    let all = |test: fn(&Payment) -> bool| payments.iter().all(test);
    let any = |test: fn(&Payment) -> bool| payments.iter().any(test);
    let paid = |payment: &Payment| {
        !payment.in_doubt && matches!(payment.phase, Phase::Authorized | Phase::Captured)
    };
    let ended = |payment: &Payment| {
        matches!(payment.phase, Phase::Failed | Phase::Cancelled | Phase::Expired)
    };
    let open = |payment: &Payment| !payment.in_doubt && payment.phase == Phase::Created;
    if payments.is_empty() {
        CheckoutState::Open
    } else if all(paid) {
        CheckoutState::Paid
    } else if all(|payment| payment.phase == Phase::Expired) {
        CheckoutState::Expired
    } else if all(ended) {
        CheckoutState::Failed
    } else if payments.iter().all(|payment| paid(payment) || ended(payment)) {
        CheckoutState::PartlyPaid
    } else if any(open)
        && payments.iter().all(|payment| open(payment) || paid(payment) || ended(payment))
    {
        CheckoutState::Open
    } else {
        CheckoutState::Processing
    }
}
