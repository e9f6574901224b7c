//! A shop whose seller is paid by the practice processor, and both of their books.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use domain::currency::Currency;
use domain::id::{PayeeAccountId, PayoutAccountId, PayoutId, StaffId};
use domain::money::Money;
use domain::permission::Role;
use engine::db::new_plain_id;
use engine::payouts::accounts::{self, Access, PayoutAccount};
use engine::payouts::actor::By;
use engine::payouts::commands::{Ask, approve};
use engine::payouts::{history, payees};
use engine::reconciliation::actor::{Actor, Person};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::psp::Psp;
use super::{Answer, WEBHOOK_SECRET, World, paid_with};

/// The key of the account at the processor that sellers are paid from.
const KEY: &str = "sk_test_payouts";
/// How often a test looks whether something has happened, at most.
const LOOKS_MAX: usize = 800;
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// Up to how much one person decides alone.
const LIMIT: Money = Money::from_minor(25_00, Currency::EUR);

/// A shop at work, whose notifications arrive over HTTP.
pub(crate) struct PayingShop {
    pub(crate) world: World,
    pub(crate) approver: Person,
    psp: Psp,
}

/// What a book says of one pay-out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Booked {
    pub(crate) state: String,
    pub(crate) amount: String,
    pub(crate) times_paid: i64,
    pub(crate) times_returned: i64,
}

impl PayingShop {
    /// A shop whose seller `books` has a verified account with this number.
    pub(crate) async fn open(pool: PgPool, iban: &str) -> Self {
        let psp = Psp::start(&pool).await;
        let mut world = World::at(pool, &psp.url, "http://pay.test").await;
        psp.provision(&world, None).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = format!("http://{}", listener.local_addr().unwrap());
        let router = world.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let account = save_account(&world, &psp.url).await;
        accounts::set_limit(&world.pool, world.shop, LIMIT, "a test").await.unwrap();
        let hook = format!("{service}/webhooks/{account}");
        let opened =
            json!({ "api_key": KEY, "webhook_url": hook, "webhook_secret": WEBHOOK_SECRET });
        psp.control("PUT", "/v1/accounts/payouts", &opened).await;
        world.staff("ben@test.example", Role::Approver).await;
        let id = sqlx::query_scalar("select staff_id from staff").fetch_one(&world.pool);
        let id = StaffId::from_uuid(id.await.unwrap());
        let approver = Person { id, name: "Ben".into(), role: Role::Approver };
        world.work();
        let shop = Self { world, approver, psp };
        shop.verified(iban).await;
        shop
    }

