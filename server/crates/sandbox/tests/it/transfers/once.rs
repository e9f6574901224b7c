//! One reference is one transfer, however often it is asked for, and by whom.

use futures::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{IBAN, standing, transfer};
use crate::harness::{Sandbox, secret};

#[sqlx::test]
async fn a_reference_is_paid_once_however_often_it_is_sent(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let body = transfer("po_1", "57.00", IBAN);
    let first = sandbox.post("/v1/transfers", "key_1", &body).await;
    assert_eq!((first.status, first.is_replayed), (201, false));
    sandbox.advance("7s").await;

    let by_key = sandbox.post("/v1/transfers", "key_1", &body).await;
    let by_reference = sandbox.post("/v1/transfers", "key_2", &body).await;
    let spelled = transfer("po_1", "57.00", "nl91 abna 0417 1643 00");
    let spelled = sandbox.post("/v1/transfers", "", &spelled).await;

    assert_eq!((by_key.status, by_key.is_replayed), (201, true));
    assert_eq!(by_key.json, first.json, "a key brings the first answer");
    for again in [&by_reference, &spelled] {
        assert_eq!((again.status, again.is_replayed), (200, false));
        assert_eq!(
            (again.text("id"), again.text("state")),
            (first.text("id"), "paid"),
            "a reference brings the transfer as it is now"
        );
    }
    sandbox.advance("30d").await;
    assert_eq!(sandbox.times("po_1").await, (1, 0));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_reference_with_other_content_is_refused(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    sandbox.send("po_1", "57.00", IBAN).await;
    let before = sandbox.sent("po_1").await;
    for (field, value) in [
        ("amount", "57.01"),
        ("currency", "SEK"),
        ("iban", "DE02120300000000202051"),
        ("name", "Another"),
        ("remittance", ""),
    ] {
        let mut other = transfer("po_1", "57.00", IBAN);
        other[field] = json!(value);
        let refused = sandbox.post("/v1/transfers", "", &other).await;
        assert_eq!((refused.status, refused.code()), (409, "reference_exists"), "{field}");
    }
    assert_eq!(sandbox.sent("po_1").await, before);

    let key = "key_of_po_2";
    sandbox.post("/v1/transfers", key, &transfer("po_2", "57.00", IBAN)).await;
    let mismatch = sandbox.post("/v1/transfers", key, &transfer("po_3", "57.00", IBAN)).await;

    assert_eq!((mismatch.status, mismatch.code()), (422, "idempotency_mismatch"));
    assert_eq!(sandbox.sent("po_3").await, Value::Null);
    sandbox.stop().await;
}

#[sqlx::test]
async fn twenty_at_once_are_one_transfer(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    for (reference, key) in [("po_bare", ""), ("po_keyed", "one_key")] {
        let body = transfer(reference, "57.00", IBAN);
        let all = join_all((0..20).map(|_| sandbox.post("/v1/transfers", key, &body))).await;

        let made = all.iter().filter(|one| one.status == 201 && !one.is_replayed).count();
        assert_eq!(made, 1, "{reference}");
        assert!(all.iter().all(|one| matches!(one.status, 200 | 201)));
        assert!(all.iter().all(|one| one.text("id") == all[0].text("id")));
    }

    assert_eq!(sandbox.advance("1d").await, 4, "each of the two starts and ends");
    for reference in ["po_bare", "po_keyed"] {
        assert_eq!(sandbox.times(reference).await, (1, 0));
    }
    let books = sandbox.get("/v1/books").await.json;
    assert_eq!(books["transferred"], json!([{"currency": "EUR", "amount": "114.00"}]));
    sandbox.stop().await;
}

#[sqlx::test]
async fn of_two_that_both_find_the_reference_free_one_is_made(pool: PgPool) {
    let watcher = PgPool::connect_with((*pool.connect_options()).clone()).await.unwrap();
    let sandbox = standing(pool, None).await;
    // Whoever holds this lock lets the others look, and keeps them from writing.
    let mut gate = watcher.begin().await.unwrap();
    let close = "lock table transfer in share row exclusive mode";
    sqlx::query(close).execute(&mut *gate).await.unwrap();
    let open = async {
        while waiting(&watcher).await < 2 {
            tokio::task::yield_now().await;
        }
        gate.rollback().await.unwrap();
    };

    let (one, other, ()) = tokio::join!(
        sandbox.send("po_1", "57.00", IBAN),
        sandbox.send("po_1", "57.00", IBAN),
        open
    );

    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    assert_eq!(one.text("id"), other.text("id"));
    sandbox.advance("7s").await;
    assert_eq!(sandbox.times("po_1").await, (1, 0));
    watcher.close().await;
    sandbox.stop().await;
}

/// How many connections to this database wait for a lock.
async fn waiting(watcher: &PgPool) -> i64 {
    let query = "select count(*) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'";
    sqlx::query_scalar(query).fetch_one(watcher).await.unwrap()
}

#[sqlx::test]
async fn a_transfer_belongs_to_its_account(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let id = sandbox.send("po_1", "57.00", IBAN).await.text("id").to_owned();
    let account = json!({"api_key": "key_of_another", "webhook_secret": secret()});
    let opened = sandbox.request(Method::PUT, "/v1/accounts/another").json(&account);
    assert_eq!(sandbox.reply(opened).await.status, 200);
    let path = format!("/v1/transfers/{id}");
    let none = Value::Null;

    let own = sandbox.get(&path).await;
    assert_eq!((own.status, own.text("reference")), (200, "po_1"));
    assert_eq!(call(&sandbox, "no_such_key", Method::GET, &path, &none).await.0, 401);
    assert_eq!(call(&sandbox, "key_of_another", Method::GET, &path, &none).await.0, 404);
    let inquiry = "/v1/transfers?reference=po_1";
    let (status, found) = call(&sandbox, "key_of_another", Method::GET, inquiry, &none).await;
    assert_eq!((status, &found["data"]), (200, &json!([])));

    let body = transfer("po_1", "12.00", IBAN);
    let (status, made) =
        call(&sandbox, "key_of_another", Method::POST, "/v1/transfers", &body).await;
    assert_eq!(status, 201, "a reference is known to its own account only");
    assert_ne!(made["id"], json!(id));
    sandbox.stop().await;
}

/// Calls with another key than the merchant's.
async fn call(
    sandbox: &Sandbox,
    key: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, format!("{}{path}", sandbox.origin));
    let response = request.bearer_auth(key).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}
