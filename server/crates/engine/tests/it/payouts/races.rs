//! Races at the seller's wallet, each time with one exact outcome.

use domain::payout::Phase;
use domain::payout::decide::Refused;
use engine::payouts::commands::AskError;
use engine::payouts::create::CreateError;
use futures::future::join_all;
use sqlx::PgPool;

use super::Counter;
use crate::world::eur;

/// How many callers there are.
const CALLERS: usize = 50;

#[sqlx::test(migrations = "../../../migrations")]
async fn fifty_pay_outs_that_race_for_one_balance_never_exceed_it(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;

    let asks = (0..CALLERS).map(|_| counter.make(eur(30_00), counter.analyst()));
    let answers = join_all(asks).await;

    let made = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers.iter().filter(|answer| {
        matches!(answer, Err(CreateError::Refused(Refused::TooMuch { available, .. }))
            if *available == eur(10_00))
    });
    assert_eq!((made, refused.count()), (3, CALLERS - 3));
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn of_many_approvals_at_once_one_counts_and_one_pay_out_is_submitted(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let made = counter.make(eur(57_00), counter.analyst()).await.unwrap();

    let asks = (0..10).map(|_| counter.approve(made.id, counter.approver()));
    let answers = join_all(asks).await;
    counter.submit().await;

    let approved = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Err(AskError::Refused(Refused::AlreadyApproved))));
    assert_eq!((approved, refused.count()), (1, 9));
    assert_eq!(counter.provider.calls().len(), 1);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn submissions_that_race_for_what_a_chargeback_left_never_exceed_it(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(counter.approved(eur(25_00)).await);
    }
    counter.lose(eur(45_00)).await;

    counter.submit().await;

    let mut phases = Vec::new();
    for id in ids {
        phases.push(counter.phase(id).await);
    }
    let submitted = phases.iter().filter(|phase| **phase == Phase::Submitted).count();
    let kept = phases.iter().filter(|phase| **phase == Phase::Approved).count();
    assert_eq!((submitted, kept), (2, 2), "{phases:?}");
    assert_eq!(counter.books().await, [5_00, 50_00, 0]);
    counter.close().await;
}
