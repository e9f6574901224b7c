//! Which dead letters must not be thrown away: those that alone know how to go on with money.

use domain::id::PayoutId;
use domain::payment::{Payment, Phase};
use domain::payout;
use serde_json::Value;

use super::Subject;
use crate::db::{Fault, Tx};
use crate::payments;
use crate::payments::changes::OPERATE;
use crate::payments::execute::EXECUTE;
use crate::payouts::change;
use crate::payouts::inquire::INQUIRE_PAYOUT;
use crate::payouts::submit::SUBMIT_PAYOUT;

/// Whether the payment or the pay-out still waits for the outcome of this work: without it, nothing
/// would ever ask the processor or the provider for what was recorded, and what it reserves would
/// stay reserved.
///
/// What it is about stays locked until `tx` ends.
pub(super) async fn is_waited_for(
    tx: &mut Tx,
    kind: &str,
    subject: Subject,
    payload: &Value,
) -> Result<bool, Fault> {
    if let Subject::Other(id) = subject
        && (kind == SUBMIT_PAYOUT || kind == INQUIRE_PAYOUT)
    {
        let locked = change::lock(tx, PayoutId::from_uuid(id)).await?;
        return Ok(locked.is_some_and(|payout| is_under_way(&payout.state)));
    }
    let Subject::Payment(id) = subject else { return Ok(false) };
    if kind != EXECUTE && kind != OPERATE {
        return Ok(false);
    }
    let locked = payments::lock(tx, &[id]).await?;
    Ok(locked.get(&id).is_some_and(|payment| waits(kind, &payment.state, payload)))
}

/// Whether a pay-out is to be submitted, or its money is between us and the seller.
fn is_under_way(state: &payout::Payout) -> bool {
    let is_to_be_submitted = state.phase == payout::Phase::Approved;
    is_to_be_submitted || state.in_doubt || state.phase.place() == payout::Place::Transit
}

fn waits(kind: &str, state: &Payment, payload: &Value) -> bool {
    let number = |name: &str| payload[name].as_u64().and_then(|number| u16::try_from(number).ok());
    if kind == EXECUTE {
        let is_newest = number("attempt").is_none_or(|attempt| attempt == state.attempts);
        state.phase == Phase::Executing && is_newest
    } else {
        number("number").is_some_and(|number| state.operations.find(number).is_some())
    }
}
