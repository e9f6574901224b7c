//! "Why did this payment fail?": from any name of a payment to one sentence with its evidence.

use std::time::Duration;

use axum::body::Body;
use domain::id::CheckoutId;
use domain::permission::Role;
use domain::support_code::SupportCode;
use serde_json::Value;
use sqlx::PgPool;

use crate::support::psp::Psp;
use crate::support::{World, basket, paid_with};

const ANA: &str = "ana@test.example";

async fn ask(world: &World, cookie: &str, query: &str) -> String {
    let query = serde_urlencoded::to_string([("q", query)]).unwrap();
    let page = world.page(&format!("/console/why?{query}"), cookie).await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

#[sqlx::test(migrations = "../migrations")]
async fn every_name_of_a_declined_payment_leads_to_why_it_failed(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;

    let paid = world.create("k-1", &paid_with("c-1", "pm_card_insufficient_funds")).await;
    assert_eq!(paid.status, 201, "{}", paid.text);
    let object: Value = serde_json::from_str(&paid.text).unwrap();
    let checkout: CheckoutId = object["id"].as_str().unwrap().parse().unwrap();
    let payment = object["payments"][0]["id"].as_str().unwrap().to_owned();
    let psp_reference: String =
        sqlx::query_scalar("select attempt.processor_reference from attempt join payment using (payment_id) where reference = 'c-1-1'")
            .fetch_one(&world.pool)
            .await
            .unwrap();

    let code = SupportCode::of(checkout).to_string();
    for name in [payment.as_str(), "c-1-1", &psp_reference] {
        let page = ask(&world, &cookie, name).await;
        assert!(page.contains("the account has not enough money"), "{name}: {page}");
        assert!(page.contains(&code), "{name} shows the support code");
        assert!(page.contains(&psp_reference), "{name} shows the evidence");
    }
    for name in ["c-1", &checkout.to_string(), &code, &code.to_lowercase()] {
        let page = ask(&world, &cookie, name).await;
        assert!(page.contains("c-1-1") && page.contains("c-1-2"), "{name} means both payments");
    }
    assert!(ask(&world, &cookie, "c-1-3").await.contains("Nothing is called so"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payment_whose_processor_is_away_says_that_it_waits_and_for_whom(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    world.work();

    // Nobody listens there.
    let call = world
        .api("POST", "/v1/payments")
        .header("content-type", "application/json")
        .header("idempotency-key", "k-1")
        .header("prefer", "respond-async");
    let body = paid_with("c-1", "pm_card_visa").to_string();
    assert_eq!(world.send(call.body(Body::from(body)).unwrap()).await.status, 201);
    for _ in 0..200 {
        let failed = "job where kind = 'execute_payment' and last_error is not null";
        if world.count(failed).await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let page = ask(&world, &cookie, "c-1-1").await;
    assert!(page.contains("could not be reached") || page.contains("circuit is open"), "{page}");
    assert!(page.contains("Work that waits"));
    world.rest().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_learns_anything_of_another_shops_payment(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Admin).await;
    let cookie = world.sign_in(ANA).await;
    world.create("k-1", &basket("c-1")).await;
    let other = engine::shops::save_shop(&world.pool, "Other Shop", None).await.unwrap();
    let found = engine::why::find(&world.pool, world.shop, "c-1-1").await.unwrap();
    assert_eq!(found.len(), 1);

    assert!(ask(&world, &cookie, "c-1-1").await.contains("has not begun to pay"));
    for name in ["c-1-1".to_owned(), "c-1".to_owned(), found[0].to_string()] {
        assert!(engine::why::find(&world.pool, other, &name).await.unwrap().is_empty(), "{name}");
    }
    assert!(engine::why::explain(&world.pool, other, found[0]).await.unwrap().is_none());
}
