//! Payments: carried to the processor exactly once, whatever goes wrong on the way.

use domain::decide::{Refused, Why};
use domain::event::{Command, Fact};
use domain::id::RefundId;
use domain::payment::{ExecutionStatus, Phase, Status};
use engine::db::{Tx, new_id};
use engine::payments::{self, Applied, Input, Source};
use jobs::Step;
use serde_json::json;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::world::eur;

const DONE: Step = Step { claimed: 1, failed: 0 };
const FAILED: Step = Step { claimed: 1, failed: 1 };

#[sqlx::test(migrations = "../../../migrations")]
async fn a_sale_of_49_99_at_5_percent_is_booked_to_the_cent(pool: PgPool) {
    let desk = Desk::open(pool).await;

    let payment = desk.sold("order").await;

    assert_eq!(payment.state.execution_status(), ExecutionStatus::Success);
    assert_eq!(payment.state.captured, eur(4_999));
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    let wallet: (i64, i64) = sqlx::query_as("select pending_minor, available_minor from wallet")
        .fetch_one(desk.pool())
        .await
        .unwrap();
    assert_eq!(wallet, (4_749, 0));
    let heard: Vec<(String, i32)> =
        sqlx::query_as("select type, sequence from outbox").fetch_all(desk.pool()).await.unwrap();
    assert_eq!(heard, [("payment.captured".to_owned(), payment.version)]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn news_that_is_repeated_or_late_changes_nothing(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await;
    let before = desk.rows().await;

    for (fact, why) in [
        (Fact::Captured { total: eur(4_999) }, Why::Known),
        (Fact::Captured { total: eur(1_000) }, Why::Known),
        (Fact::Authorized { total: eur(4_999) }, Why::Known),
        (Fact::ActionRequired, Why::OutOfOrder),
        (Fact::Declined { last: true }, Why::OutOfOrder),
        (Fact::Cancelled, Why::OutOfOrder),
        (Fact::NothingHappened, Why::OutOfOrder),
    ] {
        assert_eq!(desk.learn(payment.id, fact).await, Applied::Nothing(why), "{fact:?}");
    }

    assert_eq!(desk.rows().await, before);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_same_news_at_the_same_time_is_booked_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await;

    let fact = Fact::Captured { total: eur(4_999) };
    let answers = futures::future::join_all((0..40).map(|_| desk.learn(payment.id, fact))).await;

    let changed = answers.iter().filter(|answer| matches!(answer, Applied::Changed { .. })).count();
    assert_eq!(changed, 1);
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_decides_second_waits_and_decides_on_what_the_first_wrote(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await;
    let fact = Fact::Captured { total: eur(4_999) };
    let input = Input::fact(payment.id, fact, Source::Worker, json!({}));
    let mut first = Tx::begin(desk.pool()).await.unwrap();
    payments::apply(&mut first, std::slice::from_ref(&input)).await.unwrap();

    let second = tokio::spawn({
        let pool = desk.pool().clone();
        async move {
            let mut second = Tx::begin(&pool).await.unwrap();
            payments::apply(&mut second, &[input]).await
        }
    });
    let waits = "select count(*) from pg_locks where not granted
                   and pid in (select pid from pg_stat_activity where datname = current_database())";
    while desk.world.count(waits).await == 0 {
        tokio::task::yield_now().await;
    }
    first.commit().await.unwrap();

    assert_eq!(second.await.unwrap().unwrap(), [Applied::Nothing(Why::Known)]);
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_lost_answer_is_unknown_until_the_processor_is_asked(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::LoseAnswer]);
    desk.accept(desk.single("order")).await.unwrap();

    assert_eq!(desk.carry().await, FAILED);
    let payment = desk.payment("order-1").await;
    assert_eq!(payment.state.status(), Status::Unknown);
    assert_eq!(desk.books().await, [0, 0, 0]);
    let refund = Command::Refund { refund: new_id(payment.id.bucket()), amount: eur(1) };
    for command in [Command::Execute, Command::Cancel, Command::Expire, refund] {
        let answer = desk.command(payment.id, command).await;
        assert_eq!(answer, Applied::Refused(Refused::InDoubt));
    }

    desk.make_due().await;
    assert_eq!(desk.carry().await, DONE);

    let payment = desk.payment("order-1").await;
    assert_eq!(payment.state.status(), Status::Captured);
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    assert_eq!(desk.fake.calls().len(), 1, "it was asked, not charged again");
    assert_eq!(desk.fake.taken_minor(), 4_999);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_processor_has_never_heard_of_is_tried_again_under_the_same_key(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::ServerError, Behaviour::ServerError]);
    desk.accept(desk.single("order")).await.unwrap();

    assert_eq!(desk.carry().await, FAILED);
    assert_eq!(desk.payment("order-1").await.state.status(), Status::Unknown);
    desk.make_due().await;
    assert_eq!(desk.carry().await, FAILED);
    desk.make_due().await;
    assert_eq!(desk.carry().await, DONE);

    let payment = desk.payment("order-1").await;
    assert_eq!(payment.state.status(), Status::Captured);
    let key = payment.id.to_string();
    assert_eq!(desk.fake.calls(), vec![("/v1/payments".to_owned(), key); 3]);
    assert_eq!(desk.fake.payments().len(), 1);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_processor_that_cannot_be_reached_leaves_no_doubt(pool: PgPool) {
    let desk = Desk::open(pool).await;
    sqlx::query("update processor_account set base_url = 'http://127.0.0.1:1'")
        .execute(desk.pool())
        .await
        .unwrap();
    desk.accept(desk.single("order")).await.unwrap();

    assert_eq!(desk.carry().await, FAILED);

    let payment = desk.payment("order-1").await;
    assert_eq!(payment.state.phase, Phase::Executing);
    assert!(!payment.state.in_doubt);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_decline_fails_the_payment_and_books_nothing(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Decline]);

    let payment = desk.sold("order").await;

    assert_eq!(payment.state.execution_status(), ExecutionStatus::Failed);
    let (code, message) = payment.failure.unwrap();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("insufficient_funds", "not enough money on the account")
    );
    assert_eq!(desk.books().await, [0, 0, 0]);
    assert_eq!(
        desk.world.count("select count(*) from outbox where type = 'payment.failed'").await,
        1
    );
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_challenge_waits_for_the_shopper(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Challenge]);

    let payment = desk.sold("order").await;

    assert_eq!(payment.state.phase, Phase::ActionRequired);
    assert_eq!(payment.action_url.as_deref(), Some("https://psp.example/challenge"));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_answer_over_another_amount_is_never_booked(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::WrongAmount]);
    desk.accept(desk.single("order")).await.unwrap();

    assert_eq!(desk.carry().await, FAILED);

    assert_eq!(desk.payment("order-1").await.state.status(), Status::Unknown);
    assert_eq!(desk.books().await, [0, 0, 0]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_hold_is_captured_in_parts_and_given_back_in_parts(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await;
    assert_eq!(payment.state.phase, Phase::Authorized);

    for minor in [2_000, 2_999] {
        let answer = desk.command(payment.id, Command::Capture(eur(minor))).await;
        assert!(matches!(answer, Applied::Changed { .. }), "{answer:?}");
        assert_eq!(desk.operate().await, DONE);
    }
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);

    for minor in [1, 1_000, 3_998] {
        let refund: RefundId = new_id(payment.id.bucket());
        desk.command(payment.id, Command::Refund { refund, amount: eur(minor) }).await;
        assert_eq!(desk.operate().await, DONE);
    }

    assert_eq!(desk.books().await, [0, 0, 0]);
    assert_eq!(desk.payment("order-1").await.state.status(), Status::Refunded);
    assert_eq!(desk.fake.taken_minor(), 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_whose_answer_was_lost_is_made_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await;
    let refund: RefundId = new_id(payment.id.bucket());
    desk.fake.will(&[Behaviour::LoseAnswer]);

    desk.command(payment.id, Command::Refund { refund, amount: eur(4_999) }).await;
    assert_eq!(desk.operate().await, FAILED);
    assert_eq!(desk.payment("order-1").await.state.status(), Status::Unknown);
    desk.make_due().await;
    assert_eq!(desk.operate().await, DONE);

    assert_eq!(desk.payment("order-1").await.state.status(), Status::Refunded);
    assert_eq!(desk.fake.taken_minor(), 0);
    assert_eq!(desk.books().await, [0, 0, 0]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refused_cancellation_leaves_no_doubt_behind(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await;
    desk.fake.will(&[Behaviour::ServerError, Behaviour::Decline]);

    desk.command(payment.id, Command::Cancel).await;
    assert_eq!(desk.operate().await, FAILED);
    assert!(desk.payment("order-1").await.state.in_doubt);
    desk.make_due().await;
    assert_eq!(desk.operate().await, DONE);

    let payment = desk.payment("order-1").await;
    assert_eq!((payment.state.phase, payment.state.in_doubt), (Phase::Authorized, false));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn refunds_that_race_never_give_back_more_than_was_taken(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await;

    let asks = (0..20).map(|_| {
        let refund: RefundId = new_id(payment.id.bucket());
        desk.command(payment.id, Command::Refund { refund, amount: eur(1_000) })
    });
    let answers = futures::future::join_all(asks).await;

    let accepted =
        answers.iter().filter(|answer| matches!(answer, Applied::Changed { .. })).count();
    assert_eq!(accepted, 4, "4 of 10.00 fit into 49.99");
    while desk.operate().await.claimed > 0 {}
    assert_eq!(desk.fake.taken_minor(), 999);
    assert_eq!(desk.payment("order-1").await.state.refunded, eur(4_000));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_sees_the_payment_of_another_shop(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await;

    let found = payments::find(desk.pool(), engine::db::new_plain_id(), payment.id).await;

    assert!(found.unwrap().is_none());
    desk.close().await;
}
