//! Processors that are down.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Receiver, Sandbox};

#[sqlx::test]
async fn a_processor_that_is_down_refuses_everything_until_it_is_back(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    sandbox.control(Method::POST, "outages", &json!({"processor": "elsewhere"})).await;
    assert_eq!(sandbox.pay("pay_1", "5.00", "visa", true).await.status, 201, "another is down");
    receiver.next().await;

    let id = sandbox.known("pay_1").await["id"].as_str().unwrap().to_owned();
    let shown = sandbox.control(Method::POST, "outages", &json!({"processor": "sandbox"})).await;
    assert_eq!(shown["outages"].as_array().map(Vec::len), Some(2));
    let refused = sandbox.pay("pay_2", "5.00", "visa", true).await;
    assert_eq!((refused.status, refused.code()), (503, "not_processed"));
    assert_eq!(sandbox.get(&format!("/v1/payments/{id}")).await.status, 503, "inquiries, too");
    assert_eq!(sandbox.register("chk_1").await.status, 503);
    // What happens meanwhile is told when it is back.
    sandbox.control(Method::POST, &format!("payments/{id}/refund"), &json!({})).await;

    sandbox.control(Method::DELETE, "outages/sandbox", &Value::Null).await;
    assert_eq!(sandbox.pay("pay_2", "5.00", "visa", true).await.status, 201);
    let mut kinds =
        [receiver.next().await.kind().to_owned(), receiver.next().await.kind().to_owned()];
    kinds.sort();
    assert_eq!(kinds, ["payment.captured", "refund.updated"]);
    assert!(receiver.arrived().is_none());
    let not_down = sandbox.request(Method::DELETE, "/v1/control/outages/sandbox");
    assert_eq!(sandbox.reply(not_down).await.status, 404);
    sandbox.stop().await;
}

#[sqlx::test]
async fn an_outage_can_cut_hang_or_fail_and_ends_by_itself(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    sandbox.control(Method::PUT, "faults", &json!({"hang_ms": 60_000})).await;
    for (how, status) in [("cut", None), ("hang", None), ("error", Some(500))] {
        sandbox.control(Method::POST, "outages", &json!({"how": how})).await;
        let answer = sandbox.pay_with("pay_1", "", 300).await;
        assert_eq!(answer.ok().map(|response| response.status().as_u16()), status, "{how}");
    }
    sandbox.control(Method::POST, "outages", &json!({"seconds": 1})).await;
    assert_eq!(sandbox.pay("pay_1", "5.00", "visa", true).await.status, 503);

    let mut tries = 0;
    while sandbox.pay("pay_1", "5.00", "visa", true).await.status == 503 {
        tries += 1;
        assert!(tries < 1_000, "the outage ends after a second");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(sandbox.known("pay_1").await["status"], "captured");
    sandbox.stop().await;
}
