//! What we do not know: asked about until we do, and never read into what is known already.

use domain::event::{Command, Fact};
use domain::id::RefundId;
use domain::payment::{Phase, Status};
use engine::checkouts::accept::NewCheckout;
use engine::checkouts::advance;
use engine::checkouts::pay::pay;
use engine::db::new_id;
use engine::inbound::Inbox;
use engine::workers;
use jobs::Step;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::queue::notification;
use crate::world::eur;

const DONE: Step = Step { claimed: 1, failed: 0 };
const FAILED: Step = Step { claimed: 1, failed: 1 };

impl Desk {
    /// How the attempts of all payments ended, the oldest first.
    async fn attempts(&self) -> Vec<String> {
        sqlx::query_scalar("select state from attempt order by started_at, number")
            .fetch_all(self.pool())
            .await
            .unwrap()
    }

    /// The shopper enters a card on the page, and comes back.
    async fn enter_card(&self, checkout: domain::id::CheckoutId) {
        pay(&self.engine, checkout).await.unwrap();
        self.fake.complete_registrations();
        advance::look(&self.engine, checkout).await.unwrap();
        assert_eq!(self.step(&workers::advancer(&self.engine)).await, DONE);
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_answer_lost_after_the_news_of_it_puts_nothing_in_doubt(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::LoseAnswerLate]);
    desk.accept(desk.single("order")).await.unwrap();
    let payment = desk.payment("order-1").await.id;

    let (step, ()) = tokio::join!(desk.carry(), async {
        desk.fake.has_charged().await;
        desk.learn(payment, Fact::Captured { total: eur(4_999) }).await;
        desk.fake.lose_now();
    });

