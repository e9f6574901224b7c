//! Refunds: what goes back because we asked, and what goes back because somebody else did.

use crate::decide::fact::{larger, settle_fee, smaller};
use crate::decide::{Decision, Outcome, Refused, Why};
use crate::event::Announcement;
use crate::id::RefundId;
use crate::money::Money;
use crate::operation::{Operations, Order};
use crate::payment::Payment;
use crate::posting::Movement;
use crate::refund::RefundState;

/// The operations without the one that asks for this refund: its outcome is known.
fn answered(state: &Payment, id: RefundId) -> Operations {
    state.operations.clone().without(|operation| operation.order == Order::Refund(id))
}

pub(super) fn pending(state: &Payment, id: RefundId) -> Outcome {
    let Some(index) = state.refunds.iter().position(|refund| refund.id == id) else {
        return Outcome::Nothing(Why::UnknownRefund);
    };
    let refund = state.refunds[index];
    match refund.state {
        RefundState::Requested => {
            let mut next = Payment { operations: answered(state, id), ..state.clone() };
            next.refunds[index].state = RefundState::Processing;
            Decision::to(next).about(refund.amount).changed()
        }
        RefundState::Processing => Outcome::Nothing(Why::Known),
        RefundState::Succeeded | RefundState::Failed | RefundState::Returned => {
            Outcome::Nothing(Why::OutOfOrder)
        }
    }
}

pub(super) fn succeeded(state: &Payment, id: RefundId) -> Result<Outcome, Refused> {
    let Some(index) = state.refunds.iter().position(|refund| refund.id == id) else {
        return Ok(Outcome::Nothing(Why::UnknownRefund));
    };
    let refund = state.refunds[index];
    let (reserved, irregular) = match refund.state {
        RefundState::Requested | RefundState::Processing => (refund.amount, None),
        RefundState::Failed => {
            (Money::zero(refund.amount.currency()), Some("refunded after the refund had failed"))
        }
        RefundState::Succeeded => return Ok(Outcome::Nothing(Why::Known)),
        RefundState::Returned => return Ok(Outcome::Nothing(Why::OutOfOrder)),
    };
    let mut next = Payment {
        operations: answered(state, id),
        refunded: state.refunded.checked_add(refund.amount)?,
        refund_reserved: state.refund_reserved.checked_sub(reserved)?,
        ..state.clone()
    };
    next.refunds[index].state = RefundState::Succeeded;
    let fee_given_back = settle_fee(&mut next)?;
    Ok(Decision::to(next)
        .moving(Movement::Refunded { refund: id, amount: refund.amount, fee_given_back })
        .announcing(Announcement::Refunded)
        .irregular(irregular)
        .changed())
}

pub(super) fn failed(state: &Payment, id: RefundId) -> Result<Outcome, Refused> {
    let Some(index) = state.refunds.iter().position(|refund| refund.id == id) else {
        return Ok(Outcome::Nothing(Why::UnknownRefund));
    };
    let refund = state.refunds[index];
    let mut next = Payment { operations: answered(state, id), ..state.clone() };
    match refund.state {
        RefundState::Requested | RefundState::Processing => {
            next.refund_requested = state.refund_requested.checked_sub(refund.amount)?;
            next.refund_reserved = state.refund_reserved.checked_sub(refund.amount)?;
            next.refunds[index].state = RefundState::Failed;
            Ok(Decision::to(next)
                .about(refund.amount)
                .announcing(Announcement::RefundFailed)
                .changed())
        }
        RefundState::Succeeded => {
            next.refunded = state.refunded.checked_sub(refund.amount)?;
            // A refund that succeeded after it had failed is not counted as requested any more;
            // what waits for its answer is, and stays so.
            let requested = state.refund_requested.checked_sub(refund.amount)?;
            next.refund_requested = larger(requested, state.refund_reserved);
            next.refunds[index].state = RefundState::Returned;
            let fee_kept = settle_fee(&mut next)?.checked_neg()?;
            Ok(Decision::to(next)
                .moving(Movement::RefundReturned { refund: id, amount: refund.amount, fee_kept })
                .announcing(Announcement::RefundFailed)
                .changed())
        }
        RefundState::Failed | RefundState::Returned => Ok(Outcome::Nothing(Why::Known)),
    }
}

pub(super) fn elsewhere(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let known = state.refunded_elsewhere.checked_add(state.returned_elsewhere)?;
    let amount = total.checked_sub(known)?;
    if !amount.is_positive() {
        return Ok(Outcome::Nothing(Why::Known));
    }
    let mut next = Payment {
        refunded: state.refunded.checked_add(amount)?,
        refunded_elsewhere: state.refunded_elsewhere.checked_add(amount)?,
        ..state.clone()
    };
    let fee_given_back = settle_fee(&mut next)?;
    Ok(Decision::to(next)
        .moving(Movement::RefundedElsewhere { total, amount, fee_given_back })
        .announcing(Announcement::Refunded)
        .irregular(Some("refunded without our request"))
        .changed())
}

/// What was booked of it is booked back; what was never heard of before it came back is only noted.
pub(super) fn returned_elsewhere(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let more = total.checked_sub(state.returned_elsewhere)?;
    if !more.is_positive() {
        return Ok(Outcome::Nothing(Why::Known));
    }
    let amount = smaller(more, state.refunded_elsewhere);
    let mut next = Payment {
        refunded: state.refunded.checked_sub(amount)?,
        refunded_elsewhere: state.refunded_elsewhere.checked_sub(amount)?,
        returned_elsewhere: total,
        ..state.clone()
    };
    if !amount.is_positive() {
        return Ok(Decision::to(next).about(more).changed());
    }
    let fee_kept = settle_fee(&mut next)?.checked_neg()?;
    Ok(Decision::to(next)
        .moving(Movement::ReturnedElsewhere { total, amount, fee_kept })
        .announcing(Announcement::RefundFailed)
        .changed())
}
