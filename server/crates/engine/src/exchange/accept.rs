//! Accepting a quote: the seller gives what is sold and gets what is bought, once.

use domain::account::Account;
use domain::exchange::ExchangeError;
use domain::id::{QuoteId, ShopId};
use domain::money::Money;
use domain::permission::Action;
use domain::posting::exchange::exchanged;
use serde_json::json;
use sqlx::PgPool;

use crate::audit;
use crate::db::{Fault, Tx};
use crate::exchange::quotes::QuoteRecord;
use crate::exchange::store;
use crate::idempotency::{self, Slot};
use crate::ledger;
use crate::payouts::actor::By;
use crate::payouts::store as payouts;

/// The fact behind the posting of an exchange; the object is its quote.
const CAUSE: &str = "exchanged";

/// Exchanges at a quote that has not expired by the database's clock, and returns it accepted.
///
/// # Errors
/// [`AcceptError`]; nothing was written then.
pub async fn accept(
    pool: &PgPool,
    shop: ShopId,
    id: QuoteId,
    by: &By,
    slot: Option<Slot>,
) -> Result<QuoteRecord, AcceptError> {
    if !by.may(Action::ExchangeFunds) {
        return Err(AcceptError::NotAllowed);
    }
    let mut tx = Tx::begin(pool).await?;
    if !store::lock(&mut tx, shop, id).await? {
        return Err(AcceptError::NotFound);
    }
    let found = store::find(tx.conn(), shop, id).await?.ok_or(AcceptError::NotFound)?;
    if found.accepted_at.is_some() {
        return Err(AcceptError::Accepted);
    }
    let available = lock_wallets(&mut tx, &found).await?;
    // Asked only now: what held the locks up may have taken longer than the quote is good for.
    let at = store::clock(&mut tx).await?;
    let exchange = found.quote.accept(at).map_err(|error| match error {
        ExchangeError::Expired => AcceptError::Expired,
        error => Fault::CorruptRow(format!("{id}: {error}")).into(),
    })?;
    if available.minor() < exchange.sold.minor() {
        return Err(AcceptError::InsufficientFunds { available });
    }
    let wallet = Account::SellerAvailable(found.seller);
    let posting = exchanged(CAUSE.into(), &exchange, wallet, wallet)
        .map_err(|error| Fault::Broken(format!("{id}: {error}")))?;
    let posted = ledger::post(&mut tx, shop, id.bucket(), id.uuid(), &posting).await?;
    store::accept(&mut tx, id, at).await?;
    store::insert_exchange(&mut tx, shop, (id, posted), &exchange).await?;
    note(&mut tx, &found, by).await?;
    if let Some(slot) = &slot
        && !idempotency::attach(&mut tx, &[(slot, id.uuid())]).await?
    {
        return Err(AcceptError::KeyLost);
    }
    tx.commit().await?;
    Ok(QuoteRecord { accepted_at: Some(at), as_of: at, ..found })
}

/// The line of the audit log, if a person exchanged.
async fn note(tx: &mut Tx, found: &QuoteRecord, by: &By) -> Result<(), Fault> {
    let By::Person(person) = by else { return Ok(()) };
    let (quote, figures) = (&found.quote, &found.exchange);
    let entry = audit::Entry {
        shop: Some(found.shop),
        actor: &person.name,
        staff: Some(person.id),
        action: "exchange_quote.accept",
        object_type: store::AUDITED,
        object_id: &quote.id.to_string(),
        detail: json!({ "sold": figures.sold.to_decimal_string(),
                        "sold_currency": figures.sold.currency(),
                        "bought": figures.bought.to_decimal_string(),
                        "bought_currency": figures.bought.currency(),
                        "rate": quote.rate.units().to_string(), "source": quote.source }),
    };
    audit::record(tx, &entry).await
}

/// Locks the seller's wallets in both currencies, in the order of their codes, and says what can be
/// sold: not what pay-outs that wait to be submitted will take.
async fn lock_wallets(tx: &mut Tx, found: &QuoteRecord) -> Result<Money, Fault> {
    let (sold, bought) = (found.quote.rate.from(), found.quote.rate.to());
    let mut both = [sold, bought];
    both.sort_unstable_by_key(|currency| currency.code());
    let mut available = Money::zero(sold);
    for currency in both {
        let wallet = ledger::lock_wallet(tx, found.shop, found.seller, currency).await?;
        if currency == sold {
            let waiting = payouts::waiting_minor(tx.conn(), found.seller, currency, None).await?;
            let left = wallet.available.checked_sub(waiting);
            available = left.map_err(|error| Fault::Broken(error.to_string()))?;
        }
    }
    Ok(available)
}

/// Why nothing was exchanged. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The shop has no such quote.
    #[error("there is no such quote")]
    NotFound,
    /// It was accepted before.
    #[error("the quote was accepted before")]
    Accepted,
    /// It is no longer good.
    #[error("the quote has expired")]
    Expired,
    /// The seller has less than is to be sold.
    #[error("the seller has {available}")]
    InsufficientFunds {
        /// What the seller has available; below zero it is a debt.
        available: Money,
    },
    /// Whoever asks may not.
    #[error("this is not allowed to the role")]
    NotAllowed,
    /// Another request has taken the idempotency key over.
    #[error("the idempotency key was taken over by another request")]
    KeyLost,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
