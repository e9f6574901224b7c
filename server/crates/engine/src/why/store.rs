//! The SQL of explanations.

use domain::id::{CheckoutId, PaymentId, RefundId, ShopId};
use domain::why::{Try, TryState};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Delivery, FOUND_MAX, RouteTaken, WaitingJob};
use crate::db::Fault;
use crate::payments::PaymentRecord;

fn limit() -> i64 {
    i64::try_from(FOUND_MAX).unwrap_or(i64::MAX)
}

fn ids(rows: Vec<Uuid>) -> Vec<PaymentId> {
    rows.into_iter().map(PaymentId::from_uuid).collect()
}

/// The payment itself, if it is the shop's.
pub(super) async fn own(
    pool: &PgPool,
    shop: ShopId,
    id: PaymentId,
) -> Result<Vec<PaymentId>, Fault> {
    let rows = sqlx::query_scalar!(
        "select payment_id from payment where bucket = $1 and payment_id = $2 and shop_id = $3",
        id.bucket().as_i16(),
        id.uuid(),
        shop.uuid(),
    );
    Ok(ids(rows.fetch_all(pool).await?))
}

/// The payments of the shop's checkouts whose ids lie between these two, which share a bucket.
pub(super) async fn of_checkouts(
    pool: &PgPool,
    shop: ShopId,
    (first, last): (CheckoutId, CheckoutId),
) -> Result<Vec<PaymentId>, Fault> {
    let rows = sqlx::query_scalar!(
        "select payment_id from payment
         where bucket = $1 and checkout_id between $2 and $3 and shop_id = $4
         order by payment_id desc limit $5",
        first.bucket().as_i16(),
        first.uuid(),
        last.uuid(),
        shop.uuid(),
        limit(),
    );
    Ok(ids(rows.fetch_all(pool).await?))
}

/// The payment that a refund belongs to.
pub(super) async fn of_refund(
    pool: &PgPool,
    shop: ShopId,
    id: RefundId,
) -> Result<Vec<PaymentId>, Fault> {
    let rows = sqlx::query_scalar!(
        "select payment_id from refund join payment using (bucket, payment_id)
         where refund.bucket = $1 and refund_id = $2 and shop_id = $3",
        id.bucket().as_i16(),
        id.uuid(),
        shop.uuid(),
    );
    Ok(ids(rows.fetch_all(pool).await?))
}

/// The payments that the processor calls so since they were tried last, or one of whose refunds it
/// calls so.
pub(super) async fn of_processor_reference(
    pool: &PgPool,
    shop: ShopId,
    reference: &str,
) -> Result<Vec<PaymentId>, Fault> {
    let rows = sqlx::query_scalar!(
        r#"
        select payment_id as "payment_id!" from (
            select payment_id from payment where processor_reference = $2 and shop_id = $1
            union
            select payment_id from refund join payment using (bucket, payment_id)
            where refund.processor_reference = $2 and shop_id = $1
        ) as found
        order by payment_id desc limit $3
        "#,
        shop.uuid(),
        reference,
        limit(),
    );
    Ok(ids(rows.fetch_all(pool).await?))
}

/// The payments that the processor called so at an earlier try: only those were tried again.
pub(super) async fn of_earlier_reference(
    pool: &PgPool,
    shop: ShopId,
    reference: &str,
) -> Result<Vec<PaymentId>, Fault> {
    let rows = sqlx::query_scalar!(
        r#"
        select distinct payment_id as "payment_id!"
        from attempt as later
        join attempt as earlier using (bucket, payment_id)
        join payment using (bucket, payment_id)
        where later.operation = 'authorize' and later.number > 1
          and earlier.processor_reference = $2 and shop_id = $1
        order by 1 desc limit $3
        "#,
        shop.uuid(),
        reference,
        limit(),
    );
    Ok(ids(rows.fetch_all(pool).await?))
}

/// What surrounds a payment.
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub(super) struct Facts {
    pub(super) since: OffsetDateTime,
    pub(super) is_overdue: bool,
    pub(super) page_is_open: bool,
    pub(super) basket_failed: bool,
    pub(super) processor_is_out: bool,
    pub(super) unknown_operation: Option<String>,
}

