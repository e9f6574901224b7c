//! Exchanges by the API: asked for, accepted once, and refused each with its own code.

use axum::body::Body;
use axum::http::Request;
use domain::account::Account;
use domain::currency::Currency;
use domain::id::QuoteId;
use domain::money::Money;
use domain::posting;
use engine::db::{Tx, new_plain_id};
use engine::exchange::rates::import;
use engine::{ledger, shops};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::lifecycle::post;
use crate::support::{Answer, World};

const QUOTES: &str = "/v1/exchange_quotes";

/// A world where a euro was worth 1.0837 dollars yesterday, and where one seller has 150 euro.
async fn with_funds(pool: PgPool) -> World {
    let world = World::new(pool).await;
    import_day(&world, 1).await;
    let seller = shops::sellers(&world.pool, world.shop).await.unwrap()[0].id;
    let object: QuoteId = new_plain_id();
    let funds = Money::from_minor(15_000, Currency::EUR);
    let from = Account::SellerAvailable(seller);
    let given = posting::transfer("given".into(), from, Account::WriteOffs, funds).unwrap();
    let mut tx = Tx::begin(&world.pool).await.unwrap();
    ledger::post(&mut tx, world.shop, object.bucket(), object.uuid(), &given).await.unwrap();
    tx.commit().await.unwrap();
    world
}

async fn import_day(world: &World, days_ago: i64) {
    let day = OffsetDateTime::now_utc().date() - Duration::days(days_ago);
    let file = format!("Date,USD,JPY,\n{day},1.0837,250,\n");
    import(&world.pool, file.as_bytes(), "a test").await.unwrap();
}

fn hundred_euro() -> Value {
    json!({
        "seller_account": "books", "amount": "100.00", "currency": "EUR", "buy_currency": "USD",
    })
}

