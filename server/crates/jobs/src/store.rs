//! The queue's SQL.

use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::door::Place;

mod ended;

pub(crate) use ended::{Ended, end, give_back};

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
    /// Who holds it: new with each claim and never used again, so that it fences all claims of a job
    /// from each other, also when a crash of the database made it forget one.
    pub holder: Uuid,
    /// Which try this is, from 1.
    pub attempt: i32,
    /// How many of the tries do not count against the threshold.
    pub uncounted: i32,
    /// The key that is held with the lease, if it has one.
    pub ordering_key: Option<Uuid>,
}

impl Claimed {
    /// Which try this is of those that count against the threshold, from 1.
    pub fn tries(&self) -> i32 {
        self.attempt - self.uncounted
    }
}

/// What a look at the queue found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What this worker holds now.
    pub(crate) jobs: Vec<Claimed>,
    /// Whether there may be more that is free at this moment.
    pub(crate) is_full: bool,
    /// Whether something is due that another job with the same ordering key keeps waiting.
    pub(crate) is_blocked: bool,
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

/// As [`enqueue`], for jobs that may well come while another one of their ordering key is being done:
/// they become due only after `pause`, if not later, rather than be looked at again and again until
/// it is over. Returns how many are due at once.
///
/// # Errors
/// Whatever the database says.
pub async fn enqueue_behind(
    conn: &mut PgConnection,
    jobs: &[NewJob],
    pause: Duration,
) -> Result<usize, sqlx::Error> {
    if jobs.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.job_id).collect();
    let kinds: Vec<&str> = jobs.iter().map(|job| job.kind).collect();
    let subjects: Vec<Uuid> = jobs.iter().map(|job| job.subject_id).collect();
    let payloads: Vec<&Value> = jobs.iter().map(|job| &job.payload).collect();
    let keys: Vec<Option<Uuid>> = jobs.iter().map(|job| job.ordering_key).collect();
    let delays: Vec<PgInterval> = jobs.iter().map(|job| interval(job.delay)).collect();
    let are_due = sqlx::query_scalar!(
        r#"
        insert into job (bucket, job_id, kind, subject_id, payload, ordering_key, due_at)
        select bucket_of(job_id), job_id, kind, subject_id, payload, ordering_key,
               now() + case when exists (select from job as other
                                         where other.held_key = new.ordering_key)
                            then greatest(delay, $7) else delay end
        from unnest($1::uuid[], $2::text[], $3::uuid[], $4::jsonb[], $5::uuid[], $6::interval[])
            as new (job_id, kind, subject_id, payload, ordering_key, delay)
        returning due_at <= now() as "is_due!"
        "#,
        &ids,
        &kinds as &[&str],
        &subjects,
        &payloads as &[&Value],
        &keys as &[Option<Uuid>],
        &delays as &[PgInterval],
        interval(pause),
    )
    .fetch_all(conn)
    .await?;
    Ok(are_due.into_iter().filter(|is_due| *is_due).count())
}

/// Adds a job as part of the caller's transaction, leased by this process, for the [`Place`] that
/// the caller hands it over to after the commit. Returns it as the lane wants it.
///
/// The ordering keys must be new with this transaction: a key that is held would break it.
///
/// # Errors
/// Whatever the database says.
pub async fn enqueue_leased(
    conn: &mut PgConnection,
    jobs: &[(NewJob, Place)],
) -> Result<Vec<Claimed>, sqlx::Error> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = jobs.iter().map(|(job, _)| job.job_id).collect();
    let kinds: Vec<&str> = jobs.iter().map(|(job, _)| job.kind).collect();
    let subjects: Vec<Uuid> = jobs.iter().map(|(job, _)| job.subject_id).collect();
    let payloads: Vec<Value> = jobs.iter().map(|(job, _)| job.payload.clone()).collect();
    let keys: Vec<Option<Uuid>> = jobs.iter().map(|(job, _)| job.ordering_key).collect();
    let leases: Vec<PgInterval> = jobs.iter().map(|(_, place)| interval(place.lease())).collect();
    let holder = new_holder();
    sqlx::query!(
        r#"
        insert into job (bucket, job_id, kind, subject_id, payload, ordering_key, attempt, leased_by,
                         leased_until, held_key)
        select bucket_of(job_id), job_id, kind, subject_id, payload, ordering_key, 1, $7,
               now() + lease, ordering_key
        from unnest($1::uuid[], $2::text[], $3::uuid[], $4::jsonb[], $5::uuid[], $6::interval[])
            as new (job_id, kind, subject_id, payload, ordering_key, lease)
        "#,
        &ids,
        &kinds as &[&str],
        &subjects,
        &payloads,
        &keys as &[Option<Uuid>],
        &leases as &[PgInterval],
        holder,
    )
    .execute(conn)
    .await?;
    let claimed = |(job, _): &(NewJob, Place)| Claimed {
        bucket: i16::from(job.job_id.as_bytes()[15]),
        job_id: job.job_id,
        subject_id: job.subject_id,
        payload: job.payload.clone(),
        holder,
        attempt: 1,
        uncounted: 0,
        ordering_key: job.ordering_key,
    };
    Ok(jobs.iter().map(claimed).collect())
}

