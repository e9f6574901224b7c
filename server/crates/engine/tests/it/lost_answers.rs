//! Captures and cancellations whose answer was lost: the processor is asked what became of them, and
//! nothing but what it reports decides.

use domain::event::Command;
use domain::payment::{Payment, Phase};
use jobs::Step;
use serde_json::json;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::world::eur;

const DONE: Step = Step { claimed: 1, failed: 0 };
const FAILED: Step = Step { claimed: 1, failed: 1 };

impl Desk {
    async fn state(&self) -> Payment {
        self.payment("order-1").await.state
    }

    /// Lets the next try come, and says how it ended.
    async fn try_again(&self) -> Step {
        self.make_due().await;
        self.operate().await
    }
}

/// A payment of 49.99 that is held, and of which 30.00 are asked for.
async fn asked_for(pool: PgPool, behaviour: Behaviour) -> Desk {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await.id;
    desk.fake.will(&[behaviour]);
    desk.command(payment, Command::Capture(eur(3_000))).await;
    assert_eq!(desk.operate().await, FAILED);
    assert!(desk.state().await.in_doubt);
    desk
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_capture_whose_answer_was_lost_is_found_by_the_total_and_not_asked_for_again(
    pool: PgPool,
) {
    let desk = asked_for(pool, Behaviour::LoseAnswer).await;

    assert_eq!(desk.try_again().await, DONE);

    let state = desk.state().await;
    assert_eq!((state.captured, state.capture_reserved), (eur(3_000), eur(0)));
    assert!(!state.in_doubt);
    assert_eq!(desk.fake.keys_of("capture").len(), 1);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_capture_that_was_not_made_is_repeated_once_under_its_key(pool: PgPool) {
    let desk = asked_for(pool, Behaviour::ServerError).await;

    assert_eq!(desk.try_again().await, DONE);

    assert_eq!(desk.state().await.captured, eur(3_000));
    assert_eq!(desk.fake.taken_minor(), 3_000);
    let keys = desk.fake.keys_of("capture");
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_total_that_fits_to_nothing_leaves_the_capture_in_doubt(pool: PgPool) {
    let desk = asked_for(pool, Behaviour::LoseAnswer).await;
    let reference = desk.payment("order-1").await.id.to_string();

    desk.fake.happens(&reference, |row| row["captured"] = json!("10.00"));
    assert_eq!(desk.try_again().await, FAILED);
    assert!(desk.state().await.in_doubt);
    desk.fake.happens(&reference, |row| row["captured"] = json!("30.00"));
    assert_eq!(desk.try_again().await, DONE);

    assert_eq!(desk.state().await.captured, eur(3_000));
    assert_eq!(desk.fake.keys_of("capture").len(), 1);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_conflict_does_not_make_a_capture_fail_that_a_notification_told_of(pool: PgPool) {
    let desk = asked_for(pool, Behaviour::LoseAnswer).await;
    let payment = desk.payment("order-1").await.id;
    desk.hear("told", payment).await;
    assert_eq!(desk.state().await.captured, eur(3_000));
    desk.fake.forget_keys();
    desk.fake.will(&[Behaviour::Conflict]);

    assert_eq!(desk.try_again().await, DONE);

    let state = desk.state().await;
    assert_eq!((state.capture_requested, state.capture_reserved), (eur(3_000), eur(0)));
    assert_eq!((state.captured, state.in_doubt), (eur(3_000), false));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_conflict_is_no_proof_that_a_capture_in_doubt_failed_while_it_can_still_be_made(
    pool: PgPool,
) {
    let desk = asked_for(pool, Behaviour::ServerError).await;
    let reference = desk.payment("order-1").await.id.to_string();
    desk.fake.will(&[Behaviour::Conflict, Behaviour::Conflict]);

    assert_eq!(desk.try_again().await, FAILED);
    let state = desk.state().await;
    assert_eq!((state.capture_requested, state.in_doubt), (eur(3_000), true));
    desk.fake.happens(&reference, |row| row["status"] = json!("expired"));
    assert_eq!(desk.try_again().await, DONE);

    let state = desk.state().await;
    assert_eq!((state.capture_requested, state.in_doubt), (eur(0), false), "now it is known");
    assert_eq!(desk.fake.taken_minor(), 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn no_capture_is_begun_before_the_one_before_it_has_its_answer(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await.id;
    desk.command(payment, Command::Capture(eur(1_000))).await;
    desk.command(payment, Command::Capture(eur(2_000))).await;
    desk.fake.will(&[Behaviour::LoseAnswer]);
    assert_eq!(desk.operate().await, FAILED);

    assert_eq!(desk.operate().await, FAILED, "the second has to wait");
    assert_eq!(desk.fake.keys_of("capture").len(), 1);
    // Of two that are due the older comes first.
    while desk.try_again().await.claimed > 0 {}

    let state = desk.state().await;
    assert_eq!((state.captured, state.capture_reserved), (eur(3_000), eur(0)));
    assert_eq!(desk.fake.taken_minor(), 3_000);
    let keys = desk.fake.keys_of("capture");
    assert_eq!(keys.len(), 2, "each was asked for once");
    assert_ne!(keys[0], keys[1]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_conflict_is_no_proof_that_a_cancellation_in_doubt_failed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await.id;
    desk.fake.will(&[Behaviour::ServerError, Behaviour::Conflict]);
    desk.command(payment, Command::Cancel).await;
    assert_eq!(desk.operate().await, FAILED);

    assert_eq!(desk.try_again().await, FAILED);
    let state = desk.state().await;
    assert_eq!((state.phase, state.in_doubt), (Phase::Authorized, true));
    // The first try comes to its end, late.
    desk.fake.happens(&payment.to_string(), |row| row["status"] = json!("cancelled"));
    assert_eq!(desk.try_again().await, DONE);

    assert_eq!(desk.state().await.phase, Phase::Cancelled);
    assert_eq!(desk.fake.keys_of("cancel").len(), 2);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_cancellation_whose_answer_was_lost_is_found_and_not_asked_for_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await.id;
    desk.fake.will(&[Behaviour::LoseAnswer]);
    desk.command(payment, Command::Cancel).await;
    assert_eq!(desk.operate().await, FAILED);

    assert_eq!(desk.try_again().await, DONE);

    assert_eq!(desk.state().await.phase, Phase::Cancelled);
    assert_eq!(desk.fake.keys_of("cancel").len(), 1);
    desk.close().await;
}
