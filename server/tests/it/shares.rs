//! What sellers have, as a shop asks for it: deliveries, wallets, statements and balances.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::lifecycle::{at_work, post, single};
use crate::support::{Answer, World};

async fn get(world: &World, path: &str) -> Answer {
    world.send(world.api("GET", path).body(axum::body::Body::empty()).unwrap()).await
}

async fn days(pool: &PgPool) -> (String, String) {
    sqlx::query_as(
        "select ((now() at time zone 'utc')::date - 1)::text,
                ((now() at time zone 'utc')::date + 1)::text",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delivery_releases_the_sellers_share_and_the_statement_says_so(pool: PgPool) {
    let (_psp, world) = at_work(pool.clone()).await;
    single(&world, "order", true).await;
    let seller = "/v1/sellers/books";
    let before = get(&world, &format!("{seller}/wallets")).await.json();
    assert_eq!(before["data"][0]["pending"], "47.49", "{before}");

    let path = "/v1/payments/order-1/release";
    let released = post(&world, path, "one", &json!({})).await;
    assert_eq!(released.status, 200, "{}", released.text);
    let share = released.json();
    assert_eq!((&share["released"], &share["pending"]), (&json!("47.49"), &json!("0.00")));
    let again = post(&world, path, "one", &json!({})).await;
    assert_eq!(again.text, released.text, "the answer of the same key is the same");
    assert_eq!(get(&world, "/v1/payments/order-1/share").await.json(), share);

    let wallet = get(&world, &format!("{seller}/wallets")).await.json()["data"][0].clone();
    assert_eq!(
        (&wallet["pending"], &wallet["available"], &wallet["reserved"], &wallet["owed"]),
        (&json!("0.00"), &json!("47.49"), &json!("0.00"), &json!("0.00"))
    );
    let preview = get(&world, "/v1/payments/order-1/refund_preview?amount=10.00").await.json();
    assert_eq!(
        (&preview["available"], &preview["fee_given_back"], &preview["debt"]),
        (&json!("9.50"), &json!("0.50"), &json!("0.00"))
    );
    let too_much = get(&world, "/v1/payments/order-1/refund_preview?amount=50.00").await;
    assert_eq!(too_much.problem().1, "refund_exceeds_captured");
    let part = json!({ "amount": "10.00" });
    let refund = post(&world, "/v1/payments/order-1/refunds", "two", &part).await;
    assert_eq!(refund.status, 201);

    let (from, to) = days(&pool).await;
    let statement = get(
        &world,
        &format!("{seller}/statement?account=available&currency=EUR&from={from}&to={to}"),
    )
    .await
    .json();
    assert_eq!(
        ["opening", "added", "taken", "closing"].map(|field| statement[field].clone()),
        ["0.00", "47.49", "9.50", "37.99"].map(Value::from),
        "{statement}"
    );
    let lines = statement["lines"].as_array().unwrap();
    let moved: Vec<_> = lines.iter().map(|line| (&line["amount"], &line["balance"])).collect();
    assert_eq!(
        moved,
        [(&json!("47.49"), &json!("47.49")), (&json!("-9.50"), &json!("37.99"))],
        "each line with what stands there after it"
    );
    assert_eq!(lines[0]["payment_order_id"], "order-1");

    let january = format!("{seller}/statement?currency=EUR&from=2026-01-01&to=2026-01-31");
    let empty = get(&world, &january).await.json();
    assert_eq!((&empty["opening"], &empty["closing"]), (&json!("0.00"), &json!("0.00")));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_balances_of_a_shop_sum_to_zero(pool: PgPool) {
    let (_psp, world) = at_work(pool.clone()).await;
    single(&world, "order", true).await;
    let balances = get(&world, "/v1/balances").await.json();
    let cents = |balance: &Value| -> i64 {
        balance["balance"].as_str().unwrap().replace('.', "").parse().unwrap()
    };
    let rows = balances["data"].as_array().unwrap();
    assert!(rows.len() >= 3, "{balances}");
    assert_eq!(rows.iter().map(cents).sum::<i64>(), 0);
    assert!(rows.iter().any(|row| cents(row) != 0));

    let (yesterday, tomorrow) = days(&pool).await;
    let before = get(&world, &format!("/v1/balances?day={yesterday}")).await.json();
    assert!(before["data"].as_array().unwrap().iter().all(|row| cents(row) == 0), "{before}");
    assert_eq!(get(&world, &format!("/v1/balances?day={tomorrow}")).await.json(), balances);
    let wrong = get(&world, "/v1/balances?day=soon").await;
    assert_eq!(wrong.problem(), (400, "field_invalid".into(), "day".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_makes_no_sense_about_a_wallet_is_refused_with_its_reason(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    single(&world, "held", false).await;

    let refused = post(&world, "/v1/payments/held-1/release", "one", &json!({})).await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "not_captured"));
    let body = json!({ "delivered_on": "9000-01-01" });
    single(&world, "sold", true).await;
    let refused = post(&world, "/v1/payments/sold-1/release", "two", &body).await;
    assert_eq!(refused.problem(), (400, "field_invalid".into(), "delivered_on".into()));
    let refused = post(&world, "/v1/payments/nobody/release", "three", &json!({})).await;
    assert_eq!(refused.problem().0, 404);

    let statement = "/v1/sellers/books/statement";
    for (query, code, field) in [
        ("?from=2026-01-01&to=2026-01-02", "field_missing", "currency"),
        ("?currency=EUR&from=2026-01-01", "field_missing", "to"),
        ("?currency=EUR&from=yesterday&to=2026-01-02", "field_invalid", "from"),
        ("?currency=EUR&from=2026-02-30&to=2026-03-02", "field_invalid", "from"),
        ("?currency=EUR&from=2026-02-02&to=2026-02-01", "field_invalid", "to"),
        ("?currency=EUR&from=2026-01-01&to=2026-01-02&account=all", "field_invalid", "account"),
        ("?currency=EUR&from=2026-01-01&to=2026-01-02&cursor=x_y_z", "field_invalid", "cursor"),
        ("?currency=EUR&from=2026-01-01&to=2026-01-02&page=2", "field_unknown", "page"),
        ("?currency=EUR&currency=USD&from=2026-01-01&to=2026-01-02", "field_invalid", "currency"),
    ] {
        let refused = get(&world, &format!("{statement}{query}")).await;
        assert_eq!(refused.problem(), (400, code.into(), field.into()), "{query}");
    }
    let refused =
        get(&world, &format!("{statement}?currency=ZZZ&from=2026-01-01&to=2026-01-02")).await;
    assert_eq!(refused.problem(), (422, "currency_unknown".into(), "currency".into()));
    assert_eq!(get(&world, "/v1/sellers/nobody").await.problem().0, 404);
    assert_eq!(get(&world, "/v1/sellers/books").await.json()["fee_basis_points"], 500);
}
