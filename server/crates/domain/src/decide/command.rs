//! Commands: what somebody asks of a payment, and when it is refused.

use crate::decide::{Decision, Follow, Outcome, Refused, Why};
use crate::event::{Announcement, Command};
use crate::id::RefundId;
use crate::money::Money;
use crate::operation::{Ending, Operation, Order};
use crate::payment::{Payment, Phase};
use crate::refund::{Refund, RefundState};

pub(super) fn decide(state: &Payment, command: Command) -> Result<Outcome, Refused> {
    if state.in_doubt {
        return Err(Refused::InDoubt);
    }
    match command {
        Command::Execute => execute(state),
        Command::TryAgain => after_known(state, Phase::Executing),
        Command::LetGo => after_known(state, Phase::Created),
        Command::Capture(amount) => capture(state, Some(amount)),
        Command::CaptureRest => capture(state, None),
        Command::Cancel => cancel(state),
        Command::Refund { refund, amount } => give_back(state, refund, Some(amount)),
        Command::RefundRest { refund } => give_back(state, refund, None),
        Command::Expire => expire(state),
    }
}

fn execute(state: &Payment) -> Result<Outcome, Refused> {
    match state.phase {
        // Something of an earlier try is still at the processor.
        Phase::Created if !state.operations.open.is_empty() => Err(Refused::UnderWay),
        Phase::Created => {
            let attempts = state.attempts.saturating_add(1);
            let next = Payment { phase: Phase::Executing, attempts, ..state.clone() };
            Ok(Decision::to(next).following(Follow::Authorize).changed())
        }
        Phase::Executing | Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds => {
            Ok(Outcome::Nothing(Why::UnderWay))
        }
        Phase::Authorized | Phase::Captured => Err(Refused::AlreadyPaid),
        Phase::Failed | Phase::Cancelled | Phase::Expired => Err(Refused::Ended),
    }
}

/// What follows an attempt of which is known that it led to nothing; never while one is in doubt.
fn after_known(state: &Payment, phase: Phase) -> Result<Outcome, Refused> {
    match state.phase {
        Phase::Executing => {
            let more = u16::from(phase == Phase::Executing);
            let attempts = state.attempts.saturating_add(more);
            Ok(Decision::to(Payment { phase, attempts, ..state.clone() }).changed())
        }
        Phase::Created => Ok(Outcome::Nothing(Why::OutOfOrder)),
        Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds => Err(Refused::UnderWay),
        Phase::Authorized | Phase::Captured => Err(Refused::AlreadyPaid),
        Phase::Failed | Phase::Cancelled | Phase::Expired => Err(Refused::Ended),
    }
}

fn capture(state: &Payment, amount: Option<Money>) -> Result<Outcome, Refused> {
    match state.phase {
        Phase::Authorized | Phase::Captured => {}
        Phase::Created
        | Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds => return Err(Refused::NotAuthorized),
        Phase::Failed | Phase::Cancelled | Phase::Expired => return Err(Refused::Ended),
    }
    if state.operations.ending().is_some() {
        return Err(Refused::UnderWay);
    }
    let amount = capturable(state, amount)?;
    let next = Payment {
        capture_requested: state.capture_requested.checked_add(amount)?,
        capture_reserved: state.capture_reserved.checked_add(amount)?,
        ..state.clone()
    };
    Ok(asking(next, Order::Capture(amount), amount))
}

/// How much is to be captured, if there is as much.
///
/// A capture under way may have been reported already, and then counts twice until its own answer
/// is here: what would fit if it counted once is refused for the moment only.
fn capturable(state: &Payment, amount: Option<Money>) -> Result<Money, Refused> {
    let taken = state.captured.checked_add(state.capture_reserved)?;
    let available = state.authorized.checked_sub(larger(taken, state.capture_requested))?;
    let at_best = state.authorized.checked_sub(larger(state.captured, state.capture_requested))?;
    let amount = match amount {
        Some(amount) => amount,
        None if available.is_positive() => available,
        None if state.capture_reserved.is_positive() => return Err(Refused::UnderWay),
        None => return Err(Refused::AlreadyPaid),
    };
    match within(amount, available) {
        Err(Refused::TooMuch { .. }) if within(amount, at_best).is_ok() => Err(Refused::UnderWay),
        answer => answer.map(|()| amount),
    }
}

