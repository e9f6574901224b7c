//! The SQL of what belongs to a payment: refunds, disputes and history.

use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::dispute::{Dispute, DisputeState};
use domain::id::{AttemptId, DisputeId, PaymentId, RefundId, ShopId};
use domain::money::Money;
use domain::refund::RefundState;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payments::attempt::Closed;
use crate::payments::changes::DisputeRow;
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
               transition.attempt_id, attempt.routing_reason as "routing_reason?", evidence,
               irregular, at, payment.currency
        from transition
        join payment on payment.bucket = transition.bucket
            and payment.payment_id = transition.payment_id
        left join attempt on attempt.bucket = transition.bucket
            and attempt.attempt_id = transition.attempt_id
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
            routing_reason: row.routing_reason,
            evidence: row.evidence.unwrap_or(Value::Null),
            irregular: row.irregular,
            at: row.at,
        })
    });
    read.collect()
}

/// The disputes of each payment, the oldest first, each with the processor's name for it.
pub(crate) async fn disputes(
    conn: &mut PgConnection,
    payments: &[PaymentId],
) -> Result<BTreeMap<PaymentId, Vec<(Dispute, String)>>, Fault> {
    let (buckets, ids): (Vec<i16>, Vec<Uuid>) =
        payments.iter().map(|id| (id.bucket().as_i16(), id.uuid())).unzip();
    let rows = sqlx::query!(
        r#"
        select dispute.payment_id, dispute_id, dispute.amount_minor, state,
               dispute.processor_reference, payment.currency
        from unnest($1::smallint[], $2::uuid[]) as wanted (bucket, id)
        join dispute on dispute.bucket = wanted.bucket and dispute.payment_id = wanted.id
        join payment on payment.bucket = dispute.bucket and payment.payment_id = dispute.payment_id
        order by dispute_id
        "#,
        &buckets,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    let mut disputes = BTreeMap::<PaymentId, Vec<(Dispute, String)>>::new();
    for row in rows {
        let corrupt = || Fault::CorruptRow(format!("dispute {}", row.dispute_id));
        let currency: Currency = row.currency.parse().map_err(|_| corrupt())?;
        let dispute = Dispute {
            id: DisputeId::from_uuid(row.dispute_id),
            amount: Money::from_minor(row.amount_minor, currency),
            state: DisputeState::from_word(&row.state).ok_or_else(corrupt)?,
        };
        let of = disputes.entry(PaymentId::from_uuid(row.payment_id)).or_default();
        of.push((dispute, row.processor_reference));
    }
    Ok(disputes)
}

/// Adds disputes, or writes their new states.
pub(crate) async fn save_disputes(tx: &mut Tx, rows: &[DisputeRow]) -> Result<(), Fault> {
    for row in rows {
        sqlx::query!(
            r#"
            insert into dispute (bucket, dispute_id, payment_id, processor_reference, amount_minor,
                                 reason, state, opened_at, respond_by)
            values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()), $9)
            on conflict (bucket, dispute_id) do update
            set state = excluded.state, updated_at = now(),
                respond_by = coalesce(excluded.respond_by, dispute.respond_by)
            "#,
            row.bucket,
            row.dispute_id,
            row.payment_id,
            row.told.processor_reference,
            row.amount_minor,
            row.told.reason,
            row.state,
            row.told.opened_at,
            row.told.respond_by,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// The refunds that were asked for, whosever the payment is.
pub(crate) async fn refund_ids(pool: &PgPool, payment: PaymentId) -> Result<Vec<RefundId>, Fault> {
    let ids = sqlx::query_scalar!(
        "select refund_id from refund where bucket = $1 and payment_id = $2",
        payment.bucket().as_i16(),
        payment.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(RefundId::from_uuid).collect())
}

/// Ends an attempt that has no answer of its own.
pub(crate) async fn close_attempt(tx: &mut Tx, closed: &Closed) -> Result<(), Fault> {
    sqlx::query!(
        "update attempt set state = $5, answer = $6, ended_at = now()
         where bucket = $1 and payment_id = $2 and operation = $3 and number = $4
           and state in ('started', 'unknown')",
        closed.payment.bucket().as_i16(),
        closed.payment.uuid(),
        closed.operation,
        closed.number,
        closed.state,
        closed.answer,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
