//! Facts: what was learnt about a payment. Recorded whatever our rules say.

use crate::decide::{Decision, Follow, Outcome, Refused, Why, dispute, refund};
use crate::dispute::DisputeState;
use crate::event::{Announcement, Fact};
use crate::fee;
use crate::money::Money;
use crate::operation::{Ending, Operation, Order};
use crate::payment::{CaptureMode, Payment, Phase};
use crate::posting::Movement;

pub(super) fn decide(state: &Payment, fact: Fact) -> Result<Outcome, Refused> {
    match fact {
        Fact::ActionRequired => {
            Ok(waiting(state, Phase::ActionRequired, Announcement::ActionRequired))
        }
        Fact::InReview => Ok(waiting(state, Phase::InReview, Announcement::Pending)),
        Fact::AwaitingFunds => Ok(waiting(state, Phase::AwaitingFunds, Announcement::Pending)),
        Fact::Authorized { total } => authorized(state, total),
        Fact::Captured { total } => captured(state, total),
        Fact::Declined { last } => Ok(declined(state, last)),
        Fact::NothingHappened => Ok(nothing_happened(state)),
        Fact::TurnedDown => Ok(turned_down(state)),
        Fact::InDoubt => Ok(in_doubt(state)),
        Fact::Cancelled => released(state, state.operations.ending().unwrap_or(Ending::Cancelled)),
        Fact::HoldExpired => released(state, Ending::Expired),
        // Only the answer to the very operation can refuse it.
        Fact::CancelFailed | Fact::CaptureFailed => Ok(Outcome::Nothing(Why::Late)),
        Fact::RefundPending { refund } => Ok(refund::pending(state, refund)),
        Fact::RefundSucceeded { refund } => refund::succeeded(state, refund),
        Fact::RefundFailed { refund } => refund::failed(state, refund),
        Fact::RefundedElsewhere { total } => refund::elsewhere(state, total),
        Fact::ReturnedElsewhere { total } => refund::returned_elsewhere(state, total),
        Fact::ChargedBack { total } => dispute::charged_back(state, total),
        Fact::DisputeOpened { dispute, amount } => {
            dispute::learnt(state, dispute, amount, DisputeState::Opened)
        }
        Fact::DisputeWon { dispute, amount } => {
            dispute::learnt(state, dispute, amount, DisputeState::Won)
        }
        Fact::DisputeLost { dispute, amount } => {
            dispute::learnt(state, dispute, amount, DisputeState::Lost)
        }
        Fact::Settled { gross, fee, expected_fee } => settled(state, gross, fee, expected_fee),
        Fact::RefundSettled { amount } => refund_settled(state, amount),
    }
}

fn waiting(state: &Payment, phase: Phase, announcement: Announcement) -> Outcome {
    if state.phase == phase {
        return Outcome::Nothing(Why::Known);
    }
    match state.phase {
        Phase::Created
        | Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds => {
            // Whoever waits was tried, also if we did not hear of it.
            let attempts = state.attempts.max(1);
            let next = Payment { attempts, ..moved(state, phase) };
            Decision::to(next).announcing(announcement).changed()
        }
        Phase::Authorized | Phase::Captured | Phase::Failed | Phase::Cancelled | Phase::Expired => {
            Outcome::Nothing(Why::OutOfOrder)
        }
    }
}

/// The payment in another phase, where the processor may think better of giving it up.
fn moved(state: &Payment, phase: Phase) -> Payment {
    let mut next = Payment { phase, in_doubt: false, ..state.clone() };
    next.operations.cancel_refused = false;
    next
}

