//! Commands: what somebody asks of a payment, and when it is refused.

use crate::decide::{Decision, Follow, Outcome, Refused, Why};
use crate::event::{Announcement, Command};
use crate::id::RefundId;
use crate::money::Money;
use crate::payment::{Payment, Phase};
use crate::refund::{Refund, RefundState};

pub(super) fn decide(state: &Payment, command: Command) -> Result<Outcome, Refused> {
    if state.in_doubt {
        return Err(Refused::InDoubt);
    }
    match command {
        Command::Execute => execute(state),
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
    let taken = state.captured.checked_add(state.capture_reserved)?;
    let counted = larger(taken, state.capture_requested);
    let available = state.authorized.checked_sub(counted)?;
    let amount = match amount {
        Some(amount) => amount,
        None if available.is_positive() => available,
        None => return Err(Refused::AlreadyPaid),
    };
    within(amount, available)?;
    let next = Payment {
        capture_requested: state.capture_requested.checked_add(amount)?,
        capture_reserved: state.capture_reserved.checked_add(amount)?,
        ..state.clone()
    };
    Ok(Decision::to(next).following(Follow::Capture(amount)).changed())
}

fn cancel(state: &Payment) -> Result<Outcome, Refused> {
    match state.phase {
        Phase::Created => {
            let next = Payment { phase: Phase::Cancelled, ..state.clone() };
            Ok(Decision::to(next).announcing(Announcement::Cancelled).changed())
        }
        Phase::Executing => Err(Refused::UnderWay),
        Phase::Authorized if state.capture_reserved.is_positive() => Err(Refused::UnderWay),
        Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds | Phase::Authorized => {
            Ok(Decision::to(state.clone()).following(Follow::Cancel).changed())
        }
        Phase::Captured => Err(Refused::AlreadyPaid),
        Phase::Failed | Phase::Cancelled | Phase::Expired => Err(Refused::Ended),
    }
}

fn give_back(
    state: &Payment,
    id: RefundId,
    amount: Option<Money>,
) -> Result<Outcome, Refused> {
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
    Ok(Decision::to(next).following(Follow::Refund(id)).changed())
}

fn expire(state: &Payment) -> Result<Outcome, Refused> {
    match state.phase {
        Phase::Created => {
            let next = Payment { phase: Phase::Expired, ..state.clone() };
            Ok(Decision::to(next).announcing(Announcement::Expired).changed())
        }
        Phase::ActionRequired | Phase::AwaitingFunds => {
            Ok(Decision::to(state.clone()).following(Follow::Cancel).changed())
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
