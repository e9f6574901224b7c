//! How often a declined payment is tried again, by what kind of decline it was.

use std::time::Duration;

use domain::payment::{Phase, Status};
use engine::routing::RetryPolicy;
use engine::routing::rules;
use jobs::Step;
use sqlx::PgPool;

use super::{Pair, a_try};
use crate::fake_processor::Behaviour;

const DONE: Step = Step { claimed: 1, failed: 0 };

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

async fn allow_retries(pair: &Pair, soft_retries: u16) {
    let policy = RetryPolicy { soft_retries, soft_retry_after: Duration::from_secs(60) };
    rules::set_policy(pair.desk.pool(), pair.desk.world.shop, policy, "test").await.unwrap();
}
