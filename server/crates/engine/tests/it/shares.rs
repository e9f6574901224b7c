//! Shares on their way from pending to what can be paid out, and what refunds take back of them.

use domain::clawback::{Policy, Remainder, Source as From};
use domain::currency::Currency;
use domain::event::{Event, Fact};
use domain::id::{PaymentId, RefundId};
use domain::money::Money;
use domain::release::Rule;
use domain::reserve::RollingReserve;
use engine::ledger::{self, Wallet};
use engine::payments::{self, Input, Source};
use engine::wallets::preview::{self, PreviewError};
use engine::wallets::release::{ReleaseError, deliver};
use engine::wallets::rules::{self, Rules};
use engine::wallets::{history, of_shop, reserves, rounds, share};
use futures::future::join_all;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::world::eur;

/// A shop whose sellers have these rules.
async fn desk(pool: PgPool, rules: Rules) -> Desk {
    let desk = Desk::open(pool).await;
    rules::save(desk.pool(), desk.world.shop, None, &rules, "test").await.unwrap();
    desk
}

fn on_delivery() -> Rules {
    Rules { release: Rule::OnDelivery, ..Rules::default() }
}

impl Desk {
    async fn wallet(&self) -> Wallet {
        let (shop, seller) = (self.world.shop, self.world.seller);
        ledger::wallet(self.pool(), shop, seller, Currency::EUR).await.unwrap()
    }

    async fn deliver(&self, payment: PaymentId) {
        deliver(&self.engine, (self.world.shop, payment), None, None).await.unwrap();
    }

    async fn owed(&self) -> Money {
        of_shop(self.pool(), self.world.shop, None).await.unwrap()[0].owed
    }
}

