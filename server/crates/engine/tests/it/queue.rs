//! Jobs and the changes that they make: both, or neither.

use domain::event::Fact;
use domain::id::PaymentId;
use domain::payment::{Phase, Status};
use engine::inbound::{Arrived, Inbox, Verdict};
use engine::payments::commit::Unit;
use engine::payments::{Input, Source};
use engine::workers;
use jobs::{Claimed, Step};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::world::eur;

/// Takes the only job, as a worker does whose lease then runs out.
pub(crate) async fn lost_claim(desk: &Desk) -> Claimed {
    let (bucket, job_id, subject_id, payload): (i16, uuid::Uuid, uuid::Uuid, Value) =
        sqlx::query_as("update job set attempt = 2 returning bucket, job_id, subject_id, payload")
            .fetch_one(desk.pool())
            .await
            .unwrap();
    Claimed {
        bucket,
        job_id,
        subject_id,
        payload,
        holder: job_id,
        attempt: 1,
        uncounted: 0,
        ordering_key: None,
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_lost_the_job_writes_nothing_and_spoils_nothing_for_others(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let mine = desk.held("mine").await;
    desk.accept(desk.single("lost")).await.unwrap();
    let lost = desk.payment("lost-1").await;
    let claimed = lost_claim(&desk).await;
    let unit = |payment: PaymentId, finish| {
        let fact = Fact::Captured { total: eur(4_999) };
        let input = Input::fact(payment, fact, Source::Worker, json!({}));
        desk.engine.committer().commit(Unit { inputs: vec![input], finish, ..Unit::default() })
    };

    let (good, bad) = tokio::join!(unit(mine.id, None), unit(lost.id, Some(claimed)));

    good.unwrap();
    bad.unwrap_err();
    assert_eq!(desk.payment("mine-1").await.state.phase, Phase::Captured);
    assert_eq!(desk.payment("lost-1").await.state.phase, Phase::Executing);
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_event_is_delivered_if_and_only_if_the_shop_listens(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("quiet").await;
    desk.hears("default", "http://127.0.0.1:9", &[]).await;
    desk.sold("loud").await;

    let deliveries = "select count(*) from job where kind = 'deliver_webhook'";
    assert_eq!(desk.world.count(deliveries).await, 1);
    assert_eq!(desk.world.count("select count(*) from outbox").await, 2);
    desk.close().await;
}

/// A verified notification with the body that the sandbox sends.
pub(crate) fn notification(
    desk: &Desk,
    message: &str,
    payment: PaymentId,
    status: &str,
) -> Arrived {
    let body = json!({ "type": format!("payment.{status}"), "data": { "payment": {
        "id": "sp_1", "reference": payment, "status": status, "amount": "49.99", "currency": "EUR",
        "authorized": "49.99", "captured": "49.99", "refunded": "0.00",
    }}});
    Arrived {
        account: desk.world.account,
        message_id: message.into(),
        headers: json!({}),
        body: body.to_string().into_bytes(),
        verdict: Verdict::Verified(Some(psp::Notification {
            kind: format!("payment.{status}"),
            payment_reference: Some(payment.to_string()),
            registration_token: None,
        })),
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_notification_that_overtakes_the_answer_is_the_answer(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.accept(desk.single("order")).await.unwrap();
    let payment = desk.payment("order-1").await.id;
    desk.fake.charge(&payment.to_string(), eur(4_999));
    let inbox = Inbox::start(desk.pool(), desk.engine.waker());

    for _ in 0..3 {
        inbox.store(notification(&desk, "msg_1", payment, "captured")).await.unwrap();
    }
    assert_eq!(desk.world.count("select count(*) from inbound_webhook").await, 1);
    assert_eq!(desk.step(&workers::news(&desk.engine)).await, Step { claimed: 1, failed: 0 });
    assert_eq!(desk.payment("order-1").await.state.status(), Status::Captured);
    assert_eq!(desk.carry().await, Step { claimed: 1, failed: 0 });

    assert_eq!(desk.fake.calls(), [], "what is known is not charged again");
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_notification_that_the_database_refuses_holds_up_no_other(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;
    let inbox = Inbox::start(desk.pool(), desk.engine.waker());
    let mut arrived: Vec<Arrived> = (0..8)
        .map(|number| notification(&desk, &format!("msg_{number}"), payment, "captured"))
        .collect();
    // No text of the database holds a NUL: of what is read from the body it is left out.
    let Verdict::Verified(Some(read)) = &mut arrived[2].verdict else {
        unreachable!("it is verified")
    };
    (read.kind, read.payment_reference) = ("registration.\0completed".to_owned(), None);
    read.registration_token = Some("reg_\0".to_owned());
    arrived[5].message_id = "msg_\0".into();

    let stores = arrived.into_iter().map(|one| inbox.store(one));
    let stored: Vec<bool> =
        futures::future::join_all(stores).await.iter().map(Result::is_ok).collect();

    assert_eq!(stored, [true, true, true, true, true, false, true, true]);
    assert_eq!(desk.world.count("select count(*) from inbound_webhook").await, 7);
    let jobs = "select count(*) from job where kind = 'handle_webhook'";
    assert_eq!(desk.world.count(jobs).await, 7);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_notification_is_a_reason_to_ask_and_never_a_fact(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Decline]);
    let payment = desk.sold("order").await;
    let inbox = Inbox::start(desk.pool(), desk.engine.waker());

    inbox.store(notification(&desk, "msg_lie", payment.id, "captured")).await.unwrap();
    assert_eq!(desk.step(&workers::news(&desk.engine)).await, Step { claimed: 1, failed: 0 });

    assert_eq!(desk.payment("order-1").await.state.phase, Phase::Failed);
    assert_eq!(desk.books().await, [0, 0, 0]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_notification_about_nothing_of_ours_is_kept_and_marked(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let stranger: PaymentId = engine::db::new_plain_id();
    let inbox = Inbox::start(desk.pool(), desk.engine.waker());

    inbox.store(notification(&desk, "msg_1", stranger, "captured")).await.unwrap();
    desk.step(&workers::news(&desk.engine)).await;

    let unmatched = "select count(*) from inbound_webhook where state = 'unmatched'";
    assert_eq!(desk.world.count(unmatched).await, 1);
    desk.close().await;
}
