//! The outcome of an operation becomes known before its own job could write it down.

use domain::event::Fact;
use jobs::Step;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::world::eur;

#[sqlx::test(migrations = "../../../migrations")]
async fn an_attempt_whose_outcome_a_notification_told_is_ended_and_not_made_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("told").await;
    let refund = desk.world.requested_refund(payment.id, eur(10_00)).await;
    desk.world.learn(payment.id, Fact::RefundSucceeded { refund }).await;
    let calls = desk.fake.calls().len();

    let done = desk.operate().await;

    assert_eq!(done, Step { claimed: 1, failed: 0 });
    assert_eq!(desk.fake.calls().len(), calls, "it was asked for again");
    let open = "select count(*) from attempt where state in ('started', 'unknown')";
    assert_eq!(desk.world.count(open).await, 0);
    let left = "select count(*) from job where kind = 'operate_payment'";
    assert_eq!(desk.world.count(left).await, 0);
}