fn wallet(pending: i64, available: i64, reserved: i64) -> Wallet {
    Wallet { pending: eur(pending), available: eur(available), reserved: eur(reserved) }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_delivered_can_be_paid_out_once(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let payment = desk.world.captured(eur(100_00)).await;
    assert_eq!(rounds::round(&desk.engine).await.unwrap(), 0, "nothing was delivered");

    desk.deliver(payment).await;
    assert_eq!(desk.wallet().await, wallet(0, 95_00, 0));
    desk.deliver(payment).await;
    assert_eq!(rounds::round(&desk.engine).await.unwrap(), 0);

    assert_eq!(desk.wallet().await, wallet(0, 95_00, 0), "delivered twice is delivered once");
    let history: Vec<(String, Option<i64>)> = sqlx::query_as(
        "select event, amount_minor from transition where event in ('delivered', 'released')
         order by version",
    )
    .fetch_all(desk.pool())
    .await
    .unwrap();
    assert_eq!(
        history,
        [("delivered".to_owned(), None), ("released".to_owned(), Some(95_00))],
        "each once, in this order"
    );
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn twenty_deliveries_at_once_release_once(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let payment = desk.world.captured(eur(100_00)).await;
    join_all((0..20).map(|_| desk.deliver(payment))).await;
    assert_eq!(desk.wallet().await, wallet(0, 95_00, 0));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn days_after_its_capture_a_share_is_released_by_itself(pool: PgPool) {
    let days = Rules { release: Rule::AfterDays(7), ..Rules::default() };
    let desk = desk(pool, days).await;
    let captured_days_ago = async |payment: PaymentId, days: i32| {
        sqlx::query(
            "update payment set captured_at = now() - make_interval(days => $1)
                     where payment_id = $2",
        )
        .bind(days)
        .bind(payment.uuid())
        .execute(desk.pool())
        .await
        .unwrap();
    };
    let old = desk.world.captured(eur(100_00)).await;
    let new = desk.world.captured(eur(10_00)).await;
    captured_days_ago(old, 7).await;
    captured_days_ago(new, 6).await;
    desk.deliver(new).await;

    assert_eq!(rounds::round(&desk.engine).await.unwrap(), 1);
    assert_eq!(desk.wallet().await, wallet(9_50, 95_00, 0), "delivered or not, it takes a week");
    captured_days_ago(new, 8).await;
    assert_eq!(rounds::round(&desk.engine).await.unwrap(), 1);
    assert_eq!(desk.wallet().await, wallet(0, 104_50, 0));
    assert_eq!(rounds::round(&desk.engine).await.unwrap(), 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_share_that_cannot_be_released_holds_up_no_other(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let mut payments = Vec::new();
    for _ in 0..3 {
        payments.push(desk.world.captured(eur(100_00)).await);
    }
    sqlx::query("update payment set delivered_on = '2026-01-01'")
        .execute(desk.pool())
        .await
        .unwrap();
    // Whatever goes against the constraints, now or by a change to come.
    sqlx::query("insert into share (bucket, payment_id, released_minor) values ($1, $2, $3)")
        .bind(payments[1].bucket().as_i16())
        .bind(payments[1].uuid())
        .bind(i64::MAX)
        .execute(desk.pool())
        .await
        .unwrap();

    assert_eq!(rounds::round(&desk.engine).await.unwrap(), 2);

    assert_eq!(desk.wallet().await, wallet(95_00, 190_00, 0));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_taken_after_the_delivery_is_released_too(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let payment = desk.world.authorized(eur(100_00)).await;
    desk.world.capture(payment, eur(40_00)).await;
    desk.deliver(payment).await;
    assert_eq!(desk.wallet().await, wallet(0, 38_00, 0));

    desk.world.capture(payment, eur(100_00)).await;
    assert_eq!(desk.wallet().await, wallet(57_00, 38_00, 0));
    assert_eq!(rounds::round(&desk.engine).await.unwrap(), 1);
    assert_eq!(desk.wallet().await, wallet(0, 95_00, 0));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_reserve_is_kept_and_released_when_its_time_is_over(pool: PgPool) {
    let reserve = RollingReserve::new(1_000, 90).unwrap();
    let desk = desk(pool, Rules { reserve, ..on_delivery() }).await;
    let payment = desk.world.captured(eur(100_00)).await;
    desk.deliver(payment).await;
    assert_eq!(desk.wallet().await, wallet(0, 85_50, 9_50));
    assert_eq!(reserves::release(desk.pool()).await.unwrap(), 0);

    sqlx::query("update reserve set due_on = now()").execute(desk.pool()).await.unwrap();
    let both = tokio::join!(reserves::release(desk.pool()), reserves::release(desk.pool()));
    assert_eq!(both.0.unwrap() + both.1.unwrap(), 1, "whoever comes second finds nothing");
    assert_eq!(desk.wallet().await, wallet(0, 95_00, 0));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_of_what_was_released_is_taken_from_where_the_policy_says(pool: PgPool) {
    let reserve = RollingReserve::new(1_000, 90).unwrap();
    let desk = desk(pool, Rules { reserve, ..on_delivery() }).await;
    let payment = desk.world.captured(eur(100_00)).await;
    desk.deliver(payment).await;
    let record = payments::find(desk.pool(), desk.world.shop, payment).await.unwrap().unwrap();
    let previewed = preview::refund(desk.pool(), &record, Some(eur(95_00))).await.unwrap();
    let refused = preview::refund(desk.pool(), &record, Some(eur(100_01))).await.unwrap_err();
    assert!(matches!(refused, PreviewError::Refused(_)), "{refused}");

    desk.world.refunded(payment, eur(95_00)).await;

    assert_eq!(desk.wallet().await, wallet(0, 0, 4_75));
    let taken = previewed.taken.unwrap();
    assert_eq!((taken.available, taken.reserved), (eur(85_50), eur(4_75)));
    assert_eq!(previewed.fee_given_back, eur(4_75));
    let kept: i64 =
        sqlx::query_scalar("select left_minor from reserve").fetch_one(desk.pool()).await.unwrap();
    assert_eq!(kept, 4_75, "what is kept of the payment is what the books say");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_chargeback_of_what_was_paid_out_is_a_debt_that_the_next_release_pays(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let first = desk.world.captured(eur(100_00)).await;
    desk.deliver(first).await;
    spend(&desk, 95_00).await;

    desk.world.learn(first, Fact::ChargedBack { total: eur(100_00) }).await;
    assert_eq!(desk.wallet().await, wallet(0, -95_00, 0), "the debt is shown, and blocks pay-outs");

    let second = desk.world.captured(eur(200_00)).await;
    desk.deliver(second).await;
    assert_eq!(desk.wallet().await, wallet(0, 95_00, 0));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_left_to_the_next_sales_is_covered_by_them(pool: PgPool) {
    let claw_back = Policy::new(vec![From::Pending], Remainder::NextSales).unwrap();
    let desk = desk(pool, Rules { claw_back, ..on_delivery() }).await;
    let first = desk.world.captured(eur(100_00)).await;
    desk.deliver(first).await;
    desk.world.refunded(first, eur(60_00)).await;
    assert_eq!(desk.wallet().await, wallet(-57_00, 95_00, 0));
    assert_eq!(desk.owed().await, eur(57_00));

    let second = desk.world.captured(eur(40_00)).await;
    desk.deliver(second).await;
    assert_eq!(desk.wallet().await, wallet(-19_00, 95_00, 0), "all of it covers what is owed");
    let third = desk.world.captured(eur(100_00)).await;
    desk.deliver(third).await;

    assert_eq!(desk.wallet().await, wallet(0, 171_00, 0));
    assert_eq!(desk.owed().await, eur(0));
    let shown = share(desk.pool(), desk.world.shop, third).await.unwrap().unwrap();
    assert_eq!((shown.covering, shown.released), (eur(19_00), eur(76_00)));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_that_comes_back_is_the_sellers_again_whether_it_was_covered_or_not(pool: PgPool) {
    let claw_back = Policy::new(vec![From::Pending], Remainder::NextSales).unwrap();
    let desk = desk(pool, Rules { claw_back, ..on_delivery() }).await;
    let sold = desk.world.captured(eur(100_00)).await;
    desk.deliver(sold).await;
    let refund = desk.world.refunded(sold, eur(60_00)).await;
    desk.world.learn(sold, Fact::RefundFailed { refund }).await;
    rounds::round(&desk.engine).await.unwrap();
    assert_eq!(desk.wallet().await, wallet(0, 95_00, 0), "it was not covered: nothing is owed");
    assert_eq!(desk.owed().await, eur(0));

    let refund = desk.world.refunded(sold, eur(60_00)).await;
    let next = desk.world.captured(eur(100_00)).await;
    desk.deliver(next).await;
    assert_eq!((desk.wallet().await, desk.owed().await), (wallet(0, 133_00, 0), eur(0)));
    desk.world.learn(sold, Fact::RefundFailed { refund }).await;
    rounds::round(&desk.engine).await.unwrap();
    assert_eq!(desk.wallet().await, wallet(0, 190_00, 0), "the next sale had covered it");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn refunds_that_come_together_take_each_its_part_once(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let payment = desk.world.captured(eur(100_00)).await;
    desk.deliver(payment).await;
    let mut inputs = Vec::new();
    for minor in [10_00, 20_00, 30_00] {
        let refund: RefundId = desk.world.requested_refund(payment, eur(minor)).await;
        let event = Event::Fact(Fact::RefundSucceeded { refund });
        inputs.push(Input {
            payment,
            event,
            source: Source::Webhook,
            evidence: serde_json::Value::Null,
            details: engine::payments::Details::default(),
        });
    }
    let mut tx = engine::db::Tx::begin(desk.pool()).await.unwrap();
    engine::payments::apply(&mut tx, &inputs).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(desk.wallet().await, wallet(0, 38_00, 0));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn deliveries_and_refunds_at_once_lose_nothing(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let mut payments = Vec::new();
    for _ in 0..12 {
        payments.push(desk.world.captured(eur(100_00)).await);
    }
    let delivered = join_all(payments.iter().map(|&payment| desk.deliver(payment)));
    let refunded =
        join_all(payments.iter().map(|&payment| desk.world.refunded(payment, eur(40_00))));
    tokio::join!(delivered, refunded);

    rounds::round(&desk.engine).await.unwrap();
    assert_eq!(desk.wallet().await, wallet(0, 12 * 57_00, 0), "in whatever order they came");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn refunds_at_once_do_not_take_the_same_reserve(pool: PgPool) {
    let reserve = RollingReserve::new(5_000, 90).unwrap();
    let claw_back = Policy::new(vec![From::Pending, From::Reserved], Remainder::Debt).unwrap();
    let desk = desk(pool, Rules { reserve, claw_back, ..on_delivery() }).await;
    let mut payments = Vec::new();
    for _ in 0..8 {
        payments.push(desk.world.captured(eur(100_00)).await);
        desk.deliver(payments[payments.len() - 1]).await;
    }
    assert_eq!(desk.wallet().await, wallet(0, 8 * 47_50, 8 * 47_50));

    let refunds = payments.iter().map(|&payment| desk.world.refunded(payment, eur(100_00)));
    join_all(refunds).await;

    assert_eq!(
        desk.wallet().await,
        wallet(0, 0, 0),
        "four of them took the reserves, four made debts"
    );
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_cannot_be_delivered_is_refused_with_its_reason(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let held = desk.world.authorized(eur(100_00)).await;
    let refused = deliver(&desk.engine, (desk.world.shop, held), None, None).await.unwrap_err();
    assert!(matches!(refused, ReleaseError::NotCaptured), "{refused}");

    let sold = desk.world.captured(eur(100_00)).await;
    let never = time::Date::MAX;
    let refused =
        deliver(&desk.engine, (desk.world.shop, sold), Some(never), None).await.unwrap_err();
    assert!(matches!(refused, ReleaseError::InTheFuture(_)), "{refused}");
    let stranger = domain::id::ShopId::from_uuid(sold.uuid());
    let refused = deliver(&desk.engine, (stranger, sold), None, None).await.unwrap_err();
    assert!(matches!(refused, ReleaseError::NotFound), "{refused}");
    assert_eq!(desk.wallet().await, wallet(95_00, 0, 0));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_history_of_a_wallet_is_what_moved_and_what_that_left(pool: PgPool) {
    let desk = desk(pool, on_delivery()).await;
    let (shop, seller) = (desk.world.shop, desk.world.seller);
    let payment = desk.world.captured(eur(100_00)).await;
    desk.deliver(payment).await;
    spend(&desk, 50_00).await;
    // As if all that had been the month before last.
    sqlx::raw_sql(
        "set session_replication_role = replica;
         update entry set recorded_at = recorded_at - interval '62 days';
         set session_replication_role = origin",
    )
    .execute(desk.pool())
    .await
    .unwrap();
    desk.world.refunded(payment, eur(20_00)).await;

    let histories = history::of_seller(desk.pool(), shop, seller).await.unwrap();

    let [euro] = histories.as_slice() else { panic!("{histories:?}") };
    assert_eq!((euro.opening, euro.months.len()), (eur(0), history::MONTHS));
    let moved: Vec<_> =
        euro.months.iter().filter(|month| !month.moved.total().unwrap().is_zero()).collect();
    let [sale, refund] = moved.as_slice() else { panic!("{moved:?}") };
    assert_eq!((sale.moved.sold, sale.moved.other), (eur(95_00), eur(-50_00)));
    assert_eq!((sale.moved.given_back, sale.closing), (eur(0), eur(45_00)));
    assert_eq!((refund.moved.given_back, refund.closing), (eur(-19_00), eur(26_00)));
    assert_eq!(euro.months.last().unwrap(), *refund, "this month, whose end is now");
    let now = desk.wallet().await;
    let held = Money::sum(Currency::EUR, [now.pending, now.available, now.reserved]).unwrap();
    assert_eq!(refund.closing, held);
    desk.close().await;
}

/// Takes money out of the wallet, as a pay-out does.
async fn spend(desk: &Desk, minor: i64) {
    use domain::account::Account;
    let mut tx = engine::db::Tx::begin(desk.pool()).await.unwrap();
    let seller = desk.world.seller;
    let posting = domain::posting::transfer(
        "spent".into(),
        Account::WriteOffs,
        Account::SellerAvailable(seller),
        eur(minor),
    );
    let bucket = domain::id::Bucket(7);
    let object = seller.uuid();
    ledger::post(&mut tx, desk.world.shop, bucket, object, &posting.unwrap()).await.unwrap();
    tx.commit().await.unwrap();
}
