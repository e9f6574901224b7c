//! Pay-outs by schedule: each day's once.

use domain::payout::Phase;
use domain::schedule::{Rhythm, Schedule};
use engine::payouts::schedules::{list, round, set};
use engine::payouts::{self, Filter};
use futures::future::join_all;
use sqlx::PgPool;

use super::Counter;
use crate::world::eur;

impl Counter {
    async fn is_paid_daily(&self, minimum: i64) {
        let schedule = Schedule { rhythm: Rhythm::Daily, minimum: eur(minimum) };
        let shop = self.desk.world.shop;
        assert!(set(self.desk.pool(), shop, self.seller(), schedule, "a test").await.unwrap());
    }

    /// Lets so many days pass since the last run.
    async fn days_pass(&self, days: i32) {
        sqlx::query("update payout_schedule set last_run_on = last_run_on - $1")
            .bind(days)
            .execute(self.desk.pool())
            .await
            .unwrap();
    }

    async fn outcome(&self) -> String {
        let shop = self.desk.world.shop;
        let planned = list(self.desk.pool(), shop, self.seller()).await.unwrap().remove(0);
        planned.last_outcome.unwrap_or_default()
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn many_rounds_at_once_pay_a_seller_who_is_due_once(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.paid(eur(1_00)).await;
    counter.is_paid_daily(10_00).await;

    let rounds = join_all((0..8).map(|_| round(&counter.desk.engine))).await;

    let made: usize = rounds.into_iter().map(Result::unwrap).sum();
    assert_eq!(made, 1);
    let shop = counter.desk.world.shop;
    let page = payouts::list(counter.desk.pool(), shop, Filter::default(), 10).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    assert_eq!(page.rows[0].state.amount, eur(99_00), "all that there is");
    assert_eq!(page.rows[0].state.phase, Phase::Approved, "by itself");
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_schedule_that_cannot_be_run_holds_up_no_other(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.is_paid_daily(10_00).await;
    for breaks in [
        "insert into payout_schedule (seller_id, currency, shop_id, rhythm)
         select seller_id, 'AED', shop_id, 'daily' from seller",
        "create function break() returns trigger language plpgsql as $$
         begin raise 'broken'; end $$",
        "create trigger break before update on payout_schedule for each row
         when (old.currency = 'AED') execute function break()",
    ] {
        sqlx::query(breaks).execute(counter.desk.pool()).await.unwrap();
    }

    assert_eq!(round(&counter.desk.engine).await.unwrap(), 1);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn days_on_which_nobody_ran_are_made_up_for_once(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.is_paid_daily(10_00).await;
    assert_eq!(round(&counter.desk.engine).await.unwrap(), 1);
    assert_eq!(round(&counter.desk.engine).await.unwrap(), 0, "not twice on one day");
    counter.earn(eur(30_00)).await;
    counter.days_pass(3).await;

    assert_eq!(round(&counter.desk.engine).await.unwrap(), 1);
    assert_eq!(round(&counter.desk.engine).await.unwrap(), 0);

    let shop = counter.desk.world.shop;
    let filter = Filter { needs_second: true, ..Filter::default() };
    let page = payouts::list(counter.desk.pool(), shop, filter, 10).await.unwrap();
    let amounts: Vec<_> = page.rows.iter().map(|row| row.state.amount).collect();
    assert_eq!(amounts, [eur(30_00), eur(100_00)], "nobody was paid before: a person is needed");
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_below_the_minimum_or_has_no_account_waits_and_says_so(pool: PgPool) {
    let counter = Counter::open(pool, eur(9_99)).await;
    counter.is_paid_daily(10_00).await;

    assert_eq!(round(&counter.desk.engine).await.unwrap(), 0);
    assert_eq!(counter.outcome().await, "there was not enough");
    counter.earn(eur(1)).await;
    counter.days_pass(1).await;
    let retire = "update payee_account set state = 'retired', retired_at = now()";
    sqlx::query(retire).execute(counter.desk.pool()).await.unwrap();

    assert_eq!(round(&counter.desk.engine).await.unwrap(), 0);
    assert_eq!(counter.outcome().await, "the seller has no verified bank account");
    counter.close().await;
}
