//! Workers that lose their jobs, and do not know: what they write or forget moves no money twice.

use std::time::Duration;

use domain::id::AttemptId;
use domain::payment::Status;
use engine::db::Database;
use engine::payments::attempt::AttemptEnd;
use engine::payments::commit::Unit;
use engine::processors::circuits::{self, Wish};
use engine::service::Engine;
use engine::workers;
use jobs::{Handler, Step};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::{Pair, a_try};
use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::queue::lost_claim;

const DONE: Step = Step { claimed: 1, failed: 0 };
const FAILED: Step = Step { claimed: 1, failed: 1 };

/// Connections of a program: its commits are on disk when they are confirmed, or only later.
async fn database(pool: &PgPool) -> Database {
    let open = async |synchronous_commit| {
        let options = pool.connect_options().as_ref().clone();
        let options = options.options([("synchronous_commit", synchronous_commit)]);
        PgPoolOptions::new().max_connections(3).connect_with(options).await.unwrap()
    };
    Database { pool: open("on").await, hot: open("on").await, relaxed: open("off").await }
}

/// Has Postgres take down which claims it would forget if it crashed.
async fn note_what_would_be_forgotten(pool: &PgPool) {
    let trigger = "
        create table forgettable (job_id uuid not null);
        create function note_forgettable() returns trigger language plpgsql as $$
        begin
            if current_setting('synchronous_commit') = 'off' then
                insert into forgettable values (new.job_id);
            end if;
            return new;
        end $$;
        create trigger note_forgettable before update of leased_by on job for each row
            when (new.leased_by is not null) execute function note_forgettable();
    ";
    sqlx::raw_sql(trigger).execute(pool).await.unwrap();
}

/// Forgets the claims that a crash of Postgres may forget.
async fn crash(pool: &PgPool) {
    sqlx::query(
        "update job set attempt = attempt - 1, leased_by = null, leased_until = null,
                        held_key = null
         where job_id in (select job_id from forgettable)",
    )
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_crash_of_postgres_does_not_make_it_forget_that_a_processor_may_have_been_called(
    pool: PgPool,
) {
    let mut pair = Pair::open(pool.clone()).await;
    let database = database(&pool).await;
    pair.desk.engine = Engine::start(database, "http://paydesk.example").await.unwrap();
    note_what_would_be_forgotten(&pool).await;
    let desk = &pair.desk;
    pair.north.will(&[Behaviour::LoseAnswerLate]);
    desk.accept(desk.single("order")).await.unwrap();
    let carry = async || {
        let lane = workers::executor(&desk.engine);
        lane.step(workers::connections(&desk.engine, lane.kind)).await.unwrap()
    };

    let (first, ()) = tokio::join!(carry(), async {
        pair.north.has_charged().await;
        crash(&pool).await;
        pair.north.go_down();
        desk.end_leases().await;
        carry().await;
        carry().await;
        pair.north.come_back();
        pair.north.lose_now();
    });

    assert_eq!(first, FAILED);
    assert!(pair.south.calls().is_empty());
    desk.end_leases().await;
    desk.make_due().await;
    carry().await;
    assert_eq!(pair.only_payment().await.state.status(), Status::Captured);
    assert_eq!((pair.north.taken_minor(), pair.south.taken_minor()), (4_999, 0));
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_hears_late_that_nothing_happened_takes_nothing_from_who_captured_meanwhile(
    pool: PgPool,
) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::NotProcessedLate]);
    desk.accept(desk.single("order")).await.unwrap();

    let (late, ()) = tokio::join!(desk.carry(), async {
        desk.fake.has_been_called(1).await;
        desk.end_leases().await;
        assert_eq!(desk.carry().await, DONE);
        desk.fake.answer_now();
    });

    assert_eq!(late, FAILED);
    let states: Vec<String> =
        sqlx::query_scalar("select state from attempt").fetch_all(desk.pool()).await.unwrap();
    assert_eq!(states, ["done"]);
    assert_eq!(desk.payment("order-1").await.state.status(), Status::Captured);
    assert_eq!(desk.fake.taken_minor(), 4_999);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_hears_late_that_nothing_happened_does_not_clear_the_call_of_another_worker(
    pool: PgPool,
) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    force(&pair, Wish::Open(Duration::from_hours(1))).await;
    pair.north.will(&[Behaviour::NotProcessedLate, Behaviour::LoseAnswerLate]);
    desk.accept(desk.single("order")).await.unwrap();

    let (late, ()) = tokio::join!(desk.carry(), async {
        pair.north.has_been_called(1).await;
        desk.end_leases().await;
        // It charges, and is lost before it hears of it.
        tokio::select! {
            step = desk.carry() => panic!("it waits for its answer: {step:?}"),
            () = pair.north.has_charged() => {}
        }
        pair.north.answer_now();
    });
    assert_eq!(late, FAILED);
    assert_eq!(pair.tries().await, [a_try("alpine", "started", "first")]);
    force(&pair, Wish::Closed(Duration::from_hours(1))).await;
    pair.north.go_down();
    desk.end_leases().await;
    desk.make_due().await;

    assert_eq!(desk.carry().await, FAILED);

    assert!(pair.south.calls().is_empty());
    pair.north.come_back();
    desk.make_due().await;
    assert_eq!(desk.carry().await, DONE);
    assert_eq!((pair.north.taken_minor(), pair.south.taken_minor()), (4_999, 0));
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_lost_the_job_does_not_call_again_where_nothing_had_happened(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::NotProcessed]);
    desk.accept(desk.single("order")).await.unwrap();
    assert_eq!(desk.carry().await, FAILED);
    let calls = desk.fake.calls().len();
    let lost = lost_claim(&desk).await;

    let failure = workers::executor(&desk.engine).handler.handle(lost).await.unwrap_err();

    assert_eq!(failure.error, "another worker has carried the payment on");
    assert_eq!(desk.fake.calls().len(), calls, "somebody else may carry it elsewhere");
    let states: Vec<String> =
        sqlx::query_scalar("select state from attempt").fetch_all(desk.pool()).await.unwrap();
    assert_eq!(states, ["retryable"]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn that_nothing_happened_is_not_believed_of_an_attempt_that_has_an_outcome(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for state in ["done", "declined", "unknown"] {
        let payment = desk.sold(state).await;
        let attempt: uuid::Uuid = sqlx::query_scalar(
            "update attempt set state = $1 where payment_id = $2 returning attempt_id",
        )
        .bind(state)
        .bind(payment.id.uuid())
        .fetch_one(desk.pool())
        .await
        .unwrap();
        let end = AttemptEnd::new(AttemptId::from_uuid(attempt), "retryable", json!({}));
        let unit = Unit { attempts: vec![end], ..Unit::default() };

        desk.engine.committer().commit(unit).await.unwrap();

        let after: String = sqlx::query_scalar("select state from attempt where attempt_id = $1")
            .bind(attempt)
            .fetch_one(desk.pool())
            .await
            .unwrap();
        assert_eq!(after, state);
        sqlx::query("update attempt set state = 'done'").execute(desk.pool()).await.unwrap();
    }
    desk.close().await;
}

/// Has a person open or close the circuit of the second account.
async fn force(pair: &Pair, wish: Wish) {
    let desk = &pair.desk;
    let version = pair.standing_of(pair.south_id).await.version;
    let account = (pair.south_id, version);
    circuits::force(&desk.engine, desk.world.shop, account, wish, "test", &desk.world.analyst)
        .await
        .unwrap();
}
