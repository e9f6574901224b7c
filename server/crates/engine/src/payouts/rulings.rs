//! What people rule where a provider says one thing of a pay-out and then another, or nothing that
//! can be believed.
//!
//! Its money stays where it is, and the seller's other pay-outs wait, until the provider corrects
//! itself or two people have found out what became of it: one says so with what proves it, another
//! looks at that and agrees. Programs and shops have no part in it.

use domain::id::StaffId;
use domain::payout::event::Command;
use domain::payout::ruling::Ending;
use domain::permission::Action;

use crate::payouts::PayoutRecord;
use crate::payouts::actor::By;
use crate::payouts::commands::{Ask, AskError, write};
use crate::payouts::row::Row;
use crate::reconciliation::mismatches::ReasonError;
use crate::service::Engine;

/// Says what became of the pay-out; the reason of `ask` is what proves it, and has to be there.
/// Nothing is booked until somebody else confirms it.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn propose(engine: &Engine, ask: &Ask, ending: Ending) -> Result<PayoutRecord, AskError> {
    let by = person(ask)?;
    if ask.reason.is_none() {
        return Err(ReasonError::TooShort.into());
    }
    let propose = |row: &Row| {
        let nothing_arrives = row.nothing_arrives();
        Command::ProposeRuling { ending, by, nothing_arrives }
    };
    write(engine, ask, (Action::ProposeRuling, "payout.propose_ruling"), propose).await
}

/// Agrees with what was said: it is booked, the alert about the contradiction is resolved, and if
/// it was paid, the seller's other pay-outs that waited because of it go on.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn confirm(engine: &Engine, ask: &Ask) -> Result<PayoutRecord, AskError> {
    let by = person(ask)?;
    let confirm = |_: &Row| Command::ConfirmRuling { by };
    write(engine, ask, (Action::ConfirmRuling, "payout.confirm_ruling"), confirm).await
}

/// Takes back, or turns down, what was said; it can be said anew.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn withdraw(engine: &Engine, ask: &Ask) -> Result<PayoutRecord, AskError> {
    person(ask)?;
    let withdraw = |_: &Row| Command::WithdrawRuling;
    write(engine, ask, (Action::ProposeRuling, "payout.withdraw_ruling"), withdraw).await
}

fn person(ask: &Ask) -> Result<StaffId, AskError> {
    match &ask.by {
        By::Person(person) => Ok(person.id),
        By::Shop(_) | By::Schedule => Err(AskError::NotAllowed),
    }
}
