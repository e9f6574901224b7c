//! Who gets a job: nobody before it is committed, and one worker at a time.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use jobs::{Handled, NewJob, Step};
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{enqueue, job, keyed, lane, make_due, waiting};

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_rolled_back_was_never_enqueued(pool: PgPool) {
    let mut transaction = pool.begin().await.unwrap();
    jobs::enqueue(&mut transaction, &[job(), job()]).await.unwrap();
    transaction.rollback().await.unwrap();

    assert_eq!(waiting(&pool).await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_sees_a_job_before_its_transaction_commits(pool: PgPool) {
    let lane = lane(async |_| Ok(Handled::NowFinish));
    let mut transaction = pool.begin().await.unwrap();
    jobs::enqueue(&mut transaction, &[job()]).await.unwrap();

    assert_eq!(lane.step(&pool).await.unwrap(), Step::default());

    transaction.commit().await.unwrap();
    assert_eq!(lane.step(&pool).await.unwrap(), Step { claimed: 1, failed: 0 });
    assert_eq!(waiting(&pool).await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_job_waits_for_its_time(pool: PgPool) {
    let lane = lane(async |_| Ok(Handled::NowFinish));
    let later = NewJob { delay: std::time::Duration::from_hours(1), ..job() };
    enqueue(&pool, &[later]).await;

    assert_eq!(lane.step(&pool).await.unwrap().claimed, 0);

    make_due(&pool).await;
    assert_eq!(lane.step(&pool).await.unwrap().claimed, 1);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_lane_takes_its_own_kind_alone_and_no_more_than_it_has_room_for(pool: PgPool) {
    let mut lane = lane(async |_| Ok(Handled::NowFinish));
    lane.concurrency = 2;
    let other = NewJob { kind: "other", ..job() };
    enqueue(&pool, &[job(), other, job(), job()]).await;

    let steps = [lane.step(&pool).await.unwrap(), lane.step(&pool).await.unwrap()];

    assert_eq!(steps.map(|step| step.claimed), [2, 1]);
    assert_eq!(waiting(&pool).await, 1);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn eight_workers_do_each_of_five_hundred_jobs_exactly_once(pool: PgPool) {
    let jobs: Vec<NewJob> = (0..500).map(|_| job()).collect();
    enqueue(&pool, &jobs).await;
    let done = Arc::new(Mutex::new(Vec::<Uuid>::new()));

    let mut workers = JoinSet::new();
    for _ in 0..8 {
        let (pool, done) = (pool.clone(), Arc::clone(&done));
        workers.spawn(async move {
            let lane = lane(move |claimed| {
                done.lock().unwrap().push(claimed.job_id);
                async { Ok(Handled::NowFinish) }
            });
            while waiting(&pool).await > 0 {
                lane.step(&pool).await.unwrap();
            }
        });
    }
    workers.join_all().await;

    let done = done.lock().unwrap();
    let distinct: HashSet<&Uuid> = done.iter().collect();
    assert_eq!((done.len(), distinct.len()), (500, 500));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn jobs_that_share_a_key_never_run_at_the_same_time(pool: PgPool) {
    let jobs: Vec<NewJob> = (0..120).map(|number| keyed(number % 5)).collect();
    enqueue(&pool, &jobs).await;
    let running = Arc::new(Mutex::new(BTreeMap::<String, i32>::new()));
    let done = Arc::new(Mutex::new(Vec::<Uuid>::new()));
    let keys: BTreeMap<Uuid, String> =
        jobs.iter().map(|job| (job.job_id, format!("{:?}", job.ordering_key))).collect();
    let keys = Arc::new(keys);

    let mut workers = JoinSet::new();
    for _ in 0..6 {
        let (pool, running, done, keys) =
            (pool.clone(), Arc::clone(&running), Arc::clone(&done), Arc::clone(&keys));
        workers.spawn(async move {
            let of_handler = pool.clone();
            let lane = lane(move |claimed| {
                let key = keys[&claimed.job_id].clone();
                let (running, done) = (Arc::clone(&running), Arc::clone(&done));
                let pool = of_handler.clone();
                async move {
                    *running.lock().unwrap().entry(key.clone()).or_default() += 1;
                    // Whoever else claims now would be seen.
                    waiting(&pool).await;
                    let at_once = running.lock().unwrap()[&key];
                    assert_eq!(at_once, 1, "two jobs of {key} run at the same time");
                    *running.lock().unwrap().entry(key).or_default() -= 1;
                    done.lock().unwrap().push(claimed.job_id);
                    Ok(Handled::NowFinish)
                }
            });
            while waiting(&pool).await > 0 {
                assert_eq!(lane.step(&pool).await.unwrap().failed, 0);
            }
        });
    }
    workers.join_all().await;

    let done = done.lock().unwrap();
    assert_eq!(done.len(), 120);
    assert_eq!(done.iter().collect::<HashSet<_>>().len(), 120);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn jobs_that_share_a_key_run_in_the_order_of_their_time(pool: PgPool) {
    let jobs: Vec<NewJob> = (0..5).map(|_| keyed(1)).collect();
    enqueue(&pool, &jobs).await;
    let wanted = [3, 0, 4, 1, 2].map(|index: usize| jobs[index].job_id);
    for (rank, job_id) in (0_i32..).zip(wanted) {
        sqlx::query("update job set due_at = now() - interval '1 hour' + $2 * interval '1 minute' where job_id = $1")
            .bind(job_id)
            .bind(rank)
            .execute(&pool)
            .await
            .unwrap();
    }
    let done = Arc::new(Mutex::new(Vec::new()));
    let lane = lane({
        let done = Arc::clone(&done);
        move |claimed| {
            done.lock().unwrap().push(claimed.job_id);
            async { Ok(Handled::NowFinish) }
        }
    });

    while waiting(&pool).await > 0 {
        assert_eq!(lane.step(&pool).await.unwrap().claimed, 1);
    }

    assert_eq!(*done.lock().unwrap(), wanted);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_database_itself_refuses_a_second_lease_of_a_key(pool: PgPool) {
    enqueue(&pool, &[keyed(1), keyed(1)]).await;

    let both = sqlx::query(
        "update job set leased_by = job_id, leased_until = now(), held_key = ordering_key",
    )
    .execute(&pool)
    .await;

    let error = both.unwrap_err();
    let constraint = error.as_database_error().and_then(sqlx::error::DatabaseError::constraint);
    assert_eq!(constraint, Some("job_ordering_key"));
}
