//! Lines of refunds.

use domain::matching::{MismatchKind, MismatchState};
use sqlx::PgPool;

use super::counts;
use crate::invariants::assert_hold;
use crate::settlement_file::{file, payment_line, refund_line};
use crate::world::{World, eur};

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_that_agrees_settles(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let refund = world.refunded(payment, eur(10_00)).await;
    let lines = [payment_line(payment, eur(49_99)), refund_line(payment, refund, eur(10_00))];

    let (_, found) = world.take(&file("set_1", &lines)).await;

    assert_eq!(found, counts(2, 0, 0, 0));
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_eq!(world.balance("processor_balance").await, 49_99 - 95 - 10_00);
    assert!(world.mismatches().await.is_empty());
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_that_we_did_not_hear_of_is_applied_from_the_file(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let refund = world.requested_refund(payment, eur(10_00)).await;
    let lines = [payment_line(payment, eur(49_99)), refund_line(payment, refund, eur(10_00))];

    let (_, found) = world.take(&file("set_1", &lines)).await;

    assert_eq!(found, counts(1, 1, 0, 0));
    let mismatch = world.mismatch().await;
    assert_eq!((mismatch.kind, mismatch.state), (MismatchKind::Status, MismatchState::Resolved));
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_eq!(world.balance("seller_pending").await, -(49_99 - 2_50 - 9_50));
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_nobody_knows_a_second_line_and_another_amount_are_told_apart(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let good = world.refunded(payment, eur(10_00)).await;
    let less = world.refunded(payment, eur(5_00)).await;
    let other = world.captured(eur(20_00)).await;
    let lines = [
        payment_line(payment, eur(49_99)),
        payment_line(other, eur(20_00)),
        refund_line(payment, good, eur(10_00)),
        refund_line(payment, good, eur(10_00)),
        refund_line(payment, less, eur(4_00)),
        // The refund exists, but not of this payment.
        refund_line(other, less, eur(3_00)),
    ];

    let (_, found) = world.take(&file("set_1", &lines)).await;

    assert_eq!(found, counts(3, 3, 0, 0));
    let found: Vec<_> = world
        .mismatches()
        .await
        .iter()
        .map(|it| (it.kind, it.payment, it.line, it.held.minor()))
        .collect();
    assert_eq!(
        found,
        [
            (MismatchKind::Amount, Some(payment), Some(7), -1_00),
            (MismatchKind::Duplicate, Some(payment), Some(6), 10_00),
            (MismatchKind::OrphanRefund, Some(other), Some(8), 3_00),
        ]
    );
    assert_eq!(world.balance("processor_receivable").await, -1_00);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_fee_on_a_refund_is_a_fee_mismatch(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let refund = world.refunded(payment, eur(10_00)).await;
    let mut line = refund_line(payment, refund, eur(10_00));
    line.fee_minor = 30;

    let (_, found) = world.take(&file("set_1", &[payment_line(payment, eur(49_99)), line])).await;

    assert_eq!(found, counts(1, 1, 0, 0));
    let mismatch = world.mismatch().await;
    assert_eq!((mismatch.kind, mismatch.held), (MismatchKind::Fee, eur(30)));
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_eq!(world.balance("suspense").await, 30);
    assert_hold(&pool).await;
}
