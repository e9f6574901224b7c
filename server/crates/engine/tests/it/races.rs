//! Races: many callers at once on one payment, each time with one exact outcome.

use std::time::Duration;

use domain::decide::Refused;
use domain::payment::Phase;
use engine::checkouts::advance;
use engine::checkouts::pay::pay;
use engine::inbound::Inbox;
use engine::payments::commands::{AskError, NewRefund, cancel, capture, refund};
use engine::poll;
use engine::workers;
use futures::future::join_all;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::queue::notification;
use crate::world::eur;

/// How often each race is run.
const ROUNDS: usize = 50;
/// How many callers there are.
const CALLERS: usize = 100;
const NO_PATIENCE: Duration = Duration::ZERO;

fn too_much<T>(answer: &Result<T, AskError>) -> bool {
    matches!(answer, Err(AskError::Refused(Refused::TooMuch { .. } | Refused::UnderWay)))
}

#[sqlx::test(migrations = "../../../migrations")]
async fn of_a_hundred_refunds_of_60_on_a_captured_100_one_is_made(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for round in 0..ROUNDS {
        let payment = desk.world.captured(eur(100_00)).await;
        let new = NewRefund { amount: Some(eur(60_00)), reason: None };

        let asks = (0..CALLERS)
            .map(|_| refund(&desk.engine, desk.order_on(payment), new.clone(), NO_PATIENCE));
        let answers = join_all(asks).await;

        let made = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused = answers
            .iter()
            .filter(|answer| {
                matches!(answer, Err(AskError::Refused(Refused::TooMuch { available, .. }))
                    if *available == eur(40_00))
            })
            .count();
        assert_eq!((made, refused), (1, CALLERS - 1), "round {round}");
    }
    let jobs = "select count(*) from job where kind = 'operate_payment'";
    assert_eq!(desk.world.count(jobs).await, i64::try_from(ROUNDS).unwrap());
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn of_a_hundred_captures_of_60_on_a_hold_of_100_one_is_made(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for round in 0..ROUNDS {
        let payment = desk.world.authorized(eur(100_00)).await;

        let asks = (0..CALLERS)
            .map(|_| capture(&desk.engine, desk.order_on(payment), Some(eur(60_00)), NO_PATIENCE));
        let answers = join_all(asks).await;

        let made = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused = answers.iter().filter(|answer| too_much(answer)).count();
        assert_eq!((made, refused), (1, CALLERS - 1), "round {round}");
    }
    let jobs = "select count(*) from job where kind = 'operate_payment'";
    assert_eq!(desk.world.count(jobs).await, i64::try_from(ROUNDS).unwrap());
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_pays_and_cancels_at_once_has_paid_or_cancelled_and_never_both(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for round in 0..ROUNDS {
        let mut new = desk.hosted(&format!("order{round}"));
        new.orders.truncate(1);
        let checkout = desk.accept(new).await.unwrap();
        let payment = checkout.payments[0].id;
        pay(&desk.engine, checkout.id).await.unwrap();
        desk.fake.complete_registrations();
        advance::look(&desk.engine, checkout.id).await.unwrap();

        let advancer = workers::advancer(&desk.engine);
        let (_, cancelled) = tokio::join!(
            desk.step(&advancer),
            cancel(&desk.engine, desk.order_on(payment), NO_PATIENCE),
        );
        while desk.carry().await.claimed > 0 {}

        let phase = desk.payment(&format!("order{round}-1")).await.state.phase;
        let reference = payment.to_string();
        let charged = desk
            .fake
            .payments()
            .iter()
            .filter(|row| row["reference"] == reference.as_str())
            .count();
        match cancelled {
            Ok(_) => assert_eq!((phase, charged), (Phase::Cancelled, 0), "round {round}"),
            Err(AskError::Refused(Refused::UnderWay | Refused::AlreadyPaid)) => {
                assert_eq!((phase, charged), (Phase::Captured, 1), "round {round}");
            }
            Err(other) => panic!("round {round}: {other:?}"),
        }
    }
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn webhook_return_and_poll_at_once_book_one_capture(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let inbox = Inbox::start(desk.pool(), desk.engine.waker());
    for round in 0..ROUNDS {
        desk.fake.will(&[Behaviour::Challenge]);
        let payment = desk.sold(&format!("order{round}")).await;
        desk.fake.complete_challenges();
        let id = payment.id;
        desk.pass(3_600).await;
        assert_eq!(poll::look(&desk.engine).await.unwrap(), 1, "it has waited for long");
        inbox.store(notification(&desk, &format!("msg_{round}"), id, "captured")).await.unwrap();
        advance::look(&desk.engine, payment.checkout).await.unwrap();
        // As if four workers had leased what belongs together, because leases had run out.
        sqlx::query("update job set ordering_key = null, due_at = now()")
            .execute(desk.pool())
            .await
            .unwrap();

        let (news, expirer) = (workers::news(&desk.engine), workers::expirer(&desk.engine));
        let poller = workers::poller(&desk.engine);
        let (told, carried, asked, polled) =
            tokio::join!(desk.step(&news), desk.carry(), desk.step(&expirer), desk.step(&poller));

        let failed = [told, carried, asked, polled].map(|step| step.failed);
        // Both who came back and the poll ask.
        assert_eq!((failed, polled.claimed), ([0; 4], 2), "round {round}");
        let payment = desk.payment(&format!("order{round}-1")).await.state;
        assert_eq!((payment.phase, payment.captured), (Phase::Captured, eur(49_99)));
        let booked: i64 = sqlx::query_scalar(
            "select count(*) from transition where payment_id = $1 and event = 'captured'",
        )
        .bind(id.uuid())
        .fetch_one(desk.pool())
        .await
        .unwrap();
        assert_eq!(booked, 1, "round {round}");
        sqlx::query("delete from job").execute(desk.pool()).await.unwrap();
    }
    let rounds = i64::try_from(ROUNDS).unwrap();
    assert_eq!(desk.books().await, [49_99 * rounds, -47_49 * rounds, -2_50 * rounds]);
    desk.close().await;
}
