//! How often a declined payment is tried again, by what kind of decline it was.

use std::time::Duration;

use domain::decide::Refused;
use domain::event::Fact;
use domain::id::PaymentId;
use domain::payment::{Phase, Status};
use engine::checkouts;
use engine::inbound::Inbox;
use engine::payments::commands::{AskError, cancel};
use engine::poll;
use engine::routing::RetryPolicy;
use engine::routing::rules;
use engine::workers;
use jobs::Step;
use sqlx::PgPool;

use super::{Pair, a_try};
use crate::fake_processor::Behaviour;
use crate::queue::notification;
use crate::world::eur;

const DONE: Step = Step { claimed: 1, failed: 0 };
const FAILED: Step = Step { claimed: 1, failed: 1 };

#[sqlx::test(migrations = "../../../migrations")]
async fn a_hard_decline_is_never_tried_again_by_itself(pool: PgPool) {
    let pair = Pair::open(pool).await;
    allow_retries(&pair, 3).await;
    pair.north.will(&[Behaviour::DeclineWith("stolen_card")]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    assert_eq!(pair.desk.carry().await, DONE);

    assert_eq!(pair.only_payment().await.state.phase, Phase::Failed);
    assert_eq!(pair.tries().await, [a_try("alpine", "declined", "first")]);
    assert_eq!(
        pair.desk.world.count("select count(*) from job where kind = 'execute_payment'").await,
        0
    );
    assert!(pair.south.calls().is_empty());
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_soft_decline_is_tried_again_at_the_same_processor_as_often_as_the_shop_says(
    pool: PgPool,
) {
    let pair = Pair::open(pool).await;
    allow_retries(&pair, 2).await;
    pair.north.will(&[Behaviour::Decline, Behaviour::Decline, Behaviour::Decline]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    for _ in 0..3 {
        assert_eq!(pair.desk.carry().await, DONE);
        pair.desk.make_due().await;
    }

    assert_eq!(pair.desk.carry().await, Step::default(), "nothing is left to be done");
    let payment = pair.only_payment().await;
    assert_eq!(payment.state.phase, Phase::Failed);
    assert_eq!(payment.state.attempts, 3);
    let expected = [
        a_try("alpine", "declined", "first"),
        a_try("alpine", "declined", "retry"),
        a_try("alpine", "declined", "retry"),
    ];
    assert_eq!(pair.tries().await, expected);
    assert!(pair.south.calls().is_empty());
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_soft_decline_that_passes_ends_in_one_charge(pool: PgPool) {
    let pair = Pair::open(pool).await;
    allow_retries(&pair, 2).await;
    pair.north.will(&[Behaviour::Decline]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    pair.desk.carry().await;
    assert_eq!(pair.desk.carry().await, Step::default(), "it waits as long as the shop says");
    pair.desk.make_due().await;
    pair.desk.carry().await;

    assert_eq!(pair.only_payment().await.state.status(), Status::Captured);
    assert_eq!(pair.north.taken_minor(), 4_999);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn without_a_policy_a_soft_decline_ends_the_payment(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.north.will(&[Behaviour::Decline]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    pair.desk.carry().await;

    assert_eq!(pair.only_payment().await.state.phase, Phase::Failed);
    assert_eq!(pair.tries().await, [a_try("alpine", "declined", "first")]);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_processors_own_trouble_leads_to_the_other_processor_once(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.north.will(&[Behaviour::DeclineWith("try_again_later")]);
    pair.south.will(&[Behaviour::DeclineWith("try_again_later")]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.desk.carry().await, DONE);

    assert_eq!(pair.desk.carry().await, Step::default());
    let expected = [a_try("alpine", "declined", "first"), a_try("south", "declined", "failover")];
    assert_eq!(pair.tries().await, expected);
    let payment = pair.only_payment().await;
    assert_eq!(payment.state.phase, Phase::Failed);
    assert_eq!(payment.failure.unwrap().0, "try_again_later");
    pair.desk.close().await;
}

/// A payment whose worker was lost after the processor had declined it.
async fn declined_unheard(pair: &Pair) -> PaymentId {
    allow_retries(pair, 2).await;
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    let payment = pair.only_payment().await.id;
    pair.north.will(&[Behaviour::Decline]);
    let processor = pair.desk.engine.processor(pair.north_id).await.unwrap();
    let lost = psp::Authorization {
        reference: payment.to_string(),
        key: payment.to_string(),
        amount: eur(4_999),
        capture: true,
        source: psp::Source::PaymentMethod("pm_card_visa".into()),
        return_url: None,
    };
    processor.authorize(&lost).await;
    payment
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_decline_that_a_webhook_brings_first_is_tried_again_by_whoever_has_the_payment(
    pool: PgPool,
) {
    let pair = Pair::open(pool).await;
    let payment = declined_unheard(&pair).await;
    sqlx::query("update job set attempt = 1").execute(pair.desk.pool()).await.unwrap();
    let inbox = Inbox::start(pair.desk.pool(), pair.desk.engine.waker());

    inbox.store(notification(&pair.desk, "declined", payment, "declined")).await.unwrap();
    assert_eq!(pair.desk.step(&workers::news(&pair.desk.engine)).await, DONE);

    assert_eq!(pair.only_payment().await.state.phase, Phase::Executing);
    assert_eq!(pair.tries().await, [a_try("alpine", "started", "first")]);
    assert_eq!(pair.desk.carry().await, DONE);
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    let expected = [a_try("alpine", "declined", "first"), a_try("alpine", "done", "retry")];
    assert_eq!(pair.tries().await, expected);
    assert_eq!(pair.north.taken_minor(), 4_999);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_decline_that_is_learnt_by_asking_is_tried_again_though_nobody_has_the_payment(
    pool: PgPool,
) {
    let pair = Pair::open(pool).await;
    declined_unheard(&pair).await;
    sqlx::query("delete from job").execute(pair.desk.pool()).await.unwrap();
    sqlx::query("update payment set updated_at = now() - interval '1 hour'")
        .execute(pair.desk.pool())
        .await
        .unwrap();

    assert_eq!(poll::look(&pair.desk.engine).await.unwrap(), 1);
    assert_eq!(pair.desk.step(&workers::poller(&pair.desk.engine)).await, DONE);

    let expected = [a_try("alpine", "declined", "first"), a_try("alpine", "started", "retry")];
    assert_eq!(pair.tries().await, expected);
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.only_payment().await.state.status(), Status::Captured);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_soft_decline_that_is_learnt_in_doubt_is_tried_again_once_and_with_its_delay(
    pool: PgPool,
) {
    let pair = Pair::open(pool).await;
    allow_retries(&pair, 1).await;
    pair.north.will(&[Behaviour::ServerError, Behaviour::Decline]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    assert_eq!(pair.desk.carry().await, FAILED);
    assert_eq!(pair.only_payment().await.state.status(), Status::Unknown);

    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);

    assert!(!pair.only_payment().await.state.in_doubt, "the decline is known");
    assert_eq!(pair.desk.carry().await, Step::default(), "it waits as long as the shop says");
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.only_payment().await.state.status(), Status::Captured);
    let expected = [a_try("alpine", "declined", "first"), a_try("alpine", "done", "retry")];
    assert_eq!(pair.tries().await, expected);
    assert_eq!(pair.desk.carry().await, Step::default(), "nothing is left to be done");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn trouble_of_the_processor_that_is_learnt_in_doubt_leads_to_the_other_one(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.north.will(&[Behaviour::ServerError, Behaviour::DeclineWith("try_again_later")]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    assert_eq!(pair.desk.carry().await, FAILED);

    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.desk.carry().await, DONE);

    let payment = pair.only_payment().await;
    assert_eq!(payment.state.status(), Status::Captured);
    assert_eq!((pair.north.taken_minor(), pair.south.taken_minor()), (0, 4_999));
    let expected = [a_try("alpine", "declined", "first"), a_try("south", "done", "failover")];
    assert_eq!(pair.tries().await, expected);
    let history = engine::payments::history(pair.desk.pool(), payment.shop, payment.id).await;
    let told: Vec<String> = history.unwrap().into_iter().map(|row| row.event).collect();
    assert_eq!(told, ["created", "execute", "in_doubt", "turned_down", "try_again", "captured"]);
    pair.desk.close().await;
}

/// Whoever decides about another attempt may know less than what is written meanwhile.
#[sqlx::test(migrations = "../../../migrations")]
async fn another_attempt_that_is_refused_when_it_is_written_leads_to_nothing(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.north.will(&[Behaviour::DeclineLate]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    let payment = pair.only_payment().await.id;

    let (step, ()) = tokio::join!(pair.desk.carry(), async {
        pair.north.has_charged().await;
        pair.desk.learn(payment, Fact::ActionRequired).await;
        pair.north.lose_now();
    });

    assert_eq!(step, FAILED, "it asks once more, later");
    assert_eq!(pair.only_payment().await.state.phase, Phase::ActionRequired);
    assert_eq!(pair.tries().await, [a_try("alpine", "started", "first")]);
    let jobs = "select count(*) from job where kind = 'execute_payment'";
    assert_eq!(pair.desk.world.count(jobs).await, 1, "the one that it was, and no other");
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.only_payment().await.state.phase, Phase::Failed, "it was asked about");
    assert!(pair.south.calls().is_empty());
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nothing_is_tried_again_after_the_time_of_its_checkout(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let policy = RetryPolicy { soft_retries: 1, soft_retry_after: Duration::from_hours(2) };
    rules::set_policy(pair.desk.pool(), pair.desk.world.shop, policy, "test").await.unwrap();
    pair.north.will(&[Behaviour::Decline]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    assert_eq!(pair.desk.carry().await, DONE);

    assert_eq!(pair.only_payment().await.state.phase, Phase::Failed, "an hour is all it has");
    let jobs = "select count(*) from job where kind = 'execute_payment'";
    assert_eq!(pair.desk.world.count(jobs).await, 0);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_retry_that_comes_too_late_is_not_made(pool: PgPool) {
    let pair = Pair::open(pool).await;
    allow_retries(&pair, 1).await;
    pair.north.will(&[Behaviour::Decline]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    assert_eq!(pair.desk.carry().await, DONE);

    pair.desk.run_out_of_time().await;
    assert_eq!(pair.desk.carry().await, DONE);

    assert_eq!(pair.only_payment().await.state.phase, Phase::Expired);
    assert_eq!((pair.north.calls().len(), pair.north.taken_minor()), (1, 0));
    let expected = [a_try("alpine", "declined", "first"), a_try("alpine", "retryable", "retry")];
    assert_eq!(pair.tries().await, expected);
    assert_eq!(pair.desk.carry().await, Step::default());
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_waits_for_its_retry_can_be_cancelled(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    allow_retries(&pair, 1).await;
    for reference in ["order", "whole"] {
        pair.north.will(&[Behaviour::Decline]);
        desk.accept(desk.single(reference)).await.unwrap();
        assert_eq!(desk.carry().await, DONE);
    }
    let (order, whole) = (desk.payment("order-1").await, desk.payment("whole-1").await);
    assert_eq!(order.state.phase, Phase::Executing);

    cancel(&desk.engine, desk.order_on(order.id), Duration::ZERO).await.unwrap();
    let of = (whole.shop, whole.checkout);
    checkouts::cancel::cancel(&desk.engine, of, None, Duration::ZERO).await.unwrap();

    for reference in ["order-1", "whole-1"] {
        assert_eq!(desk.payment(reference).await.state.phase, Phase::Cancelled, "{reference}");
    }
    desk.make_due().await;
    assert_eq!(desk.carry().await, Step::default(), "its job is gone");
    assert_eq!((pair.north.calls().len(), pair.north.taken_minor()), (2, 0));
    let open = "select count(*) from attempt where state in ('started', 'unknown')";
    assert_eq!(desk.world.count(open).await, 0);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_may_be_called_at_any_moment_cannot_be_cancelled(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    allow_retries(&pair, 1).await;
    pair.north.will(&[Behaviour::Decline, Behaviour::ServerError]);
    desk.accept(desk.single("order")).await.unwrap();
    assert_eq!(desk.carry().await, DONE);
    desk.make_due().await;
    let order = desk.order_on(pair.only_payment().await.id);

    let due = cancel(&desk.engine, order.clone(), Duration::ZERO).await;
    assert_eq!(desk.carry().await, FAILED);
    let called = cancel(&desk.engine, order, Duration::ZERO).await;

    assert!(matches!(due, Err(AskError::Refused(Refused::UnderWay))), "{due:?}");
    assert!(matches!(called, Err(AskError::Refused(Refused::InDoubt))), "{called:?}");
    pair.desk.close().await;
}

async fn allow_retries(pair: &Pair, soft_retries: u16) {
    let policy = RetryPolicy { soft_retries, soft_retry_after: Duration::from_mins(1) };
    rules::set_policy(pair.desk.pool(), pair.desk.world.shop, policy, "test").await.unwrap();
}
