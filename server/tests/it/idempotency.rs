//! A call that is repeated has one effect and one answer.

use axum::body::Body;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::support::{World, basket};

#[sqlx::test(migrations = "../migrations")]
async fn a_repeat_gets_the_first_answer_again(pool: PgPool) {
    let world = World::new(pool).await;

    let first = world.create("key", &basket("order")).await;
    let again = world.create("key", &basket("order")).await;

    assert_eq!((first.status, again.status), (first.status, first.status));
    assert_eq!(first.status, 201);
    assert_eq!(first.text, again.text);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("", "true")
    );
    assert_eq!(world.count("checkout").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_itself_refuses_a_key_twice(pool: PgPool) {
    let world = World::new(pool).await;
    world.create("key", &basket("order")).await;

    let again = sqlx::query(
        "insert into idempotency (bucket, shop_id, route, key, fingerprint, leased_until)
         select bucket, shop_id, route, key, 'other', now() from idempotency",
    );
    let refused = again.execute(&world.pool).await.unwrap_err();

    let constraint = refused.into_database_error().unwrap().constraint().map(str::to_owned);
    assert_eq!(constraint.as_deref(), Some("idempotency_pkey"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_content_in_another_layout_is_the_same_call(pool: PgPool) {
    let world = World::new(pool).await;
    world.create("key", &basket("order")).await;
    let pretty = serde_json::to_string_pretty(&basket("order")).unwrap();

    let request = world
        .api("POST", "/v1/payments")
        .header("content-type", "application/json; charset=utf-8")
        .header("idempotency-key", "key");
    let again = world.send(request.body(Body::from(pretty)).unwrap()).await;

    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_serves_one_content(pool: PgPool) {
    let world = World::new(pool).await;
    world.create("key", &basket("order")).await;

    let other = world.create("key", &basket("other")).await;

    assert_eq!(other.problem(), (422, "idempotency_key_reused".into(), String::new()));
    assert_eq!(world.count("checkout").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_call_without_a_key_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    let post = |key: Option<String>| {
        let request = world.api("POST", "/v1/payments").header("content-type", "application/json");
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        world.send(request.body(Body::from(basket("order").to_string())).unwrap())
    };
    assert_eq!(post(None).await.problem(), (400, "idempotency_key_missing".into(), String::new()));
    let long = post(Some("x".repeat(256))).await;
    assert_eq!(long.problem().1, "idempotency_key_invalid");
    assert_eq!(post(Some(String::new())).await.problem().1, "idempotency_key_invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_call_frees_its_key(pool: PgPool) {
    let world = World::new(pool).await;
    let mut wrong = basket("order");
    wrong["payment_orders"][0]["seller_account"] = json!("nobody");

    assert_eq!(world.create("key", &wrong).await.problem().1, "seller_unknown");

    assert_eq!(world.create("key", &basket("order")).await.status, 201);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_many_calls_at_once_one_has_the_effect(pool: PgPool) {
    let world = World::new(pool).await;
    let body = basket("order");

    let calls = (0..20).map(|_| world.create("key", &body));
    let answers = futures::future::join_all(calls).await;

    let made = answers
        .iter()
        .filter(|answer| answer.status == 201 && answer.header("idempotency-replayed").is_empty());
    assert_eq!(made.count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.problem(), (409, "idempotency_in_progress".into(), String::new()));
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!((world.count("checkout").await, world.count("payment").await), (1, 2));
}

/// As if the process had been killed after the effect and before the answer was kept.
#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_nobody_kept_is_made_from_what_is_there(pool: PgPool) {
    let world = World::new(pool).await;
    let first = world.create("key", &basket("order")).await;
    sqlx::query("update idempotency set status = null, headers = null, body = null")
        .execute(&world.pool)
        .await
        .unwrap();

    let early = world.create("key", &basket("order")).await;
    end_leases(&world).await;
    let late = world.create("key", &basket("order")).await;

    assert_eq!(early.problem().1, "idempotency_in_progress");
    assert_eq!((late.status.as_u16(), late.header("idempotency-replayed")), (201, "true"));
    assert_eq!(late.json()["id"], first.json()["id"]);
}

/// As if the process had been killed before the effect.
#[sqlx::test(migrations = "../migrations")]
async fn a_claim_left_behind_without_an_effect_is_taken_over(pool: PgPool) {
    let world = World::new(pool).await;
    world.create("key", &basket("order")).await;
    sqlx::query(
        "update idempotency set status = null, headers = null, body = null, object_id = null",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    end_leases(&world).await;

    // The references of the first call are taken, which shows that the call ran again.
    let again = world.create("key", &basket("order")).await;

    assert_eq!(again.problem().1, "reference_taken");
    assert_eq!(world.count("idempotency").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_is_forgotten_after_half_a_year(pool: PgPool) {
    for (key, age) in [("old", "181 days"), ("young", "179 days")] {
        sqlx::query(
            "insert into idempotency
                 (bucket, shop_id, route, key, fingerprint, leased_until, created_at)
             values (1, gen_random_uuid(), 'POST /v1/payments', $1, '', now(),
                     now() - $2::text::interval)",
        )
        .bind(key)
        .bind(age)
        .execute(&pool)
        .await
        .unwrap();
    }

    assert_eq!(engine::idempotency::sweep(&pool).await.unwrap(), 1);
    assert_eq!(engine::idempotency::sweep(&pool).await.unwrap(), 0);

    let left: Vec<String> =
        sqlx::query_scalar("select key from idempotency").fetch_all(&pool).await.unwrap();
    assert_eq!(left, ["young"]);
}

pub(crate) async fn end_leases(world: &World) {
    let past = OffsetDateTime::now_utc() - time::Duration::minutes(5);
    sqlx::query("update idempotency set leased_until = $1")
        .bind(past)
        .execute(&world.pool)
        .await
        .unwrap();
}

/// Every field at its longest, as far as a body may be long.
fn largest(order: &str) -> serde_json::Value {
    let metadata = |values: usize| {
        let entries = (0..values).map(|number| (format!("{number:040}"), json!("\"".repeat(61))));
        entries.collect::<serde_json::Map<_, _>>()
    };
    let orders = (0..20).map(|number| {
        json!({
            "payment_order_id": format!("{order}-{number:0>50}"), "seller_account": "books",
            "amount": "1.00", "currency": "EUR", "description": "d".repeat(20),
            "metadata": metadata(17),
        })
    });
    json!({
        "checkout_id": order, "currency": "EUR", "metadata": metadata(20),
        "payment_orders": orders.collect::<Vec<_>>(),
    })
}

#[sqlx::test(migrations = "../migrations")]
async fn the_largest_answer_is_given_again_at_once(pool: PgPool) {
    let world = World::new(pool).await;
    let body = largest("order");
    assert!((60_000..=65_536).contains(&body.to_string().len()), "{}", body.to_string().len());

    let first = world.create("key", &body).await;
    let again = world.create("key", &body).await;

    assert_eq!(first.status, 201, "{}", first.text);
    assert!(first.text.len() > 65_536, "{} bytes", first.text.len());
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.text, first.text);
    assert_eq!(world.count("checkout").await, 1);
}