fn authorized(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let more = total.checked_sub(state.authorized)?;
    if !more.is_positive() {
        return Ok(Outcome::Nothing(Why::Known));
    }
    let next = |phase| Payment { authorized: total, ..moved(state, phase) };
    let unasked = (total.minor() > state.amount.minor()).then_some("authorized above the amount");
    Ok(match state.phase {
        Phase::Created
        | Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds => Decision::to(next(Phase::Authorized))
            .about(total)
            .announcing(Announcement::Authorized)
            .irregular(unasked)
            .changed(),
        Phase::Authorized | Phase::Captured => {
            Decision::to(next(state.phase)).about(total).irregular(unasked).changed()
        }
        Phase::Failed | Phase::Cancelled => revived(next(Phase::Authorized), Ending::Cancelled),
        Phase::Expired => revived(next(Phase::Authorized), Ending::Expired),
    })
}

/// A hold that nobody wants any more: it is released.
fn revived(mut next: Payment, ending: Ending) -> Outcome {
    let amount = next.authorized;
    let (operations, number) = next.operations.with(Order::Cancel(ending));
    next.operations = operations;
    let follow = Operation { number, order: Order::Cancel(ending), is_unknown: false };
    Decision::to(next)
        .about(amount)
        .announcing(Announcement::Authorized)
        .following(Follow::Operate(follow))
        .irregular(Some("authorized after the payment had ended"))
        .changed()
}

fn captured(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let amount = total.checked_sub(state.captured)?;
    if !amount.is_positive() {
        return Ok(Outcome::Nothing(Why::Known));
    }
    let irregular = match state.phase {
        Phase::Failed | Phase::Cancelled | Phase::Expired => {
            Some("captured after the payment had ended")
        }
        Phase::Created
        | Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized
        | Phase::Captured => {
            let unasked = state.capture_mode == CaptureMode::Manual
                && total.minor() > state.capture_requested.minor();
            if total.minor() > state.amount.minor() {
                Some("captured above the amount")
            } else {
                unasked.then_some("captured without our request")
            }
        }
    };
    let fee_total = fee::share(total, state.fee_basis_points);
    let fee = fee_total.checked_sub(state.fee)?;
    let is_cancel = |operation: &Operation| matches!(operation.order, Order::Cancel(_));
    let next = Payment {
        // What was taken cannot be released any more.
        operations: state.operations.clone().without(is_cancel),
        authorized: larger(state.authorized, total),
        captured: total,
        fee: fee_total,
        ..moved(state, Phase::Captured)
    };
    Ok(Decision::to(next)
        .moving(Movement::Captured { total, amount, fee })
        .announcing(Announcement::Captured)
        .irregular(irregular)
        .changed())
}

fn declined(state: &Payment, last: bool) -> Outcome {
    match state.phase {
        Phase::Executing | Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds => {
            // Who asked to give the payment up while it waited has it given up now.
            let (phase, announcement) = match state.operations.ending() {
                Some(Ending::Cancelled) => (Phase::Cancelled, Announcement::Cancelled),
                Some(Ending::Expired) => (Phase::Expired, Announcement::Expired),
                None if last => (Phase::Failed, Announcement::Failed),
                None => (Phase::Created, Announcement::Declined),
            };
            let operations = state.operations.clone().without(|_| true);
            let next = Payment { operations, ..moved(state, phase) };
            Decision::to(next).announcing(announcement).changed()
        }
        Phase::Created
        | Phase::Authorized
        | Phase::Captured
        | Phase::Failed
        | Phase::Cancelled
        | Phase::Expired => Outcome::Nothing(Why::OutOfOrder),
    }
}

fn nothing_happened(state: &Payment) -> Outcome {
    match state.phase {
        Phase::Executing => Decision::to(moved(state, Phase::Created)).changed(),
        Phase::Created
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized
        | Phase::Captured
        | Phase::Failed
        | Phase::Cancelled
        | Phase::Expired => Outcome::Nothing(Why::OutOfOrder),
    }
}

