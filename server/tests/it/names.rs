//! A shop names its payments and checkouts as it likes, also as we name ours.

use serde_json::json;
use sqlx::PgPool;

use crate::lifecycle::{at_work, post};
use crate::support::paid_with;

/// Shaped like our ids, and ids of nothing of ours.
const PAYMENT: &str = "pay_01jd5gq3hrf0a9b8c7d6e5f4g3";
const CHECKOUT: &str = "chk_01jd5gq3hrf0a9b8c7d6e5f4g3";

#[sqlx::test(migrations = "../migrations")]
async fn what_a_shop_names_as_we_do_is_read_captured_and_refunded_by_that_name(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let mut body = paid_with(CHECKOUT, "pm_card_visa");
    body["payment_orders"].as_array_mut().unwrap().truncate(1);
    body["payment_orders"][0]["payment_order_id"] = json!(PAYMENT);
    body["capture"] = json!(false);
    let made = world.create("key", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let ours = made.json()["payments"][0]["id"].clone();
    assert_ne!(ours, PAYMENT);

    let read = world.get(&format!("/v1/payments/{PAYMENT}")).await;
    let checkout = world.get(&format!("/v1/checkouts/{CHECKOUT}")).await;
    let captured = post(&world, &format!("/v1/payments/{PAYMENT}/capture"), "c", &json!({})).await;
    let refunds = format!("/v1/payments/{PAYMENT}/refunds");
    let refund = post(&world, &refunds, "r", &json!({ "amount": "1.00" })).await;

    assert_eq!((read.status.as_u16(), &read.json()["id"]), (200, &ours));
    assert_eq!((checkout.status.as_u16(), &checkout.json()["id"]), (200, &made.json()["id"]));
    assert_eq!(captured.json()["captured"], "34.90", "{}", captured.text);
    assert_eq!((refund.status.as_u16(), &refund.json()["payment"]), (201, &ours));
    let why = engine::why::find(&world.pool, world.shop, PAYMENT).await.unwrap();
    assert_eq!(json!(why), json!([ours]));
}

#[sqlx::test(migrations = "../migrations")]
async fn our_own_name_counts_before_the_shops(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let one = world.create("one", &paid_with("one", "pm_card_visa")).await.json();
    let ours = one["payments"][0]["id"].as_str().unwrap();
    let mut body = paid_with("two", "pm_card_visa");
    body["payment_orders"][0]["payment_order_id"] = json!(ours);
    assert_eq!(world.create("two", &body).await.status, 201);

    let read = world.get(&format!("/v1/payments/{ours}")).await.json();

    assert_eq!(read["payment_order_id"], "one-1");
}
