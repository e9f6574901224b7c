//! A checkout: its state, derived from its payments, and what an all-or-nothing basket does next.

use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError};
use crate::payment::{CaptureMode, ExecutionStatus, Payment, Phase};
use crate::refund::{Refund, RefundState};

/// Whether the payments of a checkout belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Each payment stands for itself.
    BestEffort,
    /// Nothing is taken before everything is held; if one payment ends without the money, the
    /// others are released.
    AllOrNothing,
}

impl Policy {
    /// The word that stands in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BestEffort => "best_effort",
            Self::AllOrNothing => "all_or_nothing",
        }
    }

    /// The policy that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::BestEffort, Self::AllOrNothing].into_iter().find(|policy| policy.as_str() == word)
    }
}

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
    /// Every payment was cancelled.
    Cancelled,
    /// Nobody paid in time.
    Expired,
}

impl CheckoutState {
    /// Every state.
    pub const ALL: &[Self] = &[
        Self::Open,
        Self::Processing,
        Self::Paid,
        Self::PartlyPaid,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The word that stands in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::PartlyPaid => "partly_paid",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
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
/// A payment that is held but not taken counts as paid for the shopper, since nothing more is
/// asked of them, unless the basket may still have to give it up.
pub fn state(policy: Policy, payments: &[Payment]) -> CheckoutState {
    let views: Vec<View> =
        payments.iter().map(|payment| View::of(policy, payments, payment)).collect();
    let all = |wanted: &[View]| views.iter().all(|view| wanted.contains(view));
    let all_in = |phase: Phase| payments.iter().all(|payment| payment.phase == phase);
    if payments.is_empty() {
        CheckoutState::Open
    } else if all(&[View::Paid]) {
        CheckoutState::Paid
    } else if all_in(Phase::Expired) {
        CheckoutState::Expired
    } else if all_in(Phase::Cancelled) {
        CheckoutState::Cancelled
    } else if all(&[View::Unpaid]) {
        CheckoutState::Failed
    } else if all(&[View::Paid, View::Unpaid]) {
        CheckoutState::PartlyPaid
    } else if all(&[View::Open, View::Paid, View::Unpaid]) {
        CheckoutState::Open
    } else {
        CheckoutState::Processing
    }
}

/// What one payment is to its checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Open,
    UnderWay,
    Paid,
    Unpaid,
}

impl View {
    fn of(policy: Policy, basket: &[Payment], payment: &Payment) -> Self {
        // What is being given up may still be taken, if the processor refuses.
        if payment.in_doubt || payment.operations.ending().is_some() {
            return Self::UnderWay;
        }
        let alone = match payment.phase {
            Phase::Created => Self::Open,
            Phase::Executing | Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds => {
                Self::UnderWay
            }
            Phase::Authorized | Phase::Captured => Self::Paid,
            Phase::Failed | Phase::Cancelled | Phase::Expired => Self::Unpaid,
        };
        match policy {
            Policy::BestEffort => alone,
            Policy::AllOrNothing => Self::together(basket, payment, alone),
        }
    }

    /// In an all-or-nothing basket what happens to one changes what the others are.
    fn together(basket: &[Payment], payment: &Payment, alone: Self) -> Self {
        let ends = |payment: &Payment| has_ended(payment) || payment.operations.ending().is_some();
        let is_broken = basket.iter().any(ends) && !is_in_the_shops_hands(basket);
        let is_moving =
            payment.capture_reserved.is_positive() || payment.refund_reserved.is_positive();
        let is_about_to_be_taken =
            payment.capture_mode == CaptureMode::Automatic && is_complete(basket);
        match payment.phase {
            Phase::Created if is_broken => Self::UnderWay,
            Phase::Authorized if is_broken || is_about_to_be_taken => Self::UnderWay,
            Phase::Captured if is_broken && is_moving => Self::UnderWay,
            Phase::Captured if is_broken && has_gone_back(payment) => Self::Unpaid,
            _ => alone,
        }
    }
}

/// What has to be done next with one payment of an all-or-nothing basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing, or nothing yet.
    Nothing,
    /// Take this much, which is held.
    Capture(Money),
    /// Give the payment up, and release what is held.
    Release,
    /// Give this much back, which was taken before another payment broke the basket.
    GiveBack(Money),
}

