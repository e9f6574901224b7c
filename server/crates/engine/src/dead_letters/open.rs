//! Which dead letters must not be thrown away: those that alone know how to go on with money.

use domain::payment::{Payment, Phase};
use serde_json::Value;

use super::Subject;
use crate::db::{Fault, Tx};
use crate::payments;
use crate::payments::changes::OPERATE;
use crate::payments::execute::EXECUTE;

/// Whether the payment still waits for the outcome of this work: without it, nothing would ever ask
/// the processor for what was recorded, and what it reserves would stay reserved.
///
/// The payment stays locked until `tx` ends.
pub(super) async fn is_waited_for(
    tx: &mut Tx,
    kind: &str,
    subject: Subject,
    payload: &Value,
) -> Result<bool, Fault> {
    let Subject::Payment(id) = subject else { return Ok(false) };
    if kind != EXECUTE && kind != OPERATE {
        return Ok(false);
    }
    let locked = payments::lock(tx, &[id]).await?;
    Ok(locked.get(&id).is_some_and(|payment| waits(kind, &payment.state, payload)))
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