/// Leases up to `limit` due jobs of `kind`, at most one of each ordering key: the one that has been
/// due for longest.
///
/// Two workers that look at the same moment must not lease two jobs of one key. The lock on the key
/// keeps them from waiting for each other in the unique index, in an order that may be a deadlock;
/// the index refuses what the lock lets through, which is a worker whose look is older than the
/// other's commit.
pub(crate) async fn claim(
    pool: &PgPool,
    kind: &str,
    limit: i64,
    lease: Duration,
) -> Result<Found, sqlx::Error> {
    let holder = new_holder();
    let rows = sqlx::query!(
        r#"
        with due as materialized (
            select bucket, job_id, ordering_key, due_at
            from job
            where kind = $1 and due_at <= now() and (leased_until is null or leased_until <= now())
              and (ordering_key is null or not exists (
                  select 1 from job as other
                  where other.held_key = job.ordering_key and other.job_id <> job.job_id))
            order by due_at
            limit $3
            for update skip locked
        ), first as materialized (
            select distinct on (coalesce(ordering_key, job_id)) bucket, job_id, ordering_key
            from due
            order by coalesce(ordering_key, job_id), due_at, job_id
        ), mine as materialized (
            select bucket, job_id from first
            where ordering_key is null
               or pg_try_advisory_xact_lock(hashtextextended(ordering_key::text, 1))
        ), claimed as (
            update job
            set attempt = attempt + 1, leased_by = $2, leased_until = now() + $4,
                held_key = ordering_key, waits_for = null
            from mine
            where job.bucket = mine.bucket and job.job_id = mine.job_id
            returning job.bucket, job.job_id, job.subject_id, job.payload, job.attempt,
                      job.uncounted, job.ordering_key
        ), seen as materialized (
            select count(*) >= $3 as is_full from due
        )
        select seen.is_full as "is_full!",
               case when seen.is_full then true else exists (
                   select 1 from job
                   join job as other on other.held_key = job.ordering_key
                   where job.kind = $1 and job.due_at <= now() and job.leased_until is null)
               end as "is_blocked!",
               claimed.bucket as "bucket?", claimed.job_id as "job_id?",
               claimed.subject_id as "subject_id?", claimed.payload as "payload?",
               claimed.attempt as "attempt?", claimed.uncounted as "uncounted?",
               claimed.ordering_key
        from seen left join claimed on true
        "#,
        kind,
        holder,
        limit,
        interval(lease),
    )
    .fetch_all(pool)
    .await?;
    let mut found = Found::default();
    for row in rows {
        (found.is_full, found.is_blocked) = (row.is_full, row.is_blocked);
        found.jobs.extend((|| {
            Some(Claimed {
                bucket: row.bucket?,
                job_id: row.job_id?,
                subject_id: row.subject_id?,
                payload: row.payload?,
                holder,
                attempt: row.attempt?,
                uncounted: row.uncounted?,
                ordering_key: row.ordering_key,
            })
        })());
    }
    Ok(found)
}

/// Removes jobs whose effect the caller's transaction commits.
///
/// Returns whether all of them were still this claim's to finish. If not, another worker has taken
/// one over and its effect may be there twice: roll back.
///
/// # Errors
/// Whatever the database says.
pub async fn finish(conn: &mut PgConnection, jobs: &[Claimed]) -> Result<bool, sqlx::Error> {
    let mut jobs: Vec<&Claimed> = jobs.iter().collect();
    jobs.sort_unstable_by_key(|job| job.job_id);
    let buckets: Vec<i16> = jobs.iter().map(|job| job.bucket).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.job_id).collect();
    let holders: Vec<Uuid> = jobs.iter().map(|job| job.holder).collect();
    let finished = sqlx::query!(
        r#"
        delete from job
        using unnest($1::smallint[], $2::uuid[], $3::uuid[]) as done (bucket, job_id, holder)
        where job.bucket = done.bucket and job.job_id = done.job_id and job.leased_by = done.holder
        "#,
        &buckets,
        &ids,
        &holders,
    )
    .execute(conn)
    .await?;
    Ok(finished.rows_affected() == jobs.len() as u64)
}