    assert_eq!(step, FAILED);
    assert_eq!(desk.payment("order-1").await.state.status(), Status::Captured);
    assert_eq!(desk.attempts().await, ["unknown"]);
    desk.make_due().await;
    assert_eq!(desk.carry().await, DONE);
    assert_eq!(desk.attempts().await, ["done"]);
    assert_eq!(desk.fake.calls().len(), 1, "it was asked, not charged again");
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_attempt_that_is_known_does_not_become_unknown_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::LoseAnswerLate]);
    desk.accept(desk.single("order")).await.unwrap();
    let payment = desk.payment("order-1").await.id;
    let inbox = Inbox::start(desk.pool(), desk.engine.waker());

    let (step, ()) = tokio::join!(desk.carry(), async {
        desk.fake.has_charged().await;
        inbox.store(notification(&desk, "msg_1", payment, "captured")).await.unwrap();
        let waits: bool =
            sqlx::query_scalar("select due_at > now() from job where kind = 'handle_webhook'")
                .fetch_one(desk.pool())
                .await
                .unwrap();
        assert!(waits, "the executor is about to hear the same");
        // As if the executor's lease had run out.
        sqlx::query(
            "update job set ordering_key = null, due_at = now() where kind = 'handle_webhook'",
        )
        .execute(desk.pool())
        .await
        .unwrap();
        assert_eq!(desk.step(&workers::news(&desk.engine)).await, DONE);
        desk.fake.lose_now();
    });

    assert_eq!(step, FAILED);
    assert_eq!(desk.attempts().await, ["done"]);
    assert_eq!(desk.payment("order-1").await.state.status(), Status::Captured);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_processor_refuses_with_a_conflict_was_not_done(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.held("order").await;

    for command in [Command::Cancel, Command::Capture(eur(4_999))] {
        desk.fake.will(&[Behaviour::Conflict]);
        desk.command(payment.id, command).await;
        assert_eq!(desk.operate().await, DONE, "{command:?}");
        let state = desk.payment("order-1").await.state;
        assert_eq!((state.phase, state.in_doubt), (Phase::Authorized, false), "{command:?}");
    }
    desk.command(payment.id, Command::Capture(eur(4_999))).await;
    assert_eq!(desk.operate().await, DONE);

    for behaviour in [Behaviour::Conflict, Behaviour::RefundFails] {
        desk.fake.will(&[behaviour]);
        let refund: RefundId = new_id(payment.id.bucket());
        desk.command(payment.id, Command::Refund { refund, amount: eur(4_999) }).await;
        assert_eq!(desk.operate().await, DONE, "{behaviour:?}");
        let state = desk.payment("order-1").await.state;
        assert_eq!((state.phase, state.in_doubt), (Phase::Captured, false), "{behaviour:?}");
        assert_eq!(state.refund_requested, eur(0), "all of it can be refunded another time");
    }
    assert_eq!(desk.fake.taken_minor(), 4_999);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_decline_of_one_card_is_not_the_answer_to_the_next(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let new = NewCheckout { payment_method: None, ..desk.single("order") };
    let checkout = desk.accept(new).await.unwrap().id;
    desk.enter_card(checkout).await;
    desk.fake.will(&[Behaviour::Decline, Behaviour::ServerError]);
    assert_eq!(desk.carry().await, DONE);
    assert_eq!(desk.payment("order-1").await.state.phase, Phase::Created);

    desk.enter_card(checkout).await;
    assert_eq!(desk.carry().await, FAILED);
    desk.make_due().await;
    assert_eq!(desk.carry().await, DONE);

    assert_eq!(desk.payment("order-1").await.state.status(), Status::Captured);
    assert_eq!(desk.attempts().await, ["declined", "done"]);
    assert_eq!(desk.fake.taken_minor(), 4_999);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn time_that_is_over_expires_nothing_that_was_paid_meanwhile(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap().id;
    desk.enter_card(checkout).await;
    desk.fake.will(&[Behaviour::Challenge; 2]);
    assert_eq!(desk.carry().await, Step { claimed: 2, failed: 0 });
    desk.fake.complete_challenges();

    desk.run_out_of_time().await;
    assert_eq!(desk.step(&workers::expirer(&desk.engine)).await, DONE);

    for reference in ["order-1", "order-2"] {
        assert_eq!(desk.payment(reference).await.state.phase, Phase::Captured);
    }
    assert_eq!(desk.fake.taken_minor(), 8_499);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_challenge_whose_notification_was_lost_is_asked_about(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Challenge]);
    assert_eq!(desk.sold("order").await.state.phase, Phase::ActionRequired);
    desk.fake.complete_challenges();

    desk.make_due().await;
    assert_eq!(desk.step(&workers::expirer(&desk.engine)).await, DONE);

    assert_eq!(desk.payment("order-1").await.state.phase, Phase::Captured);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_shopper_who_comes_back_from_a_challenge_is_asked_about_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Challenge]);
    let payment = desk.sold("order").await;
    desk.fake.complete_challenges();

    for _ in 0..3 {
        advance::look(&desk.engine, payment.checkout).await.unwrap();
    }

    assert_eq!(desk.step(&workers::poller(&desk.engine)).await, DONE);
    assert_eq!(desk.carry().await, Step::default());
    assert_eq!(desk.payment("order-1").await.state.phase, Phase::Captured);
    assert_eq!(desk.fake.calls().len(), 1);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_success_without_money_is_not_believed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::NoMoney]);
    desk.accept(desk.single("order")).await.unwrap();

    assert_eq!(desk.carry().await, FAILED);
    assert_eq!(desk.payment("order-1").await.state.status(), Status::Unknown);
    desk.make_due().await;
    assert_eq!(desk.carry().await, DONE);

    assert_eq!(desk.payment("order-1").await.state.status(), Status::Captured);
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn however_often_a_shopper_comes_back_one_job_watches_the_time(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Challenge; 2]);
    let checkout = desk.accept(desk.checkout("order")).await.unwrap().id;
    desk.carry().await;

    for _ in 0..3 {
        advance::look(&desk.engine, checkout).await.unwrap();
        desk.step(&workers::advancer(&desk.engine)).await;
        desk.step(&workers::poller(&desk.engine)).await;
        desk.carry().await;
        desk.make_due().await;
        desk.step(&workers::expirer(&desk.engine)).await;
    }

    let watching = "select count(*) from job where kind = 'expire_checkout'";
    assert_eq!(desk.world.count(watching).await, 1);
    let carrying = "select count(*) from job where kind = 'execute_payment'";
    assert_eq!(desk.world.count(carrying).await, 0, "what waits is asked about, and not carried");
    desk.close().await;
}
