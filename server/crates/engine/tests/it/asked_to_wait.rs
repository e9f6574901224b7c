//! A processor that says how long it wants to be left alone is left alone for so long.

use axum::http::StatusCode;
use domain::event::Command;
use engine::{poll, workers};
use jobs::Step;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::world::eur;

const BOTH: [StatusCode; 2] = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
const FAILED: Step = Step { claimed: 1, failed: 1 };

impl Desk {
    /// In how many seconds the one job of `kind` is due.
    async fn due_in(&self, kind: &str) -> i64 {
        sqlx::query_scalar(
            "select extract(epoch from due_at - now())::bigint from job where kind = $1",
        )
        .bind(kind)
        .fetch_one(self.pool())
        .await
        .unwrap()
    }

    /// Checks that the job of `kind` waits for as long as it was asked to, and not much longer.
    async fn waits(&self, kind: &str, asked: i64) {
        let due_in = self.due_in(kind).await;
        assert!((asked - 2..=asked + 10).contains(&due_in), "{kind} is due in {due_in}");
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_is_tried_again_no_sooner_than_the_processor_asked_for(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for (number, status) in BOTH.into_iter().enumerate() {
        let order = format!("order-{number}");
        desk.fake.ask_to_wait(status, 120);
        desk.accept(desk.single(&order)).await.unwrap();

        assert_eq!(desk.carry().await, FAILED, "{status}");
        desk.waits("execute_payment", 120).await;
        assert_eq!(desk.carry().await.claimed, 0, "it is left alone");

        desk.fake.come_back();
        desk.make_due().await;
        assert_eq!(desk.carry().await, Step { claimed: 1, failed: 0 });
    }
    assert_eq!(desk.fake.payments().len(), 2);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn captures_and_refunds_wait_for_as_long_as_the_processor_asked_for(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for (number, status) in BOTH.into_iter().enumerate() {
        let held = desk.held(&format!("order-{number}")).await;
        let refund = engine::db::new_id(held.id.bucket());
        for command in [Command::Capture(eur(4_999)), Command::Refund { refund, amount: eur(100) }]
        {
            desk.command(held.id, command).await;
            desk.fake.ask_to_wait(status, 120);

            assert_eq!(desk.operate().await, FAILED, "{status}");
            desk.waits("operate_payment", 120).await;

            desk.fake.come_back();
            desk.make_due().await;
            assert_eq!(desk.operate().await, Step { claimed: 1, failed: 0 });
        }
    }
    assert_eq!(desk.fake.taken_minor(), 2 * (4_999 - 100));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn questions_wait_for_as_long_as_the_processor_asked_for(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Challenge]);
    desk.accept(desk.single("order")).await.unwrap();
    desk.carry().await;
    for status in BOTH {
        let long_ago =
            "update payment set updated_at = now() - interval '1 hour'; delete from poll";
        sqlx::raw_sql(long_ago).execute(desk.pool()).await.unwrap();
        poll::look(&desk.engine).await.unwrap();
        desk.make_due().await;
        desk.fake.ask_to_wait(status, 120);

        assert_eq!(desk.step(&workers::poller(&desk.engine)).await, FAILED, "{status}");
        desk.waits("poll_payment", 120).await;

        desk.fake.come_back();
        desk.make_due().await;
        let asked = desk.step(&workers::poller(&desk.engine)).await;
        assert_eq!(asked, Step { claimed: 1, failed: 0 });
    }
    desk.close().await;
}

/// What follows a lost answer is a question too.
#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_in_doubt_is_asked_about_no_sooner_than_the_processor_asked_for(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::LoseAnswer]);
    desk.accept(desk.single("order")).await.unwrap();
    desk.carry().await;
    desk.make_due().await;
    desk.fake.ask_to_wait(StatusCode::TOO_MANY_REQUESTS, 120);

    assert_eq!(desk.carry().await, FAILED);
    desk.waits("execute_payment", 120).await;

    desk.fake.come_back();
    desk.make_due().await;
    assert_eq!(desk.carry().await, Step { claimed: 1, failed: 0 });
    assert_eq!(desk.fake.taken_minor(), 4_999);
    desk.close().await;
}
