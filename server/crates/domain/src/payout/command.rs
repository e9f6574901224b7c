//! Commands: what is refused, and what follows if not.

use crate::four_eyes::{Actor, may_approve};
use crate::id::{PayeeAccountId, StaffId};
use crate::money::{Money, MoneyError};
use crate::payout::decide::{Decision, Follow, Outcome, Refused};
use crate::payout::event::{Announcement, Command, Order};
use crate::payout::{Payout, Phase, SUBMISSIONS_MAX, ruling};
use crate::posting::payout::Step;

pub(super) fn create(order: &Order) -> Result<Decision, Refused> {
    let payee = order.payee.ok_or(Refused::NoAccount)?;
    if !order.amount.is_positive() {
        return Err(Refused::NotPositive);
    }
    covered(order.amount, order.available)?;
    let next = Payout {
        amount: order.amount,
        payee,
        maker: order.maker,
        needs_second: order.needs_second,
        approved_by: None,
        phase: Phase::Draft,
        submissions: 0,
        begun: 0,
        is_accepted: false,
        in_doubt: false,
        ruling: None,
    };
    Ok(Decision::to(next).announcing(Announcement::Created))
}

pub(super) fn decide(state: &Payout, command: Command) -> Result<Outcome, Refused> {
    if state.in_doubt && !command.is_ruling() {
        return Err(Refused::InDoubt);
    }
    let decision = match command {
        Command::Approve { by, verifier } => approve(state, by, verifier)?,
        Command::Hold => hold(state)?,
        Command::Resume { by } => resume(state, by)?,
        Command::Cancel => cancel(state)?,
        Command::Submit { available, payee } => submit(state, available, payee)?,
        Command::ProposeRuling { ending, by, nothing_arrives } => {
            ruling::propose(state, (ending, by), nothing_arrives)?
        }
        Command::ConfirmRuling { by } => ruling::confirm(state, by)?,
        Command::WithdrawRuling => ruling::withdraw(state)?,
    };
    Ok(decision.changed())
}

fn approve(state: &Payout, by: Actor, verifier: Option<StaffId>) -> Result<Decision, Refused> {
    match state.phase {
        Phase::Draft => {}
        Phase::Approved | Phase::Submitted | Phase::InTransit => {
            return Err(Refused::AlreadyApproved);
        }
        Phase::Held => return Err(Refused::Held),
        Phase::Cancelled | Phase::Paid | Phase::Failed | Phase::Returned => {
            return Err(Refused::Ended(state.phase));
        }
    }
    may_approve(state.maker, verifier, by, state.needs_second)?;
    let next = Payout { phase: Phase::Approved, approved_by: Some(by), ..state.clone() };
    Ok(Decision::to(next).announcing(Announcement::Approved))
}

fn hold(state: &Payout) -> Result<Decision, Refused> {
    before_submission(state)?;
    if state.phase == Phase::Held {
        return Err(Refused::Held);
    }
    let next = Payout { phase: Phase::Held, ..state.clone() };
    Ok(Decision::to(next).announcing(Announcement::Held))
}

/// Letting go of money that was stopped on its way out is no less than approving it, however small
/// it is: whoever stopped it had a reason.
fn resume(state: &Payout, by: Actor) -> Result<Decision, Refused> {
    before_submission(state)?;
    if state.phase != Phase::Held {
        return Err(Refused::NotHeld);
    }
    let phase = if state.approved_by.is_some() { Phase::Approved } else { Phase::Draft };
    may_approve(state.maker, None, by, phase == Phase::Approved)?;
    Ok(Decision::to(Payout { phase, ..state.clone() }).announcing(Announcement::Resumed))
}

fn cancel(state: &Payout) -> Result<Decision, Refused> {
    before_submission(state)?;
    let next = Payout { phase: Phase::Cancelled, ..state.clone() };
    Ok(Decision::to(next).announcing(Announcement::Cancelled))
}

fn submit(
    state: &Payout,
    available: Money,
    payee: Option<PayeeAccountId>,
) -> Result<Decision, Refused> {
    before_submission(state)?;
    match state.phase {
        Phase::Draft => return Err(Refused::NotApproved),
        Phase::Held => return Err(Refused::Held),
        _ => {}
    }
    match payee {
        None => return Err(Refused::NoAccount),
        Some(payee) if payee != state.payee => return Err(Refused::AccountChanged),
        Some(_) => {}
    }
    covered(state.amount, available)?;
    if state.submissions >= SUBMISSIONS_MAX {
        return Err(Refused::TooManySubmissions);
    }
    let submission = state.submissions + 1;
    let next = Payout {
        phase: Phase::Submitted,
        submissions: submission,
        is_accepted: false,
        ..state.clone()
    };
    Ok(Decision::to(next)
        .moving(&[Step::Begun])
        .announcing(Announcement::Submitted)
        .following(Follow::Submit { submission }))
}

fn before_submission(state: &Payout) -> Result<(), Refused> {
    match state.phase {
        Phase::Draft | Phase::Approved | Phase::Held => Ok(()),
        Phase::Submitted | Phase::InTransit => Err(Refused::UnderWay),
        Phase::Cancelled | Phase::Paid | Phase::Failed | Phase::Returned => {
            Err(Refused::Ended(state.phase))
        }
    }
}

fn covered(requested: Money, available: Money) -> Result<(), Refused> {
    if requested.currency() != available.currency() {
        let (left, right) = (requested.currency(), available.currency());
        return Err(MoneyError::CurrencyMismatch { left, right }.into());
    }
    if requested.minor() > available.minor() {
        return Err(Refused::TooMuch { requested, available });
    }
    Ok(())
}
