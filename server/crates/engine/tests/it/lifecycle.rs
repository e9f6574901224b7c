//! What happens to a payment after it was taken, and what happens to it without us.

use std::time::Duration;

use domain::decide::Refused;
use domain::event::{Command, Event, Fact};
use domain::id::{PaymentId, RefundId, kind};
use domain::money::Money;
use domain::operation::Try;
use domain::payment::{Phase, Status};
use domain::refund::RefundState;
use engine::db::new_plain_id;
use engine::inbound::{Arrived, Inbox};
use engine::payments::commands::{Ask, AskError, NewRefund, cancel, capture, refund};
use engine::payments::commit::Unit;
use engine::payments::{self, Applied, Details, Input, Source, refunds};
use engine::{disputes, workers};
use jobs::Step;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::queue::notification;
use crate::world::eur;

const DONE: Step = Step { claimed: 1, failed: 0 };
const FAILED: Step = Step { claimed: 1, failed: 1 };

impl Desk {
    pub(crate) fn order_on(&self, payment: PaymentId) -> Ask {
        Ask { shop: self.world.shop, payment, slot: None, source: Source::Api }
    }

    /// Asks for a refund, and waits for nothing.
    async fn give_back(&self, payment: PaymentId, minor: i64) -> Result<RefundId, AskError> {
        let new = NewRefund { amount: Some(eur(minor)), reason: Some("too small".into()) };
        let made = refund(&self.engine, self.order_on(payment), new, Duration::ZERO).await?;
        Ok(made.id)
    }

    /// The processor says that something happened; what, is asked.
    pub(crate) async fn hear(&self, message: &str, payment: PaymentId) {
        let inbox = Inbox::start(self.pool(), self.engine.waker());
        let reference = payment.to_string();
        let known = self.fake.payments();
        let row = known.iter().find(|row| row["reference"] == reference.as_str()).unwrap();
        let body = json!({ "type": "payment.updated", "data": { "payment": row } });
        let arrived = notification(self, message, payment, "captured");
        inbox.store(Arrived { body: body.to_string().into_bytes(), ..arrived }).await.unwrap();
        assert_eq!(self.step(&workers::news(&self.engine)).await, DONE);
    }

    async fn answer_to(&self, payment: PaymentId, number: u16, fact: Fact) -> Applied {
        let event = Event::Answer(Try::Operation(number), fact);
        let (source, evidence, details) = (Source::Worker, json!({}), Details::default());
        let input = Input { payment, event, source, evidence, details };
        let unit = Unit { inputs: vec![input], ..Unit::default() };
        self.engine.committer().commit(unit).await.unwrap().remove(0)
    }

    async fn state_of_refund(&self, id: RefundId) -> RefundState {
        refunds::find(self.pool(), self.world.shop, id).await.unwrap().unwrap().state
    }
}

