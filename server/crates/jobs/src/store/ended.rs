//! The SQL of jobs that ended without a transaction of their own: a batch at a time.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Claimed, finish, interval};
use crate::retry::{Failure, Policy, Then, error_class};

/// A job that ended; a failure says what comes of it.
pub(crate) type Ended = (Claimed, Result<(), Failure>);

/// Removes the jobs that are done and records the failures of the others: they are due again later,
/// or become dead letters. A job that another worker has taken over is left to that worker.
pub(crate) async fn end(pool: &PgPool, policy: Policy, ended: &[Ended]) -> Result<(), sqlx::Error> {
    let is_done = |one: &&Ended| one.1.is_ok();
    let done: Vec<Claimed> = ended.iter().filter(is_done).map(|(job, _)| job.clone()).collect();
    if done.len() == ended.len() {
        // One statement is its own transaction.
        let mut conn = pool.acquire().await?;
        finish(&mut conn, &done).await?;
        return Ok(());
    }
    let mut again = PutBack::default();
    let mut dead = Vec::new();
    let mut failures = Vec::new();
    for (job, failure) in ended.iter().filter_map(|(job, end)| Some((job, end.as_ref().err()?))) {
        let next = match failure.then {
            Then::Retry => policy.wait_after(job.tries()),
            Then::Wait(wait) => Some((wait, true)),
            Then::GiveUp => None,
        };
        // What only waits may do so a thousand times: its last reason is enough.
        if !matches!(failure.then, Then::Wait(_)) {
            failures.push((job, failure));
        }
        match next {
            Some((wait, jitter)) => again.push(job, failure, wait, jitter),
            None => dead.push((job, failure)),
        }
    }
    let mut transaction = pool.begin().await?;
    if !done.is_empty() {
        finish(&mut transaction, &done).await?;
    }
    record(&mut transaction, &failures).await?;
    again.write(&mut transaction).await?;
    bury(&mut transaction, &dead).await?;
    transaction.commit().await
}

/// Gives back jobs that were leased and never begun.
pub(crate) async fn give_back(pool: &PgPool, jobs: &[Claimed]) -> Result<(), sqlx::Error> {
    let mut again = PutBack::default();
    let untouched = Failure::waiting("", Duration::ZERO);
    for job in jobs {
        again.push(job, &untouched, Duration::ZERO, false);
    }
    again.errors.fill(None);
    let mut conn = pool.acquire().await?;
    again.write(&mut conn).await
}

/// Columns of jobs that are due again later.
#[derive(Debug, Default)]
struct PutBack {
    buckets: Vec<i16>,
    ids: Vec<Uuid>,
    holders: Vec<Uuid>,
    errors: Vec<Option<String>>,
    floors: Vec<PgInterval>,
    waits: Vec<PgInterval>,
    jitters: Vec<bool>,
    uncounted: Vec<i32>,
    waits_for: Vec<Option<Uuid>>,
}

impl PutBack {
    fn push(&mut self, job: &Claimed, failure: &Failure, wait: Duration, jitter: bool) {
        self.buckets.push(job.bucket);
        self.ids.push(job.job_id);
        self.holders.push(job.holder);
        self.errors.push(Some(failure.error.clone()));
        self.floors.push(interval(failure.retry_after.unwrap_or(Duration::ZERO)));
        self.waits.push(interval(wait));
        self.jitters.push(jitter);
        self.uncounted.push(i32::from(matches!(failure.then, Then::Wait(_))));
        self.waits_for.push(failure.waits_for);
    }

    async fn write(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            r#"
            update job
            set leased_by = null, leased_until = null, held_key = null,
                last_error = coalesce(back.error, job.last_error),
                uncounted = job.uncounted + back.uncounted, waits_for = back.waits_for,
                due_at = now() + back.floor
                       + back.wait * case when back.jitter then random() else 1 end
            from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::interval[],
                        $6::interval[], $7::boolean[], $8::integer[], $9::uuid[])
                as back (bucket, job_id, holder, error, floor, wait, jitter, uncounted, waits_for)
            where job.bucket = back.bucket and job.job_id = back.job_id
              and job.leased_by = back.holder
            "#,
            &self.buckets,
            &self.ids,
            &self.holders,
            &self.errors as &[Option<String>],
            &self.floors as &[PgInterval],
            &self.waits as &[PgInterval],
            &self.jitters,
            &self.uncounted,
            &self.waits_for as &[Option<Uuid>],
        )
        .execute(conn)
        .await?;
        Ok(())
    }
}

async fn record(
    conn: &mut PgConnection,
    failures: &[(&Claimed, &Failure)],
) -> Result<(), sqlx::Error> {
    if failures.is_empty() {
        return Ok(());
    }
    let buckets: Vec<i16> = failures.iter().map(|(job, _)| job.bucket).collect();
    let ids: Vec<Uuid> = failures.iter().map(|(job, _)| job.job_id).collect();
    let attempts: Vec<i32> = failures.iter().map(|(job, _)| job.attempt).collect();
    let errors: Vec<String> = failures.iter().map(|(_, failure)| failure.error.clone()).collect();
    sqlx::query!(
        r#"
        insert into job_failure (bucket, job_id, attempt, error)
        select bucket, job_id, attempt, error
        from unnest($1::smallint[], $2::uuid[], $3::integer[], $4::text[])
            as failed (bucket, job_id, attempt, error)
        on conflict do nothing
        "#,
        &buckets,
        &ids,
        &attempts,
        &errors,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn bury(conn: &mut PgConnection, dead: &[(&Claimed, &Failure)]) -> Result<(), sqlx::Error> {
    if dead.is_empty() {
        return Ok(());
    }
    let buckets: Vec<i16> = dead.iter().map(|(job, _)| job.bucket).collect();
    let ids: Vec<Uuid> = dead.iter().map(|(job, _)| job.job_id).collect();
    let holders: Vec<Uuid> = dead.iter().map(|(job, _)| job.holder).collect();
    let errors: Vec<String> = dead.iter().map(|(_, failure)| failure.error.clone()).collect();
    let classes: Vec<String> =
        dead.iter().map(|(_, failure)| error_class(&failure.error)).collect();
    sqlx::query!(
        r#"
        with dead as (
            delete from job
            using unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
                as buried (bucket, job_id, holder, error, error_class)
            where job.bucket = buried.bucket and job.job_id = buried.job_id
              and job.leased_by = buried.holder
            returning job.bucket, job.job_id, job.kind, job.subject_id, job.payload,
                      job.ordering_key, job.attempt, job.uncounted, job.created_at,
                      buried.error, buried.error_class
        )
        insert into dead_letter
            (bucket, job_id, kind, subject_id, payload, ordering_key, attempts, uncounted,
             last_error, error_class, created_at)
        select bucket, job_id, kind, subject_id, payload, ordering_key, attempt, uncounted,
               error, error_class, created_at
        from dead
        "#,
        &buckets,
        &ids,
        &holders,
        &errors,
        &classes,
    )
    .execute(conn)
    .await?;
    Ok(())
}
