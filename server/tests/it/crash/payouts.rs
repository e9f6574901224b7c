//! Sellers who are paid while the service is killed, and the processor's book of it.

use domain::currency::Currency;
use domain::id::{PayoutId, ShopId};
use domain::money::Money;
use domain::permission::Role;
use engine::db::{Tx, new_plain_id};
use engine::payouts::accounts::{self, Access, PayoutAccount};
use engine::payouts::actor::By;
use engine::payouts::commands::{Ask, approve};
use engine::payouts::payees::{self, NewPayee};
use engine::reconciliation::actor::{Actor, Person};
use engine::service::Engine;
use engine::staff::{self, NewStaff};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::shop::{Shop, text};
use super::world::{WEBHOOK_SECRET, World};
use crate::support::paying::{booked_by, booked_by_us};

/// What opens the account that sellers are paid from.
const API_KEY: &str = "payouts-crash-test";
/// The practice processor pays whatever goes here.
const IBAN: &str = "DE02120300000000202051";
/// The places that a process passes that pays sellers.
pub(super) const PAYING: &[&str] =
    &["F5 submit", "F6 submit", "F7 submit", "F8 submit", "F7 payout", "F8 payout"];

/// Gives `shop` an account that pays, and its seller `books` one that is paid; the id of the first.
pub(super) async fn seed(pool: &PgPool, shop: ShopId, address: &str) -> String {
    let access = Access {
        base_url: address.into(),
        api_key: API_KEY.into(),
        webhook_secret: WEBHOOK_SECRET.into(),
    };
    let (id, currency) = (new_plain_id(), Currency::EUR);
    let account = PayoutAccount { id, shop, name: "house bank".into(), currency, access };
    let account = accounts::save(pool, &account, "a test").await.expect("a pay-out account");
    let limit = Money::from_minor(100_000, currency);
    accounts::set_limit(pool, shop, limit, "a test").await.expect("a limit");
    let sellers = engine::shops::sellers(pool, shop).await.expect("the sellers");
    let seller = sellers.iter().find(|seller| seller.reference == "books").expect("it is seeded");
    let (iban, holder) = (IBAN.parse().expect("an account number"), "Books".into());
    let new = NewPayee { shop, seller: seller.id, currency, iban, bic: None, holder, slot: None };
    let added = payees::add(pool, &new).await.expect("a bank account");
    let by = Actor::Program("crash test");
    payees::verify(pool, shop, added.id, &by).await.expect("nobody else verifies it");
    account.to_string()
}

/// Opens our account at the sandbox, which notifies `service`.
pub(super) async fn open(client: &reqwest::Client, sandbox: &str, service: &str, account: &str) {
    let body = json!({
        "api_key": API_KEY,
        "webhook_url": format!("{service}/webhooks/{account}"),
        "webhook_secret": WEBHOOK_SECRET,
    });
    let answer = client.put(format!("{sandbox}/v1/accounts/payouts")).json(&body).send().await;
    let answer = answer.expect("the sandbox answers");
    assert!(answer.status().is_success(), "{}", answer.status());
}

/// The whole book of that account.
pub(super) async fn book(client: &reqwest::Client, sandbox: &str) -> Value {
    let get = client.get(format!("{sandbox}/v1/books")).bearer_auth(API_KEY);
    get.send().await.expect("the sandbox answers").json().await.expect("it is JSON")
}

/// Sells and pays the seller, again and again, until there were so many pay-outs and each failpoint
/// has killed; the number of pay-outs.
pub(super) async fn pay_until_struck(pool: &PgPool, world: &World, least: usize) -> usize {
    let engine = Engine::start(pool.clone(), "http://pay.test").await.expect("an engine");
    let shop = sqlx::query_scalar("select shop_id from shop").fetch_one(pool).await;
    let shop = ShopId::from_uuid(shop.expect("a shop"));
    let approver = approver(pool, shop).await;
    let mut made = 0;
    while made < least || !world.supervisor.unstruck().is_empty() {
        let (payout, status) = world.shop.pay_out(made).await;
        made += 1;
        if status == "draft" {
            let by = By::Person(approver.clone());
            let ask = Ask { shop, payout, by, version: None, reason: None, slot: None };
            approve(&engine, &ask).await.expect("it is another person");
        }
    }
    made
}

async fn approver(pool: &PgPool, shop: ShopId) -> Person {
    let new = NewStaff {
        shop,
        email: "ben@test.example".into(),
        name: "Ben".into(),
        role: Role::Approver,
        password_hash: "nobody signs in".into(),
    };
    let mut tx = Tx::begin(pool).await.expect("a transaction");
    let id = staff::save(&mut tx, &new).await.expect("a person");
    tx.commit().await.expect("a commit");
    Person { id, name: new.name, role: new.role }
}

impl Shop {
    /// Sells, delivers, and asks for a pay-out of what was earned: its id, and how it stands.
    async fn pay_out(&self, number: usize) -> (PayoutId, String) {
        self.buy(number).await;
        assert!(self.reaches(number, "captured").await, "sale {number} was not taken");
        let (path, key) =
            (format!("/v1/payments/crash-{number}-0/release"), format!("release-{number}"));
        self.post(&path, &key, &json!({})).await.expect("it was captured");
        let order = json!({ "seller_account": "books", "amount": "47.49", "currency": "EUR" });
        let made = self.post("/v1/payouts", &format!("payout-{number}"), &order).await;
        let made = made.expect("it was earned");
        (text(&made, "id").parse().expect("a pay-out's id"), text(&made, "status"))
    }
}

/// Pay-outs that were paid more than once, by either book.
pub(super) async fn paid_twice(pool: &PgPool, book: &Value) -> Vec<String> {
    let books = [("ours", booked_by_us(pool).await), ("the processor's", booked_by(book))];
    let several = books.into_iter().flat_map(|(whose, book)| {
        let several = book.into_iter().filter(|(_, booked)| booked.times_paid > 1);
        several.map(move |(payout, booked)| format!("paid twice in {whose}: {payout}: {booked:?}"))
    });
    several.collect()
}

/// Pay-outs of which the processor's book says something else than ours.
pub(super) async fn books_differ(pool: &PgPool, book: &Value) -> Vec<String> {
    let (mut ours, theirs) = (booked_by_us(pool).await, booked_by(book));
    let mut differences = Vec::new();
    for (payout, theirs) in theirs {
        let ours = ours.remove(&payout);
        if ours.as_ref() != Some(&theirs) {
            differences.push(format!("books differ: {payout}: ours {ours:?}, theirs {theirs:?}"));
        }
    }
    differences.extend(ours.into_keys().map(|payout| format!("never reached the bank: {payout}")));
    differences
}
