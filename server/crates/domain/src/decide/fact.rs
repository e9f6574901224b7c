//! Facts: what was learnt about a payment. Recorded whatever our rules say.

use crate::decide::{Decision, Follow, Outcome, Refused, Why};
use crate::event::{Announcement, Fact};
use crate::fee;
use crate::id::RefundId;
use crate::money::Money;
use crate::payment::{CaptureMode, Payment, Phase};
use crate::posting::Movement;
use crate::refund::RefundState;

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
        Fact::InDoubt => Ok(in_doubt(state)),
        Fact::Cancelled => Ok(released(state, Phase::Cancelled, Announcement::Cancelled)),
        Fact::HoldExpired => Ok(released(state, Phase::Expired, Announcement::Expired)),
        Fact::CancelFailed => Ok(only_clears_doubt(state, Why::Known)),
        Fact::CaptureFailed { amount } => capture_failed(state, amount),
        Fact::RefundSucceeded { refund } => refund_succeeded(state, refund),
        Fact::RefundFailed { refund } => refund_failed(state, refund),
        Fact::RefundedElsewhere { total } => refunded_elsewhere(state, total),
        Fact::ChargedBack { total } => charged_back(state, total),
        Fact::Settled { gross, fee, expected_fee } => settled(state, gross, fee, expected_fee),
        Fact::RefundSettled { amount } => refund_settled(state, amount),
    }
}

/// The payment as it is, but no longer in doubt, or nothing if it never was.
fn only_clears_doubt(state: &Payment, why: Why) -> Outcome {
    if !state.in_doubt {
        return Outcome::Nothing(why);
    }
    Decision::to(Payment { in_doubt: false, ..state.clone() }).changed()
}

fn waiting(state: &Payment, phase: Phase, announcement: Announcement) -> Outcome {
    if state.phase == phase {
        return only_clears_doubt(state, Why::Known);
    }
    match state.phase {
        Phase::Created
        | Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds => {
            // Whoever waits was tried, also if we did not hear of it.
            let attempts = state.attempts.max(1);
            let next = Payment { phase, attempts, in_doubt: false, ..state.clone() };
            Decision::to(next).announcing(announcement).changed()
        }
        Phase::Authorized | Phase::Captured | Phase::Failed | Phase::Cancelled | Phase::Expired => {
            only_clears_doubt(state, Why::OutOfOrder)
        }
    }
}

fn authorized(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let more = total.checked_sub(state.authorized)?;
    if !more.is_positive() {
        return Ok(only_clears_doubt(state, Why::Known));
    }
    let next = Payment { authorized: total, in_doubt: false, ..state.clone() };
    let unasked = (total.minor() > state.amount.minor()).then_some("authorized above the amount");
    Ok(match state.phase {
        Phase::Created
        | Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds => Decision::to(Payment { phase: Phase::Authorized, ..next })
            .announcing(Announcement::Authorized)
            .irregular(unasked)
            .changed(),
        Phase::Authorized | Phase::Captured => Decision::to(next).irregular(unasked).changed(),
        Phase::Failed | Phase::Cancelled | Phase::Expired => {
            Decision::to(Payment { phase: Phase::Authorized, ..next })
                .announcing(Announcement::Authorized)
                .following(Follow::Cancel)
                .irregular(Some("authorized after the payment had ended"))
                .changed()
        }
    })
}

fn captured(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let amount = total.checked_sub(state.captured)?;
    if !amount.is_positive() {
        return Ok(only_clears_doubt(state, Why::Known));
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
    let next = Payment {
        phase: Phase::Captured,
        in_doubt: false,
        authorized: larger(state.authorized, total),
        captured: total,
        capture_reserved: state
            .capture_reserved
            .checked_sub(smaller(amount, state.capture_reserved))?,
        fee: fee_total,
        ..state.clone()
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
            let (phase, announcement) = if last {
                (Phase::Failed, Announcement::Failed)
            } else {
                (Phase::Created, Announcement::Declined)
            };
            let next = Payment { phase, in_doubt: false, ..state.clone() };
            Decision::to(next).announcing(announcement).changed()
        }
        Phase::Created
        | Phase::Authorized
        | Phase::Captured
        | Phase::Failed
        | Phase::Cancelled
        | Phase::Expired => only_clears_doubt(state, Why::OutOfOrder),
    }
}

fn nothing_happened(state: &Payment) -> Outcome {
    match state.phase {
        Phase::Executing => {
            let next = Payment { phase: Phase::Created, in_doubt: false, ..state.clone() };
            Decision::to(next).changed()
        }
        Phase::Created
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized
        | Phase::Captured
        | Phase::Failed
        | Phase::Cancelled
        | Phase::Expired => only_clears_doubt(state, Why::OutOfOrder),
    }
}

