//! Sellers are paid by the practice processor. Afterwards its book and ours say the same.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::paying::PayingShop;

/// Paid, whatever the amount.
const PAID: &str = "DE02120300000000202051";
/// Fails at once: the account is closed.
const CLOSED: &str = "DE89120300000000009104";
/// Paid, and returned two days later: the account is closed.
const RETURNED: &str = "DE56120300000000009504";
/// Paid, but no notification tells of it.
const SILENT: &str = "DE83120300000000009600";

/// Lets an hour pass for whatever waits for the processor.
const AN_HOUR_PASSES: [&str; 2] = [
    "update payout set doubtful_since = doubtful_since - interval '1 hour' where in_doubt",
    "update job set due_at = now() where kind in ('submit_payout', 'inquire_payout')",
];

async fn notifications(shop: &PayingShop, state: &'static str) -> i64 {
    let query = "select count(*) from inbound_webhook
                 where payout_account_id is not null and state = $1";
    sqlx::query_scalar(query).bind(state).fetch_one(&shop.world.pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_seller_is_paid_from_the_sale_to_the_bank_and_both_books_agree(pool: PgPool) {
    let shop = PayingShop::open(pool, PAID).await;
    shop.sell("order").await;
    assert_eq!(shop.available().await, "47.49", "the sale less our fee");

    let payout = shop.ask("47.49", "payout").await;
    let draft = shop.read(payout).await;
    shop.approve(payout).await;
    let submitted = shop.reaches(payout, "submitted").await;
    shop.advance("1d").await;
    let paid = shop.reaches(payout, "paid").await;

    assert_eq!(
        (&draft["status"], &draft["second_person"]),
        (&json!("draft"), &json!(["above_limit", "first_payout"]))
    );
    assert_eq!(submitted["failure"], Value::Null);
    assert!(paid["provider_reference"].as_str().unwrap().starts_with("trf_"), "{paid}");
    assert_eq!(shop.available().await, "0.00");
    assert_eq!(notifications(&shop, "refused").await, 0);
    assert!(notifications(&shop, "stored").await + notifications(&shop, "handled").await >= 1);
    shop.books_agree().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_pay_out_that_the_bank_refuses_at_once_is_the_sellers_again(pool: PgPool) {
    let shop = PayingShop::open(pool, CLOSED).await;
    shop.sell("order").await;

    let payout = shop.pay("20.00", "payout").await;
    let failed = shop.reaches(payout, "failed").await;

    assert_eq!(failed["failure"]["code"], "AC04", "{failed}");
    assert_eq!(shop.available().await, "47.49");
    shop.books_agree().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn money_that_comes_back_two_days_later_is_the_sellers_and_holds_their_others(pool: PgPool) {
    let shop = PayingShop::open(pool, RETURNED).await;
    shop.sell("order").await;
    let payout = shop.pay("20.00", "first").await;
    shop.advance("1d").await;
    shop.reaches(payout, "paid").await;
    shop.books_agree().await;
    let other = shop.ask("26.00", "second").await;
    assert_eq!(shop.read(other).await["second_person"], json!(["above_limit"]));
    assert_eq!(shop.available().await, "27.49");

    shop.advance("2d").await;
    let returned = shop.reaches(payout, "returned").await;

    assert_eq!(returned["failure"]["code"], "AC04", "{returned}");
    assert_eq!(shop.available().await, "47.49", "nothing of it was lost");
    assert_eq!(shop.read(other).await["status"], "held");
    shop.books_agree().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn whatever_becomes_of_the_call_the_seller_is_paid_once(pool: PgPool) {
    let shop = PayingShop::open(pool, PAID).await;
    shop.sell("order").await;
    let faults = [
        "timeout_after",
        "cut_after",
        "cut_mid_answer",
        "error_500_after",
        "garbage_body",
        "timeout_before",
        "cut_before",
        "error_500_before",
        "rate_limited",
        "unavailable",
    ];

    for fault in faults {
        shop.goes_wrong(json!({ "fault": fault, "operation": "transfer", "times": 1 })).await;
        let payout = shop.pay("1.50", fault).await;
        shop.reaches_with(payout, "paid", &AN_HOUR_PASSES).await;
        let events = shop.events(payout).await;
        assert_eq!(
            events.iter().filter(|event| *event == "paid").count(),
            1,
            "{fault}: {events:?}"
        );
        let is_doubtful = !["rate_limited", "unavailable"].contains(&fault);
        assert_eq!(
            events.iter().any(|event| event == "unknown"),
            is_doubtful,
            "{fault}: {events:?}"
        );
    }

    assert_eq!(shop.available().await, "32.49", "ten times 1.50 less");
    shop.books_agree().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn whatever_becomes_of_the_notifications_the_seller_is_paid_once(pool: PgPool) {
    let shop = PayingShop::open(pool, PAID).await;
    shop.sell("order").await;
    let faults = [
        "webhook_twice(3)",
        "webhook_reordered",
        "webhook_before_answer",
        "webhook_wrong_amount",
        "webhook_wrong_reference",
        "webhook_wrong_signature",
        "webhook_never",
    ];

    for fault in faults {
        shop.goes_wrong(json!({ "fault": fault })).await;
        let payout = shop.pay("1.50", fault).await;
        // What no notification tells is asked for in its time.
        let is_told = ["webhook_twice(3)", "webhook_reordered", "webhook_before_answer"];
        let between: &[&str] = if is_told.contains(&fault) { &[] } else { &AN_HOUR_PASSES };
        shop.reaches_with(payout, "paid", between).await;
    }

    assert_eq!(shop.available().await, "36.99", "seven times 1.50 less");
    shop.books_agree().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bank_that_falls_silent_is_asked(pool: PgPool) {
    let shop = PayingShop::open(pool, SILENT).await;
    shop.sell("order").await;

    let payout = shop.pay("20.00", "payout").await;
    shop.reaches(payout, "submitted").await;
    shop.advance("1d").await;
    shop.reaches_with(payout, "paid", &AN_HOUR_PASSES).await;

    assert_eq!(shop.events(payout).await.last().unwrap(), "paid");
    shop.books_agree().await;
}