/// Removes the jobs of `kind` about `subject` that are not due yet and have never run, as part of the
/// caller's transaction; returns whether there was one. No worker can begin it meanwhile.
///
/// # Errors
/// Whatever the database says.
pub async fn withdraw(
    conn: &mut PgConnection,
    bucket: i16,
    kind: &str,
    subject: Uuid,
) -> Result<bool, sqlx::Error> {
    let withdrawn = sqlx::query!(
        r#"
        delete from job
        where bucket = $1 and kind = $2 and subject_id = $3
          and attempt = 0 and leased_until is null and due_at > now()
        "#,
        bucket,
        kind,
        subject,
    )
    .execute(conn)
    .await?;
    Ok(withdrawn.rows_affected() > 0)
}

/// Keeps jobs from being taken over until the caller's transaction ends: for what is written by a
/// job that goes on afterwards, and only by who still holds it.
///
/// Returns whether all of them were still held by this claim. If not, roll back.
///
/// # Errors
/// Whatever the database says.
pub async fn hold(conn: &mut PgConnection, jobs: &[Claimed]) -> Result<bool, sqlx::Error> {
    let buckets: Vec<i16> = jobs.iter().map(|job| job.bucket).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.job_id).collect();
    let holders: Vec<Uuid> = jobs.iter().map(|job| job.holder).collect();
    let held = sqlx::query_scalar!(
        r#"
        select job.job_id
        from unnest($1::smallint[], $2::uuid[], $3::uuid[]) as held (bucket, job_id, holder)
        join job on job.bucket = held.bucket and job.job_id = held.job_id
            and job.leased_by = held.holder
        order by job.job_id
        for update of job
        "#,
        &buckets,
        &ids,
        &holders,
    )
    .fetch_all(conn)
    .await?;
    Ok(held.len() == jobs.len())
}

/// Keeps the leases of jobs that are still being worked on.
pub(crate) async fn extend(
    pool: &PgPool,
    jobs: &[Claimed],
    lease: Duration,
) -> Result<(), sqlx::Error> {
    let buckets: Vec<i16> = jobs.iter().map(|job| job.bucket).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.job_id).collect();
    let holders: Vec<Uuid> = jobs.iter().map(|job| job.holder).collect();
    sqlx::query!(
        r#"
        with free as (
            -- A job that is being finished needs no lease, and waiting for it could deadlock.
            select job.bucket, job.job_id
            from unnest($1::smallint[], $2::uuid[], $3::uuid[]) as held (bucket, job_id, holder)
            join job on job.bucket = held.bucket and job.job_id = held.job_id
                and job.leased_by = held.holder
            for update of job skip locked
        )
        update job set leased_until = now() + $4
        from free where job.bucket = free.bucket and job.job_id = free.job_id
        "#,
        &buckets,
        &ids,
        &holders,
        interval(lease),
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Makes jobs of `kind` due now that wait for `thing`, or, without one, all that stand back after a
/// failure; returns how many. For whoever sees that an outage is over: lanes take as many at a time
/// as they have room for, so that what comes back is not overrun.
///
/// # Errors
/// Whatever the database says; those that were released by then stay so.
pub async fn release(pool: &PgPool, kind: &str, thing: Option<Uuid>) -> Result<u64, sqlx::Error> {
    let mut released = 0;
    loop {
        let batch = release_some(pool, kind, thing).await?;
        released += batch;
        if batch < RELEASE_MAX.unsigned_abs() {
            return Ok(released);
        }
    }
}

/// How many jobs one transaction releases, at most.
const RELEASE_MAX: i64 = 2_000;

async fn release_some(pool: &PgPool, kind: &str, thing: Option<Uuid>) -> Result<u64, sqlx::Error> {
    let released = sqlx::query!(
        r#"
        with free as (
            select bucket, job_id from job
            where kind = $1 and due_at > now() and leased_by is null and last_error is not null
              and ($2::uuid is null or waits_for = $2)
            limit $3
            for update skip locked
        )
        update job set due_at = now(), waits_for = null
        from free where job.bucket = free.bucket and job.job_id = free.job_id
        "#,
        kind,
        thing,
        RELEASE_MAX,
    )
    .execute(pool)
    .await?;
    Ok(released.rows_affected())
}

/// What a claim is held by.
fn new_holder() -> Uuid {
    Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext))
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