async fn quoted(world: &World, key: &str, body: &Value) -> Value {
    let answer = post(world, QUOTES, key, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

fn path_of(quote: &Value) -> String {
    format!("{QUOTES}/{}", quote["id"].as_str().unwrap())
}

async fn accepted(world: &World, quote: &Value, key: &str) -> Answer {
    post(world, &format!("{}/accept", path_of(quote)), key, &json!({})).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_quote_is_asked_for_looked_at_and_accepted_once(pool: PgPool) {
    let world = with_funds(pool).await;

    let quote = quoted(&world, "ask", &hundred_euro()).await;
    let repeated = post(&world, QUOTES, "ask", &hundred_euro()).await;
    let done = accepted(&world, &quote, "yes").await;
    let replayed = accepted(&world, &quote, "yes").await;
    let again = accepted(&world, &quote, "once more").await;

    let figures = ["sold", "sold_currency", "bought", "bought_currency", "worth", "spread"]
        .map(|name| quote[name].as_str().unwrap());
    assert_eq!(figures, ["100.00", "EUR", "107.83", "USD", "108.37", "0.54"]);
    assert_eq!((&quote["rate"], &quote["rounding"]), (&json!("1.0837"), &json!("0.00")));
    assert_eq!((&quote["status"], &quote["accepted_at"]), (&json!("open"), &Value::Null));
    assert_eq!(repeated.header("idempotency-replayed"), "true");
    assert_eq!(repeated.json(), quote);
    assert_eq!((done.status.as_u16(), &done.json()["status"]), (200, &json!("accepted")));
    assert_eq!(done.json()["bought"], quote["bought"]);
    assert_eq!((replayed.header("idempotency-replayed"), replayed.json()), ("true", done.json()));
    assert_eq!(again.problem(), (409, "quote_accepted".into(), String::new()));
    assert_eq!(world.get(&path_of(&quote)).await.json(), done.json());
    assert_eq!(world.count("exchange").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_exchanged_is_refused_with_its_own_code(pool: PgPool) {
    let world = with_funds(pool).await;
    let with = |changes: &Value| {
        let mut body = hundred_euro();
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        body
    };

    for (index, (changes, status, code, param)) in [
        (json!({ "amount": "0" }), 422, "amount_not_positive", "amount"),
        (json!({ "amount": "1.001" }), 422, "amount_too_many_decimals", "amount"),
        (json!({ "amount": 100 }), 400, "field_invalid", "amount"),
        (json!({ "amount": null }), 400, "field_missing", "amount"),
        (json!({ "amount": "1000000000000000" }), 422, "amount_too_large", "amount"),
        (
            json!({ "amount": "1", "currency": "JPY", "buy_currency": "EUR" }),
            422,
            "amount_too_small",
            "amount",
        ),
        (json!({ "currency": "XTS" }), 422, "currency_unknown", "currency"),
        (json!({ "buy_currency": "XTS" }), 422, "currency_unknown", "buy_currency"),
        (json!({ "buy_currency": "EUR" }), 422, "currency_not_supported", ""),
        (json!({ "buy_currency": "CHF" }), 422, "currency_not_supported", ""),
        (json!({ "seller_account": "nobody" }), 422, "seller_unknown", "seller_account"),
        (json!({ "rate": "2" }), 400, "field_unknown", "rate"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = post(&world, QUOTES, &format!("bad-{index}"), &with(&changes)).await;
        assert_eq!(answer.problem(), (status, code.into(), param.into()), "{changes}");
    }
    assert_eq!(world.count("exchange_quote").await, 0);
    // The largest amount that is taken can be exchanged, into the smallest unit that there is.
    let largest = with(&json!({ "amount": "999999999999999.99", "buy_currency": "JPY" }));
    assert_eq!(quoted(&world, "largest", &largest).await["worth"], "249999999999999998");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_quote_needs_a_rate_that_is_fresh(pool: PgPool) {
    let world = World::new(pool).await;

    let none = post(&world, QUOTES, "one", &hundred_euro()).await;
    import_day(&world, 5).await;
    let stale = post(&world, QUOTES, "two", &hundred_euro()).await;
    import_day(&world, 4).await;
    let fresh = post(&world, QUOTES, "three", &hundred_euro()).await;

    assert_eq!(none.problem(), (422, "rate_unknown".into(), String::new()));
    assert_eq!(stale.problem(), (409, "rate_stale".into(), String::new()));
    assert_eq!(fresh.status, 201);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_quote_that_is_late_or_not_covered_exchanges_nothing(pool: PgPool) {
    let world = with_funds(pool).await;
    let late = quoted(&world, "late", &hundred_euro()).await;
    sqlx::query("update exchange_quote set expires_at = now()").execute(&world.pool).await.unwrap();
    let mut body = hundred_euro();
    body["amount"] = json!("150.01");
    let large = quoted(&world, "large", &body).await;

    let expired = accepted(&world, &late, "a").await;
    let short = accepted(&world, &large, "b").await;

    assert_eq!(expired.problem(), (409, "quote_expired".into(), String::new()));
    assert_eq!(world.get(&path_of(&late)).await.json()["status"], "expired");
    assert_eq!(short.problem(), (409, "insufficient_funds".into(), String::new()));
    assert!(short.json()["detail"].as_str().unwrap().contains("150.00 EUR"), "{}", short.text);
    assert_eq!(world.count("exchange").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn another_shops_quote_is_not_there(pool: PgPool) {
    let world = with_funds(pool).await;
    let quote = quoted(&world, "ask", &hundred_euro()).await;
    let other = shops::save_shop(&world.pool, "Another Shop", None).await.unwrap();
    let mut tx = Tx::begin(&world.pool).await.unwrap();
    let key = engine::api_keys::create(&mut tx, other, "other").await.unwrap();
    tx.commit().await.unwrap();
    let call = |method: &str, path: String| {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("idempotency-key", "k")
            .body(Body::empty())
            .unwrap()
    };

    let found = world.send(call("GET", path_of(&quote))).await;
    let taken = world.send(call("POST", format!("{}/accept", path_of(&quote)))).await;

    assert_eq!(found.problem().1, "not_found");
    assert_eq!(taken.problem().1, "not_found");
    assert_eq!(world.get(&format!("{QUOTES}/fxq_none")).await.problem().1, "not_found");
    assert_eq!(world.count("exchange").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn rates_are_shown_by_day_and_currency(pool: PgPool) {
    let world = World::new(pool).await;
    let file = b"Date,USD,JPY,\n2026-01-30,1.0837,161.35,\n2026-01-29,1.0830,160,\n";
    import(&world.pool, file, "a test").await.unwrap();
    let listed = async |query: &str| -> Vec<String> {
        let answer = world.get(&format!("/v1/exchange_rates{query}")).await;
        let found = answer.json();
        let line = |one: &Value| {
            ["from", "to", "rate", "day", "source"]
                .map(|name| one[name].as_str().unwrap())
                .join(" ")
        };
        found["data"].as_array().unwrap_or_else(|| panic!("{found}")).iter().map(line).collect()
    };

    assert_eq!(
        listed("").await,
        ["EUR JPY 161.35 2026-01-30 ecb", "EUR USD 1.0837 2026-01-30 ecb"]
    );
    assert_eq!(
        listed("?day=2026-01-29&from=USD").await,
        ["USD EUR 0.923361034164 2026-01-29 ecb", "USD JPY 147.737765466 2026-01-29 ecb"]
    );
    assert_eq!(listed("?day=2026-01-31&to=USD").await, ["EUR USD 1.0837 2026-01-30 ecb"]);
    assert_eq!(listed("?day=2026-01-28").await, Vec::<String>::new());
    assert_eq!(listed("?from=EUR&to=EUR").await, Vec::<String>::new());
    for (query, code, param) in [
        ("?day=30.01.2026", "field_invalid", "day"),
        ("?day=2026-01-30&day=2026-01-29", "field_invalid", "day"),
        ("?from=XTS", "currency_unknown", "from"),
        ("?to=euro", "currency_unknown", "to"),
        ("?base=EUR", "field_unknown", "base"),
    ] {
        let (_, found, of) = world.get(&format!("/v1/exchange_rates{query}")).await.problem();
        assert_eq!((found.as_str(), of.as_str()), (code, param), "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_command_line_imports_rates_and_sets_terms_and_realises_what_is_left(pool: PgPool) {
    let world = with_funds(pool).await;
    let (url, shop) = (world.database_url(), world.shop.to_string());
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_paydesk"))
            .args(arguments)
            .env("DATABASE_URL", &url)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let exchange = |arguments: &[&str]| run(&[&["exchange", "--shop", &shop], arguments].concat());
    let file = std::env::temp_dir().join(format!("{shop}.csv"));
    let import = |text: &str| {
        std::fs::write(&file, text).unwrap();
        run(&["rates", "import", file.to_str().unwrap()])
    };

    let (taken, first) = import("Date,USD,CYP,\n2026-01-30,1.08,N/A,\n");
    let (clean, other) = import("Date,USD,\n2026-01-30,1.09,\n2026-01-29,0,\n");
    let (set, terms) = exchange(&["terms", "--spread", "0"]);
    let (wrong, _) = exchange(&["terms", "--spread", "10000"]);
    let quote = quoted(&world, "ask", &hundred_euro()).await;
    assert_eq!(accepted(&world, &quote, "yes").await.status, 200);
    let (listed, positions) = exchange(&["positions"]);
    let (open, _) = exchange(&["realise", "EUR", "USD"]);
    std::fs::remove_file(&file).unwrap();

    assert!(taken && first.contains("1 days: 1 rates added, 0 known before"), "{first}");
    assert!(first.contains("no currencies of today: CYP"), "{first}");
    assert!(!clean && other.contains(":3: USD: the rate is not above zero"), "{other}");
    assert!(
        other.contains(":2: USD of 2026-01-30 is known as 1.08, and stays; not 1.09"),
        "{other}"
    );
    assert!(set && !wrong && terms.contains("0 basis points are kept"), "{terms}");
    assert_eq!(quote["bought"], "108.37");
    assert!(listed && positions.contains("100.00 EUR  -108.37 USD  unrealised 0.00 USD"));
    assert!(!open, "both sides are open");
    assert_eq!(world.count("exchange").await, 1);
}