/// Only the doubt ends: the attempt that follows begins with a command of its own.
fn turned_down(state: &Payment) -> Outcome {
    match state.phase {
        Phase::Executing if state.in_doubt => {
            Decision::to(Payment { in_doubt: false, ..state.clone() }).changed()
        }
        Phase::Executing => Outcome::Nothing(Why::Known),
        Phase::Created
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized
        | Phase::Captured
        | Phase::Failed
        | Phase::Cancelled
        | Phase::Expired => Outcome::Nothing(Why::OutOfOrder),
    }
}

/// Of the newest authorisation; an operation's doubt comes with the operation's number.
fn in_doubt(state: &Payment) -> Outcome {
    match state.phase {
        Phase::Executing if !state.in_doubt => {
            Decision::to(Payment { in_doubt: true, ..state.clone() }).changed()
        }
        Phase::Executing => Outcome::Nothing(Why::Known),
        Phase::Created
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized
        | Phase::Captured
        | Phase::Failed
        | Phase::Cancelled
        | Phase::Expired => Outcome::Nothing(Why::Late),
    }
}

/// The hold is gone, and with it whatever was still to be taken of it.
fn released(state: &Payment, ending: Ending) -> Result<Outcome, Refused> {
    match state.phase {
        Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized => {
            let (phase, announcement) = match ending {
                Ending::Cancelled => (Phase::Cancelled, Announcement::Cancelled),
                Ending::Expired => (Phase::Expired, Announcement::Expired),
            };
            let next = Payment {
                operations: state.operations.clone().without(|_| true),
                capture_requested: state.capture_requested.checked_sub(state.capture_reserved)?,
                capture_reserved: Money::zero(state.amount.currency()),
                ..moved(state, phase)
            };
            Ok(Decision::to(next).announcing(announcement).changed())
        }
        Phase::Created | Phase::Captured | Phase::Failed | Phase::Cancelled | Phase::Expired => {
            Ok(Outcome::Nothing(Why::OutOfOrder))
        }
    }
}

fn settled(
    state: &Payment,
    gross: Money,
    fee: Money,
    expected_fee: Money,
) -> Result<Outcome, Refused> {
    // What the processor pays and what it kept beyond the tariff are posted: they have to fit.
    if !gross.is_positive() {
        return Err(Refused::NotPositive);
    }
    gross.checked_sub(fee)?;
    fee.checked_sub(expected_fee)?;
    let total = state.settled.checked_add(gross)?;
    let next = Payment { settled: total, ..state.clone() };
    let captured = state.captured.minor();
    let complete = state.settled.minor() < captured && total.minor() >= captured;
    let irregular = (total.minor() > captured).then_some("settled above the capture");
    let decision = Decision::to(next)
        .moving(Movement::Settled { total, gross, fee, expected_fee })
        .irregular(irregular);
    Ok(if complete { decision.announcing(Announcement::Settled) } else { decision }.changed())
}

fn refund_settled(state: &Payment, amount: Money) -> Result<Outcome, Refused> {
    if !amount.is_positive() {
        return Err(Refused::NotPositive);
    }
    let total = state.refund_settled.checked_add(amount)?;
    let next = Payment { refund_settled: total, ..state.clone() };
    Ok(Decision::to(next).moving(Movement::RefundSettled { total, amount }).changed())
}

/// Brings `fee_returned` to what it should be, and says by how much it changed.
pub(super) fn settle_fee(next: &mut Payment) -> Result<Money, Refused> {
    let gone = next.refunded.checked_add(next.charged_back)?;
    let returned = fee::given_back(next.fee, gone, next.captured);
    let change = returned.checked_sub(next.fee_returned)?;
    next.fee_returned = returned;
    Ok(change)
}

/// The larger of two amounts of one currency.
pub(super) fn larger(left: Money, right: Money) -> Money {
    if left.minor() >= right.minor() { left } else { right }
}

/// The smaller of two amounts of one currency.
pub(super) fn smaller(left: Money, right: Money) -> Money {
    if left.minor() <= right.minor() { left } else { right }
}
