//! Disputes: what holders contest at their bank, as their readers see it.
//!
//! They are learnt from the processor's reports and change with the payment; see [`crate::payments`].

mod store;

use domain::dispute::DisputeState;
use domain::id::{DisputeId, PaymentId, ShopId};
use domain::money::Money;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::Fault;

/// A dispute over a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeRecord {
    /// Its id.
    pub id: DisputeId,
    /// The payment that is contested.
    pub payment: PaymentId,
    /// The shop that owns it.
    pub shop: ShopId,
    /// How much the holder's bank took back.
    pub amount: Money,
    /// Why, in the processor's words.
    pub reason: String,
    /// Where it stands.
    pub state: DisputeState,
    /// The processor's id of it.
    pub processor_reference: String,
    /// Since when, as the processor says.
    pub opened_at: OffsetDateTime,
    /// Until when evidence can be handed in, if the processor says so.
    pub respond_by: Option<OffsetDateTime>,
    /// When we learnt of it.
    pub created_at: OffsetDateTime,
    /// When it changed last.
    pub updated_at: OffsetDateTime,
}

/// The disputes over a payment, if it is the shop's, the oldest first.
///
/// # Errors
/// [`Fault`].
pub async fn of_payment(
    pool: &PgPool,
    shop: ShopId,
    payment: PaymentId,
) -> Result<Vec<DisputeRecord>, Fault> {
    store::of_payment(pool, shop, payment, None).await
}

/// The dispute, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: DisputeId,
) -> Result<Option<DisputeRecord>, Fault> {
    let Some(payment) = store::payment_of(pool, id).await? else { return Ok(None) };
    Ok(store::of_payment(pool, shop, payment, Some(id)).await?.pop())
}
