//! The SQL of dead letters.

use domain::id::{AuditId, CheckoutId, Id, InboundWebhookId, JobId, PaymentId, ShopId, StaffId};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Count, Decision, Discarded, Failed, Filter, Listed, Subject};
use crate::db::{Fault, Tx};

/// A dead letter that somebody decides about, locked.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) bucket: i16,
    pub(super) job_id: Uuid,
    pub(super) shop_id: Option<Uuid>,
    pub(super) kind: String,
    pub(super) attempts: i32,
    pub(super) last_error: String,
    pub(super) is_discarded: bool,
}

/// The columns of a letter in a list.
struct Row {
    job_id: Uuid,
    kind: String,
    subject_id: Uuid,
    payment_id: Option<Uuid>,
    checkout_id: Option<Uuid>,
    inbound_webhook_id: Option<Uuid>,
    attempts: i32,
    last_error: String,
    error_class: String,
    created_at: OffsetDateTime,
    died_at: OffsetDateTime,
    discarded_at: Option<OffsetDateTime>,
    discarded_by: Option<String>,
    discard_reason: Option<String>,
}

impl From<Row> for Listed {
    fn from(row: Row) -> Self {
        let subject = match (row.payment_id, row.checkout_id, row.inbound_webhook_id) {
            (Some(payment), _, _) => Subject::Payment(PaymentId::from_uuid(payment)),
            (None, Some(checkout), _) => Subject::Checkout(CheckoutId::from_uuid(checkout)),
            (None, None, Some(webhook)) => Subject::Webhook(InboundWebhookId::from_uuid(webhook)),
            (None, None, None) => Subject::Other(row.subject_id),
        };
        let discarded = row.discarded_at.map(|at| Discarded {
            by: row.discarded_by.unwrap_or_default(),
            reason: row.discard_reason.unwrap_or_default(),
            at,
        });
        Self {
            id: JobId::from_uuid(row.job_id),
            kind: row.kind,
            subject,
            attempts: row.attempts,
            last_error: row.last_error,
            error_class: row.error_class,
            created_at: row.created_at,
            died_at: row.died_at,
            discarded,
        }
    }
}

pub(super) async fn list(pool: &PgPool, filter: &Filter, limit: i64) -> Result<Vec<Listed>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select letter.job_id, letter.kind, letter.subject_id,
               subject.payment_id as "payment_id?", subject.checkout_id as "checkout_id?",
               subject.inbound_webhook_id as "inbound_webhook_id?", letter.attempts,
               letter.last_error, letter.error_class, letter.created_at, letter.died_at,
               letter.discarded_at, letter.discarded_by, letter.discard_reason
        from dead_letter as letter
        join dead_letter_subject as subject using (bucket, job_id)
        where (letter.discarded_at is not null) = $1
          and ($2::uuid is null or subject.shop_id = $2)
          and ($3::text is null or letter.kind = $3)
          and ($4::text is null or letter.error_class = $4)
          and ($5::timestamptz is null or letter.died_at < $5)
        order by letter.died_at desc, letter.job_id
        limit $6
        "#,
        filter.is_discarded,
        filter.shop.map(Id::uuid),
        filter.kind,
        filter.error_class,
        filter.before,
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Listed::from).collect())
}

pub(super) async fn total(pool: &PgPool, filter: &Filter) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from dead_letter as letter
        join dead_letter_subject as subject using (bucket, job_id)
        where (letter.discarded_at is not null) = $1
          and ($2::uuid is null or subject.shop_id = $2)
          and ($3::text is null or letter.kind = $3)
          and ($4::text is null or letter.error_class = $4)
          and ($5::timestamptz is null or letter.died_at < $5)
        "#,
        filter.is_discarded,
        filter.shop.map(Id::uuid),
        filter.kind,
        filter.error_class,
        filter.before,
    )
    .fetch_one(pool)
    .await?)
}

pub(super) async fn counts(pool: &PgPool, shop: Option<ShopId>) -> Result<Vec<Count>, Fault> {
    let rows = sqlx::query!(
        r#"
        select letter.kind, letter.error_class, count(*) as "count!", min(letter.died_at) as "since!"
        from dead_letter as letter
        join dead_letter_subject as subject using (bucket, job_id)
        where letter.discarded_at is null
          and ($1::uuid is null or subject.shop_id = $1)
        group by letter.kind, letter.error_class
        order by count(*) desc, letter.kind, letter.error_class
        "#,
        shop.map(Id::uuid),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Count {
            kind: row.kind,
            error_class: row.error_class,
            count: u64::try_from(row.count).unwrap_or(0),
            since: row.since,
        })
        .collect())
}

/// The letter, its payload and its ordering key.
pub(super) async fn find(
    pool: &PgPool,
    shop: Option<ShopId>,
    id: JobId,
) -> Result<Option<(Listed, Value, Option<Uuid>)>, Fault> {
    let row = sqlx::query!(
        r#"
        select letter.job_id, letter.kind, letter.subject_id,
               subject.payment_id as "payment_id?", subject.checkout_id as "checkout_id?",
               subject.inbound_webhook_id as "inbound_webhook_id?", letter.attempts,
               letter.last_error, letter.error_class, letter.created_at, letter.died_at,
               letter.discarded_at, letter.discarded_by, letter.discard_reason,
               letter.payload, letter.ordering_key
        from dead_letter as letter
        join dead_letter_subject as subject using (bucket, job_id)
        where letter.bucket = $1 and letter.job_id = $2
          and ($3::uuid is null or subject.shop_id = $3)
        "#,
        id.bucket().as_i16(),
        id.uuid(),
        shop.map(Id::uuid),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| {
        let letter = Row {
            job_id: row.job_id,
            kind: row.kind,
            subject_id: row.subject_id,
            payment_id: row.payment_id,
            checkout_id: row.checkout_id,
            inbound_webhook_id: row.inbound_webhook_id,
            attempts: row.attempts,
            last_error: row.last_error,
            error_class: row.error_class,
            created_at: row.created_at,
            died_at: row.died_at,
            discarded_at: row.discarded_at,
            discarded_by: row.discarded_by,
            discard_reason: row.discard_reason,
        };
        (letter.into(), row.payload, row.ordering_key)
    }))
}