fn in_doubt(state: &Payment) -> Outcome {
    match state.phase {
        Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized
            if !state.in_doubt =>
        {
            Decision::to(Payment { in_doubt: true, ..state.clone() }).changed()
        }
        // The money is here: only what was asked for since can be in doubt.
        Phase::Captured
            if !state.in_doubt
                && (state.capture_reserved.is_positive()
                    || state.refund_reserved.is_positive()) =>
        {
            Decision::to(Payment { in_doubt: true, ..state.clone() }).changed()
        }
        Phase::Created
        | Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized
        | Phase::Captured
        | Phase::Failed
        | Phase::Cancelled
        | Phase::Expired => Outcome::Nothing(Why::Known),
    }
}

fn released(state: &Payment, phase: Phase, announcement: Announcement) -> Outcome {
    match state.phase {
        Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized => {
            let next = Payment { phase, in_doubt: false, ..state.clone() };
            Decision::to(next).announcing(announcement).changed()
        }
        Phase::Created | Phase::Captured | Phase::Failed | Phase::Cancelled | Phase::Expired => {
            only_clears_doubt(state, Why::OutOfOrder)
        }
    }
}

fn capture_failed(state: &Payment, amount: Money) -> Result<Outcome, Refused> {
    // An amount in another currency cannot be compared, and is refused here.
    let beyond = amount.checked_sub(state.capture_reserved)?;
    let freed = if beyond.is_positive() { state.capture_reserved } else { amount };
    if !freed.is_positive() {
        return Ok(only_clears_doubt(state, Why::OutOfOrder));
    }
    let next = Payment {
        in_doubt: false,
        capture_requested: state.capture_requested.checked_sub(freed)?,
        capture_reserved: state.capture_reserved.checked_sub(freed)?,
        ..state.clone()
    };
    Ok(Decision::to(next).changed())
}

fn refund_succeeded(state: &Payment, id: RefundId) -> Result<Outcome, Refused> {
    let Some(index) = state.refunds.iter().position(|refund| refund.id == id) else {
        return Ok(Outcome::Nothing(Why::UnknownRefund));
    };
    let refund = state.refunds[index];
    let (reserved, irregular) = match refund.state {
        RefundState::Requested => (refund.amount, None),
        RefundState::Failed => {
            (Money::zero(refund.amount.currency()), Some("refunded after the refund had failed"))
        }
        RefundState::Succeeded => return Ok(only_clears_doubt(state, Why::Known)),
        RefundState::Returned => return Ok(only_clears_doubt(state, Why::OutOfOrder)),
    };
    let mut next = Payment {
        in_doubt: false,
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

fn refund_failed(state: &Payment, id: RefundId) -> Result<Outcome, Refused> {
    let Some(index) = state.refunds.iter().position(|refund| refund.id == id) else {
        return Ok(Outcome::Nothing(Why::UnknownRefund));
    };
    let refund = state.refunds[index];
    let mut next = Payment { in_doubt: false, ..state.clone() };
    match refund.state {
        RefundState::Requested => {
            next.refund_requested = state.refund_requested.checked_sub(refund.amount)?;
            next.refund_reserved = state.refund_reserved.checked_sub(refund.amount)?;
            next.refunds[index].state = RefundState::Failed;
            Ok(Decision::to(next).announcing(Announcement::RefundFailed).changed())
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
        RefundState::Failed | RefundState::Returned => Ok(only_clears_doubt(state, Why::Known)),
    }
}

fn refunded_elsewhere(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let amount = total.checked_sub(state.refunded_elsewhere)?;
    if !amount.is_positive() {
        return Ok(Outcome::Nothing(Why::Known));
    }
    let mut next = Payment {
        refunded: state.refunded.checked_add(amount)?,
        refunded_elsewhere: total,
        ..state.clone()
    };
    let fee_given_back = settle_fee(&mut next)?;
    Ok(Decision::to(next)
        .moving(Movement::RefundedElsewhere { total, amount, fee_given_back })
        .announcing(Announcement::Refunded)
        .irregular(Some("refunded without our request"))
        .changed())
}

fn charged_back(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let amount = total.checked_sub(state.charged_back)?;
    if !amount.is_positive() {
        return Ok(Outcome::Nothing(Why::Known));
    }
    let mut next = Payment { charged_back: total, ..state.clone() };
    let fee_given_back = settle_fee(&mut next)?;
    let gone = next.refunded.checked_add(total)?;
    let irregular =
        (gone.minor() > next.captured.minor()).then_some("charged back above what was left");
    Ok(Decision::to(next)
        .moving(Movement::ChargedBack { total, amount, fee_given_back })
        .announcing(Announcement::ChargedBack)
        .irregular(irregular)
        .changed())
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
fn settle_fee(next: &mut Payment) -> Result<Money, Refused> {
    let gone = next.refunded.checked_add(next.charged_back)?;
    let returned = fee::given_back(next.fee, gone, next.captured);
    let change = returned.checked_sub(next.fee_returned)?;
    next.fee_returned = returned;
    Ok(change)
}

/// The larger of two amounts of one currency.
fn larger(left: Money, right: Money) -> Money {
    if left.minor() >= right.minor() { left } else { right }
}

/// The smaller of two amounts of one currency.
fn smaller(left: Money, right: Money) -> Money {
    if left.minor() <= right.minor() { left } else { right }
}
