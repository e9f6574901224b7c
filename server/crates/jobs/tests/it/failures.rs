//! What happens to work that fails: it waits, it is tried again, and in the end a person has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Failure, Handled, NewJob, Policy, Step, Strategy};
use sqlx::PgPool;

use crate::world::{KIND, count, enqueue, job, keyed, lane, make_due, waiting};

/// In how many seconds the only job is due.
async fn due_in_seconds(pool: &PgPool) -> i64 {
    count(pool, "select round(extract(epoch from due_at - now()))::bigint from job").await
}

#[sqlx::test(migrations = "../../../migrations")]
async fn work_that_fails_waits_and_in_the_end_becomes_a_dead_letter_with_its_history(pool: PgPool) {
    let failing = keyed(1);
    enqueue(&pool, std::slice::from_ref(&failing)).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let mut lane = lane(move |_| {
        let run = runs.fetch_add(1, Ordering::Relaxed) + 1;
        async move { Err(Failure::passing(format!("refused {run} times"))) }
    });
    lane.policy = Policy { strategy: Strategy::Fixed(Duration::from_secs(100)), attempts_max: 2 };

    assert_eq!(lane.step(&pool).await.unwrap(), Step { claimed: 1, failed: 1 });
    assert!((99..=100).contains(&due_in_seconds(&pool).await));
    assert_eq!(count(&pool, "select count(*) from job where leased_by is null").await, 1);
    assert_eq!(lane.step(&pool).await.unwrap(), Step::default(), "it is not due yet");

    make_due(&pool).await;
    assert_eq!(lane.step(&pool).await.unwrap(), Step { claimed: 1, failed: 1 });

    assert_eq!(waiting(&pool).await, 0);
    let letter: (uuid::Uuid, i32, String, Option<uuid::Uuid>) =
        sqlx::query_as("select job_id, attempts, last_error, ordering_key from dead_letter")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(letter, (failing.job_id, 2, "refused 2 times".into(), failing.ordering_key));
    let history: Vec<(i32, String)> =
        sqlx::query_as("select attempt, error from job_failure order by attempt")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(history, [(1, "refused 1 times".into()), (2, "refused 2 times".into())]);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_dead_letter_frees_its_key_and_so_does_a_job_that_waits(pool: PgPool) {
    enqueue(&pool, &[keyed(1)]).await;
    let fails = lane(async |_| Err(Failure::lasting("never again")));
    fails.step(&pool).await.unwrap();
    enqueue(&pool, &[keyed(1)]).await;
    let mut waits = lane(async |_| Err(Failure::passing("later")));
    waits.policy.strategy = Strategy::Fixed(Duration::from_secs(100));
    assert_eq!(waits.step(&pool).await.unwrap(), Step { claimed: 1, failed: 1 });
    enqueue(&pool, &[keyed(1)]).await;

    let works = lane(async |_| Ok(Handled::NowFinish));
    assert_eq!(works.step(&pool).await.unwrap(), Step { claimed: 1, failed: 0 });

    assert_eq!(count(&pool, "select count(*) from dead_letter").await, 1);
    assert_eq!(waiting(&pool).await, 1);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_lasting_failure_is_not_tried_again(pool: PgPool) {
    enqueue(&pool, &[job()]).await;
    let mut lane = lane(async |_| Err(Failure::lasting("the account is closed")));
    lane.policy = Policy { strategy: Strategy::Immediate, attempts_max: 100 };

    lane.step(&pool).await.unwrap();

    assert_eq!(count(&pool, "select count(*) from dead_letter where attempts = 1").await, 1);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_panic_is_the_failure_of_its_own_job_alone(pool: PgPool) {
    let bad = job();
    let bad_id = bad.job_id;
    enqueue(&pool, &[job(), bad, job()]).await;
    let lane = lane(move |claimed| async move {
        assert_ne!(claimed.job_id, bad_id, "this job breaks its handler");
        Ok(Handled::NowFinish)
    });

    assert_eq!(lane.step(&pool).await.unwrap(), Step { claimed: 3, failed: 1 });

    assert_eq!(waiting(&pool).await, 0);
    let dead: Vec<uuid::Uuid> =
        sqlx::query_scalar("select job_id from dead_letter").fetch_all(&pool).await.unwrap();
    assert_eq!(dead, [bad_id]);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_outside_asks_us_to_wait_is_waited_at_least(pool: PgPool) {
    enqueue(&pool, &[job()]).await;
    let mut lane = lane(async |_| {
        let retry_after = Some(Duration::from_mins(2));
        Err(Failure { retry_after, ..Failure::passing("too many requests") })
    });
    let (base, cap) = (Duration::from_secs(10), Duration::from_secs(10));
    lane.policy = Policy { strategy: Strategy::Exponential { base, cap }, attempts_max: 5 };

    lane.step(&pool).await.unwrap();

    assert!((119..=130).contains(&due_in_seconds(&pool).await));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_failed_together_does_not_come_back_together(pool: PgPool) {
    let jobs: Vec<_> = (0..16).map(|_| job()).collect();
    enqueue(&pool, &jobs).await;
    let mut lane = lane(async |_| Err(Failure::passing("the processor is down")));
    let (base, cap) = (Duration::from_mins(1), Duration::from_mins(1));
    lane.policy = Policy { strategy: Strategy::Exponential { base, cap }, attempts_max: 5 };

    lane.step(&pool).await.unwrap();

    let spread = count(
        &pool,
        "select count(distinct floor(extract(epoch from due_at)))
         from job where due_at <= now() + interval '60 seconds'",
    );
    assert!(spread.await >= 4, "sixteen jobs come back within less than four seconds");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_only_waits_never_becomes_a_dead_letter_and_counts_no_try(pool: PgPool) {
    enqueue(&pool, &[job()]).await;
    let mut waits =
        lane(async |_| Err(Failure::waiting("the circuit is open", Duration::from_hours(1))));
    waits.policy = Policy { strategy: Strategy::Immediate, attempts_max: 2 };

    for _ in 0..20 {
        make_due(&pool).await;
        assert_eq!(waits.step(&pool).await.unwrap(), Step { claimed: 1, failed: 1 });
    }

    assert_eq!(count(&pool, "select count(*) from dead_letter").await, 0);
    assert_eq!(count(&pool, "select count(*) from job_failure").await, 0, "it has one reason");
    assert_eq!(count(&pool, "select (attempt - uncounted)::bigint from job").await, 0);
    let mut fails = lane(async |_| Err(Failure::passing("refused")));
    fails.policy = waits.policy;
    for dead in [0, 1] {
        make_due(&pool).await;
        fails.step(&pool).await.unwrap();
        assert_eq!(count(&pool, "select count(*) from dead_letter").await, dead);
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_waits_for_one_thing_is_due_at_once_when_that_is_over(pool: PgPool) {
    enqueue(&pool, &[job(), job(), job(), NewJob { delay: Duration::from_hours(1), ..job() }])
        .await;
    let (this, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let turn = Arc::new(AtomicUsize::new(0));
    let waits = lane(move |_| {
        let thing = [Some(this), Some(this), Some(other)][turn.fetch_add(1, Ordering::Relaxed)];
        let waiting = Failure::waiting("the circuit is open", Duration::from_hours(1));
        async move { Err(Failure { waits_for: thing, ..waiting }) }
    });
    waits.step(&pool).await.unwrap();
    let works = lane(async |_| Ok(Handled::NowFinish));

    assert_eq!(jobs::release(&pool, KIND, Some(this)).await.unwrap(), 2);
    assert_eq!(works.step(&pool).await.unwrap(), Step { claimed: 2, failed: 0 });
    assert_eq!(jobs::release(&pool, "other", None).await.unwrap(), 0);
    assert_eq!(jobs::release(&pool, KIND, None).await.unwrap(), 1);
    assert_eq!(works.step(&pool).await.unwrap(), Step { claimed: 1, failed: 0 });

    assert_eq!(waiting(&pool).await, 1, "what never failed keeps its time");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_job_that_runs_is_not_released(pool: PgPool) {
    enqueue(&pool, &[job()]).await;
    sqlx::query(
        "update job set leased_by = job_id, leased_until = now() + interval '1 minute',
                        attempt = 1, last_error = 'once', due_at = now() + interval '1 minute'",
    )
    .execute(&pool)
    .await
    .unwrap();

    assert_eq!(jobs::release(&pool, KIND, None).await.unwrap(), 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_dead_letter_knows_the_class_of_its_error(pool: PgPool) {
    enqueue(&pool, &[job()]).await;
    let lane = lane(async |_| Err(Failure::lasting("the outcome is unknown: cut off after 12 s")));

    lane.step(&pool).await.unwrap();

    let class: String =
        sqlx::query_scalar("select error_class from dead_letter").fetch_one(&pool).await.unwrap();
    assert_eq!(class, "the outcome is unknown");
}
