//! Who gets a job: nobody before it is committed, and one worker at a time.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobs::{Handled, NewJob, Step, Waker};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::world::{KIND, count, enqueue, job, keyed, lane, make_due, waiting};

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
    let later = NewJob { delay: Duration::from_hours(1), ..job() };
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

#[sqlx::test(migrations = "../../../migrations")]
async fn a_key_that_is_held_hides_none_of_the_jobs_behind_its_own(pool: PgPool) {
    enqueue(&pool, &[keyed(1)]).await;
    let busy = lane(async |_| std::future::pending().await);
    let busy = tokio::spawn({
        let pool = pool.clone();
        async move { busy.step(&pool).await }
    });
    while count(&pool, "select count(*) from job where leased_by is not null").await == 0 {
        tokio::task::yield_now().await;
    }
    // Far more than one look takes are due before the others, and none of them may run.
    let blocked: Vec<NewJob> = (0..200).map(|_| keyed(1)).collect();
    enqueue(&pool, &blocked).await;
    sqlx::query("update job set due_at = now() - interval '1 hour'").execute(&pool).await.unwrap();
    enqueue(&pool, &[keyed(2), job(), job()]).await;

    let works = lane(async |_| Ok(Handled::NowFinish));
    assert_eq!(works.step(&pool).await.unwrap(), Step { claimed: 3, failed: 0 });

    assert_eq!(waiting(&pool).await, 201);
    busy.abort();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_crowd_of_one_key_keeps_nobody_waiting_and_goes_one_by_one(pool: PgPool) {
    let crowd: Vec<NewJob> = (0..60).map(|_| keyed(1)).collect();
    enqueue(&pool, &crowd).await;
    sqlx::query("update job set due_at = now() - interval '1 hour'").execute(&pool).await.unwrap();
    let others: Vec<NewJob> = (0..40).map(|_| job()).collect();
    enqueue(&pool, &others).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut lane = lane({
        let (order, pool) = (Arc::clone(&order), pool.clone());
        move |claimed| {
            let (order, pool) = (Arc::clone(&order), pool.clone());
            async move {
                let held = "select count(*) from job where held_key is not null";
                assert!(count(&pool, held).await <= 1, "one owner at a time");
                order.lock().unwrap().push(claimed.ordering_key.is_some());
                Ok(Handled::NowFinish)
            }
        }
    });
    lane.concurrency = 4;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(lane.run(pool.clone(), Waker::default(), shutdown.clone()));

    while waiting(&pool).await > 0 {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    running.await.unwrap();

    let order = order.lock().unwrap();
    assert_eq!(order.len(), 100);
    let first_half = order[..50].iter().filter(|is_keyed| !**is_keyed).count();
    assert!(first_half >= 20, "only {first_half} of the first fifty were others");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn lanes_that_look_for_the_same_keys_at_once_lose_no_time_to_each_other(pool: PgPool) {
    // Two kinds of jobs for each of a hundred objects, looked for by two lanes at the same moment.
    let both: Vec<NewJob> =
        (0..100).flat_map(|key| [keyed(key), NewJob { kind: "other", ..keyed(key) }]).collect();
    enqueue(&pool, &both).await;
    let shutdown = CancellationToken::new();
    let mut lanes = JoinSet::new();
    for kind in [KIND, "other", KIND, "other"] {
        let mut lane = lane(async |_| Ok(Handled::NowFinish));
        lane.kind = kind;
        lanes.spawn(lane.run(pool.clone(), Waker::default(), shutdown.clone()));
    }

    let all_done = async {
        while waiting(&pool).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_done).await.expect("nobody is starved");

    shutdown.cancel();
    lanes.join_all().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_comes_behind_a_job_that_is_being_done_becomes_due_after_a_pause(pool: PgPool) {
    enqueue(&pool, &[keyed(1)]).await;
    let (blocked, free) = (keyed(1), keyed(2));
    let (blocked_id, free_id) = (blocked.job_id, free.job_id);
    let (begin, mut begun) = unbounded_channel();
    let end = Arc::new(Notify::new());
    let waiting_for_end = end.clone();
    let lane = lane(move |claimed| {
        begin.send(claimed).unwrap();
        let end = waiting_for_end.clone();
        async move {
            end.notified().await;
            Ok(Handled::NowFinish)
        }
    });

    let step = async { lane.step(&pool).await.unwrap() };
    let arrive = async {
        begun.recv().await.unwrap();
        let mut transaction = pool.begin().await.unwrap();
        let pause = Duration::from_secs(30);
        let due = jobs::enqueue_behind(&mut transaction, &[blocked, free], pause).await.unwrap();
        transaction.commit().await.unwrap();
        end.notify_one();
        due
    };
    let (_, due) = tokio::join!(step, arrive);

    assert_eq!(due, 1);
    let waiting: Vec<(Uuid, bool)> =
        sqlx::query_as("select job_id, due_at > now() from job order by job_id")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(waiting, [(blocked_id, true), (free_id, false)]);
}
