//! What people and shops ask of a pay-out that is there: approve, hold, resume, cancel; and the one
//! way in which anything that is asked of one is written.

use domain::id::{PayoutId, ShopId};
use domain::payout::Payout;
use domain::payout::decide::Refused;
use domain::payout::event::{Command, Event};
use domain::payout::ruling::Ending;
use domain::permission::Action;
use serde_json::{Value, json};

use crate::audit;
use crate::db::{Fault, Tx};
use crate::idempotency::{self, Slot};
use crate::payments::announce::DELIVER;
use crate::payouts::PayoutRecord;
use crate::payouts::actor::By;
use crate::payouts::change::{self, Applied, Input, Learnt};
use crate::payouts::row::Row;
use crate::payouts::submit::SUBMIT_PAYOUT;
use crate::reconciliation::mismatches::reason::{self, ReasonError};
use crate::service::Engine;
use crate::watch::TELL_OPERATOR;

/// Who asks for something, and of which pay-out.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Whose pay-out it has to be.
    pub shop: ShopId,
    /// Which pay-out.
    pub payout: PayoutId,
    /// Who asks.
    pub by: By,
    /// The version that whoever asks has seen, if they may only mean that.
    pub version: Option<i32>,
    /// Why, if they say so; it stays in the history and in the audit log.
    pub reason: Option<String>,
    /// The idempotency key under which this happens.
    pub slot: Option<Slot>,
}

/// Lets the pay-out be submitted.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn approve(engine: &Engine, ask: &Ask) -> Result<PayoutRecord, AskError> {
    let approve = |row: &Row| Command::Approve { by: ask.by.actor(), verifier: row.verifier() };
    write(engine, ask, (Action::ApprovePayout, "payout.approve"), approve).await
}

/// Stops the pay-out until somebody lets it go on.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn hold(engine: &Engine, ask: &Ask) -> Result<PayoutRecord, AskError> {
    write(engine, ask, (Action::HoldPayout, "payout.hold"), |_| Command::Hold).await
}

/// Lets the pay-out go on from where it was stopped: one that was approved needs a second person
/// who may approve.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn resume(engine: &Engine, ask: &Ask) -> Result<PayoutRecord, AskError> {
    let resume = |_: &Row| Command::Resume { by: ask.by.actor() };
    write(engine, ask, (Action::HoldPayout, "payout.resume"), resume).await
}

/// Gives the pay-out up.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn cancel(engine: &Engine, ask: &Ask) -> Result<PayoutRecord, AskError> {
    write(engine, ask, (Action::MakePayout, "payout.cancel"), |_| Command::Cancel).await
}

/// Writes what is asked for, with its line of the audit log, if whoever asks may.
pub(super) async fn write(
    engine: &Engine,
    ask: &Ask,
    (action, word): (Action, &str),
    command: impl FnOnce(&Row) -> Command,
) -> Result<PayoutRecord, AskError> {
    if !ask.by.may(action) {
        return Err(AskError::NotAllowed);
    }
    let mut detail = match &ask.reason {
        Some(reason) => json!({ "reason": reason::check(reason)? }),
        None => json!({}),
    };
    let mut tx = Tx::begin(engine.pool()).await?;
    let locked = change::lock(&mut tx, ask.payout).await?;
    let mut locked = locked.filter(|one| one.row.shop() == ask.shop).ok_or(AskError::NotFound)?;
    if ask.version.is_some_and(|seen| seen != locked.row.version) {
        return Err(AskError::Changed);
    }
    let is_approved = locked.state.approved_by.is_some();
    let command = command(&locked.row);
    if matches!(command, Command::Resume { .. } if is_approved && !ask.by.may(Action::ApprovePayout))
    {
        return Err(AskError::NotAllowed);
    }
    if let Some(ending) = ruling(command, &locked.state) {
        detail["ruling"] = json!(ending);
    }
    let input = Input {
        event: Event::Command(command),
        source: ask.by.source(),
        by: Some(ask.by.actor()),
        detail: detail.clone(),
        learnt: Learnt::default(),
    };
    if let Applied::Refused(refused) = change::apply(&mut tx, &mut locked, &input).await? {
        return Err(refused.into());
    }
    log(&mut tx, ask, word, detail).await?;
    if let Some(slot) = &ask.slot
        && !idempotency::attach(&mut tx, &[(slot, ask.payout.uuid())]).await?
    {
        return Err(AskError::KeyLost);
    }
    tx.commit().await?;
    hint(engine);
    let found = super::find(engine.pool(), ask.shop, ask.payout).await?;
    found.ok_or(AskError::NotFound)
}

/// What it says became of the pay-out, or is said of what was said.
fn ruling(command: Command, state: &Payout) -> Option<Ending> {
    match command {
        Command::ProposeRuling { ending, .. } => Some(ending),
        Command::ConfirmRuling { .. } | Command::WithdrawRuling => {
            state.ruling.map(|ruling| ruling.ending)
        }
        Command::Approve { .. }
        | Command::Hold
        | Command::Resume { .. }
        | Command::Cancel
        | Command::Submit { .. } => None,
    }
}

async fn log(tx: &mut Tx, ask: &Ask, action: &str, detail: Value) -> Result<(), Fault> {
    let By::Person(person) = &ask.by else { return Ok(()) };
    let entry = audit::Entry {
        shop: Some(ask.shop),
        actor: &person.name,
        staff: Some(person.id),
        action,
        object_type: "payout",
        object_id: &ask.payout.to_string(),
        detail,
    };
    audit::record(tx, &entry).await
}

/// Tells the lanes that there may be work after a change.
pub(crate) fn hint(engine: &Engine) {
    for kind in [SUBMIT_PAYOUT, DELIVER, TELL_OPERATOR] {
        engine.waker().hint(kind);
    }
}

/// Why nothing was done. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The shop has no such pay-out.
    #[error("there is no such pay-out")]
    NotFound,
    /// The pay-out has changed since whoever asks has seen it.
    #[error("the pay-out has changed meanwhile")]
    Changed,
    /// The pay-out does not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Whoever asks may not.
    #[error("this is not allowed to the role")]
    NotAllowed,
    /// The reason is not one.
    #[error(transparent)]
    Reason(#[from] ReasonError),
    /// Another request has taken the idempotency key over.
    #[error("the idempotency key was taken over by another request")]
    KeyLost,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
