//! The API as shops use it, up to the processor and back.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use server::api::problem::{Code, Problem};
use sqlx::PgPool;

use crate::support::psp::Psp;
use crate::support::{World, basket, paid_with};

#[sqlx::test(migrations = "../migrations")]
async fn a_hosted_checkout_is_taken_in_with_its_addresses(pool: PgPool) {
    let world = World::new(pool).await;

    let answer = world.create("key", &basket("order")).await;

    assert_eq!(answer.status, 201);
    let checkout = answer.json();
    let id = checkout["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/v1/checkouts/{id}"));
    let url = checkout["checkout_url"].as_str().unwrap();
    assert!(url.starts_with(&format!("http://pay.test/checkout/{id}/")), "{url}");
    assert_eq!(checkout["total"], "84.89");
    assert_eq!((&checkout["state"], &checkout["is_payment_done"]), (&json!("open"), &json!(false)));
    let payment = &checkout["payments"][1];
    assert_eq!(payment["payment_order_id"], "order-2");
    assert_eq!(payment["amount"], "49.99");
    assert_eq!(payment["status"], "pending");
    assert_eq!(payment["execution_status"], "NOT_STARTED");
    assert_eq!(
        (&payment["ledger_updated"], &payment["wallet_updated"]),
        (&json!(false), &json!(false))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn both_ids_find_a_checkout_and_a_payment_and_only_for_their_shop(pool: PgPool) {
    let world = World::new(pool).await;
    let checkout = world.create("key", &basket("order")).await.json();
    let ours = checkout["id"].as_str().unwrap();
    let payment = checkout["payments"][0]["id"].as_str().unwrap();

    for path in [format!("/v1/checkouts/{ours}"), "/v1/checkouts/order".into()] {
        assert_eq!(world.get(&path).await.json()["id"], ours);
    }
    for path in [format!("/v1/payments/{payment}"), "/v1/payments/order-1".into()] {
        let found = world.get(&path).await.json();
        assert_eq!(
            (&found["id"], &found["execution_status"]),
            (&json!(payment), &json!("NOT_STARTED"))
        );
    }

    let stranger = engine::shops::save_shop(&world.pool, "Other Shop", None).await.unwrap();
    let mut tx = engine::db::Tx::begin(&world.pool).await.unwrap();
    let key = engine::api_keys::create(&mut tx, stranger, "other").await.unwrap();
    tx.commit().await.unwrap();
    for path in [format!("/v1/checkouts/{ours}"), "/v1/payments/order-1".into()] {
        let request = Request::get(&path).header("authorization", format!("Bearer {key}"));
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.problem().1, "not_found");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_call_without_a_key_that_holds_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    let call = |authorization: Option<String>| {
        let request = Request::get("/v1/checkouts/order");
        let request = match authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        };
        world.send(request.body(Body::empty()).unwrap())
    };
    let foreign = format!("Basic {}", world.key);
    let longer = format!("Bearer {}x", world.key);
    for wrong in
        [None, Some("Bearer".into()), Some("Bearer pdk_x".into()), Some(foreign), Some(longer)]
    {
        let answer = call(wrong).await;
        assert_eq!(answer.problem(), (401, "unauthorized".into(), String::new()));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert_eq!(call(Some(format!("bearer {}", world.key))).await.problem().1, "not_found");

    sqlx::query("update api_key set revoked_at = now()").execute(&world.pool).await.unwrap();
    // Another process, which remembers nothing.
    let fresh = World::new(world.pool.clone()).await;
    let request = Request::get("/v1/checkouts/order")
        .header("authorization", format!("Bearer {}", world.key));
    assert_eq!(fresh.send(request.body(Body::empty()).unwrap()).await.problem().1, "unauthorized");
}

#[sqlx::test(migrations = "../migrations")]
async fn with_a_stored_method_the_answer_is_the_outcome(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();

    let paid = world.create("paid", &paid_with("paid", "pm_card_visa")).await;
    assert_eq!(paid.status, 201);
    let paid = paid.json();
    assert_eq!(
        (&paid["state"], &paid["is_payment_done"]),
        (&json!("paid"), &json!(true)),
        "{paid}"
    );
    for payment in paid["payments"].as_array().unwrap() {
        assert_eq!(payment["execution_status"], "SUCCESS");
        assert_eq!(payment["captured"], payment["amount"]);
        assert_eq!(
            (&payment["ledger_updated"], &payment["wallet_updated"]),
            (&json!(true), &json!(true))
        );
    }

    let declined = world.create("no", &paid_with("no", "pm_card_insufficient_funds")).await.json();
    assert_eq!(
        (&declined["state"], &declined["is_payment_done"]),
        (&json!("failed"), &json!(false))
    );
    assert_eq!(declined["payments"][0]["failure"]["code"], "insufficient_funds");

    let challenged = world.create("3ds", &paid_with("3ds", "pm_card_challenge")).await.json();
    let action = &challenged["payments"][0]["next_action"];
    assert_eq!(action["type"], "redirect", "{challenged}");
    assert!(action["redirect_url"].as_str().unwrap().starts_with(&psp.url));

    let mut later = paid_with("later", "pm_card_visa");
    later["capture"] = json!(false);
    let later = world.create("later", &later).await.json();
    assert_eq!(later["payments"][0]["status"], "authorized");
    assert_eq!(later["payments"][0]["execution_status"], "EXECUTING");
    assert_eq!(later["payments"][0]["captured"], "0.00");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_prefers_so_does_not_wait_for_the_outcome(pool: PgPool) {
    let world = World::new(pool).await;
    let request = world
        .api("POST", "/v1/payments")
        .header("content-type", "application/json")
        .header("idempotency-key", "key")
        .header("prefer", "respond-async");
    let body = Body::from(paid_with("order", "pm_card_visa").to_string());

    let answer = world.send(request.body(body).unwrap()).await;

    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["state"], "processing");
    assert_eq!(answer.json()["payments"][0]["execution_status"], "EXECUTING");
}

/// The task is lost at the last moment: with it goes the record, and the caller hears of it.
#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_queued_is_said_at_once_and_leaves_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let rename = |from: &str, to: &str| {
        let statement = sqlx::AssertSqlSafe(format!("alter table {from} rename to {to}"));
        sqlx::query(statement).execute(&world.pool)
    };
    rename("job", "lost_job").await.unwrap();

    let answer = world.create("key", &paid_with("order", "pm_card_visa")).await;
    rename("lost_job", "job").await.unwrap();

    assert_eq!(answer.problem(), (500, "internal".into(), String::new()));
    assert_eq!((world.count("checkout").await, world.count("payment").await), (0, 0));
    assert_eq!(world.get("/v1/checkouts/order").await.problem().1, "not_found");
}

#[test]
fn problem_codes_only_ever_grow() {
    let words: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("{} {}", code.status().as_u16(), code.as_str()))
        .collect();
    assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
    insta::assert_snapshot!(words.join("\n"));
}

#[test]
fn a_problem_has_the_members_of_rfc_9457_and_two_of_ours() {
    let problem = Problem::of_field(Code::CurrencyUnknown, "payment_orders[0].currency", "Why.");
    insta::assert_snapshot!(problem.body());
}
