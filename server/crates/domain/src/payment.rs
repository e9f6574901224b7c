//! A payment's state: its phase and its amounts, and the words that people use for them.
//!
//! What is stored is the least from which the rest follows: [`Payment::status`] and
//! [`Payment::execution_status`] are derived. How a state changes stands in [`crate::decide`].

use serde::{Deserialize, Serialize};

use crate::dispute::{Dispute, DisputeState};
use crate::money::Money;
use crate::operation::Operations;
use crate::refund::Refund;
use crate::words::words;

/// The state of one payment.
///
/// Invariants, all in one currency and none negative: `captured` and `authorized` never fall;
/// what *we* asked for stays within what there was: `capture_requested <= authorized`,
/// `refund_requested <= captured`. Reported totals may exceed our rules, since facts are never
/// refused. What is reserved is what the open operations and refunds add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Where the payment stands.
    pub phase: Phase,
    /// What the shopper agreed to pay.
    pub amount: Money,
    /// Whether an authorisation takes the money at once.
    pub capture_mode: CaptureMode,
    /// Our share, in hundredths of a percent.
    pub fee_basis_points: u32,
    /// How many times an authorisation was tried.
    pub attempts: u16,
    /// Whether any attempt's outcome is unknown; nothing may move until all are known. While the
    /// payment executes that is its newest authorisation, and otherwise some of `operations`.
    pub in_doubt: bool,
    /// Captures, cancellations and refunds that have no answer yet.
    pub operations: Operations,
    /// Held by the processor, in total.
    pub authorized: Money,
    /// Taken, in total.
    pub captured: Money,
    /// Captures that we asked for and that did not fail, in total.
    pub capture_requested: Money,
    /// Of these, what has no answer yet.
    pub capture_reserved: Money,
    /// Gone back to the shopper, in total, by whomever.
    pub refunded: Money,
    /// Gone back by refunds that we did not ask for.
    pub refunded_elsewhere: Money,
    /// Refunds that we did not ask for and that were not made in the end, in total.
    pub returned_elsewhere: Money,
    /// Refunds that we asked for and that did not fail, in total.
    pub refund_requested: Money,
    /// Of these, what has not come to an end.
    pub refund_reserved: Money,
    /// Taken back by the holder's bank and not won back, in total.
    pub charged_back: Money,
    /// Settled by the processor, in total, before its fees.
    pub settled: Money,
    /// Refunds that the processor's files have kept back, in total.
    pub refund_settled: Money,
    /// Our fee, in total.
    pub fee: Money,
    /// What of our fee was given back.
    pub fee_returned: Money,
    /// The refunds that we asked for.
    pub refunds: Vec<Refund>,
    /// What the holder contested.
    pub disputes: Vec<Dispute>,
}

impl Payment {
    /// A payment of `amount` that nothing has happened to.
    pub fn new(amount: Money, capture_mode: CaptureMode, fee_basis_points: u32) -> Self {
        let zero = Money::zero(amount.currency());
        Self {
            phase: Phase::Created,
            amount,
            capture_mode,
            fee_basis_points,
            attempts: 0,
            in_doubt: false,
            operations: Operations::default(),
            authorized: zero,
            captured: zero,
            capture_requested: zero,
            capture_reserved: zero,
            refunded: zero,
            refunded_elsewhere: zero,
            returned_elsewhere: zero,
            refund_requested: zero,
            refund_reserved: zero,
            charged_back: zero,
            settled: zero,
            refund_settled: zero,
            fee: zero,
            fee_returned: zero,
            refunds: Vec::new(),
            disputes: Vec::new(),
        }
    }

    /// What people call the payment's state.
    pub fn status(&self) -> Status {
        if self.in_doubt {
            return Status::Unknown;
        }
        match self.phase {
            Phase::Created
            | Phase::Executing
            | Phase::ActionRequired
            | Phase::InReview
            | Phase::AwaitingFunds => Status::Pending,
            Phase::Authorized => Status::Authorized,
            Phase::Captured => self.captured_status(),
            Phase::Failed => Status::Failed,
            Phase::Cancelled => Status::Cancelled,
            Phase::Expired => Status::Expired,
        }
    }

    fn captured_status(&self) -> Status {
        let returned = self.refunded.minor();
        if self.disputes.iter().any(|dispute| dispute.state == DisputeState::Opened) {
            Status::Disputed
        } else if self.charged_back.is_positive() {
            Status::ChargedBack
        } else if returned > 0 && returned >= self.captured.minor() {
            Status::Refunded
        } else if returned > 0 {
            Status::PartiallyRefunded
        } else if self.settled.minor() >= self.captured.minor() {
            Status::Settled
        } else if self.captured.minor() < self.amount.minor() {
            Status::PartiallyCaptured
        } else {
            Status::Captured
        }
    }

    /// The state in the terms of the executor: it moves forward only.
    pub fn execution_status(&self) -> ExecutionStatus {
        match self.phase {
            Phase::Created if self.attempts == 0 => ExecutionStatus::NotStarted,
            Phase::Created
            | Phase::Executing
            | Phase::ActionRequired
            | Phase::InReview
            | Phase::AwaitingFunds
            | Phase::Authorized => ExecutionStatus::Executing,
            Phase::Captured => ExecutionStatus::Success,
            Phase::Failed | Phase::Cancelled | Phase::Expired => ExecutionStatus::Failed,
        }
    }
}

/// Whether an authorisation takes the money at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// Captured with the authorisation.
    Automatic,
    /// Captured later, on request.
    Manual,
}

impl CaptureMode {
    /// The word that stands in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }
}

words! {
    /// Where a payment stands.
    Phase {
        /// Known to us alone, or open for another try.
        Created = "created",
        /// An attempt is under way.
        Executing = "executing",
        /// The shopper has to act.
        ActionRequired = "action_required",
        /// The processor is looking at it.
        InReview = "in_review",
        /// The processor waits for the money.
        AwaitingFunds = "awaiting_funds",
        /// Held for us, not taken.
        Authorized = "authorized",
        /// Taken, in part or whole.
        Captured = "captured",
        /// Declined for good.
        Failed = "failed",
        /// Released or given up on request.
        Cancelled = "cancelled",
        /// Given up because time was over.
        Expired = "expired",
    }
}

words! {
    /// What people call a payment's state; derived, never stored.
    Status {
        /// Not decided yet.
        Pending = "pending",
        /// Held for us, not taken.
        Authorized = "authorized",
        /// Taken in part.
        PartiallyCaptured = "partially_captured",
        /// Taken.
        Captured = "captured",
        /// Settled by the processor.
        Settled = "settled",
        /// Given back in part.
        PartiallyRefunded = "partially_refunded",
        /// Given back.
        Refunded = "refunded",
        /// Contested by the holder.
        Disputed = "disputed",
        /// Taken back by the holder's bank.
        ChargedBack = "charged_back",
        /// Declined for good.
        Failed = "failed",
        /// Released or given up on request.
        Cancelled = "cancelled",
        /// Given up because time was over.
        Expired = "expired",
        /// An attempt's outcome is not known yet.
        Unknown = "unknown",
    }
}

words! {
    /// The state in the terms of the executor.
    ExecutionStatus {
        /// No attempt was made.
        NotStarted = "NOT_STARTED",
        /// Under way, or held and not taken.
        Executing = "EXECUTING",
        /// Taken.
        Success = "SUCCESS",
        /// Ended without the money.
        Failed = "FAILED",
    }
}
