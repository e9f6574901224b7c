//! Baskets with several sellers: what happens to one is never guessed for the others.

use std::time::Duration;

use domain::checkout::{CheckoutState, Policy};
use domain::event::{Command, Fact};
use domain::id::{CheckoutId, PaymentId};
use domain::payment::{CaptureMode, Phase, Status};
use engine::checkouts::accept::{NewCheckout, NewOrder};
use engine::checkouts::cancel::cancel;
use engine::checkouts::{self, CheckoutRecord};
use engine::payments::commands::{self, Ask, AskError, NewRefund};
use engine::payments::{self, PaymentRecord, Source};
use engine::workers;
use serde_json::json;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::world::eur;

const AMOUNTS: [i64; 3] = [49_99, 35_00, 12_34];
const TOTAL: i64 = 97_33;

/// A basket of three sellers' payments, charged to a token at once.
fn three(desk: &Desk, policy: Policy) -> NewCheckout {
    let order = |(index, &minor): (usize, &i64)| NewOrder {
        reference: format!("basket-{index}"),
        seller_account: "books".into(),
        amount: eur(minor),
        description: None,
        metadata: json!({ "line": index.to_string() }),
    };
    let orders = AMOUNTS.iter().enumerate().map(order).collect();
    NewCheckout { policy, orders, ..desk.checkout("basket") }
}

async fn found(desk: &Desk, id: CheckoutId) -> CheckoutRecord {
    checkouts::find_any(desk.pool(), id).await.unwrap().unwrap()
}

/// Lets every worker work until nothing is left to do, as often as jobs come back.
async fn come_to_rest(desk: &Desk) {
    for _ in 0..20 {
        let mut claimed = desk.carry().await.claimed;
        claimed += desk.step(&workers::settler(&desk.engine)).await.claimed;
        claimed += desk.operate().await.claimed;
        if claimed == 0 {
            return;
        }
        desk.make_due().await;
    }
    panic!("the basket never comes to rest");
}

fn captured_minor(checkout: &CheckoutRecord) -> i64 {
    checkout.payments.iter().map(|payment| payment.state.captured.minor()).sum()
}

/// The basket's operations at the processor, in their order, without their keys.
fn operations(desk: &Desk) -> Vec<String> {
    desk.fake.calls().into_iter().map(|(operation, _)| operation).collect()
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nothing_is_taken_before_everything_is_held(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let id = desk.accept(three(&desk, Policy::AllOrNothing)).await.unwrap().id;

    desk.carry().await;
    assert_eq!(desk.fake.taken_minor(), 0, "held, and not taken");
    assert_eq!(found(&desk, id).await.state(), CheckoutState::Processing);
    come_to_rest(&desk).await;

    let checkout = found(&desk, id).await;
    assert_eq!((checkout.state(), checkout.is_payment_done()), (CheckoutState::Paid, true));
    assert_eq!((desk.fake.taken_minor(), captured_minor(&checkout)), (TOTAL, TOTAL));
    assert_eq!(operations(&desk)[3..], ["capture", "capture", "capture"]);
    assert_eq!(desk.books().await[0], TOTAL);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_of_three_fails_and_exactly_the_holds_of_the_others_are_released(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Decline]);
    let id = desk.accept(three(&desk, Policy::AllOrNothing)).await.unwrap().id;

    come_to_rest(&desk).await;

    let checkout = found(&desk, id).await;
    let phases = |wanted| checkout.payments.iter().filter(|one| one.state.phase == wanted).count();
    assert_eq!((phases(Phase::Failed), phases(Phase::Cancelled)), (1, 2));
    assert_eq!((checkout.state(), checkout.is_payment_done()), (CheckoutState::Failed, false));
    let held = desk.fake.payments().iter().filter(|row| row["status"] == "authorized").count();
    assert_eq!((held, desk.fake.taken_minor()), (0, 0), "{:?}", desk.fake.payments());
    assert_eq!(operations(&desk)[3..], ["cancel", "cancel"]);
    assert_eq!(desk.books().await, [0, 0, 0]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn with_best_effort_one_failure_leaves_the_others_paid(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Decline]);
    let id = desk.accept(three(&desk, Policy::BestEffort)).await.unwrap().id;

    come_to_rest(&desk).await;

    let checkout = found(&desk, id).await;
    assert_eq!((checkout.state(), checkout.is_payment_done()), (CheckoutState::PartlyPaid, false));
    let failed: Vec<_> =
        checkout.payments.iter().filter(|one| one.state.phase == Phase::Failed).collect();
    assert_eq!(failed.len(), 1);
    let paid = TOTAL - failed[0].state.amount.minor();
    assert_eq!((desk.fake.taken_minor(), captured_minor(&checkout)), (paid, paid));
    assert_eq!(desk.books().await[0], paid);
    desk.close().await;
}