fn is_in_doubt<T>(answer: &Result<T, AskError>) -> bool {
    matches!(answer, Err(AskError::Refused(Refused::InDoubt)))
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_on_its_way_is_reserved_until_the_processor_says_how_it_ended(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for (end, state, gone) in
        [("succeeded", RefundState::Succeeded, 3_000), ("failed", RefundState::Failed, 0)]
    {
        let payment = desk.sold(end).await.id;
        desk.fake.will(&[Behaviour::RefundPends]);
        let id = desk.give_back(payment, 3_000).await.unwrap();
        assert_eq!(desk.operate().await, DONE);
        assert_eq!(desk.state_of_refund(id).await, RefundState::Processing);
        let refused = desk.give_back(payment, 2_000).await.unwrap_err();
        let too_much = Refused::TooMuch { requested: eur(2_000), available: eur(1_999) };
        assert!(matches!(refused, AskError::Refused(why) if why == too_much), "{refused:?}");

        desk.fake.happens(&payment.to_string(), |row| row["refunds"][0]["status"] = json!(end));
        desk.hear(end, payment).await;
        desk.hear(&format!("{end} again"), payment).await;

        assert_eq!(desk.state_of_refund(id).await, state);
        let payment = desk.payment(&format!("{end}-1")).await.state;
        assert_eq!((payment.refunded, payment.refund_reserved), (eur(gone), eur(0)));
        assert!(!payment.in_doubt);
    }
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_made_at_the_processor_is_booked_once_and_shown_to_a_person(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;
    desk.fake.happens(&payment.to_string(), |row| {
        row["refunded"] = json!("20.00");
        row["refunds"] =
            json!([{ "id": "sr_1", "reference": "desk", "amount": "20.00", "status": "succeeded" }]);
    });

    for message in ["first", "repeated"] {
        desk.hear(message, payment).await;
    }

    let state = desk.payment("order-1").await.state;
    assert_eq!((state.refunded, state.refunded_elsewhere), (eur(2_000), eur(2_000)));
    assert_eq!(desk.books().await, [2_999, -2_849, -150]);
    let history = payments::history(desk.pool(), desk.world.shop, payment).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((last.event.as_str(), last.amount), ("refunded_elsewhere", Some(eur(2_000))));
    assert_eq!(last.irregular.as_deref(), Some("refunded without our request"));
    assert_eq!(last.evidence["refunds"][0]["id"], "sr_1", "the raw answer is the evidence");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_made_at_the_processor_that_comes_back_is_booked_back(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;
    let refund = |number: u8, status: &str| {
        json!({ "id": format!("sr_{number}"), "reference": "desk", "amount": "20.00",
                "status": status })
    };

    for (refunds, refunded) in [
        (json!([refund(1, "succeeded")]), 2_000),
        (json!([refund(1, "failed")]), 0),
        // What is told late says less than what is known.
        (json!([refund(1, "succeeded")]), 0),
        (json!([refund(1, "failed"), refund(2, "failed")]), 0),
        (json!([refund(1, "failed"), refund(2, "failed"), refund(3, "succeeded")]), 2_000),
    ] {
        desk.fake.happens(&payment.to_string(), |row| row["refunds"] = refunds.clone());
        desk.hear(&new_plain_id::<kind::Event>().to_string(), payment).await;
        let state = desk.payment("order-1").await.state;
        assert_eq!(state.refunded, eur(refunded), "{refunds}");
        assert_eq!(desk.books().await[0], 4_999 - refunded, "{refunds}");
    }

    let told = "select count(*) from outbox where type = 'payment.refund_failed'";
    assert_eq!(desk.world.count(told).await, 1);
    desk.close().await;
}

fn dispute(status: &str) -> Value {
    json!([{
        "id": "dp_1", "amount": "49.99", "currency": "EUR", "reason": "fraudulent",
        "status": status, "opened_at": "2026-11-20T10:00:00Z",
        "respond_by": "2026-12-01T10:00:00Z",
    }])
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_dispute_takes_the_money_back_and_a_win_brings_it_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;

    for (status, shown, books) in [
        ("opened", Status::Disputed, [0, 0, 0]),
        ("opened", Status::Disputed, [0, 0, 0]),
        ("won", Status::Captured, [4_999, -4_749, -250]),
        ("opened", Status::Captured, [4_999, -4_749, -250]),
    ] {
        desk.fake.happens(&payment.to_string(), |row| row["disputes"] = dispute(status));
        desk.hear(&new_plain_id::<kind::Event>().to_string(), payment).await;
        assert_eq!(desk.payment("order-1").await.state.status(), shown, "{status}");
        assert_eq!(desk.books().await, books, "{status}");
    }

    let known = disputes::of_payment(desk.pool(), desk.world.shop, payment).await.unwrap();
    assert_eq!(known.len(), 1, "one name is one dispute");
    assert_eq!(known[0].reason, "fraudulent");
    assert_eq!(known[0].respond_by.unwrap().date().to_string(), "2026-12-01");
    let found = disputes::find(desk.pool(), desk.world.shop, known[0].id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&known[0]));
    let stranger = disputes::find(desk.pool(), new_plain_id(), known[0].id).await.unwrap();
    assert_eq!(stranger, None);
    let told =
        "select count(*) from outbox where type in ('payment.disputed', 'payment.dispute_won')";
    assert_eq!(desk.world.count(told).await, 2);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_lost_dispute_leaves_the_payment_charged_back(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;

    for status in ["opened", "lost", "opened"] {
        desk.fake.happens(&payment.to_string(), |row| row["disputes"] = dispute(status));
        desk.hear(&new_plain_id::<kind::Event>().to_string(), payment).await;
    }

    assert_eq!(desk.payment("order-1").await.state.status(), Status::ChargedBack);
    assert_eq!(desk.books().await, [0, 0, 0]);
    assert!(matches!(
        desk.give_back(payment, 1).await,
        Err(AskError::Refused(Refused::TooMuch { .. }))
    ));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_hold_that_lapsed_expires_the_payment_and_frees_what_was_reserved(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await.id;
    capture(&desk.engine, desk.order_on(payment), Some(eur(1_000)), Duration::ZERO).await.unwrap();
    let reference = payment.to_string();
    let keeper = workers::hold_keeper(&desk.engine);
    let watched = "select count(*) from job where kind = 'hold_expiry'";
    assert_eq!(desk.world.count(watched).await, 1, "a hold with an end is looked after");
    desk.make_due().await;
    assert_eq!(desk.step(&keeper).await, DONE);
    assert_eq!(desk.payment("order-1").await.state.phase, Phase::Authorized, "it is still held");

    desk.fake.happens(&reference, |row| row["status"] = json!("expired"));
    desk.make_due().await;
    assert_eq!(desk.step(&keeper).await, DONE);

    let state = desk.payment("order-1").await.state;
    assert_eq!((state.phase, state.status()), (Phase::Expired, Status::Expired));
    assert_eq!((state.capture_reserved, state.capture_requested), (eur(0), eur(0)));
    assert_eq!(desk.operate().await, DONE);
    assert_eq!(desk.fake.calls().len(), 1, "what lapsed is not captured any more");
    let open = "select count(*) from attempt where state in ('started', 'unknown')";
    assert_eq!(desk.world.count(open).await, 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_refund_whose_answer_was_lost_is_found_by_its_reference(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;
    desk.fake.will(&[Behaviour::LoseAnswer]);
    let id = desk.give_back(payment, 1_000).await.unwrap();
    assert_eq!(desk.operate().await, FAILED);
    assert!(desk.payment("order-1").await.state.in_doubt);

    desk.make_due().await;
    assert_eq!(desk.operate().await, DONE);

    assert_eq!(desk.state_of_refund(id).await, RefundState::Succeeded);
    let asked = desk.fake.calls().iter().filter(|(path, _)| path == "refunds").count();
    assert_eq!(asked, 1, "it was looked for, not asked for again");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn while_anything_is_unknown_nothing_else_moves_and_one_success_clears_one_doubt(
    pool: PgPool,
) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;
    let first = desk.give_back(payment, 1_000).await.unwrap();
    let second = desk.give_back(payment, 2_000).await.unwrap();
    desk.fake.will(&[Behaviour::LoseAnswer, Behaviour::LoseAnswer]);
    for _ in 0..2 {
        assert_eq!(desk.operate().await, FAILED);
    }

    let lost = |number| desk.answer_to(payment, number, Fact::InDoubt);
    assert!(matches!(lost(1).await, Applied::Nothing(_)), "it is in doubt already");
    desk.answer_to(payment, 2, Fact::RefundSucceeded { refund: second }).await;
    let state = desk.payment("order-1").await.state;
    assert_eq!(state.status(), Status::Unknown, "the other one is still unknown");
    assert!(is_in_doubt(&desk.give_back(payment, 1).await));
    let no_patience = Duration::ZERO;
    assert!(is_in_doubt(&capture(&desk.engine, desk.order_on(payment), None, no_patience).await));
    assert!(is_in_doubt(&cancel(&desk.engine, desk.order_on(payment), no_patience).await));
    let execute = desk.command(payment, Command::Execute).await;
    assert_eq!(execute, Applied::Refused(Refused::InDoubt));

    desk.answer_to(payment, 1, Fact::RefundSucceeded { refund: first }).await;
    assert_eq!(desk.payment("order-1").await.state.status(), Status::PartiallyRefunded);
    let late = desk.answer_to(payment, 1, Fact::RefundFailed { refund: first }).await;
    assert!(matches!(late, Applied::Nothing(_)), "a late no takes nothing back: {late:?}");
    let late = desk.answer_to(payment, 2, Fact::InDoubt).await;
    assert!(matches!(late, Applied::Nothing(_)), "{late:?}");
    assert_eq!(desk.payment("order-1").await.state.refunded, eur(3_000));
    desk.make_due().await;
    while desk.operate().await.claimed > 0 {}
    assert_eq!(desk.fake.taken_minor(), 1_999);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_capture_that_failed_frees_its_own_amount_and_no_other(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await.id;
    for minor in [3_000, 1_999] {
        let amount: Option<Money> = Some(eur(minor));
        capture(&desk.engine, desk.order_on(payment), amount, Duration::ZERO).await.unwrap();
    }
    desk.fake.will(&[Behaviour::Decline]);
    assert_eq!(desk.operate().await, DONE);

    let state = desk.payment("order-1").await.state;
    assert_eq!((state.capture_requested, state.capture_reserved), (eur(1_999), eur(1_999)));
    let late = desk.answer_to(payment, 1, Fact::CaptureFailed).await;
    assert!(matches!(late, Applied::Nothing(_)), "{late:?}");
    assert_eq!(desk.operate().await, DONE);
    assert_eq!(desk.payment("order-1").await.state.captured, eur(1_999));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_shop_is_told_of_a_capture_and_of_a_cancellation_that_was_refused(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await.id;

    for command in [Command::Capture(eur(4_999)), Command::Cancel] {
        desk.fake.will(&[Behaviour::Decline]);
        desk.command(payment, command).await;
        assert_eq!(desk.operate().await, DONE);
    }

    let told: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "select type, payload ->> 'status', payload ->> 'failure_code' from outbox
         where type like '%_failed' order by sequence",
    )
    .fetch_all(desk.pool())
    .await
    .unwrap();
    let event = |kind: &str| (kind.into(), "authorized".into(), Some("invalid".into()));
    assert_eq!(told, [event("payment.capture_failed"), event("payment.cancel_failed")]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_cannot_be_given_up_is_asked_for_once_and_not_each_minute(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Challenge, Behaviour::Decline]);
    let payment = desk.sold("order").await.id;
    desk.run_out_of_time().await;
    let expirer = workers::expirer(&desk.engine);
    assert_eq!(desk.step(&expirer).await, DONE);
    assert_eq!(desk.operate().await, DONE);
    let refused = desk.payment("order-1").await;
    let (version, page) = (refused.version, refused.action_url);
    assert_eq!(page.as_deref(), Some("https://psp.example/challenge"), "the shopper may still act");

    for _ in 0..3 {
        desk.make_due().await;
        assert_eq!(desk.step(&expirer).await, DONE);
    }

    assert_eq!(desk.payment("order-1").await.version, version);
    assert_eq!(desk.operate().await, Step::default());
    desk.fake.happens(&payment.to_string(), |row| row["status"] = json!("cancelled"));
    desk.hear("over", payment).await;
    let over = desk.payment("order-1").await;
    assert_eq!((over.state.phase, over.action_url), (Phase::Cancelled, None));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_given_up_because_time_was_over_has_expired(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Challenge]);
    desk.sold("order").await;
    desk.run_out_of_time().await;

    assert_eq!(desk.step(&workers::expirer(&desk.engine)).await, DONE);
    assert_eq!(desk.operate().await, DONE);

    assert_eq!(desk.payment("order-1").await.state.phase, Phase::Expired);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn each_change_says_how_much_from_where_and_why(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await.id;
    capture(&desk.engine, desk.order_on(payment), Some(eur(3_000)), Duration::ZERO).await.unwrap();
    desk.operate().await;
    let id = desk.give_back(payment, 1_000).await.unwrap();
    desk.operate().await;

    let history = payments::history(desk.pool(), desk.world.shop, payment).await.unwrap();
    let seen: Vec<_> = history
        .iter()
        .map(|row| (row.event.as_str(), row.amount.map(Money::minor), row.source.as_str()))
        .collect();
    let expected = [
        ("created", None, "api"),
        ("execute", None, "api"),
        ("authorized", Some(4_999), "worker"),
        ("capture_requested", Some(3_000), "api"),
        ("captured", Some(3_000), "worker"),
        ("refund_requested", Some(1_000), "api"),
        ("refund_succeeded", Some(1_000), "worker"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(history[4].evidence["captured"], "30.00");
    assert!(history[3..].iter().all(|row| row.attempt.is_some()));
    assert_eq!(history[3].attempt, history[4].attempt, "the answer belongs to what was asked");
    let record = refunds::find(desk.pool(), desk.world.shop, id).await.unwrap().unwrap();
    assert_eq!(record.reason.as_deref(), Some("too small"));
    assert_eq!(record.processor_reference, Some(format!("sr_{id}")));
    assert_eq!(refunds::find(desk.pool(), new_plain_id(), id).await.unwrap(), None);
    let stranger = Ask { shop: new_plain_id(), ..desk.order_on(payment) };
    let answer = cancel(&desk.engine, stranger, Duration::ZERO).await;
    assert!(matches!(answer, Err(AskError::NotFound)), "{answer:?}");
    desk.close().await;
}
