//! What a pay-out pays for: every entry in one advice, and every advice adding up.

use domain::account::Account;
use domain::id::{PaymentId, PayoutId};
use domain::money::Money;
use domain::payout::Phase;
use domain::posting::{Entry, Posting};
use engine::db::{Tx, new_plain_id};
use engine::ledger;
use engine::payouts::commands;
use engine::payouts::remittance::{About, Remittance, find, groups};
use sqlx::PgPool;

use super::Counter;
use crate::fake_provider::Behaviour;
use crate::world::eur;

impl Counter {
    async fn advice(&self, payout: PayoutId) -> Option<Remittance> {
        find(self.desk.pool(), self.desk.world.shop, payout).await.unwrap()
    }

    /// The advice, of which is sure that its groups add up to its sums, and that these do.
    async fn adding_up(&self, payout: PayoutId) -> Remittance {
        let advice = self.advice(payout).await.unwrap();
        let mut moved = 0;
        let mut after = None;
        loop {
            let page = groups(self.desk.pool(), &advice, after, 1).await.unwrap();
            let Some(group) = page.first() else { break };
            moved += group.parts.total().unwrap().minor();
            after = Some(group.place());
        }
        assert_eq!(moved, advice.moved.total().unwrap().minor());
        let paid = advice.payout.state.amount.minor();
        assert_eq!(advice.opening.minor() + moved, paid + advice.stays.minor());
        advice
    }

    /// Moves money between the seller's accounts, as facts of one payment do.
    async fn moves(&self, payment: PaymentId, cause: &str, entries: &[(Account, i64)]) {
        let entry =
            |(account, minor): &(Account, i64)| Entry { account: *account, amount: eur(*minor) };
        let posting = Posting::new(cause, entries.iter().map(entry).collect()).unwrap();
        let (shop, bucket) = (self.desk.world.shop, payment.bucket());
        let mut tx = Tx::begin(self.desk.pool()).await.unwrap();
        ledger::post(&mut tx, shop, bucket, payment.uuid(), &posting).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn minor(money: Money) -> i64 {
    money.minor()
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_advice_lists_what_moved_since_the_pay_out_before_and_adds_up(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let first = counter.paid(eur(60_00)).await;
    let seller = counter.seller();
    let (pending, available, reserved) = (
        Account::SellerPending(seller),
        Account::SellerAvailable(seller),
        Account::SellerReserved(seller),
    );
    let one: PaymentId = new_plain_id();
    let released = [(pending, 50_00), (available, -45_00), (reserved, -5_00)];
    counter.moves(one, "released/5000", &released).await;
    counter.moves(one, "reserve_released/400", &[(reserved, 4_00), (available, -4_00)]).await;
    let back = [(available, 10_00), (reserved, 1_00), (pending, -11_00)];
    counter.moves(one, "clawed_back/refunded/ref_1", &back).await;
    let other: PaymentId = new_plain_id();
    counter.moves(other, "adjusted", &[(available, 1_00), (pending, -1_00)]).await;
    let second = counter.paid(eur(70_00)).await;
    counter.earn(eur(9_00)).await;

    let advice = counter.adding_up(first).await;
    assert_eq!((minor(advice.opening), minor(advice.moved.released)), (0, 100_00));
    assert_eq!((minor(advice.stays), advice.groups), (40_00, 1));
    let advice = counter.adding_up(second).await;
    let parts = advice.moved;
    let of_parts = [parts.released, parts.reserve, parts.clawed_back, parts.other].map(minor);
    assert_eq!(of_parts, [50_00, -1_00, -10_00, -1_00]);
    assert!(advice.is_final && parts.exchanged.is_zero() && parts.came_again.is_zero());
    assert_eq!((minor(advice.opening), minor(advice.stays), advice.groups), (40_00, 8_00, 2));
    let elsewhere = find(counter.desk.pool(), new_plain_id(), second).await.unwrap();
    assert!(elsewhere.is_none(), "another shop's");
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn no_entry_is_lost_or_told_twice_whatever_becomes_of_a_pay_out(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.provider.will(&[Behaviour::ServerError]);
    let retried = counter.approved(eur(30_00)).await;
    counter.submit().await;
    counter.let_calls_expire().await;
    counter.inquire().await;
    assert_eq!(counter.phase(retried).await, Phase::Approved, "nothing of it was found");
    counter.earn(eur(5_00)).await;
    let between = counter.adding_up(retried).await;
    counter.desk.make_due().await;
    counter.submit().await;
    counter.provider.becomes(&retried.to_string(), "failed", Some("account_closed"));
    counter.inquire().await;
    let last = counter.approved(eur(80_00)).await;
    let before = counter.adding_up(last).await;
    counter.submit().await;

    assert!(!between.is_final, "its money came back and will leave again");
    let advice = counter.adding_up(retried).await;
    assert_eq!((minor(advice.opening), minor(advice.moved.released)), (0, 105_00));
    assert_eq!((minor(advice.moved.came_again), minor(advice.stays)), (0, 75_00));
    let advice = counter.adding_up(last).await;
    assert!(!before.is_final && advice.is_final);
    assert_eq!(minor(advice.opening), 75_00);
    assert_eq!((minor(advice.moved.came_again), minor(advice.stays)), (30_00, 25_00));
    assert_eq!(minor(before.stays), 25_00, "it was known before");
    let only = groups(counter.desk.pool(), &advice, None, 9).await.unwrap();
    assert_eq!(
        only.iter().map(|group| &group.about).collect::<Vec<_>>(),
        [&About::Payout(retried)]
    );
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_was_given_up_has_no_advice_and_keeps_its_reason(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let made = counter.make(eur(30_00), counter.analyst()).await.unwrap();
    let mut ask = counter.ask(made.id, counter.analyst());
    ask.reason = Some(" ".into());

    let silent = commands::cancel(&counter.desk.engine, &ask).await;
    ask.reason = Some("ordered twice".into());
    commands::cancel(&counter.desk.engine, &ask).await.unwrap();

    assert!(matches!(silent, Err(commands::AskError::Reason(_))), "{silent:?}");
    assert!(counter.advice(made.id).await.is_none());
    let shop = counter.desk.world.shop;
    let history = engine::payouts::history(counter.desk.pool(), shop, made.id).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[1].detail["reason"], "ordered twice");
    let told: serde_json::Value =
        sqlx::query_scalar("select detail from audit_log where action = 'payout.cancel'")
            .fetch_one(counter.desk.pool())
            .await
            .unwrap();
    assert_eq!(told["reason"], "ordered twice");
    counter.close().await;
}
