//! Disputes as a processor tells of them, from its webhook to the shop's call.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::support::psp::Psp;
use crate::support::{World, paid_with};

/// How often a test looks whether something has happened, at most.
const LOOKS_MAX: usize = 400;

/// A shop at work, at a sandbox that sends its webhooks to it.
async fn open(pool: PgPool) -> (Psp, World) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let service = format!("http://{}", listener.local_addr().unwrap());
    let router = world.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    psp.provision(&world, Some(&service)).await;
    world.work();
    (psp, world)
}

async fn advance(psp: &Psp, time: &str) {
    let url = format!("{}/v1/control/clock", psp.url);
    let answer =
        reqwest::Client::new().post(url).json(&json!({ "advance": time })).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

/// Waits until the payment has this status, and returns its disputes.
async fn disputes_when(world: &World, status: &str) -> Vec<Value> {
    for _ in 0..LOOKS_MAX {
        let payment = world.get("/v1/payments/order-1").await.json();
        if payment["status"] == status {
            let disputes = world.get("/v1/payments/order-1/disputes").await.json();
            return disputes["data"].as_array().unwrap().clone();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never {status}: {}", world.get("/v1/payments/order-1").await.text);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dispute_that_the_processor_tells_of_is_shown_and_ends_as_it_is_decided(pool: PgPool) {
    let (psp, world) = open(pool).await;
    let mut body = paid_with("order", "pm_card_dispute_won");
    body["payment_orders"].as_array_mut().unwrap().truncate(1);
    let made = world.create("key", &body).await.json();
    assert_eq!(made["state"], "paid");
    assert_eq!(disputes_when(&world, "captured").await, Vec::<Value>::new());

    advance(&psp, "1h 1s").await;
    let opened = disputes_when(&world, "disputed").await;
    let contested = world.get("/v1/payments/order-1").await.json();
    advance(&psp, "1d").await;
    let decided = disputes_when(&world, "captured").await;

    let [opened] = opened.as_slice() else { panic!("{opened:?}") };
    assert_eq!((&opened["status"], &opened["amount"]), (&json!("opened"), &json!("34.90")));
    assert_eq!(opened["payment"], made["payments"][0]["id"]);
    assert!(opened["processor_reference"].is_string() && opened["reason"].is_string(), "{opened}");
    assert_eq!(contested["captured"], "34.90", "what was taken was taken");
    let [decided] = decided.as_slice() else { panic!("{decided:?}") };
    assert_eq!((&decided["status"], &decided["id"]), (&json!("won"), &opened["id"]));
    let unmatched = "inbound_webhook where state = 'unmatched'";
    assert_eq!(world.count(unmatched).await, 0, "everything that was told could be read");
    let checks = engine::checks::verify(&world.pool).await.unwrap();
    assert!(checks.iter().all(|check| check.broken == 0), "{checks:?}");
}
