//! The SQL of polling.
//!
//! Each statement finds what is due, notes when it will be due again, and returns it. The interval
//! begins with the expected time of the state (five seconds where the account sends no
//! notifications), doubles with each question up to an hour (a quarter of an hour), and is varied by
//! a quarter, so that what began together does not stay together.

use std::time::Duration;

use domain::id::{CheckoutId, PaymentId};
use sqlx::PgPool;

use crate::db::{Fault, Tx};

/// Notes that a round begins, unless one has begun within `every`.
pub(super) async fn begin(pool: &PgPool, every: Duration) -> Result<bool, Fault> {
    let begun = sqlx::query!(
        "update periodic set ran_at = now()
         where name = 'poll' and ran_at <= now() - make_interval(secs => $1::integer)",
        i32::try_from(every.as_secs()).unwrap_or(i32::MAX),
    )
    .execute(pool)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Forgets what has ended: it is not due again, whatever the note says.
pub(super) async fn forget(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!(
        "delete from poll where (bucket, subject_id) in (
             select bucket, subject_id from poll where due_at < now() - interval '1 day'
             limit 1000 for update skip locked)"
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Payments under way or in doubt that nobody else works on.
pub(super) async fn due_payments(tx: &mut Tx, limit: i64) -> Result<Vec<PaymentId>, Fault> {
    let due = sqlx::query_scalar!(
        r#"
        with waiting as (
            select payment.bucket, payment.payment_id, payment.processor_account_id,
                   coalesce(poll.asked, 0) as asked,
                   case when account.sends_webhooks then expected.seconds else 5 end as first,
                   case when account.sends_webhooks then 3600 else 900 end as cap,
                   coalesce(poll.due_at, payment.updated_at + make_interval(
                       secs => case when account.sends_webhooks then expected.seconds else 5 end))
                       as due_at
            from payment
            join processor_account as account using (processor_account_id)
            cross join lateral (
                select expected_seconds as seconds from state_limit
                where state = case when payment.in_doubt then 'unknown' else payment.phase end
                  and (state_limit.shop_id = payment.shop_id or state_limit.shop_id is null)
                  and method is null
                order by state_limit.shop_id nulls last limit 1
            ) as expected
            left join poll on poll.bucket = payment.bucket and poll.subject_id = payment.payment_id
            where (payment.phase in ('executing', 'action_required', 'in_review', 'awaiting_funds')
                   or payment.in_doubt)
              and payment.updated_at < now() - interval '5 seconds'
        ), due as (
            select waiting.*,
                   row_number() over (partition by processor_account_id order by due_at) as nth
            from waiting
            where due_at <= now() and not exists (
                select 1 from job where job.subject_id = waiting.payment_id
                  and job.kind in ('execute_payment', 'operate_payment', 'poll_payment'))
        )
        insert into poll (bucket, subject_id, asked, due_at)
        select bucket, payment_id, 1, now() + make_interval(
                   secs => least(cap, first * 2 ^ least(asked, 12)) * (0.75 + random() / 2))
        from due where nth <= $1
        on conflict (bucket, subject_id) do update
        set asked = poll.asked + 1, due_at = excluded.due_at
        returning subject_id
        "#,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(due.into_iter().map(PaymentId::from_uuid).collect())
}

/// Payments with refunds that are not answered, and that nobody else works on.
pub(super) async fn due_refunds(tx: &mut Tx, limit: i64) -> Result<Vec<PaymentId>, Fault> {
    let due = sqlx::query_scalar!(
        r#"
        with waiting as (
            select payment.bucket, payment.payment_id, payment.processor_account_id,
                   coalesce(min(poll.asked), 0) as asked,
                   case when account.sends_webhooks then expected.seconds else 5 end as first,
                   case when account.sends_webhooks then 3600 else 900 end as cap,
                   coalesce(min(poll.due_at), min(refund.created_at) + make_interval(
                       secs => case when account.sends_webhooks then expected.seconds else 5 end))
                       as due_at
            from refund
            join payment using (bucket, payment_id)
            join processor_account as account using (processor_account_id)
            cross join lateral (
                select expected_seconds as seconds from state_limit
                where state = 'refund_processing' and method is null
                  and (state_limit.shop_id = payment.shop_id or state_limit.shop_id is null)
                order by state_limit.shop_id nulls last limit 1
            ) as expected
            left join poll on poll.bucket = payment.bucket and poll.subject_id = payment.payment_id
            where refund.state not in ('succeeded', 'failed', 'returned')
            group by payment.bucket, payment.payment_id, payment.processor_account_id,
                     account.sends_webhooks, expected.seconds
        ), due as (
            select waiting.*,
                   row_number() over (partition by processor_account_id order by due_at) as nth
            from waiting
            where due_at <= now() and not exists (
                select 1 from job where job.subject_id = waiting.payment_id
                  and job.kind in ('execute_payment', 'operate_payment', 'poll_payment'))
        )
        insert into poll (bucket, subject_id, asked, due_at)
        select bucket, payment_id, 1, now() + make_interval(
                   secs => least(cap, first * 2 ^ least(asked, 12)) * (0.75 + random() / 2))
        from due where nth <= $1
        on conflict (bucket, subject_id) do update
        set asked = poll.asked + 1, due_at = excluded.due_at
        returning subject_id
        "#,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(due.into_iter().map(PaymentId::from_uuid).collect())
}

/// Checkouts whose hosted page is open, while it may still be finished.
pub(super) async fn due_pages(tx: &mut Tx, limit: i64) -> Result<Vec<CheckoutId>, Fault> {
    let due = sqlx::query_scalar!(
        r#"
        with waiting as (
            select registration.bucket, registration.checkout_id,
                   registration.processor_account_id, coalesce(poll.asked, 0) as asked,
                   case when account.sends_webhooks then expected.seconds else 5 end as first,
                   case when account.sends_webhooks then 3600 else 900 end as cap,
                   coalesce(poll.due_at, registration.created_at + make_interval(
                       secs => case when account.sends_webhooks then expected.seconds else 5 end))
                       as due_at,
                   row_number() over (partition by registration.checkout_id
                                      order by registration.number desc) as newest
            from registration
            join checkout using (bucket, checkout_id)
            join processor_account as account using (processor_account_id)
            cross join lateral (
                select expected_seconds as seconds from state_limit
                where state = 'page_open' and method is null
                  and (state_limit.shop_id = checkout.shop_id or state_limit.shop_id is null)
                order by state_limit.shop_id nulls last limit 1
            ) as expected
            left join poll on poll.bucket = registration.bucket
                and poll.subject_id = registration.checkout_id
            where registration.state = 'open'
              and registration.created_at > now() - interval '30 days'
              and checkout.expires_at > now()
        ), due as (
            select waiting.*,
                   row_number() over (partition by processor_account_id order by due_at) as nth
            from waiting
            where newest = 1 and due_at <= now() and not exists (
                select 1 from job
                where job.subject_id = waiting.checkout_id and job.kind = 'advance_checkout')
        )
        insert into poll (bucket, subject_id, asked, due_at)
        select bucket, checkout_id, 1, now() + make_interval(
                   secs => least(cap, first * 2 ^ least(asked, 12)) * (0.75 + random() / 2))
        from due where nth <= $1
        on conflict (bucket, subject_id) do update
        set asked = poll.asked + 1, due_at = excluded.due_at
        returning subject_id
        "#,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(due.into_iter().map(CheckoutId::from_uuid).collect())
}
