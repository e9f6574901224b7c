//! The SQL of disputes that are read on their own.

use domain::currency::Currency;
use domain::dispute::DisputeState;
use domain::id::{DisputeId, PaymentId, ShopId};
use domain::money::Money;
use sqlx::PgPool;

use crate::db::Fault;
use crate::disputes::DisputeRecord;

/// The payment that a dispute is over.
pub(super) async fn payment_of(pool: &PgPool, id: DisputeId) -> Result<Option<PaymentId>, Fault> {
    let payment = sqlx::query_scalar!(
        "select payment_id from dispute where bucket = $1 and dispute_id = $2",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(payment.map(PaymentId::from_uuid))
}

/// The disputes over a payment of the shop, or the one that is named, the oldest first.
pub(super) async fn of_payment(
    pool: &PgPool,
    shop: ShopId,
    payment: PaymentId,
    only: Option<DisputeId>,
) -> Result<Vec<DisputeRecord>, Fault> {
    let rows = sqlx::query!(
        r#"
        select dispute_id, dispute.processor_reference, dispute.amount_minor, reason, state,
               opened_at, respond_by, dispute.created_at, dispute.updated_at, payment.currency
        from dispute
        join payment on payment.bucket = dispute.bucket and payment.payment_id = dispute.payment_id
        where dispute.bucket = $1 and dispute.payment_id = $2 and payment.shop_id = $3
          and ($4::uuid is null or dispute_id = $4)
        order by dispute_id
        "#,
        payment.bucket().as_i16(),
        payment.uuid(),
        shop.uuid(),
        only.map(DisputeId::uuid),
    )
    .fetch_all(pool)
    .await?;
    let read = rows.into_iter().map(|row| {
        let corrupt = || Fault::CorruptRow(format!("dispute {}", row.dispute_id));
        let currency: Currency = row.currency.parse().map_err(|_| corrupt())?;
        Ok(DisputeRecord {
            id: DisputeId::from_uuid(row.dispute_id),
            payment,
            shop,
            amount: Money::from_minor(row.amount_minor, currency),
            reason: row.reason,
            state: DisputeState::from_word(&row.state).ok_or_else(corrupt)?,
            processor_reference: row.processor_reference,
            opened_at: row.opened_at,
            respond_by: row.respond_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    });
    read.collect()
}