/// What an all-or-nothing basket does next: one step for each payment, in their order.
///
/// Everything is taken once everything is held, unless the shop wants to capture by itself. When one
/// payment has ended without the money, or the processor refused to capture one of them, what is
/// held of the others is released and what was taken goes back; but once the shop has captured
/// something by itself the basket is in its hands. Asking again after the steps were carried out
/// moves no money a second time.
///
/// # Errors
/// [`MoneyError`] if the amounts of a payment do not fit together.
pub fn settle(payments: &[Payment], capture_was_refused: bool) -> Result<Vec<Step>, MoneyError> {
    let refused = capture_was_refused
        && payments.iter().all(|payment| payment.capture_mode == CaptureMode::Automatic);
    let is_broken = refused || payments.iter().any(has_ended);
    let is_complete = is_complete(payments);
    payments
        .iter()
        .map(|payment| {
            if payment.in_doubt || is_in_the_shops_hands(payments) {
                Ok(Step::Nothing)
            } else if is_broken {
                let step = give_up(payment)?;
                Ok(if is_refused_for_good(payment, step) { Step::Nothing } else { step })
            } else if is_complete && payment.capture_mode == CaptureMode::Automatic {
                let rest = left_to_capture(payment)?;
                Ok(if rest.is_positive() { Step::Capture(rest) } else { Step::Nothing })
            } else {
                Ok(Step::Nothing)
            }
        })
        .collect()
}

/// Whether all of the basket is held or taken, and nothing of it is being given up, so that it may
/// be captured.
pub fn is_complete(payments: &[Payment]) -> bool {
    !payments.is_empty()
        && payments.iter().all(|payment| {
            !payment.in_doubt
                && payment.operations.ending().is_none()
                && matches!(payment.phase, Phase::Authorized | Phase::Captured)
        })
}

/// Whether [`settle`] has to be asked again, because a payment changed from `before` to `next`.
///
/// An operation that has its answer always counts, whatever it was and whoever told first how it
/// ended: until then the others may have waited for it.
pub fn is_news(before: &Payment, next: &Payment) -> bool {
    if next.in_doubt || next.phase == Phase::Executing {
        return false;
    }
    let mut open = before.operations.open.iter();
    next.phase != before.phase
        || before.in_doubt
        || next.authorized != before.authorized
        || open.any(|operation| next.operations.find(operation.number).is_none())
}

/// How often the processor is asked to give up, or to give back, what it refused before: each
/// refusal is news, and would lead to the same question for ever.
const ASKED_MAX: u16 = 3;

fn is_refused_for_good(payment: &Payment, step: Step) -> bool {
    match step {
        Step::Nothing | Step::Capture(_) => false,
        Step::Release => payment.operations.cancel_refused && payment.operations.made >= ASKED_MAX,
        Step::GiveBack(_) => {
            let failed = |refund: &&Refund| refund.state == RefundState::Failed;
            payment.refunds.iter().filter(failed).count() >= usize::from(ASKED_MAX)
        }
    }
}

fn give_up(payment: &Payment) -> Result<Step, MoneyError> {
    // What is under way comes to its end first; its outcome asks again.
    if payment.capture_reserved.is_positive() {
        return Ok(Step::Nothing);
    }
    match payment.phase {
        Phase::Created
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized => Ok(Step::Release),
        Phase::Captured => {
            let rest = left_to_refund(payment)?;
            Ok(if rest.is_positive() { Step::GiveBack(rest) } else { Step::Nothing })
        }
        Phase::Executing | Phase::Failed | Phase::Cancelled | Phase::Expired => Ok(Step::Nothing),
    }
}

fn left_to_capture(payment: &Payment) -> Result<Money, MoneyError> {
    let taken = payment.captured.checked_add(payment.capture_reserved)?;
    payment.authorized.checked_sub(larger(taken, payment.capture_requested))
}

fn left_to_refund(payment: &Payment) -> Result<Money, MoneyError> {
    let gone = payment.refunded.checked_add(payment.refund_reserved)?;
    let counted = larger(gone, payment.refund_requested).checked_add(payment.charged_back)?;
    payment.captured.checked_sub(counted)
}

fn has_ended(payment: &Payment) -> bool {
    matches!(payment.phase, Phase::Failed | Phase::Cancelled | Phase::Expired)
}

fn has_gone_back(payment: &Payment) -> bool {
    let gone = payment.refunded.checked_add(payment.charged_back);
    gone.is_ok_and(|gone| gone.is_positive() && gone.minor() >= payment.captured.minor())
}

/// Whether the shop has begun to capture by itself what it wanted to be held.
fn is_in_the_shops_hands(basket: &[Payment]) -> bool {
    basket.iter().any(|payment| {
        payment.capture_mode == CaptureMode::Manual
            && (payment.captured.is_positive() || payment.capture_requested.is_positive())
    })
}

/// The larger of two amounts of one payment, which share its currency.
fn larger(left: Money, right: Money) -> Money {
    if left.minor() >= right.minor() { left } else { right }
}
