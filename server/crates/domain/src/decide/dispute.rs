//! Disputes and chargebacks: what the holder's bank takes back, and what is won again.

use crate::decide::fact::{settle_fee, smaller};
use crate::decide::{Decision, Outcome, Refused, Why};
use crate::dispute::{Dispute, DisputeState};
use crate::event::Announcement;
use crate::id::DisputeId;
use crate::money::Money;
use crate::payment::Payment;
use crate::posting::Movement;

pub(super) fn charged_back(state: &Payment, total: Money) -> Result<Outcome, Refused> {
    let won = sum(state, &[DisputeState::Won])?;
    let amount = total.checked_sub(state.charged_back)?.checked_sub(won)?;
    if !amount.is_positive() {
        return Ok(Outcome::Nothing(Why::Known));
    }
    let mut next =
        Payment { charged_back: state.charged_back.checked_add(amount)?, ..state.clone() };
    let fee_given_back = settle_fee(&mut next)?;
    let irregular = beyond(&next)?;
    Ok(Decision::to(next)
        .moving(Movement::ChargedBack { total, amount, fee_given_back })
        .announcing(Announcement::ChargedBack)
        .irregular(irregular)
        .changed())
}

pub(super) fn learnt(
    state: &Payment,
    id: DisputeId,
    amount: Money,
    to: DisputeState,
) -> Result<Outcome, Refused> {
    if !amount.is_positive() {
        return Err(Refused::NotPositive);
    }
    let Some(index) = state.disputes.iter().position(|dispute| dispute.id == id) else {
        let mut next = state.clone();
        next.disputes.push(Dispute { id, amount, state: to });
        return match to {
            DisputeState::Opened | DisputeState::Lost => taken_back(state, next, id, amount, to),
            DisputeState::Won => won(next, id, smaller(amount, unexplained(state)?), None),
        };
    };
    let known = state.disputes[index];
    let mut next = state.clone();
    next.disputes[index].state = to;
    match (known.state, to) {
        (DisputeState::Opened, DisputeState::Won) => won(next, id, known.amount, None),
        (DisputeState::Opened, DisputeState::Lost) => Ok(Decision::to(next)
            .about(known.amount)
            .announcing(Announcement::DisputeLost)
            .changed()),
        (DisputeState::Lost, DisputeState::Won) => {
            won(next, id, known.amount, Some("the dispute was won after it had been lost"))
        }
        (DisputeState::Opened, DisputeState::Opened)
        | (DisputeState::Won, DisputeState::Won)
        | (DisputeState::Lost, DisputeState::Lost) => Ok(Outcome::Nothing(Why::Known)),
        // A win is the last word: whoever contests once more opens a dispute of its own.
        (DisputeState::Won, DisputeState::Opened | DisputeState::Lost)
        | (DisputeState::Lost, DisputeState::Opened) => Ok(Outcome::Nothing(Why::OutOfOrder)),
    }
}

/// Books what the dispute took back, less what was charged back before anybody knew for what.
fn taken_back(
    state: &Payment,
    mut next: Payment,
    dispute: DisputeId,
    amount: Money,
    to: DisputeState,
) -> Result<Outcome, Refused> {
    let booked = amount.checked_sub(smaller(amount, unexplained(state)?))?;
    next.charged_back = state.charged_back.checked_add(booked)?;
    let irregular = beyond(&next)?;
    let announcement = match to {
        DisputeState::Opened => Announcement::Disputed,
        DisputeState::Won | DisputeState::Lost => Announcement::DisputeLost,
    };
    let movement = if booked.is_positive() {
        let fee_given_back = settle_fee(&mut next)?;
        Some(Movement::Disputed { dispute, amount: booked, fee_given_back })
    } else {
        None
    };
    let decision = Decision::to(next).about(amount).announcing(announcement).irregular(irregular);
    Ok(Decision { movement, ..decision }.changed())
}

fn won(
    mut next: Payment,
    dispute: DisputeId,
    amount: Money,
    irregular: Option<&'static str>,
) -> Result<Outcome, Refused> {
    next.charged_back = next.charged_back.checked_sub(amount)?;
    let movement = if amount.is_positive() {
        let fee_kept = settle_fee(&mut next)?.checked_neg()?;
        Some(Movement::DisputeWon { dispute, amount, fee_kept })
    } else {
        None
    };
    let decision =
        Decision::to(next).about(amount).announcing(Announcement::DisputeWon).irregular(irregular);
    Ok(Decision { movement, ..decision }.changed())
}

/// What was charged back and belongs to no dispute that we know.
fn unexplained(state: &Payment) -> Result<Money, Refused> {
    let explained = sum(state, &[DisputeState::Opened, DisputeState::Lost])?;
    let rest = state.charged_back.checked_sub(explained)?;
    Ok(if rest.is_positive() { rest } else { Money::zero(rest.currency()) })
}

fn sum(state: &Payment, states: &[DisputeState]) -> Result<Money, Refused> {
    let disputes = state.disputes.iter().filter(|dispute| states.contains(&dispute.state));
    Ok(Money::sum(state.amount.currency(), disputes.map(|dispute| dispute.amount))?)
}

fn beyond(next: &Payment) -> Result<Option<&'static str>, Refused> {
    let gone = next.refunded.checked_add(next.charged_back)?;
    Ok((gone.minor() > next.captured.minor()).then_some("charged back above what was left"))
}
