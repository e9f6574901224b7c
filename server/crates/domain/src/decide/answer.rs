//! Answers: facts that belong to one try of ours, and what they say once that try has ended.
//!
//! Money that was taken is a fact whoever tells it, and however late. A "no" is one only about what
//! it was asked: a try that has ended meanwhile has left nothing that it could take back.

use crate::decide::fact::larger;
use crate::decide::{Decision, Outcome, Refused, Why, fact};
use crate::event::{Announcement, Fact};
use crate::money::Money;
use crate::operation::{Operation, Order, Taking, Try};
use crate::payment::{Payment, Phase};

pub(super) fn decide(state: &Payment, of: Try, fact: Fact) -> Result<Outcome, Refused> {
    match of {
        Try::Authorization(number) => authorization(state, number, fact),
        Try::Operation(number) => match state.operations.find(number) {
            Some(open) => operation(state, open, fact),
            None if is_no(fact) => Ok(Outcome::Nothing(Why::Late)),
            None => taken(state, fact),
        },
    }
}

/// Whether the fact says that something was not done, or that nobody knows.
const fn is_no(fact: Fact) -> bool {
    matches!(
        fact,
        Fact::Declined { .. }
            | Fact::NothingHappened
            | Fact::TurnedDown
            | Fact::InDoubt
            | Fact::CancelFailed
            | Fact::CaptureFailed
            | Fact::RefundFailed { .. }
    )
}

const fn takes_money(fact: Fact) -> bool {
    matches!(fact, Fact::Authorized { .. } | Fact::Captured { .. })
}

fn authorization(state: &Payment, number: u16, fact: Fact) -> Result<Outcome, Refused> {
    let is_newest = number == state.attempts;
    let waits = matches!(fact, Fact::ActionRequired | Fact::InReview | Fact::AwaitingFunds);
    if takes_money(fact) && (!is_newest || !state.operations.takings.is_empty()) {
        return of_try(state, number, fact);
    }
    // Declined, and open for another try: that this one waited once is no news.
    if !is_newest || (waits && state.phase == Phase::Created) {
        return Ok(Outcome::Nothing(Why::Late));
    }
    if fact == Fact::InDoubt && state.phase != Phase::Executing {
        return Ok(Outcome::Nothing(Why::Late));
    }
    fact::decide(state, fact)
}

/// What a processor says of the try where the payment is carried.
fn taken(state: &Payment, fact: Fact) -> Result<Outcome, Refused> {
    match state.operations.takings.first() {
        Some(first) if takes_money(fact) => of_try(state, first.number, fact),
        _ => fact::decide(state, fact),
    }
}

/// What one try holds or has taken, told apart from the others: what they have taken adds up, and
/// each says its own total only.
fn of_try(state: &Payment, number: u16, fact: Fact) -> Result<Outcome, Refused> {
    let mut takings = told_apart(state, number);
    let Some(own) = takings.iter_mut().find(|taking| taking.number == number) else {
        return fact::decide(state, fact);
    };
    let (authorized, captured) = match fact {
        Fact::Authorized { total } => (total, own.captured),
        Fact::Captured { total } => (larger(own.authorized, total), total),
        _ => return fact::decide(state, fact),
    };
    let held = authorized.checked_sub(own.authorized)?;
    let taken = captured.checked_sub(own.captured)?;
    if !held.is_positive() && !taken.is_positive() {
        return Ok(Outcome::Nothing(Why::Known));
    }
    (own.authorized, own.captured) = (larger(own.authorized, authorized), captured);
    let irregular = if takings.len() > 1 {
        "more than one try has the money"
    } else {
        "paid by an earlier try"
    };
    let fact = match fact {
        Fact::Captured { .. } => Fact::Captured { total: state.captured.checked_add(taken)? },
        fact => fact,
    };
    let mut known = state.clone();
    known.operations.takings = takings;
    let decision = match fact::decide(&known, fact)? {
        Outcome::Changed(decision) => *decision,
        // As much is held at another try already: nothing more of it is wanted.
        Outcome::Nothing(_) => Decision::to(known).about(held),
    };
    Ok(decision.irregular(Some(irregular)).changed())
}

/// The tries that have money, the first of them first, and the one of this number.
fn told_apart(state: &Payment, number: u16) -> Vec<Taking> {
    let mut takings = state.operations.takings.clone();
    if takings.is_empty() && state.authorized.is_positive() {
        let (authorized, captured) = (state.authorized, state.captured);
        takings.push(Taking { number: state.attempts, authorized, captured });
    }
    if takings.iter().all(|taking| taking.number != number) {
        let zero = Money::zero(state.amount.currency());
        takings.push(Taking { number, authorized: zero, captured: zero });
    }
    takings
}

fn operation(state: &Payment, open: Operation, fact: Fact) -> Result<Outcome, Refused> {
    match (open.order, fact) {
        (_, Fact::InDoubt) => Ok(in_doubt(state, open)),
        (Order::Capture(amount), Fact::CaptureFailed) => {
            let mut next = close(state, open)?;
            next.capture_requested = state.capture_requested.checked_sub(amount)?;
            let decision = Decision::to(next).about(amount);
            Ok(decision.announcing(Announcement::CaptureFailed).changed())
        }
        (Order::Capture(_), Fact::Captured { .. }) => {
            let closed = close(state, open)?;
            Ok(or_closed(taken(&closed, fact)?, closed))
        }
        (Order::Cancel(_), Fact::CancelFailed) => {
            let mut next = close(state, open)?;
            next.operations.cancel_refused = true;
            Ok(Decision::to(next).announcing(Announcement::CancelFailed).changed())
        }
        // How the payment ends, or which refund it is, stands in the operation: these close it
        // themselves.
        (Order::Cancel(_), Fact::Cancelled | Fact::HoldExpired) => {
            Ok(or_closed(fact::decide(state, fact)?, close(state, open)?))
        }
        (
            Order::Refund(id),
            Fact::RefundPending { refund }
            | Fact::RefundSucceeded { refund }
            | Fact::RefundFailed { refund },
        ) if id == refund => Ok(or_closed(fact::decide(state, fact)?, close(state, open)?)),
        _ if is_no(fact) => Ok(Outcome::Nothing(Why::OutOfOrder)),
        _ => taken(state, fact),
    }
}

/// What the fact changes, or, if it is known already, that the operation has its answer.
fn or_closed(outcome: Outcome, closed: Payment) -> Outcome {
    match outcome {
        changed @ Outcome::Changed(_) => changed,
        Outcome::Nothing(_) => Decision::to(closed).changed(),
    }
}

fn in_doubt(state: &Payment, open: Operation) -> Outcome {
    if open.is_unknown {
        return Outcome::Nothing(Why::Known);
    }
    let mut next = state.clone();
    for operation in &mut next.operations.open {
        operation.is_unknown |= operation.number == open.number;
    }
    Decision::to(next).changed()
}

/// The payment once the operation has its answer; what a refund reserved follows from the refund.
fn close(state: &Payment, open: Operation) -> Result<Payment, Refused> {
    let operations = state.operations.clone().without(|operation| operation.number == open.number);
    let capture_reserved = match open.order {
        Order::Capture(amount) => state.capture_reserved.checked_sub(amount)?,
        Order::Cancel(_) | Order::Refund(_) => state.capture_reserved,
    };
    Ok(Payment { operations, capture_reserved, ..state.clone() })
}
