//! The SQL of what belongs to a payment and is read on its own: refunds and history.

use domain::currency::Currency;
use domain::id::{AttemptId, PaymentId, RefundId, ShopId};
use domain::money::Money;
use domain::refund::RefundState;
use serde_json::Value;
use sqlx::PgPool;

use crate::db::Fault;
use crate::payments::history::TransitionRecord;
use crate::payments::refunds::RefundRecord;

/// The payment that a refund belongs to.
pub(crate) async fn payment_of_refund(
    pool: &PgPool,
    id: RefundId,
) -> Result<Option<PaymentId>, Fault> {
    let payment = sqlx::query_scalar!(
        "select payment_id from refund where bucket = $1 and refund_id = $2",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(payment.map(PaymentId::from_uuid))
}

/// The refunds of a payment of the shop, or the one that is named, the oldest first.
pub(crate) async fn refunds(
    pool: &PgPool,
    shop: ShopId,
    payment: PaymentId,
    only: Option<RefundId>,
) -> Result<Vec<RefundRecord>, Fault> {
    let rows = sqlx::query!(
        r#"
        select refund_id, refund.amount_minor, reason, state, refund.processor_reference,
               refund.failure_code, refund.failure_message, refund.created_at, refund.updated_at,
               payment.currency
        from refund
        join payment on payment.bucket = refund.bucket and payment.payment_id = refund.payment_id
        where refund.bucket = $1 and refund.payment_id = $2 and payment.shop_id = $3
          and ($4::uuid is null or refund_id = $4)
        order by refund_id
        "#,
        payment.bucket().as_i16(),
        payment.uuid(),
        shop.uuid(),
        only.map(RefundId::uuid),
    )
    .fetch_all(pool)
    .await?;
    let read = rows.into_iter().map(|row| {
        let corrupt = || Fault::CorruptRow(format!("refund {}", row.refund_id));
        let currency: Currency = row.currency.parse().map_err(|_| corrupt())?;
        Ok(RefundRecord {
            id: RefundId::from_uuid(row.refund_id),
            payment,
            shop,
            amount: Money::from_minor(row.amount_minor, currency),
            reason: row.reason,
            state: RefundState::from_word(&row.state).ok_or_else(corrupt)?,
            processor_reference: row.processor_reference,
            failure: row.failure_code.zip(row.failure_message),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    });
    read.collect()
}

/// Every change of a payment of the shop, the oldest first.
pub(crate) async fn transitions(
    pool: &PgPool,
    shop: ShopId,
    payment: PaymentId,
) -> Result<Vec<TransitionRecord>, Fault> {
    let rows = sqlx::query!(
        r#"
        select transition.version, event, from_phase, to_phase, transition.amount_minor, source,
               attempt_id, evidence, irregular, at, payment.currency
        from transition
        join payment on payment.bucket = transition.bucket
            and payment.payment_id = transition.payment_id
        where transition.bucket = $1 and transition.payment_id = $2 and payment.shop_id = $3
        order by transition.version
        "#,
        payment.bucket().as_i16(),
        payment.uuid(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    let read = rows.into_iter().map(|row| {
        let currency: Currency = row
            .currency
            .parse()
            .map_err(|_| Fault::CorruptRow(format!("payment {payment}: currency")))?;
        Ok(TransitionRecord {
            version: row.version,
            event: row.event,
            from_phase: row.from_phase,
            to_phase: row.to_phase,
            amount: row.amount_minor.map(|minor| Money::from_minor(minor, currency)),
            source: row.source,
            attempt: row.attempt_id.map(AttemptId::from_uuid),
            evidence: row.evidence.unwrap_or(Value::Null),
            irregular: row.irregular,
            at: row.at,
        })
    });
    read.collect()
}
