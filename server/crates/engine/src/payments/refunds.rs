//! Refunds, as their readers see them.

use domain::id::{PaymentId, RefundId, ShopId};
use domain::money::Money;
use domain::refund::RefundState;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::Fault;
use crate::payments::store;

/// A refund that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct RefundRecord {
    /// Its id.
    pub id: RefundId,
    /// The payment whose money goes back.
    pub payment: PaymentId,
    /// The shop that owns it.
    pub shop: ShopId,
    /// How much goes back.
    pub amount: Money,
    /// Why, in the shop's words.
    pub reason: Option<String>,
    /// Where it stands.
    pub state: RefundState,
    /// The processor's id of it.
    pub processor_reference: Option<String>,
    /// Why it was not made: our word, and the processor's text for staff.
    pub failure: Option<(String, String)>,
    /// When it was asked for.
    pub created_at: OffsetDateTime,
    /// When it changed last.
    pub updated_at: OffsetDateTime,
}

/// The refunds of a payment, if it is the shop's, the oldest first.
///
/// # Errors
/// [`Fault`].
pub async fn of_payment(
    pool: &PgPool,
    shop: ShopId,
    payment: PaymentId,
) -> Result<Vec<RefundRecord>, Fault> {
    store::objects::refunds(pool, shop, payment, None).await
}

/// The refund, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: RefundId,
) -> Result<Option<RefundRecord>, Fault> {
    let payment = store::objects::payment_of_refund(pool, id).await?;
    let Some(payment) = payment else { return Ok(None) };
    Ok(store::objects::refunds(pool, shop, payment, Some(id)).await?.pop())
}
