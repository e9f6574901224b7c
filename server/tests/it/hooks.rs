//! Webhooks to shops: signed, numbered, and sent until the shop's server has taken them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use engine::shops;
use engine::webhooks::{DELIVER_WEBHOOK, Deliver, lane};
use serde_json::Value;
use sqlx::PgPool;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::support::psp::Psp;
use crate::support::{World, paid_with};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;
type Server = (Received, Arc<Mutex<Vec<u16>>>);

/// A shop's server that answers with the next of `answers`, and with 204 when these are used up.
async fn listen(answers: Vec<u16>) -> (String, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let received = Received::default();
    let state = (Arc::clone(&received), Arc::new(Mutex::new(answers)));
    let take =
        async |State((received, answers)): State<Server>, headers: HeaderMap, body: Bytes| {
            received.lock().unwrap().push((headers, body));
            let next = answers.lock().unwrap().pop().unwrap_or(204);
            StatusCode::from_u16(next).unwrap()
        };
    let router = Router::new().route("/hook", post(take)).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, received)
}

/// A world in which one payment was captured and nobody has told the shop yet.
async fn captured(pool: PgPool, url: &str) -> World {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    // Nowhere at first: what is sent then fails and stays.
    shops::save_shop(&world.pool, "Test Shop", Some(("http://127.0.0.1:9/", SECRET)))
        .await
        .unwrap();
    world.work();
    let mut body = paid_with("order", "pm_card_visa");
    body["payment_orders"].as_array_mut().unwrap().truncate(1);
    assert_eq!(world.create("key", &body).await.json()["state"], "paid");
    world.rest().await;
    shops::save_shop(&world.pool, "Test Shop", Some((url, SECRET))).await.unwrap();
    world
}

/// Makes every delivery due, and works on it once.
async fn step(world: &World, allow_private: bool) -> usize {
    sqlx::query(
        "update job set due_at = now(), leased_by = null, leased_until = null where kind = $1",
    )
    .bind(DELIVER_WEBHOOK)
    .execute(&world.pool)
    .await
    .unwrap();
    let lane = lane(Deliver::start(&world.pool, allow_private));
    lane.step(&world.pool).await.unwrap().failed
}

async fn attempts(world: &World) -> Vec<(Option<i16>, Option<String>)> {
    sqlx::query_as("select status, error from webhook_attempt where error is distinct from $1 order by at, attempt")
        .bind("the shop's server could not be reached")
        .fetch_all(&world.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_webhook_carries_a_signature_that_fits_and_its_sequence(pool: PgPool) {
    let (url, received) = listen(Vec::new()).await;
    let world = captured(pool, &url).await;

    assert_eq!(step(&world, true).await, 0);

    let received = received.lock().unwrap().clone();
    let webhook = Webhook::new(SECRET).unwrap();
    assert!(!received.is_empty());
    let mut sequences = Vec::new();
    for (headers, body) in &received {
        webhook.verify(body, headers).unwrap();
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["id"].as_str().unwrap(), headers["webhook-id"].to_str().unwrap());
        sequences.push(body["sequence"].as_i64().unwrap());
    }
    let last: Value = serde_json::from_slice(&received.last().unwrap().1).unwrap();
    sequences.dedup();
    assert_eq!(sequences.len(), received.len());
    assert_eq!(last["data"]["payment_order_id"], "order-1");
    assert_eq!(world.deliveries().await, 0, "what was taken is finished");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delivery_is_tried_again_with_the_same_bytes_and_every_try_is_logged(pool: PgPool) {
    let (url, received) = listen(vec![302, 500]).await;
    let world = captured(pool, &url).await;
    let waiting = world.deliveries().await;
    assert_eq!(waiting, 1);

    assert_eq!(step(&world, true).await, 1);
    assert_eq!(step(&world, true).await, 1);
    assert_eq!(step(&world, true).await, 0);

    let bodies: Vec<Bytes> =
        received.lock().unwrap().iter().map(|(_, body)| body.clone()).collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.windows(2).all(|two| two[0] == two[1]));
    let statuses: Vec<Option<i16>> =
        attempts(&world).await.into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, [Some(500), Some(302), Some(204)]);
    assert_eq!(world.deliveries().await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn private_addresses_are_not_delivered_to_unless_that_is_wanted(pool: PgPool) {
    let (url, received) = listen(Vec::new()).await;
    let world = captured(pool, &url).await;

    assert_eq!(step(&world, false).await, 1);

    assert!(received.lock().unwrap().is_empty());
    let why = attempts(&world).await.pop().unwrap().1.unwrap();
    assert_eq!(why, "the webhook address is inside of a private network");
}