/// The payment with one more operation, which the processor has to be asked for.
fn asking(mut next: Payment, order: Order, amount: Money) -> Outcome {
    let (operations, number) = next.operations.with(order);
    next.operations = operations;
    let operation = Operation { number, order, is_unknown: false };
    Decision::to(next).about(amount).following(Follow::Operate(operation)).changed()
}

fn cancel(state: &Payment) -> Result<Outcome, Refused> {
    match state.phase {
        Phase::Created => {
            let next = Payment { phase: Phase::Cancelled, ..state.clone() };
            Ok(Decision::to(next).announcing(Announcement::Cancelled).changed())
        }
        Phase::Executing => Err(Refused::UnderWay),
        Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds | Phase::Authorized => {
            if state.operations.ending().is_some() {
                return Ok(Outcome::Nothing(Why::UnderWay));
            }
            if state.capture_reserved.is_positive() {
                return Err(Refused::UnderWay);
            }
            Ok(asking(state.clone(), Order::Cancel(Ending::Cancelled), state.amount))
        }
        Phase::Captured => Err(Refused::AlreadyPaid),
        Phase::Failed | Phase::Cancelled | Phase::Expired => Err(Refused::Ended),
    }
}

fn give_back(state: &Payment, id: RefundId, amount: Option<Money>) -> Result<Outcome, Refused> {
    match state.phase {
        Phase::Captured => {}
        Phase::Created
        | Phase::Executing
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized => return Err(Refused::NotCaptured),
        Phase::Failed | Phase::Cancelled | Phase::Expired => return Err(Refused::Ended),
    }
    if state.refunds.iter().any(|refund| refund.id == id) {
        return Ok(Outcome::Nothing(Why::Known));
    }
    let gone = state.refunded.checked_add(state.refund_reserved)?;
    let counted = larger(gone, state.refund_requested).checked_add(state.charged_back)?;
    let available = state.captured.checked_sub(counted)?;
    let amount = match amount {
        Some(amount) => amount,
        None if available.is_positive() => available,
        None => return Err(Refused::TooMuch { requested: state.captured, available }),
    };
    within(amount, available)?;
    let mut next = Payment {
        refund_requested: state.refund_requested.checked_add(amount)?,
        refund_reserved: state.refund_reserved.checked_add(amount)?,
        ..state.clone()
    };
    next.refunds.push(Refund { id, amount, state: RefundState::Requested });
    Ok(asking(next, Order::Refund(id), amount))
}

fn expire(state: &Payment) -> Result<Outcome, Refused> {
    match state.phase {
        Phase::Created => {
            let next = Payment { phase: Phase::Expired, ..state.clone() };
            Ok(Decision::to(next).announcing(Announcement::Expired).changed())
        }
        Phase::ActionRequired | Phase::AwaitingFunds => {
            let operations = &state.operations;
            if operations.ending().is_some() || operations.cancel_refused {
                return Ok(Outcome::Nothing(Why::UnderWay));
            }
            Ok(asking(state.clone(), Order::Cancel(Ending::Expired), state.amount))
        }
        Phase::Executing | Phase::InReview => Ok(Outcome::Nothing(Why::UnderWay)),
        Phase::Authorized | Phase::Captured => Err(Refused::AlreadyPaid),
        Phase::Failed | Phase::Cancelled | Phase::Expired => Err(Refused::Ended),
    }
}

fn within(amount: Money, available: Money) -> Result<(), Refused> {
    let rest = available.checked_sub(amount)?;
    if !amount.is_positive() {
        return Err(Refused::NotPositive);
    }
    if rest.minor() < 0 {
        return Err(Refused::TooMuch { requested: amount, available });
    }
    Ok(())
}

/// The larger of two amounts of one payment, which share its currency.
fn larger(left: Money, right: Money) -> Money {
    if left.minor() >= right.minor() { left } else { right }
}
