//! Circuits: opened by real outcomes, shared by all processes, forced by people for a while.

use std::time::Duration;

use domain::permission::Role;
use domain::routing::circuit::CircuitState;
use engine::processors::circuits::{self, ForceError, Wish};
use engine::processors::probe;
use engine::reconciliation::actor::Person;
use engine::reconciliation::mismatches::ReasonError;
use engine::service::Engine;
use jobs::Step;
use sqlx::PgPool;

use super::{Pair, a_try};
use crate::desk::Desk;
use crate::fake_processor::Behaviour;

/// A pair of which only the first account takes payments.
async fn alone(pool: PgPool) -> Pair {
    let pair = Pair::open(pool).await;
    sqlx::query("update processor_account set takes_new = false where name = 'south'")
        .execute(pair.desk.pool())
        .await
        .unwrap();
    pair
}

/// Takes in `count` payments of one order each.
async fn take_in(desk: &Desk, count: usize) {
    for number in 0..count {
        desk.accept(desk.single(&format!("order-{number}"))).await.unwrap();
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_processor_that_fails_is_left_alone_until_it_answers_and_no_job_is_lost(pool: PgPool) {
    let pair = alone(pool).await;
    let desk = &pair.desk;
    pair.north.go_down();
    take_in(desk, 8).await;

    desk.carry().await;
    let standing = pair.standing().await;
    assert_eq!(standing.state, CircuitState::Open);
    assert_eq!(standing.why, "5 calls failed one after the other");
    // However slow this machine is, its time is not over before the test says so.
    sqlx::query("update circuit set retry_at = now() + interval '1 hour'")
        .execute(desk.pool())
        .await
        .unwrap();
    desk.engine.health().refresh().await.unwrap();
    let turned_away = pair.north.turned_away();
    for _ in 0..5 {
        desk.make_due().await;
        assert_eq!(desk.carry().await, Step { claimed: 8, failed: 8 });
    }

    assert_eq!(pair.north.turned_away(), turned_away, "nobody calls while the circuit is open");
    let (tries, waiting): (i64, i64) = sqlx::query_as(
        "select sum(attempt - uncounted), count(*) filter (where waits_for = $1) from job
         where kind = 'execute_payment'",
    )
    .bind(pair.north_id.uuid())
    .fetch_one(desk.pool())
    .await
    .unwrap();
    assert!(tries <= 8, "waiting counts as no try: {tries}");
    assert_eq!(waiting, 8);
    assert_eq!(pair.standing().await.waiting, 8);

    // It is asked, and answers again: a few are let through, then all.
    pair.north.come_back();
    pair.wait_for_circuit().await;
    probe::step(&desk.engine).await.unwrap();
    assert_eq!(pair.standing().await.state, CircuitState::HalfOpen);
    assert_eq!(desk.carry().await, Step { claimed: 3, failed: 0 });
    assert_eq!(pair.standing().await.state, CircuitState::Closed);
    assert_eq!(desk.carry().await, Step { claimed: 5, failed: 0 });
    assert_eq!(pair.north.taken_minor(), 8 * 4_999);
    assert_eq!(pair.tries().await, vec![a_try("alpine", "done", "first"); 8]);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_processor_that_answers_every_question_and_takes_no_money_is_left_alone(pool: PgPool) {
    let pair = alone(pool).await;
    let desk = &pair.desk;
    let stranger = engine::db::new_plain_id::<domain::id::kind::Payment>().to_string();
    for order in 0..5 {
        let checkout = desk.accept(desk.hosted(&format!("page-{order}"))).await.unwrap();
        engine::checkouts::pay::pay(&desk.engine, checkout.id).await.unwrap();
        pair.north.will(&[Behaviour::NotProcessed]);
        desk.accept(desk.single(&format!("order-{order}"))).await.unwrap();
        assert_eq!(desk.carry().await, Step { claimed: 1, failed: 1 });
        sqlx::query("update job set due_at = now() + interval '1 hour'")
            .execute(desk.pool())
            .await
            .unwrap();
        let processor = desk.engine.processor(pair.north_id).await.unwrap();
        processor.inquire(&stranger).await.unwrap();
    }

    let standing = pair.standing().await;
    assert_eq!(standing.state, CircuitState::Open);
    assert_eq!(standing.why, "5 calls failed one after the other");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_operator_is_alerted_when_a_circuit_opens_and_told_when_it_closes(pool: PgPool) {
    let pair = alone(pool).await;
    pair.north.go_down();
    take_in(&pair.desk, 6).await;
    pair.desk.carry().await;

    let alerts = "select state, message from alert where kind = 'circuit_opened'";
    let opened: Vec<(String, String)> =
        sqlx::query_as(alerts).fetch_all(pair.desk.pool()).await.unwrap();
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].0, "open");
    let expected = "alpine is not called for a while: 5 calls failed one after the other";
    assert_eq!(opened[0].1, expected);
    pair.north.come_back();
    pair.wait_for_circuit().await;
    probe::step(&pair.desk.engine).await.unwrap();
    pair.desk.make_due().await;
    pair.desk.carry().await;
    let closed: Vec<(String, String)> =
        sqlx::query_as(alerts).fetch_all(pair.desk.pool()).await.unwrap();
    assert_eq!(closed[0].0, "resolved");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn new_payments_go_elsewhere_while_a_circuit_is_open(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.north.go_down();
    take_in(&pair.desk, 6).await;
    pair.desk.carry().await;
    pair.desk.carry().await;
    let turned_away = pair.north.turned_away();

    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    pair.desk.carry().await;

    assert_eq!(pair.only_payment().await.processor_account, Some(pair.south_id));
    assert_eq!(pair.north.turned_away(), turned_away);
    assert_eq!(pair.south.taken_minor(), 7 * 4_999);
    let reason: String =
        sqlx::query_scalar("select routing_reason from attempt order by started_at desc limit 1")
            .fetch_one(pair.desk.pool())
            .await
            .unwrap();
    let expected = "south because no other account can take it now; \
                    passed over: alpine (its circuit is open)";
    assert_eq!(reason, expected);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_call_that_is_let_through_and_fails_opens_the_circuit_again(pool: PgPool) {
    let pair = alone(pool).await;
    pair.north.go_down();
    take_in(&pair.desk, 6).await;
    pair.desk.carry().await;
    pair.wait_for_circuit().await;
    pair.desk.make_due().await;

    pair.desk.carry().await;

    let standing = pair.standing().await;
    assert_eq!(standing.state, CircuitState::Open);
    assert_eq!(standing.why, "a call that was let through failed");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_processor_that_does_not_answer_the_question_stays_open(pool: PgPool) {
    let pair = alone(pool).await;
    pair.north.go_down();
    take_in(&pair.desk, 6).await;
    pair.desk.carry().await;
    pair.wait_for_circuit().await;
    let turned_away = pair.north.turned_away();

    probe::step(&pair.desk.engine).await.unwrap();
    probe::step(&pair.desk.engine).await.unwrap();

    assert_eq!(pair.north.turned_away(), turned_away + 1, "it is asked once in its time");
    assert_eq!(pair.standing().await.state, CircuitState::Open);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn declined_cards_are_no_trouble_of_the_processor(pool: PgPool) {
    let pair = alone(pool).await;
    pair.north.will(&[Behaviour::Decline; 12]);
    take_in(&pair.desk, 12).await;

    pair.desk.carry().await;
    pair.desk.engine.health().refresh().await.unwrap();

    let standing = pair.standing().await;
    assert_eq!(standing.state, CircuitState::Closed);
    assert_eq!((standing.seen.calls, standing.seen.failures), (12, 0));
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_one_process_learns_keeps_the_others_from_calling(pool: PgPool) {
    let pair = alone(pool.clone()).await;
    let other = Engine::start(pool, "http://paydesk.example").await.unwrap();
    other.processor(pair.north_id).await.unwrap();
    pair.north.go_down();
    take_in(&pair.desk, 6).await;
    pair.desk.carry().await;

    other.health().refresh().await.unwrap();
    let turned_away = pair.north.turned_away();
    let processor = other.processor(pair.north_id).await.unwrap();
    let answer = processor.cancel("sp_1", "key").await;

    assert!(matches!(answer, psp::Answer::Retryable(_)), "{answer:?}");
    assert_eq!(pair.north.turned_away(), turned_away);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn people_see_how_many_calls_failed_and_with_what(pool: PgPool) {
    let pair = alone(pool).await;
    pair.north.will(&[Behaviour::NotProcessed]);
    take_in(&pair.desk, 4).await;

    pair.desk.carry().await;
    pair.desk.engine.health().refresh().await.unwrap();

    let seen = pair.standing().await.seen;
    assert_eq!((seen.calls, seen.failures, seen.errors.len()), (4, 1, 1));
    assert!(seen.errors[0].1.contains("too busy"), "{seen:?}");
    pair.desk.close().await;
}

async fn force(pair: &Pair, wish: Wish, reason: &str, by: &Person) -> Result<(), ForceError> {
    let version = pair.standing().await.version;
    let desk = &pair.desk;
    circuits::force(&desk.engine, desk.world.shop, (pair.north_id, version), wish, reason, by).await
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_person_may_force_a_circuit_with_a_reason_and_it_ends_by_itself(pool: PgPool) {
    let pair = alone(pool).await;
    let by = pair.desk.world.analyst.clone();
    let hour = Duration::from_hours(1);

    force(&pair, Wish::Open(hour), "the processor told us", &by).await.unwrap();
    take_in(&pair.desk, 1).await;
    pair.desk.carry().await;

    assert!(pair.north.calls().is_empty());
    let forced = pair.standing().await.forced.unwrap();
    assert_eq!((forced.state, forced.by.as_str()), (CircuitState::Open, "Ana"));
    assert_eq!(forced.why, "the processor told us");
    let (action, detail): (String, String) =
        sqlx::query_as("select action, detail ->> 'reason' from audit_log")
            .fetch_one(pair.desk.pool())
            .await
            .unwrap();
    assert_eq!(
        (action.as_str(), detail.as_str()),
        ("circuit.forced_open", "the processor told us")
    );
    // Its time passes.
    sqlx::query("update circuit set forced_until = now()").execute(pair.desk.pool()).await.unwrap();
    pair.desk.engine.health().refresh().await.unwrap();
    assert_eq!(pair.standing().await.state, CircuitState::Closed);
    assert_eq!(pair.standing().await.forced, None);
    probe::step(&pair.desk.engine).await.unwrap();
    pair.desk.carry().await;
    assert_eq!(pair.north.taken_minor(), 4_999);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_circuit_that_is_forced_closed_is_not_opened_by_failures(pool: PgPool) {
    let pair = alone(pool).await;
    let by = pair.desk.world.analyst.clone();
    force(&pair, Wish::Closed(Duration::from_hours(1)), "we want the errors", &by).await.unwrap();
    pair.north.go_down();
    take_in(&pair.desk, 10).await;

    pair.desk.carry().await;

    assert_eq!(pair.standing().await.state, CircuitState::Closed);
    assert_eq!(pair.north.turned_away(), 10);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn forcing_is_refused_without_a_reason_a_right_or_an_end(pool: PgPool) {
    let pair = alone(pool).await;
    let by = pair.desk.world.analyst.clone();
    let reader = Person { role: Role::Operator, ..by.clone() };
    let hour = Duration::from_hours(1);

    let unreasoned = force(&pair, Wish::Open(hour), " ", &by).await;
    let unauthorised = force(&pair, Wish::Open(hour), "because", &reader).await;
    let endless = force(&pair, Wish::Open(Duration::from_hours(25)), "because", &by).await;
    let version = pair.standing().await.version;
    force(&pair, Wish::Open(hour), "because", &by).await.unwrap();
    let desk = &pair.desk;
    let place = (pair.north_id, version);
    let stale =
        circuits::force(&desk.engine, desk.world.shop, place, Wish::ByItself, "because", &by).await;

    assert!(matches!(unreasoned, Err(ForceError::Reason(ReasonError::TooShort))), "{unreasoned:?}");
    assert!(matches!(unauthorised, Err(ForceError::NotAllowed)), "{unauthorised:?}");
    assert!(matches!(endless, Err(ForceError::Duration)), "{endless:?}");
    assert!(matches!(stale, Err(ForceError::Stale)), "{stale:?}");
    assert_eq!(desk.world.count("select count(*) from audit_log").await, 1);
    pair.desk.close().await;
}
