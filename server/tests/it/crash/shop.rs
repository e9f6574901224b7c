//! The shop: it asks, and repeats with the same key until it is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::shopper::Visit;
use serde_json::{Value, json};

/// How long it waits before it repeats one.
pub(super) const PAUSE: Duration = Duration::from_millis(150);
/// Problems that pass: the same call has to be made again.
const PASSING: [&str; 4] = ["idempotency_in_progress", "in_doubt", "under_way", "payment_in_doubt"];

/// One shop. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) client: reqwest::Client,
    /// What a shopper uses: it follows nothing by itself.
    pub(crate) browser: reqwest::Client,
    pub(crate) api_key: String,
    pub(crate) service: String,
    pub(crate) acknowledged: Arc<Mutex<Acknowledged>>,
    /// What is bought, in turn.
    pub(crate) wishes: &'static [Wish],
}

/// What the service has said it has.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    pub(crate) payments: BTreeSet<String>,
    pub(crate) refunds: BTreeSet<String>,
    /// Payments of which money was taken, as the service said.
    pub(crate) taken: BTreeSet<String>,
    /// Calls that were refused for good, by their code.
    pub(crate) refused: BTreeMap<String, usize>,
}

/// What the shop wants of one checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Pay,
    PayByCard(&'static str),
    PayAndGetBack(&'static [&'static str]),
    HoldAndTake(Option<&'static str>),
    HoldAndRelease,
    Basket(&'static str),
    PayOnPage(Visit),
}

const ONE_CLICK: Visit = Visit { outcomes: &["visa"], presses: 1, policy: None };
const DOUBLE_CLICK: Visit = Visit { outcomes: &["visa"], presses: 2, policy: None };
const DECLINED_FIRST: Visit = Visit { outcomes: &["declined", "secure"], presses: 2, policy: None };
const BASKET: Visit = Visit { outcomes: &["visa"], presses: 2, policy: Some("best_effort") };
const WHOLE_BASKET: Visit =
    Visit { outcomes: &["secure"], presses: 2, policy: Some("all_or_nothing") };

/// Every kind of purchase in turn.
pub(crate) const EVERY_KIND: &[Wish] = &[
    Wish::Pay,
    Wish::PayOnPage(DOUBLE_CLICK),
    Wish::PayAndGetBack(&["49.99"]),
    Wish::HoldAndTake(None),
    Wish::PayOnPage(BASKET),
    Wish::Basket("best_effort"),
    Wish::PayByCard("pm_card_declined"),
    Wish::PayOnPage(DECLINED_FIRST),
    Wish::PayAndGetBack(&["10.00", "0.01", "39.98"]),
    Wish::HoldAndRelease,
    Wish::PayOnPage(WHOLE_BASKET),
    Wish::Basket("all_or_nothing"),
    Wish::PayByCard("pm_card_lost_answer"),
    Wish::PayOnPage(ONE_CLICK),
    Wish::HoldAndTake(Some("20.00")),
    Wish::PayByCard("pm_card_unavailable"),
    Wish::PayAndGetBack(&["5.00"]),
];

/// What is paid on the processor's page, in turn.
pub(crate) const ON_PAGES: &[Wish] = &[
    Wish::PayOnPage(DOUBLE_CLICK),
    Wish::PayOnPage(BASKET),
    Wish::PayOnPage(ONE_CLICK),
    Wish::PayOnPage(DECLINED_FIRST),
    Wish::PayOnPage(WHOLE_BASKET),
];

impl Shop {
    /// Buys for the `number`th time and follows it to its end.
    pub(crate) async fn buy(&self, number: usize) {
        let wish = self.wishes[number % self.wishes.len()];
        let page = self.pay(number, wish).await;
        match wish {
            Wish::PayOnPage(visit) => self.visit(number, &page, visit).await,
            Wish::Pay | Wish::PayByCard(_) | Wish::Basket(_) => {}
            Wish::PayAndGetBack(amounts) => {
                if self.reaches(number, "captured").await {
                    for (index, amount) in amounts.iter().enumerate() {
                        let body = json!({ "amount": amount, "reason": "did not fit" });
                        self.act(number, "refunds", index, &body).await;
                    }
                }
            }
            Wish::HoldAndTake(amount) => {
                if self.reaches(number, "authorized").await {
                    let body = amount.map_or(json!({}), |amount| json!({ "amount": amount }));
                    self.act(number, "capture", 0, &body).await;
                }
            }
            Wish::HoldAndRelease => {
                if self.reaches(number, "authorized").await {
                    self.act(number, "cancel", 0, &json!({})).await;
                }
            }
        }
    }

    /// Makes the checkout, and pays it at once if a method is known; where a shopper would pay it.
    async fn pay(&self, number: usize, wish: Wish) -> String {
        let card = match wish {
            Wish::PayByCard(card) => Some(card),
            Wish::PayOnPage(_) => None,
            _ => Some("pm_card_visa"),
        };
        let policy = match wish {
            Wish::Basket(policy) => Some(policy),
            Wish::PayOnPage(visit) => visit.policy,
            _ => None,
        };
        let mut body = json!({
            "checkout_id": format!("crash-{number}"),
            "buyer_info": { "email": "shopper@example.com" },
            "capture": !matches!(wish, Wish::HoldAndTake(_) | Wish::HoldAndRelease),
            "payment_orders": [order(number, 0, "49.99")],
        });
        if let Some(card) = card {
            body["payment_method_id"] = json!(card);
        }
        if let Some(policy) = policy {
            body["policy"] = json!(policy);
            body["payment_orders"] = json!([
                order(number, 0, "34.90"),
                order(number, 1, "12.00"),
                order(number, 2, "3.10")
            ]);
        }
        let made = self.post("/v1/payments", &format!("pay-{number}"), &body).await;
        let made = made.unwrap_or_else(|code| panic!("payment {number} was refused: {code}"));
        let mut acknowledged = self.acknowledged();
        for payment in made["payments"].as_array().expect("a checkout has payments") {
            acknowledged.payments.insert(text(payment, "id"));
        }
        text(&made, "checkout_url")
    }

    /// Remembers the payment if money of it was taken.
    pub(super) fn note_if_taken(&self, payment: &Value) {
        if !matches!(payment["captured"].as_str(), None | Some("0.00")) {
            self.acknowledged().taken.insert(text(payment, "id"));
        }
    }

    /// Opens a checkout that nobody pays; always the same call. Our id of it.
    pub(crate) async fn open_hosted(&self, name: &str) -> String {
        let body = json!({
            "checkout_id": name,
            "buyer_info": { "email": "shopper@example.com" },
            "expires_in_seconds": 3000,
            "payment_orders": [{
                "payment_order_id": name, "seller_account": "books", "amount": "1.00",
                "currency": "EUR",
            }],
        });
        let made = self.post("/v1/payments", &format!("open-{name}"), &body).await;
        let made = made.expect("it is taken in");
        self.acknowledged().payments.insert(text(&made["payments"][0], "id"));
        text(&made, "id")
    }

    /// How the payment of that name stands.
    pub(crate) async fn status(&self, name: &str) -> String {
        let url = format!("{}/v1/payments/{name}", self.service);
        let answer = self.client.get(url).bearer_auth(&self.api_key).send().await;
        text(&answer.expect("it answers").json().await.expect("it answers with JSON"), "status")
    }

    async fn act(&self, number: usize, what: &str, index: usize, body: &Value) {
        let path = format!("/v1/payments/crash-{number}-0/{what}");
        let key = format!("{what}-{number}-{index}");
        let done = self.post(&path, &key, body).await;
        let mut acknowledged = self.acknowledged();
        match done {
            Ok(refund) if what == "refunds" => {
                acknowledged.refunds.insert(text(&refund, "id"));
            }
            Ok(_) => {}
            Err(code) => *acknowledged.refused.entry(format!("{what}: {code}")).or_default() += 1,
        }
    }

    /// Waits until the payment stands there; whether it does.
    pub(super) async fn reaches(&self, number: usize, status: &str) -> bool {
        let url = format!("{}/v1/payments/crash-{number}-0", self.service);
        let start = Instant::now();
        while start.elapsed() < patience() {
            let answer = self.client.get(&url).bearer_auth(&self.api_key).send().await;
            if let Ok(answer) = answer
                && let Ok(payment) = answer.json::<Value>().await
            {
                self.note_if_taken(&payment);
                match payment["status"].as_str() {
                    Some(found) if found == status => return true,
                    Some("failed" | "cancelled" | "expired") => return false,
                    _ => {}
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("payment {number} is not {status} after {:?}", patience());
    }

    /// Repeats the call until it is answered; the object that it made, or why it never will.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value, String> {
        let start = Instant::now();
        let mut last = String::new();
        while start.elapsed() < patience() {
            let answer = self
                .client
                .post(format!("{}{path}", self.service))
                .bearer_auth(&self.api_key)
                .header("idempotency-key", key)
                .json(body)
                .send()
                .await;
            // Whatever broke on the way says nothing about what was done.
            if let Ok(answer) = answer {
                let status = answer.status();
                if let Ok(body) = answer.json::<Value>().await {
                    let code = text(&body, "code");
                    if status.is_success() {
                        return Ok(body);
                    }
                    if status.is_client_error() && !PASSING.contains(&code.as_str()) {
                        return Err(code);
                    }
                    last = format!("{status} {code}");
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("POST {path} under {key} was not answered in {:?}, last by {last}", patience());
    }

    pub(crate) fn acknowledged(&self) -> std::sync::MutexGuard<'_, Acknowledged> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the shop goes on repeating one call, and the shopper one purchase.
pub(super) fn patience() -> Duration {
    Duration::from_mins(if super::whole().is_some() { 15 } else { 5 })
}

fn order(number: usize, index: usize, amount: &str) -> Value {
    json!({
        "payment_order_id": format!("crash-{number}-{index}"),
        "seller_account": if index == 0 { "books" } else { "gear" },
        "amount": amount,
        "currency": "EUR",
    })
}

pub(super) fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_default().to_owned()
}