/// As after a crash at any step: every job runs twice, and answers of the processor are lost.
#[sqlx::test(migrations = "../../../migrations")]
async fn repeated_jobs_and_lost_answers_end_the_same(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let lost = [Behaviour::LoseAnswer; 2];
    desk.fake.will(&[Behaviour::LoseAnswer, Behaviour::Decline, Behaviour::LoseAnswer]);
    desk.fake.will(&lost);
    let id = desk.accept(three(&desk, Policy::AllOrNothing)).await.unwrap().id;

    for _ in 0..12 {
        desk.carry().await;
        repeat_settling(&desk, id).await;
        desk.step(&workers::settler(&desk.engine)).await;
        desk.step(&workers::settler(&desk.engine)).await;
        desk.operate().await;
        desk.make_due().await;
    }
    come_to_rest(&desk).await;

    let checkout = found(&desk, id).await;
    assert_eq!(checkout.state(), CheckoutState::Failed, "{checkout:#?}");
    assert_eq!(desk.fake.payments().len(), 3, "nothing is authorised twice");
    assert!(desk.fake.payments().iter().all(|row| row["status"] != "authorized"));
    assert_eq!((desk.fake.taken_minor(), desk.books().await), (0, [0, 0, 0]));
    desk.close().await;
}

/// The job that decides about the basket is there once more, as if its end had been lost.
async fn repeat_settling(desk: &Desk, id: CheckoutId) {
    sqlx::query(
        "insert into job (bucket, job_id, kind, subject_id, payload, ordering_key)
         select bucket_of(id), id, 'settle_basket', $1, 'null', $1 from gen_random_uuid() as id",
    )
    .bind(id.uuid())
    .execute(desk.pool())
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refused_capture_gives_back_what_the_others_had_taken(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let id = desk.accept(three(&desk, Policy::AllOrNothing)).await.unwrap().id;
    desk.carry().await;
    desk.step(&workers::settler(&desk.engine)).await;

    desk.fake.will(&[Behaviour::Decline]);
    come_to_rest(&desk).await;

    let checkout = found(&desk, id).await;
    assert_eq!(desk.fake.taken_minor(), 0, "{:?}", desk.fake.payments());
    assert_eq!(checkout.state(), CheckoutState::Failed, "{checkout:#?}");
    let refunded = checkout.payments.iter().filter(|one| one.state.status() == Status::Refunded);
    assert_eq!(refunded.count(), 2);
    assert_eq!(desk.books().await, [0, 0, 0]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_basket_to_be_captured_later_waits_for_the_shop(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let new =
        NewCheckout { capture_mode: CaptureMode::Manual, ..three(&desk, Policy::AllOrNothing) };
    let id = desk.accept(new).await.unwrap().id;

    come_to_rest(&desk).await;

    let checkout = found(&desk, id).await;
    assert_eq!((checkout.state(), checkout.is_payment_done()), (CheckoutState::Paid, false));
    assert_eq!(captured_minor(&checkout), 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_refund_of_one_seller_leaves_the_others_exact(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let id = desk.accept(three(&desk, Policy::AllOrNothing)).await.unwrap().id;
    come_to_rest(&desk).await;
    let first = found(&desk, id).await.payments[0].clone();

    let ask = Ask { shop: first.shop, payment: first.id, slot: None, source: Source::Api };
    commands::refund(&desk.engine, ask, NewRefund::default(), Duration::ZERO).await.unwrap();
    come_to_rest(&desk).await;

    let checkout = found(&desk, id).await;
    assert_eq!(checkout.payments[0].state.status(), Status::Refunded);
    for other in &checkout.payments[1..] {
        assert_eq!((other.state.captured, other.state.refunded), (other.state.amount, eur(0)));
    }
    assert!(checkout.is_payment_done(), "it was paid, whatever goes back later");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_cancelled_checkout_keeps_what_is_paid_and_gives_up_the_rest(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let new = NewCheckout { capture_mode: CaptureMode::Manual, ..three(&desk, Policy::BestEffort) };
    let id = desk.accept(new).await.unwrap().id;
    let shop = desk.world.shop;
    let before = desk.rows().await;

    let early = cancel(&desk.engine, (shop, id), None, Duration::ZERO).await;
    let refused = matches!(early, Err(AskError::Refused(domain::decide::Refused::UnderWay)));
    assert!(refused, "{early:?}");
    assert_eq!(desk.rows().await, before, "what is refused writes nothing");

    come_to_rest(&desk).await;
    let first = found(&desk, id).await.payments[0].clone();
    let ask = Ask { shop, payment: first.id, slot: None, source: Source::Api };
    commands::capture(&desk.engine, ask, None, Duration::ZERO).await.unwrap();
    come_to_rest(&desk).await;
    cancel(&desk.engine, (shop, id), None, Duration::ZERO).await.unwrap();
    come_to_rest(&desk).await;

    let checkout = found(&desk, id).await;
    let phases: Vec<Phase> = checkout.payments.iter().map(|one| one.state.phase).collect();
    assert_eq!(phases, [Phase::Captured, Phase::Cancelled, Phase::Cancelled]);
    assert_eq!(checkout.state(), CheckoutState::PartlyPaid);
    assert_eq!(desk.fake.taken_minor(), AMOUNTS[0]);
    let again = cancel(&desk.engine, (shop, id), None, Duration::ZERO).await;
    let paid = matches!(again, Err(AskError::Refused(domain::decide::Refused::AlreadyPaid)));
    assert!(paid, "{again:?}");
    desk.close().await;
}

/// Two held payments of a basket, and a third that waits for its shopper.
async fn two_held_and_one_waits(desk: &Desk) -> (CheckoutId, Vec<PaymentId>) {
    desk.fake.will(&[Behaviour::Challenge]);
    let id = desk.accept(three(desk, Policy::AllOrNothing)).await.unwrap().id;
    desk.carry().await;
    let mut payments = found(desk, id).await.payments;
    payments.sort_by_key(|payment| payment.state.phase == Phase::ActionRequired);
    (id, payments.iter().map(|payment| payment.id).collect())
}

async fn pass_challenges(desk: &Desk, waiting: PaymentId) {
    desk.fake.happens(&waiting.to_string(), |row| {
        row["status"] = json!("authorized");
        row["authorized"] = row["amount"].clone();
    });
    let authorized = found_payment(desk, waiting).await.state.amount;
    desk.learn(waiting, Fact::Authorized { total: authorized }).await;
}

async fn found_payment(desk: &Desk, id: PaymentId) -> PaymentRecord {
    payments::find(desk.pool(), desk.world.shop, id).await.unwrap().unwrap()
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_shop_cancels_is_not_captured_when_the_last_one_is_held(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (id, payments) = two_held_and_one_waits(&desk).await;
    desk.command(payments[0], Command::Cancel).await;

    pass_challenges(&desk, payments[2]).await;
    desk.step(&workers::settler(&desk.engine)).await;

    let jobs = "select count(*) from job where kind = 'operate_payment'";
    assert_eq!(desk.world.count(jobs).await, 1, "the cancellation, and no capture");
    assert_eq!(found(&desk, id).await.state(), CheckoutState::Processing);
    come_to_rest(&desk).await;
    assert_eq!(found(&desk, id).await.state(), CheckoutState::Cancelled);
    assert!(!operations(&desk).contains(&"capture".to_owned()), "{:?}", operations(&desk));
    assert_eq!((desk.fake.taken_minor(), desk.books().await), (0, [0, 0, 0]));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn after_a_refused_cancellation_the_whole_basket_is_taken(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (id, payments) = two_held_and_one_waits(&desk).await;
    desk.fake.will(&[Behaviour::Decline]);
    desk.command(payments[0], Command::Cancel).await;
    pass_challenges(&desk, payments[2]).await;

    come_to_rest(&desk).await;

    assert_eq!(found(&desk, id).await.state(), CheckoutState::Paid);
    assert_eq!((desk.fake.taken_minor(), desk.books().await[0]), (TOTAL, TOTAL));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_cancellation_of_everything_that_is_refused_in_part_is_asked_for_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (id, _) = two_held_and_one_waits(&desk).await;
    desk.fake.will(&[Behaviour::Decline]);
    cancel(&desk.engine, (desk.world.shop, id), None, Duration::ZERO).await.unwrap();

    come_to_rest(&desk).await;

    assert_eq!(found(&desk, id).await.state(), CheckoutState::Cancelled);
    let held = desk.fake.payments().iter().filter(|row| row["status"] == "authorized").count();
    assert_eq!((held, desk.fake.taken_minor()), (0, 0));
    desk.close().await;
}

/// The worker is lost after the processor has taken the money; a notification tells it first.
#[sqlx::test(migrations = "../../../migrations")]
async fn what_was_taken_goes_back_although_its_own_answer_comes_last(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let id = desk.accept(three(&desk, Policy::AllOrNothing)).await.unwrap().id;
    desk.carry().await;
    desk.step(&workers::settler(&desk.engine)).await;
    let late = "update job set due_at = now() + interval '1 hour', ordering_key = gen_random_uuid()
                where job_id = (select min(job_id::text)::uuid from job
                                where kind = 'operate_payment') returning subject_id";
    let first: uuid::Uuid = sqlx::query_scalar(late).fetch_one(desk.pool()).await.unwrap();
    let first = found_payment(&desk, PaymentId::from_uuid(first)).await;
    desk.learn(first.id, Fact::Captured { total: first.state.amount }).await;
    desk.fake.will(&[Behaviour::Decline]);
    for _ in 0..4 {
        desk.operate().await;
        desk.step(&workers::settler(&desk.engine)).await;
    }
    let given_back = "select count(*) from refund where payment_id = $1";
    let count = || sqlx::query_scalar::<_, i64>(given_back).bind(first.id.uuid());
    assert_eq!(count().fetch_one(desk.pool()).await.unwrap(), 0, "its answer is still to come");

    desk.make_due().await;
    come_to_rest(&desk).await;

    assert_eq!(count().fetch_one(desk.pool()).await.unwrap(), 1);
    assert_eq!(found(&desk, id).await.state(), CheckoutState::Failed);
    assert_eq!((desk.fake.taken_minor(), desk.books().await), (0, [0, 0, 0]));
    desk.close().await;
}
