//! What a shop asks of a payment after it was authorised: capture, cancel, refund.
//!
//! Each is written, with its idempotency key, in one transaction, and carried to the processor by a
//! job. The caller waits for the outcome as long as it has patience; what takes longer goes on.

use std::time::Duration;

use domain::decide::Refused;
use domain::event::{Command, Event};
use domain::id::{PaymentId, RefundId, ShopId};
use domain::money::Money;
use domain::operation::Order;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use crate::db::{Fault, Tx, new_id};
use crate::idempotency::{self, Slot};
use crate::payments::changes::OPERATE;
use crate::payments::refunds::{self, RefundRecord};
use crate::payments::{self, Applied, Details, Input, PaymentRecord, Source, announce, withdraw};
use crate::service::Engine;

/// How often a waiting request looks for changes that another process may have made.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// Who asks for something, and of which payment.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Whose payment it has to be.
    pub shop: ShopId,
    /// Which payment.
    pub payment: PaymentId,
    /// The idempotency key under which this happens.
    pub slot: Option<Slot>,
    /// Through which door.
    pub source: Source,
}

/// What a refund is to be.
#[derive(Debug, Clone, Default)]
pub struct NewRefund {
    /// How much; all that is left if nothing is said.
    pub amount: Option<Money>,
    /// Why, in the shop's words.
    pub reason: Option<String>,
}

/// Takes `amount` of what is held, all that is left if nothing is said, and waits up to `patience`
/// for the outcome. The payment is returned as it then is.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn capture(
    engine: &Engine,
    ask: Ask,
    amount: Option<Money>,
    patience: Duration,
) -> Result<PaymentRecord, AskError> {
    let command = amount.map_or(Command::CaptureRest, Command::Capture);
    let deadline = Instant::now() + patience;
    write(engine, &ask, command, Details::default(), ask.payment.uuid()).await?;
    wait(engine, &ask, is_capture, deadline).await
}

/// Releases the hold, or gives the payment up, and waits up to `patience` for the outcome. The
/// payment is returned as it then is.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn cancel(
    engine: &Engine,
    ask: Ask,
    patience: Duration,
) -> Result<PaymentRecord, AskError> {
    let deadline = Instant::now() + patience;
    write(engine, &ask, Command::Cancel, Details::default(), ask.payment.uuid()).await?;
    wait(engine, &ask, is_cancel, deadline).await
}

/// Gives money back, and waits up to `patience` for the outcome. The refund is returned as it then
/// is.
///
/// # Errors
/// [`AskError`]: nothing was written.
pub async fn refund(
    engine: &Engine,
    ask: Ask,
    new: NewRefund,
    patience: Duration,
) -> Result<RefundRecord, AskError> {
    let id: RefundId = new_id(ask.payment.bucket());
    let command = match new.amount {
        Some(amount) => Command::Refund { refund: id, amount },
        None => Command::RefundRest { refund: id },
    };
    let details = Details { refund_reason: new.reason, ..Details::default() };
    let deadline = Instant::now() + patience;
    write(engine, &ask, command, details, id.uuid()).await?;
    wait(engine, &ask, |order| order == Order::Refund(id), deadline).await?;
    let found = refunds::find(engine.pool(), ask.shop, id).await?;
    found.ok_or_else(|| Fault::Broken(format!("{id} vanished")).into())
}

/// Why nothing was done. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The shop has no such payment.
    #[error("there is no such payment")]
    NotFound,
    /// The payment does not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Another request has taken the idempotency key over.
    #[error("the idempotency key was taken over by another request")]
    KeyLost,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

const fn is_capture(order: Order) -> bool {
    matches!(order, Order::Capture(_))
}

const fn is_cancel(order: Order) -> bool {
    matches!(order, Order::Cancel(_))
}

/// Writes what is asked for, with its key.
async fn write(
    engine: &Engine,
    ask: &Ask,
    command: Command,
    details: Details,
    object: Uuid,
) -> Result<(), AskError> {
    let pool = engine.pool();
    payments::find(pool, ask.shop, ask.payment).await?.ok_or(AskError::NotFound)?;
    let input = Input {
        payment: ask.payment,
        event: Event::Command(command),
        source: ask.source,
        evidence: json!({}),
        details,
    };
    let mut tx = Tx::begin(pool).await?;
    let mut inputs = vec![input];
    if command == Command::Cancel
        && let Some(locked) = payments::lock(&mut tx, &[ask.payment]).await?.get(&ask.payment)
        && let Some(let_go) = withdraw::waiting(&mut tx, locked, ask.source).await?
    {
        inputs.insert(0, let_go);
    }
    for applied in payments::apply(&mut tx, &inputs).await? {
        match applied {
            Applied::Changed { .. } | Applied::Nothing(_) => {}
            Applied::Refused(refused) => return Err(refused.into()),
            Applied::NotFound => return Err(AskError::NotFound),
        }
    }
    if let Some(slot) = &ask.slot
        && !idempotency::attach(&mut tx, &[(slot, object)]).await?
    {
        return Err(AskError::KeyLost);
    }
    tx.commit().await?;
    engine.waker().hint(OPERATE);
    engine.waker().hint(announce::DELIVER);
    engine.changes().tell(std::iter::once(ask.payment));
    Ok(())
}

/// Waits until none of the operations that `concerns` picks is open, or until `deadline`.
async fn wait(
    engine: &Engine,
    ask: &Ask,
    concerns: impl Fn(Order) -> bool,
    deadline: Instant,
) -> Result<PaymentRecord, AskError> {
    let mut changes = engine.changes().watch(ask.payment);
    loop {
        let found = payments::find(engine.pool(), ask.shop, ask.payment).await?;
        let payment = found.ok_or(AskError::NotFound)?;
        let mut open = payment.state.operations.open.iter();
        let is_answered = !open.any(|operation| concerns(operation.order));
        if is_answered || Instant::now() >= deadline {
            return Ok(payment);
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
}
