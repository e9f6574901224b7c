//! Pay-outs as a shop asks for them, and the bank accounts of its sellers.

use axum::body::Body;
use axum::http::Request;
use domain::account::Account;
use domain::currency::Currency;
use domain::id::{PayeeAccountId, PaymentId, PayoutAccountId, SellerId};
use domain::money::Money;
use domain::posting::{Entry, Posting};
use engine::db::{Tx, new_plain_id};
use engine::ledger;
use engine::payouts::accounts::{self, Access, PayoutAccount};
use engine::payouts::payees;
use engine::reconciliation::actor::Actor;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, WEBHOOK_SECRET, World};

const IBAN: &str = "DE89 3704 0044 0532 0130 00";

/// A shop whose seller `books` can be paid 100.00 EUR, at a provider that cannot be reached.
async fn open(pool: PgPool) -> (World, PayoutAccountId) {
    let world = World::new(pool).await;
    let seller: SellerId = books(&world).await;
    let access = Access {
        base_url: "http://127.0.0.1:9".into(),
        api_key: "key".into(),
        webhook_secret: WEBHOOK_SECRET.into(),
    };
    let (id, shop, currency) = (new_plain_id(), world.shop, Currency::EUR);
    let account = PayoutAccount { id, shop, name: "house bank".into(), currency, access };
    let account = accounts::save(&world.pool, &account, "a test").await.unwrap();
    let money = |minor| Money::from_minor(minor, Currency::EUR);
    let entry = |account, minor| Entry { account, amount: money(minor) };
    let (pending, available) = (Account::SellerPending(seller), Account::SellerAvailable(seller));
    let posting = Posting::new("released", vec![entry(pending, 10_000), entry(available, -10_000)]);
    let object: PaymentId = new_plain_id();
    let mut tx = Tx::begin(&world.pool).await.unwrap();
    ledger::post(&mut tx, shop, object.bucket(), object.uuid(), &posting.unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    (world, account)
}

async fn books(world: &World) -> SellerId {
    let sellers = engine::shops::sellers(&world.pool, world.shop).await.unwrap();
    sellers.into_iter().find(|seller| seller.reference == "books").unwrap().id
}

async fn post(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    let request = world
        .api("POST", path)
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// Gives the seller an account, which somebody verifies.
async fn verified(world: &World) {
    let body = json!({ "currency": "EUR", "iban": IBAN, "holder": "Test Books GmbH" });
    let added = post(world, "/v1/sellers/books/payee_accounts", "account", &body).await.json();
    let id: PayeeAccountId = added["id"].as_str().unwrap().parse().unwrap();
    let by = Actor::Program("a test");
    payees::verify(&world.pool, world.shop, id, &by).await.unwrap();
}

fn order(amount: &str) -> Value {
    json!({ "seller_account": "books", "amount": amount, "currency": "EUR" })
}

#[sqlx::test(migrations = "../migrations")]
async fn a_seller_is_paid_once_for_each_key_and_the_pay_out_can_be_given_up(pool: PgPool) {
    let (world, _) = open(pool).await;
    verified(&world).await;

    let made = post(&world, "/v1/payouts", "key", &order("57.00")).await;
    let again = post(&world, "/v1/payouts", "key", &order("57.00")).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let read = world.get(&format!("/v1/payouts/{id}")).await.json();
    let listed = world.get("/v1/payouts?seller=books&status=draft&limit=1").await.json();
    let none = world.get(&format!("/v1/payouts?after={id}")).await.json();
    let cancel = format!("/v1/payouts/{id}/cancel");
    let cancelled = post(&world, &cancel, "cancel", &json!({})).await;
    let too_late = post(&world, &cancel, "cancel-2", &json!({})).await;

    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.header("location"), format!("/v1/payouts/{id}"));
    assert_eq!((again.json(), again.header("idempotency-replayed")), (made.json(), "true"));
    assert_eq!((&read["status"], &read["amount"]), (&json!("draft"), &json!("57.00")));
    assert_eq!(read["second_person"], json!(["above_limit", "first_payout"]));
    assert_eq!((&listed["data"][0], &listed["has_more"]), (&read, &json!(false)));
    assert_eq!(none["data"], json!([]));
    assert_eq!(cancelled.json()["status"], "cancelled", "{}", cancelled.text);
    assert_eq!(too_late.problem().1, "payout_ended");
    assert_eq!(world.count("payout").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_paid_is_refused_with_its_reason_and_nothing_is_written(pool: PgPool) {
    let (world, _) = open(pool).await;
    let unverified = post(&world, "/v1/payouts", "unverified", &order("1.00")).await;
    verified(&world).await;
    let with = |name: &str, value: Value| {
        let mut body = order("1.00");
        body[name] = value;
        body
    };
    let table = [
        (order("100.01"), "payout_exceeds_available", "amount"),
        (order("0"), "amount_not_positive", "amount"),
        (order("-1"), "amount_not_positive", "amount"),
        (order("1.001"), "amount_too_many_decimals", "amount"),
        (with("currency", json!("USD")), "no_payout_account", "currency"),
        (with("currency", json!("ZZZ")), "currency_unknown", "currency"),
        (with("seller_account", json!("nobody")), "seller_unknown", "seller_account"),
        (with("seller_account", json!("no/name")), "field_invalid", "seller_account"),
        (with("iban", json!(IBAN)), "field_unknown", "iban"),
    ];

    assert_eq!(unverified.problem().1, "no_verified_account");
    for (number, (body, code, param)) in table.into_iter().enumerate() {
        let answer = post(&world, "/v1/payouts", &format!("key-{number}"), &body).await;
        let (_, found, about) = answer.problem();
        assert_eq!((found.as_str(), about.as_str()), (code, param), "{body}: {}", answer.text);
    }
    let keyless = world.api("POST", "/v1/payouts").header("content-type", "application/json");
    let keyless = world.send(keyless.body(Body::from(order("1.00").to_string())).unwrap()).await;
    assert_eq!(keyless.problem().1, "idempotency_key_missing");
    assert_eq!(world.get("/v1/payouts?status=lost").await.problem().1, "field_invalid");
    assert_eq!(world.get("/v1/payouts?limit=201").await.problem().1, "field_invalid");
    assert_eq!(world.get("/v1/payouts?page=2").await.problem().1, "field_unknown");
    assert_eq!((world.count("payout").await, world.count("payout_history").await), (0, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bank_account_is_checked_shown_masked_and_new_until_somebody_verifies_it(pool: PgPool) {
    let (world, _) = open(pool).await;
    let path = "/v1/sellers/books/payee_accounts";
    let body = |iban: &str| json!({ "currency": "EUR", "iban": iban, "holder": "Test Books GmbH" });

    // Check digits that fit by the sum and that the standard never gives out.
    for (number, iban) in [
        "DE88370400440532013000",
        "DE00370400440532013000",
        "DE01370400440532013000",
        "DE99370400440532013000",
        "DE8937040044053201300",
        "ZZ89370400440532013000",
    ]
    .into_iter()
    .enumerate()
    {
        let answer = post(&world, path, &format!("bad-{number}"), &body(iban)).await;
        assert_eq!(answer.problem(), (422, "iban_invalid".into(), "iban".into()), "{iban}");
    }
    let mut odd = body(IBAN);
    odd["bic"] = json!("DEUT00FF");
    assert_eq!(post(&world, path, "bic", &odd).await.problem().1, "bic_invalid");
    let made = post(&world, path, "good", &body(IBAN)).await;
    let elsewhere = post(&world, "/v1/sellers/nobody/payee_accounts", "else", &body(IBAN)).await;
    let listed = world.get(path).await.json();

    assert_eq!(made.status, 201, "{}", made.text);
    let account = made.json();
    assert_eq!((&account["status"], &account["bic"]), (&json!("new"), &Value::Null));
    assert_eq!(account["iban"], "DE89 **** **** **** **30 00");
    assert_eq!(elsewhere.problem().1, "not_found");
    assert_eq!(listed["data"], json!([account]));
    assert_eq!(world.count("payee_account").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_another_shops_is_not_there(pool: PgPool) {
    let (world, _) = open(pool).await;
    verified(&world).await;
    let made = post(&world, "/v1/payouts", "key", &order("57.00")).await.json();
    let other = engine::shops::save_shop(&world.pool, "Another", None).await.unwrap();
    let mut tx = Tx::begin(&world.pool).await.unwrap();
    let key = engine::api_keys::create(&mut tx, other, "test").await.unwrap();
    tx.commit().await.unwrap();
    let mut theirs = world;
    theirs.key = key;

    let id = made["id"].as_str().unwrap();
    let read = theirs.get(&format!("/v1/payouts/{id}")).await;
    let cancelled = post(&theirs, &format!("/v1/payouts/{id}/cancel"), "key", &json!({})).await;
    let accounts = theirs.get("/v1/sellers/books/payee_accounts").await;
    let listed = theirs.get("/v1/payouts").await.json();

    for answer in [read, cancelled, accounts] {
        assert_eq!(answer.problem().1, "not_found");
    }
    assert_eq!(listed["data"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_notification_of_the_provider_has_an_address_of_its_own(pool: PgPool) {
    let (world, account) = open(pool).await;
    let send = |address: String| {
        let request = Request::post(format!("/webhooks/{address}")).body(Body::from("{}"));
        world.send(request.unwrap())
    };

    let unsigned = send(account.to_string()).await;
    let nowhere = send(new_plain_id::<domain::id::kind::PayoutAccount>().to_string()).await;

    assert_eq!(unsigned.problem().1, "webhook_unsigned");
    assert_eq!(nowhere.problem().1, "processor_account_unknown");
    let kept = "inbound_webhook where state = 'refused' and payout_account_id is not null";
    assert_eq!(world.count(kept).await, 1);
}
