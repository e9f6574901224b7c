//! Giving up what is not paid of a checkout, because the shop asks for it.

use std::time::Duration;

use domain::decide::Refused;
use domain::event::{Command, Event};
use domain::id::{CheckoutId, PaymentId, ShopId};
use domain::payment::{Payment, Phase};
use serde_json::json;

use crate::checkouts::{self, CheckoutRecord, basket, store};
use crate::db::{Fault, Tx};
use crate::idempotency::{self, Slot};
use crate::payments::changes::OPERATE;
use crate::payments::commands::AskError;
use crate::payments::{self, Applied, Details, Input, Source, apply, withdraw};
use crate::service::Engine;

/// Cancels every payment of the checkout that is not captured, all of them or none, and waits up to
/// `patience` until they have ended. The checkout is returned as it then is.
///
/// # Errors
/// [`AskError`]: nothing was written. While the outcome of one payment is unknown or on its way,
/// nothing is cancelled at all.
pub async fn cancel(
    engine: &Engine,
    (shop, id): (ShopId, CheckoutId),
    slot: Option<Slot>,
    patience: Duration,
) -> Result<CheckoutRecord, AskError> {
    let before = checkouts::find(engine.pool(), shop, id).await?.ok_or(AskError::NotFound)?;
    let outcomes = checkouts::watch(engine, &before);
    let cancelled = write(engine, id, slot).await?;
    engine.changes().tell(cancelled.iter().copied());
    for kind in [OPERATE, basket::SETTLE, payments::announce::DELIVER] {
        engine.waker().hint(kind);
    }
    let is_under_way = |checkout: &CheckoutRecord| {
        let mut waiting =
            checkout.payments.iter().filter(|payment| cancelled.contains(&payment.id));
        waiting.any(|payment| may_be_given_up(&payment.state))
    };
    let found = checkouts::wait(engine, id, outcomes, patience, is_under_way).await?;
    found.ok_or_else(|| Fault::Broken(format!("{id} vanished")).into())
}

async fn write(
    engine: &Engine,
    id: CheckoutId,
    slot: Option<Slot>,
) -> Result<Vec<PaymentId>, AskError> {
    let mut tx = Tx::begin(engine.pool()).await?;
    store::lock(&mut tx, id).await?;
    let ids = store::payments_of(&mut tx, id).await?;
    let mut locked = payments::lock(&mut tx, &ids).await?;
    let mut inputs = Vec::new();
    for payment in locked.values_mut() {
        if let Some(let_go) = withdraw::waiting(&mut tx, payment, Source::Api).await? {
            inputs.push(let_go);
            payment.state.phase = Phase::Created;
        }
    }
    let states: Vec<&Payment> = locked.values().map(|payment| &payment.state).collect();
    refuse(&states)?;
    let open: Vec<PaymentId> = locked
        .iter()
        .filter(|(_, payment)| may_be_given_up(&payment.state))
        .map(|(&id, _)| id)
        .collect();
    inputs.extend(open.iter().map(|&payment| Input {
        payment,
        event: Event::Command(Command::Cancel),
        source: Source::Api,
        evidence: json!({ "checkout": id }),
        details: Details::default(),
    }));
    for applied in apply(&mut tx, &inputs).await? {
        if let Applied::Refused(refused) = applied {
            return Err(refused.into());
        }
    }
    if let Some(slot) = &slot
        && !idempotency::attach(&mut tx, &[(slot, id.uuid())]).await?
    {
        return Err(AskError::KeyLost);
    }
    tx.commit().await?;
    Ok(open)
}

fn refuse(payments: &[&Payment]) -> Result<(), Refused> {
    let any = |test: fn(&Payment) -> bool| payments.iter().any(|payment| test(payment));
    if any(|payment| payment.in_doubt) {
        Err(Refused::InDoubt)
    } else if any(|payment| payment.phase == Phase::Executing) {
        Err(Refused::UnderWay)
    } else if any(may_be_given_up) {
        Ok(())
    } else if any(|payment| payment.phase == Phase::Captured) {
        Err(Refused::AlreadyPaid)
    } else {
        Err(Refused::Ended)
    }
}

fn may_be_given_up(payment: &Payment) -> bool {
    match payment.phase {
        Phase::Created
        | Phase::ActionRequired
        | Phase::InReview
        | Phase::AwaitingFunds
        | Phase::Authorized => true,
        Phase::Executing | Phase::Captured | Phase::Failed | Phase::Cancelled | Phase::Expired => {
            false
        }
    }
}