pub(super) async fn history(pool: &PgPool, id: JobId) -> Result<Vec<Failed>, Fault> {
    Ok(sqlx::query_as!(
        Failed,
        "select attempt, error, at from job_failure where bucket = $1 and job_id = $2
         order by attempt",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_all(pool)
    .await?)
}

pub(super) async fn decisions(pool: &PgPool, id: JobId) -> Result<Vec<Decision>, Fault> {
    Ok(sqlx::query_as!(
        Decision,
        "select actor, action, detail ->> 'reason' as reason, at from audit_log
         where object_type = 'job' and object_id = $1 order by at, audit_id",
        id.to_string(),
    )
    .fetch_all(pool)
    .await?)
}

pub(super) async fn lock(
    tx: &mut Tx,
    shop: Option<ShopId>,
    id: JobId,
) -> Result<Option<Chosen>, Fault> {
    Ok(sqlx::query_as!(
        Chosen,
        r#"
        select letter.bucket, letter.job_id, subject.shop_id as "shop_id?", letter.kind,
               letter.attempts, letter.last_error, letter.discarded_at is not null as "is_discarded!"
        from dead_letter as letter
        join dead_letter_subject as subject using (bucket, job_id)
        where letter.bucket = $1 and letter.job_id = $2
          and ($3::uuid is null or subject.shop_id = $3)
        for update of letter
        "#,
        id.bucket().as_i16(),
        id.uuid(),
        shop.map(Id::uuid),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// The database's time, by which letters die.
pub(super) async fn now(pool: &PgPool) -> Result<OffsetDateTime, Fault> {
    Ok(sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(pool).await?)
}

/// Letters of a kind and a class of errors that were dead by then, the oldest first.
pub(super) async fn lock_like(
    tx: &mut Tx,
    shop: Option<ShopId>,
    (kind, error_class, dead_by): (&str, &str, OffsetDateTime),
    limit: i64,
) -> Result<Vec<Chosen>, Fault> {
    Ok(sqlx::query_as!(
        Chosen,
        r#"
        select letter.bucket, letter.job_id, subject.shop_id as "shop_id?", letter.kind,
               letter.attempts, letter.last_error, false as "is_discarded!"
        from dead_letter as letter
        join dead_letter_subject as subject using (bucket, job_id)
        where letter.kind = $1 and letter.error_class = $2 and letter.discarded_at is null
          and ($3::uuid is null or subject.shop_id = $3)
          and letter.died_at <= $4
        order by letter.died_at
        limit $5
        for update of letter skip locked
        "#,
        kind,
        error_class,
        shop.map(Id::uuid),
        dead_by,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The job is due now, and none of its tries so far counts against the threshold.
pub(super) async fn give_back(tx: &mut Tx, chosen: &[Chosen]) -> Result<(), Fault> {
    let buckets: Vec<i16> = chosen.iter().map(|one| one.bucket).collect();
    let ids: Vec<Uuid> = chosen.iter().map(|one| one.job_id).collect();
    sqlx::query!(
        r#"
        with letter as (
            delete from dead_letter as letter
            using unnest($1::smallint[], $2::uuid[]) as chosen (bucket, job_id)
            where letter.bucket = chosen.bucket and letter.job_id = chosen.job_id
            returning letter.*
        )
        insert into job (bucket, job_id, kind, subject_id, payload, ordering_key, attempt,
                         uncounted, last_error, created_at)
        select bucket, job_id, kind, subject_id, payload, ordering_key, attempts, attempts,
               last_error, created_at
        from letter
        "#,
        &buckets,
        &ids,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn discard(
    tx: &mut Tx,
    chosen: &Chosen,
    by: &str,
    reason: &str,
) -> Result<(), Fault> {
    sqlx::query!(
        "update dead_letter set discarded_at = now(), discarded_by = $3, discard_reason = $4
         where bucket = $1 and job_id = $2",
        chosen.bucket,
        chosen.job_id,
        by,
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One line of the audit log for each.
pub(super) async fn log(
    tx: &mut Tx,
    ids: &[AuditId],
    chosen: &[Chosen],
    (actor, staff): (&str, Option<StaffId>),
    action: &str,
    details: &[Value],
) -> Result<(), Fault> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let shops: Vec<Option<Uuid>> = chosen.iter().map(|one| one.shop_id).collect();
    let jobs: Vec<String> =
        chosen.iter().map(|one| JobId::from_uuid(one.job_id).to_string()).collect();
    sqlx::query!(
        r#"
        insert into audit_log (audit_id, shop_id, actor, staff_id, action, object_type, object_id,
                               detail)
        select audit_id, shop_id, $5, $6, $7, 'job', object_id, detail
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[])
            as line (audit_id, shop_id, object_id, detail)
        "#,
        &ids,
        &shops as &[Option<Uuid>],
        &jobs,
        details,
        actor,
        staff.map(Id::uuid),
        action,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
