//! What a refund would take from where, before anybody presses the button.

use domain::clawback::{Taken, plan};
use domain::decide::{Outcome, Refused, decide};
use domain::event::{Command, Event, Fact};
use domain::id::RefundId;
use domain::money::Money;
use sqlx::PgPool;

use crate::db::{Fault, Tx, new_id};
use crate::ledger;
use crate::payments::PaymentRecord;
use crate::wallets::claw_back::{balances, misfit};
use crate::wallets::store;

/// What a refund would do, as things stand now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundPreview {
    /// How much the shopper gets back.
    pub amount: Money,
    /// How much of it we give back of our fee.
    pub fee_given_back: Money,
    /// From where the seller's part is taken; `None` if the fee covers all of it.
    pub taken: Option<Taken>,
}

/// What a refund of `amount`, or of all that is left, would do.
///
/// It is found by the very rules that decide and book a refund, so nothing else can come of it as
/// long as nothing changes meanwhile.
///
/// # Errors
/// [`PreviewError::Refused`] if there could be no such refund.
pub async fn refund(
    pool: &PgPool,
    payment: &PaymentRecord,
    amount: Option<Money>,
) -> Result<RefundPreview, PreviewError> {
    let refund: RefundId = new_id(payment.id.bucket());
    let command = match amount {
        Some(amount) => Command::Refund { refund, amount },
        None => Command::RefundRest { refund },
    };
    let asked = match decide(&payment.state, &Event::Command(command))? {
        Outcome::Changed(asked) => asked.next,
        Outcome::Nothing(_) => return Err(unexpected(payment)),
    };
    let made = match decide(&asked, &Event::Fact(Fact::RefundSucceeded { refund }))? {
        Outcome::Changed(made) => made,
        Outcome::Nothing(_) => return Err(unexpected(payment)),
    };
    let movement = made.movement.ok_or_else(|| unexpected(payment))?;
    let part = movement.taken_back().ok().flatten().ok_or_else(|| unexpected(payment))?;
    let amount = movement.amount();
    let fee_given_back = amount.checked_sub(part).map_err(|_| unexpected(payment))?;
    let taken = if part.is_positive() { Some(taken(pool, payment, part).await?) } else { None };
    Ok(RefundPreview { amount, fee_given_back, taken })
}

async fn taken(pool: &PgPool, payment: &PaymentRecord, part: Money) -> Result<Taken, Fault> {
    let mut tx = Tx::begin(pool).await?;
    let rules = store::rules::of_seller(tx.conn(), payment.shop, payment.seller).await?;
    let currency = part.currency();
    let wallet = ledger::wallet(tx.conn(), payment.shop, payment.seller, currency).await?;
    let standings = store::shares::standings(&mut tx, &[payment.id]).await?;
    let now = standings.first().ok_or_else(|| Fault::Broken("a payment vanished".into()))?;
    let taken = plan(part, balances(now, wallet, 0), &rules.claw_back);
    taken.map_err(|error| misfit(payment.id, error))
}

fn unexpected(payment: &PaymentRecord) -> PreviewError {
    Fault::Broken(format!("a refund of {} cannot be previewed", payment.id)).into()
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// There could be no such refund.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
