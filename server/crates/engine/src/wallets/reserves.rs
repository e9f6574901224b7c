//! Releasing what was kept back, once its time is over.

use domain::id::{Id, PaymentId, SellerId, ShopId};
use domain::money::Money;
use domain::posting::wallet::WalletMovement;
use sqlx::PgPool;

use crate::db::{Fault, Tx};
use crate::ledger;
use crate::wallets::store;

/// How many are released in one transaction, at most.
const BATCH: i64 = 100;

/// Releases some of what is due today, of one wallet, and says how many reserves that were; call
/// again while that is not zero.
///
/// # Errors
/// [`Fault`].
pub async fn release(pool: &PgPool) -> Result<usize, Fault> {
    let mut tx = Tx::begin(pool).await?;
    let Some(owner) = store::reserves::next_due(&mut tx).await? else { return Ok(0) };
    let (shop, seller) = (ShopId::from_uuid(owner.shop_id), SellerId::from_uuid(owner.seller_id));
    let currency = owner.currency()?;
    ledger::lock_wallet(&mut tx, shop, seller, currency).await?;
    let released = store::reserves::release(&mut tx, (shop, seller), currency, BATCH).await?;
    let mut drafts = Vec::with_capacity(released.len());
    for one in &released {
        let payment = PaymentId::from_uuid(one.payment_id);
        let amount = Money::from_minor(one.amount_minor, currency);
        let total = Money::from_minor(one.total_minor, currency);
        let posting = WalletMovement::ReserveReleased { total, amount }
            .posting(seller)
            .map_err(|error| Fault::Broken(format!("reserve of {payment}: {error}")))?;
        drafts.push(ledger::draft(
            Id::from_uuid(owner.shop_id),
            payment.bucket(),
            one.payment_id,
            posting,
        ));
    }
    ledger::write(&mut tx, &drafts).await?;
    tx.commit().await?;
    Ok(released.len())
}
