//! The queue's SQL.

use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::retry::{Failure, Policy};

/// A job to enqueue.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Its id; the last byte is the bucket of the object that it is about.
    pub job_id: Uuid,
    /// What kind of work it is.
    pub kind: &'static str,
    /// The object that it is about.
    pub subject_id: Uuid,
    /// What else the worker has to know: ids, never facts that may change.
    pub payload: Value,
    /// Jobs that share a key run one at a time.
    pub ordering_key: Option<Uuid>,
    /// How long to wait before it may run.
    pub delay: Duration,
}

/// A job that this worker holds until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The bucket it stands in.
    pub bucket: i16,
    /// Its id.
    pub job_id: Uuid,
    /// The object that it is about.
    pub subject_id: Uuid,
    /// What else the worker has to know.
    pub payload: Value,
    /// Which try this is, from 1; it fences later and earlier tries from each other.
    pub attempt: i32,
}

/// Adds jobs as part of the caller's transaction.
///
/// # Errors
/// Whatever the database says.
pub async fn enqueue(conn: &mut PgConnection, jobs: &[NewJob]) -> Result<(), sqlx::Error> {
    if jobs.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.job_id).collect();
    let kinds: Vec<String> = jobs.iter().map(|job| job.kind.to_owned()).collect();
    let subjects: Vec<Uuid> = jobs.iter().map(|job| job.subject_id).collect();
    let payloads: Vec<Value> = jobs.iter().map(|job| job.payload.clone()).collect();
    let keys: Vec<Option<Uuid>> = jobs.iter().map(|job| job.ordering_key).collect();
    let delays: Vec<PgInterval> = jobs.iter().map(|job| interval(job.delay)).collect();
    sqlx::query!(
        r#"
        insert into job (bucket, job_id, kind, subject_id, payload, ordering_key, due_at)
        select bucket_of(job_id), job_id, kind, subject_id, payload, ordering_key, now() + delay
        from unnest($1::uuid[], $2::text[], $3::uuid[], $4::jsonb[], $5::uuid[], $6::interval[])
            as new (job_id, kind, subject_id, payload, ordering_key, delay)
        "#,
        &ids,
        &kinds,
        &subjects,
        &payloads,
        &keys as &[Option<Uuid>],
        &delays as &[PgInterval],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Leases up to `limit` due jobs of `kind`, at most one of each ordering key: the one that has been
/// due for longest.
pub(crate) async fn claim(
    pool: &PgPool,
    kind: &str,
    worker: Uuid,
    limit: i64,
    lease: Duration,
) -> Result<Vec<Claimed>, sqlx::Error> {
    sqlx::query_as!(
        Claimed,
        r#"
        with due as (
            select bucket, job_id, ordering_key, due_at
            from job
            where kind = $1 and due_at <= now()
              and (ordering_key is null or not exists (
                  select 1 from job as other
                  where other.ordering_key = job.ordering_key and other.leased_by is not null
                    and other.job_id <> job.job_id))
            order by due_at
            limit $3
            for update skip locked
        ), chosen as (
            select distinct on (coalesce(ordering_key, job_id)) bucket, job_id from due
            order by coalesce(ordering_key, job_id), due_at, job_id
        )
        update job
        set attempt = attempt + 1, leased_by = $2, due_at = now() + $4
        from chosen
        where job.bucket = chosen.bucket and job.job_id = chosen.job_id
        returning job.bucket, job.job_id, job.subject_id, job.payload, job.attempt
        "#,
        kind,
        worker,
        limit,
        interval(lease),
    )
    .fetch_all(pool)
    .await
}

/// Removes jobs whose effect the caller's transaction commits.
///
/// Returns whether all of them were still this try's to finish. If not, another worker has taken
/// one over and its effect may be there twice: roll back.
///
/// # Errors
/// Whatever the database says.
pub async fn finish(conn: &mut PgConnection, jobs: &[Claimed]) -> Result<bool, sqlx::Error> {
    let mut jobs: Vec<&Claimed> = jobs.iter().collect();
    jobs.sort_unstable_by_key(|job| job.job_id);
    let buckets: Vec<i16> = jobs.iter().map(|job| job.bucket).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.job_id).collect();
    let attempts: Vec<i32> = jobs.iter().map(|job| job.attempt).collect();
    let finished = sqlx::query!(
        r#"
        delete from job
        using unnest($1::smallint[], $2::uuid[], $3::integer[]) as done (bucket, job_id, attempt)
        where job.bucket = done.bucket and job.job_id = done.job_id and job.attempt = done.attempt
        "#,
        &buckets,
        &ids,
        &attempts,
    )
    .execute(conn)
    .await?;
    Ok(finished.rows_affected() == jobs.len() as u64)
}

/// Keeps the leases of jobs that are still being worked on.
pub(crate) async fn extend(
    pool: &PgPool,
    jobs: &[Claimed],
    lease: Duration,
) -> Result<(), sqlx::Error> {
    let buckets: Vec<i16> = jobs.iter().map(|job| job.bucket).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.job_id).collect();
    let attempts: Vec<i32> = jobs.iter().map(|job| job.attempt).collect();
    sqlx::query!(
        r#"
        with free as (
            -- A job that is being finished needs no lease, and waiting for it could deadlock.
            select job.bucket, job.job_id
            from unnest($1::smallint[], $2::uuid[], $3::integer[]) as held (bucket, job_id, attempt)
            join job on job.bucket = held.bucket and job.job_id = held.job_id
                and job.attempt = held.attempt
            for update of job skip locked
        )
        update job set due_at = now() + $4
        from free where job.bucket = free.bucket and job.job_id = free.job_id
        "#,
        &buckets,
        &ids,
        &attempts,
        interval(lease),
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Records a failure: the job is due again later, or becomes a dead letter.
pub(crate) async fn fail(
    pool: &PgPool,
    job: &Claimed,
    policy: Policy,
    failure: &Failure,
) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    record_failure(&mut transaction, job, &failure.error).await?;
    match policy.wait_after(job.attempt).filter(|_| !failure.is_final) {
        Some((wait, jitter)) => {
            let floor = failure.retry_after.unwrap_or(Duration::ZERO);
            retry_later(&mut transaction, job, (floor, wait, jitter), &failure.error).await?;
        }
        None => bury(&mut transaction, job, &failure.error).await?,
    }
    transaction.commit().await
}

async fn record_failure(
    conn: &mut PgConnection,
    job: &Claimed,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into job_failure (bucket, job_id, attempt, error) values ($1, $2, $3, $4)
         on conflict do nothing",
        job.bucket,
        job.job_id,
        job.attempt,
        error,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn retry_later(
    conn: &mut PgConnection,
    job: &Claimed,
    (floor, wait, jitter): (Duration, Duration, bool),
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        update job
        set leased_by = null, last_error = $4,
            due_at = now() + $5::interval + $6::interval * case when $7 then random() else 1 end
        where bucket = $1 and job_id = $2 and attempt = $3
        "#,
        job.bucket,
        job.job_id,
        job.attempt,
        error,
        interval(floor),
        interval(wait),
        jitter,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn bury(conn: &mut PgConnection, job: &Claimed, error: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        with dead as (
            delete from job where bucket = $1 and job_id = $2 and attempt = $3
            returning bucket, job_id, kind, subject_id, payload, ordering_key, attempt, created_at
        )
        insert into dead_letter
            (bucket, job_id, kind, subject_id, payload, ordering_key, attempts, last_error, created_at)
        select bucket, job_id, kind, subject_id, payload, ordering_key, attempt, $4, created_at
        from dead
        "#,
        job.bucket,
        job.job_id,
        job.attempt,
        error,
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