/// What surrounds the payment, in one snapshot.
pub(super) async fn facts(pool: &PgPool, payment: &PaymentRecord) -> Result<Facts, Fault> {
    Ok(sqlx::query_as!(
        Facts,
        r#"
        select
            payment.updated_at as since,
            checkout.expires_at <= now() as "is_overdue!",
            exists (select from registration
                where registration.bucket = payment.bucket
                  and registration.checkout_id = payment.checkout_id
                  and registration.state = 'open') as "page_is_open!",
            (checkout.policy = 'all_or_nothing' and exists (select from payment as other
                where other.bucket = payment.bucket and other.checkout_id = payment.checkout_id
                  and other.phase in ('failed', 'expired'))) as "basket_failed!",
            exists (select from circuit
                where circuit.processor_account_id = payment.processor_account_id
                  and case when forced_until > now() then forced else state end = 'open')
                as "processor_is_out!",
            (select operation from attempt
             where attempt.bucket = payment.bucket and attempt.payment_id = payment.payment_id
               and attempt.state = 'unknown'
             order by started_at desc limit 1) as unknown_operation
        from payment
        join checkout on checkout.bucket = payment.bucket
            and checkout.checkout_id = payment.checkout_id
        where payment.bucket = $1 and payment.payment_id = $2
        "#,
        payment.id.bucket().as_i16(),
        payment.id.uuid(),
    )
    .fetch_one(pool)
    .await?)
}

/// How the newest try of each operation stands; of several that are open, one that was started.
pub(super) async fn tries(pool: &PgPool, id: PaymentId) -> Result<Vec<Try>, Fault> {
    let rows = sqlx::query!(
        "select distinct on (operation) operation, state from attempt
         where bucket = $1 and payment_id = $2
         order by operation, operation <> 'authorize' and state = 'started' desc, number desc",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = TryState::from_word(&row.state)
                .ok_or_else(|| Fault::CorruptRow("an attempt has an unknown state".into()))?;
            Ok(Try { operation: row.operation, state })
        })
        .collect()
}

/// The work about the payment or its checkout: what waits first, then what was given up.
pub(super) async fn jobs(pool: &PgPool, payment: &PaymentRecord) -> Result<Vec<WaitingJob>, Fault> {
    Ok(sqlx::query_as!(
        WaitingJob,
        r#"
        select kind as "kind!", attempt as "tries!", due_at, last_error as error
        from job
        where bucket = $1 and subject_id in ($2, $3)
        union all
        select kind, attempts, null, last_error
        from dead_letter
        where bucket = $1 and subject_id in ($2, $3) and discarded_at is null
        order by 3 nulls last, 1
        "#,
        payment.id.bucket().as_i16(),
        payment.id.uuid(),
        payment.checkout.uuid(),
    )
    .fetch_all(pool)
    .await?)
}

/// What the shop was told about the payment, or will be, endpoint by endpoint.
pub(super) async fn deliveries(pool: &PgPool, id: PaymentId) -> Result<Vec<Delivery>, Fault> {
    Ok(sqlx::query_as!(
        Delivery,
        r#"
        select outbox.type as event, receiver.name as "endpoint?",
               count(*) filter (where sent.attempt > 0) as "tries!", outbox.created_at as at,
               (array_agg(coalesce(sent.status::text, sent.error) order by sent.attempt desc)
                   filter (where sent.attempt > 0))[1] as answer
        from outbox
        left join lateral (
            select webhook_endpoint_id, attempt, status, error
            from webhook_attempt
            where webhook_attempt.bucket = outbox.bucket
              and webhook_attempt.event_id = outbox.event_id
            union all
            select (job.payload ->> 'endpoint')::uuid, 0, null, null
            from job
            where job.bucket = outbox.bucket and job.subject_id = outbox.event_id
              and job.kind = 'deliver_webhook'
        ) as sent on true
        left join webhook_endpoint as receiver using (webhook_endpoint_id)
        where outbox.bucket = $1 and outbox.object_id = $2
        group by outbox.bucket, outbox.object_id, outbox.sequence, receiver.webhook_endpoint_id
        order by outbox.sequence, receiver.name
        "#,
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_all(pool)
    .await?)
}

/// Where the payment's attempts went, and why.
pub(super) async fn routes(pool: &PgPool, id: PaymentId) -> Result<Vec<RouteTaken>, Fault> {
    Ok(sqlx::query_as!(
        RouteTaken,
        r#"
        select operation, processor_account.name as account, routing_reason as reason,
               started_at as at
        from attempt
        join processor_account using (processor_account_id)
        where bucket = $1 and payment_id = $2
        order by started_at, number
        "#,
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_all(pool)
    .await?)
}