    /// Gives the seller an account by API, which a program verifies: not who approves pay-outs to it.
    async fn verified(&self, iban: &str) {
        let body = json!({ "currency": "EUR", "iban": iban, "holder": "Test Books GmbH" });
        let added = self.post("/v1/sellers/books/payee_accounts", "account", &body).await.json();
        let id: PayeeAccountId = added["id"].as_str().unwrap().parse().unwrap();
        let by = Actor::Program("a test");
        payees::verify(&self.world.pool, self.world.shop, id, &by).await.unwrap();
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self
            .world
            .api("POST", path)
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        self.world.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// The seller sells for 49.99, at a fee of 5 %; it is delivered.
    pub(crate) async fn sell(&self, order: &str) {
        let mut body = paid_with(order, "pm_card_visa");
        body["payment_orders"].as_array_mut().unwrap().truncate(1);
        body["payment_orders"][0]["amount"] = json!("49.99");
        let sold = self.world.create(order, &body).await;
        assert_eq!(sold.json()["state"], "paid", "{}", sold.text);
        let path = format!("/v1/payments/{order}-1/release");
        let released = self.post(&path, &format!("{order}-delivered"), &json!({})).await;
        assert_eq!(released.json()["released"], "47.49", "{}", released.text);
    }

    /// Asks for a pay-out.
    pub(crate) async fn ask(&self, amount: &str, key: &str) -> PayoutId {
        let body = json!({ "seller_account": "books", "amount": amount, "currency": "EUR" });
        let made = self.post("/v1/payouts", key, &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Asks for a pay-out, which the second person approves where one is needed.
    pub(crate) async fn pay(&self, amount: &str, key: &str) -> PayoutId {
        let payout = self.ask(amount, key).await;
        if self.read(payout).await["status"] == "draft" {
            self.approve(payout).await;
        }
        payout
    }

    pub(crate) async fn approve(&self, payout: PayoutId) {
        let (shop, by) = (self.world.shop, By::Person(self.approver.clone()));
        let ask = Ask { shop, payout, by, version: None, reason: None, slot: None };
        approve(&self.world.services.engine, &ask).await.unwrap();
    }

    pub(crate) async fn read(&self, payout: PayoutId) -> Value {
        self.world.get(&format!("/v1/payouts/{payout}")).await.json()
    }

    /// Waits until the pay-out stands there, and reads it.
    pub(crate) async fn reaches(&self, payout: PayoutId, status: &str) -> Value {
        self.reaches_with(payout, status, &[]).await
    }

    /// As [`Self::reaches`]; these statements are run between two looks.
    pub(crate) async fn reaches_with(
        &self,
        payout: PayoutId,
        status: &str,
        between: &[&'static str],
    ) -> Value {
        let mut last = Value::Null;
        for _ in 0..LOOKS_MAX {
            last = self.read(payout).await;
            if last["status"] == status && last["in_doubt"] == false {
                return last;
            }
            for statement in between {
                let done = sqlx::query(*statement).execute(&self.world.pool).await;
                // It touches rows in another order than the workers do; the next look tries again.
                let code = done
                    .err()
                    .and_then(|error| error.into_database_error()?.code().map(String::from));
                assert!(code.as_deref().is_none_or(|code| code == "40P01"), "{code:?}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("not {status}: {last}");
    }

    /// What made the pay-out change, in turn.
    pub(crate) async fn events(&self, payout: PayoutId) -> Vec<String> {
        let changes = history(&self.world.pool, self.world.shop, payout).await.unwrap();
        changes.into_iter().map(|change| change.event).collect()
    }

    /// What the seller can be paid.
    pub(crate) async fn available(&self) -> String {
        let wallets = self.world.get("/v1/sellers/books/wallets").await.json();
        wallets["data"][0]["available"].as_str().unwrap().to_owned()
    }

    /// Lets so much time pass at the processor.
    pub(crate) async fn advance(&self, by: &str) {
        self.psp.control("POST", "/v1/control/clock", &json!({ "advance": by })).await;
    }

    /// The processor does this wrong from now on, and carries transfers within moments.
    pub(crate) async fn goes_wrong(&self, rule: Value) {
        let plan = json!({ "rules": [rule], "hang_ms": 50, "transfer_ms": [20, 20] });
        self.psp.control("PUT", "/v1/control/faults", &plan).await;
    }

    /// Compares every pay-out that was submitted, and the sum, with the processor's book.
    pub(crate) async fn books_agree(&self) {
        let book = self.psp.books(KEY).await;
        assert_eq!(booked_by_us(&self.world.pool).await, booked_by(&book));
        let sent: i64 = sqlx::query_scalar(
            "select coalesce(-sum(amount_minor), 0)::bigint from entry
             join account using (bucket, account_id) where kind = 'bank'",
        )
        .fetch_one(&self.world.pool)
        .await
        .unwrap();
        let sent = Money::from_minor(sent, Currency::EUR).to_decimal_string();
        let transferred = book["transferred"][0]["amount"].as_str().unwrap_or("0.00");
        assert_eq!(transferred, sent);
    }
}

/// What the processor's book says of each pay-out.
pub(crate) fn booked_by(book: &Value) -> BTreeMap<String, Booked> {
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let rows = book["transfers"].as_array().unwrap().iter();
    rows.map(|row| {
        let booked = Booked {
            state: text(row, "state"),
            amount: format!("{} {}", text(row, "amount"), text(row, "currency")),
            times_paid: row["times_paid"].as_i64().unwrap(),
            times_returned: row["times_returned"].as_i64().unwrap(),
        };
        (text(row, "reference"), booked)
    })
    .collect()
}

/// What the ledger says of each pay-out that was submitted.
pub(crate) async fn booked_by_us(pool: &PgPool) -> BTreeMap<String, Booked> {
    let rows: Vec<(uuid::Uuid, String, i64, i64, i64)> = sqlx::query_as(
        "select payout_id, phase, amount_minor,
                (select count(*) from posting where object_id = payout_id and cause like 'paid/%'),
                (select count(*) from posting where object_id = payout_id and cause like 'returned/%')
         from payout where submissions > 0",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(id, state, minor, times_paid, times_returned)| {
            let amount = Money::from_minor(minor, Currency::EUR).to_decimal_string();
            let amount = format!("{amount} EUR");
            let booked = Booked { state, amount, times_paid, times_returned };
            (PayoutId::from_uuid(id).to_string(), booked)
        })
        .collect()
}

async fn save_account(world: &World, processor: &str) -> PayoutAccountId {
    let access = Access {
        base_url: processor.to_owned(),
        api_key: KEY.into(),
        webhook_secret: WEBHOOK_SECRET.into(),
    };
    let (id, shop, currency) = (new_plain_id(), world.shop, Currency::EUR);
    let account = PayoutAccount { id, shop, name: "house bank".into(), currency, access };
    accounts::save(&world.pool, &account, "a test").await.unwrap()
}

impl Psp {
    /// A call that needs no key.
    async fn control(&self, method: &str, path: &str, body: &Value) {
        let method = method.parse().unwrap();
        let url = format!("{}{path}", self.url);
        let answer = reqwest::Client::new().request(method, url).json(body).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
    }

    /// The whole book of the account that `key` opens.
    async fn books(&self, key: &str) -> Value {
        let url = format!("{}/v1/books", self.url);
        let answer = reqwest::Client::new().get(url).bearer_auth(key).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }
}
