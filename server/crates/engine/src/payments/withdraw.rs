//! Taking an attempt back before it is made: one that waits for its time has called nobody.

use domain::event::{Command, Event};
use domain::id::PaymentId;
use domain::payment::Phase;
use serde_json::json;

use crate::db::{Fault, Tx};
use crate::payments::attempt::{self, Closed};
use crate::payments::execute::EXECUTE;
use crate::payments::{Details, Input, Locked, Source};

/// Takes the next attempt of a payment back whose job is not due yet and has never run, and returns
/// what has to be applied before anything else is asked of the payment; `None` if there is none.
///
/// The payment is locked, so that nobody begins another attempt meanwhile.
pub(crate) async fn waiting(
    tx: &mut Tx,
    payment: &Locked,
    source: Source,
) -> Result<Option<Input>, Fault> {
    if payment.state.phase != Phase::Executing || payment.state.in_doubt {
        return Ok(None);
    }
    let id = PaymentId::from_uuid(payment.row.payment_id);
    if !jobs::withdraw(tx.conn(), payment.row.bucket, EXECUTE, id.uuid()).await? {
        return Ok(None);
    }
    let evidence = json!({ "withdrawn": "the attempt was not due yet, and not made" });
    let closed = Closed {
        payment: id,
        operation: "authorize",
        number: payment.row.attempts,
        state: "retryable",
        answer: evidence.clone(),
    };
    attempt::close(tx, &[closed]).await?;
    let event = Event::Command(Command::LetGo);
    Ok(Some(Input { payment: id, event, source, evidence, details: Details::default() }))
}
