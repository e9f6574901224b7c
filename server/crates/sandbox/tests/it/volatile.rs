//! Books that are cheap and forgotten.

use std::time::Duration;

use sandbox::{Config, Options, open, open_with};
use sqlx::PgPool;

use crate::harness::{Receiver, Sandbox};

fn config(pool: &PgPool) -> Config {
    let options = pool.connect_options();
    let database_url = sqlx::ConnectOptions::to_url_lossy(&*options).to_string();
    Config { database_url, public_url: "http://sandbox.test".to_owned(), connections_max: 2 }
}

#[sqlx::test]
async fn volatile_books_are_forgotten_and_durable_ones_come_back(pool: PgPool) {
    let volatile = || Options { is_volatile: true, ..Options::default() };
    let persistence = || async {
        let query = "select relpersistence::text from pg_class where oid = 'payment'::regclass";
        sqlx::query_scalar::<_, String>(query).fetch_one(&pool).await.unwrap()
    };
    let sandbox = Sandbox::start(pool.clone()).await;
    sandbox.pay("pay_1", "5.00", "visa", true).await;
    let transfer = serde_json::json!({
        "reference": "po_1", "amount": "5.00", "currency": "EUR", "iban": "NL91ABNA0417164300",
        "name": "Alpine Books GmbH",
    });
    assert_eq!(sandbox.post("/v1/transfers", "", &transfer).await.status, 201);

    open_with(&config(&pool), volatile()).await.unwrap().stop().await;
    assert_eq!(persistence().await, "u");
    let books = sandbox.get("/v1/books").await;
    for what in ["payments", "transfers", "transferred"] {
        assert_eq!(books.json[what], serde_json::json!([]), "{what} are forgotten");
    }
    sandbox.pay("pay_2", "5.00", "visa", true).await;

    open(&config(&pool)).await.unwrap().stop().await;
    assert_eq!(persistence().await, "p");
    assert_eq!(sandbox.known("pay_2").await["status"], "captured", "kept from now on");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_volatile_webhook_that_is_refused_comes_again(pool: PgPool) {
    let mut receiver = Receiver::start(1).await;
    let options = Options { is_volatile: true, ..Options::default() };
    let sandbox = Sandbox::start_as(pool, Some(&receiver), options, None).await;
    sandbox.pay("pay_1", "5.00", "visa", true).await;
    sandbox.pay("pay_2", "5.00", "webhook_late", true).await;

    let (first, second) = (receiver.next().await, receiver.next().await);
    assert_eq!((&first.id, &first.body), (&second.id, &second.body));
    sandbox.advance("10m 1s").await;
    assert_eq!(receiver.next().await.body["data"]["payment"]["reference"], "pay_2");

    for _ in 0..200 {
        let left: i64 = sqlx::query_scalar("select count(*) from webhook")
            .fetch_one(&sandbox.pool)
            .await
            .unwrap();
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(receiver.arrived().is_none(), "each came once it was taken");
    sandbox.stop().await;
}
