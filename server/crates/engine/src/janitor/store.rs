//! The SQL of the janitor: each statement forgets one batch and says how many rows that were.

use crate::db::{Fault, Tx};

pub(super) async fn failures(tx: &mut Tx, days: i32, limit: i64) -> Result<u64, Fault> {
    let forgotten = sqlx::query!(
        r#"
        with old as (
            select bucket, job_id, attempt from job_failure as failure
            where at < now() - make_interval(days => $1)
              and not exists (select 1 from job
                              where job.bucket = failure.bucket and job.job_id = failure.job_id)
              and not exists (select 1 from dead_letter as letter
                              where letter.bucket = failure.bucket and letter.job_id = failure.job_id)
            limit $2
            for update skip locked
        )
        delete from job_failure using old
        where job_failure.bucket = old.bucket and job_failure.job_id = old.job_id
          and job_failure.attempt = old.attempt
        "#,
        days,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(forgotten.rows_affected())
}

/// A notification is needed while work on it waits or has failed, and while its payment's case is
/// open.
pub(super) async fn webhooks(
    tx: &mut Tx,
    state: &str,
    days: i32,
    limit: i64,
) -> Result<u64, Fault> {
    let forgotten = sqlx::query!(
        r#"
        with old as (
            select inbound_webhook_id from inbound_webhook as webhook
            where state = $1 and received_at < now() - make_interval(days => $2)
              and not exists (select 1 from job
                              where job.subject_id = webhook.inbound_webhook_id)
              and not exists (select 1 from dead_letter as letter
                              where letter.subject_id = webhook.inbound_webhook_id)
              and not exists (select 1 from open_case where object_id = webhook.subject_id)
            limit $3
            for update skip locked
        )
        delete from inbound_webhook using old
        where inbound_webhook.inbound_webhook_id = old.inbound_webhook_id
        "#,
        state,
        days,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(forgotten.rows_affected())
}

/// A discarded notification is kept as long as what people decided about dead letters.
pub(super) async fn discarded_webhooks(tx: &mut Tx, days: i32, limit: i64) -> Result<u64, Fault> {
    let forgotten = sqlx::query!(
        r#"
        with old as (
            select inbound_webhook_id from inbound_webhook as webhook
            where state = 'unmatched' and discarded_at < now() - make_interval(days => $1)
              and not exists (select 1 from open_case where object_id = webhook.subject_id)
            limit $2
            for update skip locked
        )
        delete from inbound_webhook using old
        where inbound_webhook.inbound_webhook_id = old.inbound_webhook_id
        "#,
        days,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(forgotten.rows_affected())
}

/// An event is delivered when no job and no dead letter is about it any more. The tries to deliver it
/// go with it.
pub(super) async fn events(tx: &mut Tx, days: i32, limit: i64) -> Result<u64, Fault> {
    let forgotten = sqlx::query_scalar!(
        r#"
        with old as (
            select bucket, object_id, sequence, event_id from outbox
            where created_at < now() - make_interval(days => $1)
              and not exists (select 1 from job where job.subject_id = outbox.event_id)
              and not exists (select 1 from dead_letter as letter
                              where letter.subject_id = outbox.event_id)
              and not exists (select 1 from open_case where object_id = outbox.object_id)
            limit $2
            for update skip locked
        ), tries as (
            delete from webhook_attempt using old
            where webhook_attempt.bucket = old.bucket and webhook_attempt.event_id = old.event_id
        ), gone as (
            delete from outbox using old
            where outbox.bucket = old.bucket and outbox.object_id = old.object_id
              and outbox.sequence = old.sequence
            returning 1
        )
        select count(*) as "count!" from gone
        "#,
        days,
        limit,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(forgotten.unsigned_abs())
}

pub(super) async fn sign_ins(tx: &mut Tx, days: i32, limit: i64) -> Result<u64, Fault> {
    let forgotten = sqlx::query!(
        r#"
        delete from sign_in_attempt where sign_in_attempt_id in (
            select sign_in_attempt_id from sign_in_attempt
            where at < now() - make_interval(days => $1)
            limit $2
            for update skip locked)
        "#,
        days,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(forgotten.rows_affected())
}

pub(super) async fn quotes(tx: &mut Tx, days: i32, limit: i64) -> Result<u64, Fault> {
    let forgotten = sqlx::query!(
        r#"
        delete from exchange_quote where exchange_quote_id in (
            select exchange_quote_id from exchange_quote
            where accepted_at is null and expires_at < now() - make_interval(days => $1)
            limit $2
            for update skip locked)
        "#,
        days,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(forgotten.rows_affected())
}

pub(super) async fn sessions(tx: &mut Tx, days: i32, limit: i64) -> Result<u64, Fault> {
    let forgotten = sqlx::query!(
        r#"
        delete from session where id_sha256 in (
            select id_sha256 from session
            where expires_at < now() - make_interval(days => $1)
            limit $2
            for update skip locked)
        "#,
        days,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(forgotten.rows_affected())
}

pub(super) async fn discarded_letters(tx: &mut Tx, days: i32, limit: i64) -> Result<u64, Fault> {
    let forgotten = sqlx::query!(
        r#"
        with old as (
            select bucket, job_id from dead_letter
            where discarded_at < now() - make_interval(days => $1)
            limit $2
            for update skip locked
        )
        delete from dead_letter using old
        where dead_letter.bucket = old.bucket and dead_letter.job_id = old.job_id
        "#,
        days,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(forgotten.rows_affected())
}
