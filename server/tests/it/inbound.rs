//! Notifications of processors: believed only if signed, stored in any case, answered at once.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use sqlx::PgPool;
use standardwebhooks::Webhook;
use time::OffsetDateTime;

use crate::support::{Answer, WEBHOOK_SECRET, World};

fn message() -> String {
    json!({
        "type": "payment.captured",
        "timestamp": "2026-11-21T04:00:00Z",
        "data": { "payment": { "id": "sp_1", "reference": "pay_01jd5gq3hrf0a9b8c7d6e5f4g3" } },
    })
    .to_string()
}

async fn notify(world: &World, id: &str, secret: &str, at: OffsetDateTime, sent: &str) -> Answer {
    let at = at.unix_timestamp();
    let signature = Webhook::new(secret).unwrap().sign(id, at, message().as_bytes()).unwrap();
    let request = Request::post(format!("/webhooks/{}", world.account))
        .header("webhook-id", id)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", signature);
    world.send(request.body(Body::from(sent.to_owned())).unwrap()).await
}

async fn states(world: &World) -> Vec<(String, Option<String>)> {
    sqlx::query_as("select state, problem from inbound_webhook order by received_at")
        .fetch_all(&world.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_signed_notification_is_stored_raw_with_its_job(pool: PgPool) {
    let world = World::new(pool).await;

    let answer =
        notify(&world, "msg_1", WEBHOOK_SECRET, OffsetDateTime::now_utc(), &message()).await;

    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    assert_eq!(states(&world).await, [("stored".to_owned(), None)]);
    let (body, headers): (Vec<u8>, serde_json::Value) =
        sqlx::query_as("select body, headers from inbound_webhook")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert_eq!(body, message().as_bytes());
    assert!(!headers.to_string().contains("signature"), "{headers}");
    let job: (String, uuid::Uuid) = sqlx::query_as(
        "select job.kind, job.subject_id from job
         join inbound_webhook on inbound_webhook_id = job.subject_id",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert_eq!(job.0, "handle_webhook");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_repeated_notification_is_stored_once(pool: PgPool) {
    let world = World::new(pool).await;
    let now = OffsetDateTime::now_utc();

    let calls = (0..10).map(|_| async {
        notify(&world, "msg_1", WEBHOOK_SECRET, now, &message()).await.status.as_u16()
    });
    let answers = futures::future::join_all(calls).await;

    assert_eq!(answers, [200; 10]);
    assert_eq!((world.count("inbound_webhook").await, world.count("job").await), (1, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_signed_well_is_refused_and_kept_to_be_looked_at(pool: PgPool) {
    let world = World::new(pool).await;
    let now = OffsetDateTime::now_utc();
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let past = now - time::Duration::hours(1);

    let unsigned = Request::post(format!("/webhooks/{}", world.account));
    let unsigned = world.send(unsigned.body(Body::from(message())).unwrap()).await;
    let forged = notify(&world, "msg_1", other, now, &message()).await;
    let broken =
        notify(&world, "msg_2", WEBHOOK_SECRET, now, &message().replace("sp_1", "sp_2")).await;
    let old = notify(&world, "msg_3", WEBHOOK_SECRET, past, &message()).await;

    assert_eq!(unsigned.problem(), (401, "webhook_unsigned".into(), String::new()));
    for answer in [forged, broken] {
        assert_eq!(answer.problem(), (401, "webhook_signature_invalid".into(), String::new()));
    }
    assert_eq!(old.problem(), (401, "webhook_outside_tolerance".into(), String::new()));
    let states = states(&world).await;
    assert_eq!(states.len(), 4);
    assert!(states.iter().all(|(state, problem)| state == "refused" && problem.is_some()));
    let codes: Vec<String> =
        sqlx::query_scalar("select problem_code from inbound_webhook order by received_at")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    let invalid = "signature_invalid";
    assert_eq!(codes, ["unsigned", invalid, invalid, "outside_tolerance"]);
    assert_eq!(world.count("job").await, 0);
    // A forged one does not keep the real one out.
    assert_eq!(notify(&world, "msg_1", WEBHOOK_SECRET, now, &message()).await.status, 200);
    assert_eq!(world.count("job").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_addresses_and_large_bodies_are_refused(pool: PgPool) {
    let world = World::new(pool).await;
    let post = |path: String, body: String| {
        world.send(Request::post(path).body(Body::from(body)).unwrap())
    };
    let unknown: domain::id::ProcessorAccountId = engine::db::new_plain_id();
    for path in ["/webhooks/nonsense".to_owned(), format!("/webhooks/{unknown}")] {
        let problem = post(path, message()).await.problem();
        assert_eq!(problem, (404, "processor_account_unknown".into(), String::new()));
    }
    let large = post(format!("/webhooks/{}", world.account), "x".repeat(300_000)).await;
    assert_eq!(large.problem(), (413, "body_too_large".into(), String::new()));
    assert_eq!(world.count("inbound_webhook").await, 0);
}
