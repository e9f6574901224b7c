//! What a shopper does: pay on the processor's page, come back, and follow how it goes.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use sqlx::PgPool;

use crate::support::psp::Psp;
use crate::support::{Answer, World, basket};

/// The path of an address of ours.
fn path(url: &str) -> String {
    url.trim_start_matches("http://pay.test").to_owned()
}

async fn open(world: &World, path: &str) -> Answer {
    world.send(Request::get(path).body(Body::empty()).unwrap()).await
}

async fn pay(world: &World, checkout: &str, version: i64) -> Answer {
    let request = Request::post(format!("{checkout}/pay"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let form = format!("idempotency_key=x&version={version}");
    world.send(request.body(Body::from(form)).unwrap()).await
}

/// Enters a card on the processor's page; returns the way back to us.
async fn enter(page: &str, number: &str) -> String {
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form = [("number", number), ("expiry", "12/34"), ("cvc", "123"), ("name", "Robin")];
    let answer = client.post(page).form(&form).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap();
    path(location)
}

async fn checkout(world: &World) -> (String, String) {
    let made = world.create("key", &basket("order")).await.json();
    let field = |name: &str| path(made[name].as_str().unwrap());
    (field("checkout_url"), field("status_url"))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_shopper_pays_comes_back_and_sees_that_it_is_paid(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    let (checkout, status) = checkout(&world).await;

    let page = open(&world, &checkout).await;
    let first = pay(&world, &checkout, 0).await;
    let second = pay(&world, &checkout, 0).await;
    let back = enter(first.header("location"), "4242 4242 4242 4242").await;
    let returned = open(&world, &back).await;
    let events = open(&world, &format!("{status}/events")).await;

    assert_eq!(page.status, 200);
    for part in ["Test Books", "Test Gear", "84.89", &psp.url] {
        let policy = page.header("content-security-policy");
        assert!(page.text.contains(part) || policy.contains(part), "{part}");
    }
    assert_eq!(first.status, 303);
    assert_eq!(first.header("location"), second.header("location"), "two clicks, one page");
    assert_eq!(returned.header("location"), format!("{status}?result=completed"));
    assert!(open(&world, &status).await.text.contains("Paid"));
    assert_eq!(events.header("content-type"), "text/event-stream");
    let data = events.text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let event: Value = serde_json::from_str(data).unwrap();
    assert_eq!((&event["state"], &event["is_final"]), (&"paid".into(), &true.into()));
    let again = pay(&world, &checkout, event["version"].as_i64().unwrap()).await;
    assert_eq!(again.header("location"), format!("{checkout}?problem=already_paid"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_decline_leaves_another_try(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    let (checkout, status) = checkout(&world).await;

    let first = pay(&world, &checkout, 0).await;
    let back = enter(first.header("location"), "4000 0000 0000 0002").await;
    open(&world, &back).await;
    let stale = pay(&world, &checkout, 0).await;
    let version = world.get("/v1/checkouts/order").await.json()["payments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payment| payment["version"].as_i64().unwrap())
        .sum();
    let second = pay(&world, &checkout, version).await;

    assert_eq!(stale.header("location"), format!("{checkout}?problem=stale"));
    assert_ne!(second.header("location"), first.header("location"));
    let back = enter(second.header("location"), "4242 4242 4242 4242").await;
    open(&world, &back).await;
    assert!(open(&world, &status).await.text.contains("Paid"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_expired_checkout_cannot_be_paid(pool: PgPool) {
    let world = World::new(pool).await;
    let (checkout, _) = checkout(&world).await;
    sqlx::query("update checkout set expires_at = now() - interval '1 second'")
        .execute(&world.pool)
        .await
        .unwrap();

    let answer = pay(&world, &checkout, 0).await;

    assert_eq!(answer.header("location"), format!("{checkout}?problem=expired"));
    assert_eq!(world.count("registration").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_processor_that_cannot_be_reached_charges_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let (checkout, _) = checkout(&world).await;

    let answer = pay(&world, &checkout, 0).await;

    let expected = format!("{checkout}?problem=processor_unavailable");
    assert_eq!(answer.header("location"), expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_access_key_opens_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let (checkout, status) = checkout(&world).await;
    let wrong = |path: &str| format!("{}x", &path[..path.len() - 1]);

    assert_eq!(open(&world, &wrong(&checkout)).await.status, 404);
    assert_eq!(open(&world, &wrong(&status)).await.status, 404);
    assert_eq!(pay(&world, &wrong(&checkout), 0).await.status, 404);
    assert_eq!(open(&world, &format!("{}/events", wrong(&status))).await.status, 404);
    assert_eq!(open(&world, &wrong(&status).replace("/status/", "/return/")).await.status, 404);
}

/// Whoever only looks at the page is told of what a worker does meanwhile.
#[sqlx::test(migrations = "../migrations")]
async fn a_status_page_that_is_open_follows(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    let (checkout, status) = checkout(&world).await;
    let first = pay(&world, &checkout, 0).await;
    let back = enter(first.header("location"), "4242 4242 4242 4242").await;

    let address = format!("{status}/events");
    world.work();
    let both = async { tokio::join!(open(&world, &address), open(&world, &back)) };
    let (events, _) = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();

    let states: Vec<String> = events
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str::<Value>(data).unwrap()["state"].as_str().unwrap().into())
        .collect();
    assert_eq!(states.first().unwrap(), "not_paid");
    assert_eq!(states.last().unwrap(), "paid");
}
