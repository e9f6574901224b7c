//! "Pay": makes the checkout known to a processor and says where the shopper enters a method.

use domain::checkout::CheckoutState;
use domain::id::{CheckoutId, ProcessorAccountId, RegistrationId};
use domain::money::Money;
use domain::payment::Phase;
use psp::{CallError, OrderLine, Registration};

use crate::checkouts::store::{self, RegistrationRow};
use crate::checkouts::{self, CheckoutRecord};
use crate::db::{Fault, Tx, new_id};
use crate::payments::PaymentRecord;
use crate::service::Engine;
use crate::shops;

/// The address of the processor's page for this checkout.
///
/// Two clicks, two tabs and a repeated request find the same registration: its nonce is stored
/// before the processor is called, and the processor answers the same nonce with the same page.
///
/// # Errors
/// [`PayError`].
pub async fn pay(engine: &Engine, id: CheckoutId) -> Result<String, PayError> {
    let checkout = checkouts::find_any(engine.pool(), id).await?.ok_or(PayError::NotFound)?;
    match checkout.state() {
        CheckoutState::Open => {}
        CheckoutState::Expired => return Err(PayError::Expired),
        CheckoutState::Processing => return Err(PayError::UnderWay),
        CheckoutState::Paid
        | CheckoutState::PartlyPaid
        | CheckoutState::Failed
        | CheckoutState::Cancelled => {
            return Err(PayError::Ended);
        }
    }
    let row = begin(engine, &checkout).await?;
    if let Some(page_url) = row.page_url {
        return Ok(page_url);
    }
    let account = ProcessorAccountId::from_uuid(row.processor_account_id);
    let processor = engine.processor(account).await.map_err(|error| {
        tracing::error!(%error, "a checkout has no adapter");
        PayError::Unavailable
    })?;
    let report = processor.register(&registration(engine, &checkout, &row)?).await?;
    let registration = RegistrationId::from_uuid(row.registration_id);
    store::open_registration(engine.pool(), registration, &report.token, &report.page_url).await?;
    Ok(report.page_url)
}

/// Why the shopper cannot pay now.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// There is no such checkout.
    #[error("there is no such checkout")]
    NotFound,
    /// Its time is over.
    #[error("the checkout has expired")]
    Expired,
    /// A payment is under way.
    #[error("a payment is under way")]
    UnderWay,
    /// It was paid, or has failed.
    #[error("the checkout has ended")]
    Ended,
    /// The processor cannot be used now.
    #[error("the processor cannot be used now")]
    Unavailable,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<CallError> for PayError {
    fn from(error: CallError) -> Self {
        tracing::warn!(%error, "a checkout could not be registered");
        Self::Unavailable
    }
}

/// The registration to use: the newest one, if it can still be used, or a new one, stored.
async fn begin(engine: &Engine, checkout: &CheckoutRecord) -> Result<RegistrationRow, PayError> {
    // Read before the transaction: holding one connection while asking for another would, with
    // enough shoppers at once, wait for ever.
    let accounts = shops::processor_accounts(engine.pool(), checkout.shop).await?;
    let mut tx = Tx::begin(engine.pool()).await?;
    store::lock(&mut tx, checkout.id).await?;
    let newest = store::newest_registration(&mut tx, checkout.id).await?;
    if let Some(row) = &newest
        && matches!(row.state.as_str(), "started" | "open")
    {
        return Ok(row.clone());
    }
    let account = accounts.first().ok_or(PayError::Unavailable)?;
    let number = newest.map_or(0, |row| row.number) + 1;
    let id: RegistrationId = new_id(checkout.id.bucket());
    let row = RegistrationRow {
        registration_id: id.uuid(),
        processor_account_id: account.id.uuid(),
        number,
        nonce: if number == 1 {
            checkout.id.to_string()
        } else {
            format!("{}.{number}", checkout.id)
        },
        token: None,
        page_url: None,
        state: "started".into(),
    };
    store::insert_registration(&mut tx, checkout.id, &row).await?;
    tx.commit().await?;
    Ok(row)
}

fn registration(
    engine: &Engine,
    checkout: &CheckoutRecord,
    row: &RegistrationRow,
) -> Result<Registration, Fault> {
    let open: Vec<&PaymentRecord> =
        checkout.payments.iter().filter(|payment| payment.state.phase == Phase::Created).collect();
    let amounts = open.iter().map(|payment| payment.state.amount);
    let amount = Money::sum(checkout.total.currency(), amounts)
        .map_err(|error| Fault::Broken(format!("{}: {error}", checkout.id)))?;
    let line = |payment: &&PaymentRecord| OrderLine {
        reference: payment.id.to_string(),
        amount: payment.state.amount,
        description: payment.seller_name.clone(),
    };
    Ok(Registration {
        nonce: row.nonce.clone(),
        amount,
        description: format!("{} · {}", checkout.shop_name, checkout.reference),
        payments: open.iter().map(line).collect(),
        return_url: engine.links().returned(checkout.id),
        expires_at: checkout.expires_at,
    })
}
