//! The shop: it asks, repeats with the same key until it is answered, and hears what it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How long the shop goes on repeating one call.
const PATIENCE: Duration = Duration::from_mins(15);
/// How long it waits before it repeats one.
const PAUSE: Duration = Duration::from_millis(150);
/// Problems that pass: the same call has to be made again.
const PASSING: [&str; 4] = ["idempotency_in_progress", "in_doubt", "under_way", "payment_in_doubt"];

/// One shop. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) client: reqwest::Client,
    pub(crate) api_key: String,
    pub(crate) service: String,
    pub(crate) acknowledged: Arc<Mutex<Acknowledged>>,
}

/// What the service has said it has.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    pub(crate) payments: BTreeSet<String>,
    pub(crate) refunds: BTreeSet<String>,
    /// Calls that were refused for good, by their code.
    pub(crate) refused: BTreeMap<String, usize>,
}

/// What the shop wants of one checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Pay,
    PayByCard(&'static str),
    PayAndGetBack(&'static [&'static str]),
    HoldAndTake(Option<&'static str>),
    HoldAndRelease,
    Basket(&'static str),
}

/// Every kind of purchase in turn.
const WISHES: [Wish; 12] = [
    Wish::Pay,
    Wish::PayAndGetBack(&["49.99"]),
    Wish::HoldAndTake(None),
    Wish::Basket("best_effort"),
    Wish::PayByCard("pm_card_declined"),
    Wish::PayAndGetBack(&["10.00", "0.01", "39.98"]),
    Wish::HoldAndRelease,
    Wish::Basket("all_or_nothing"),
    Wish::PayByCard("pm_card_lost_answer"),
    Wish::HoldAndTake(Some("20.00")),
    Wish::Pay,
    Wish::PayAndGetBack(&["5.00"]),
];

impl Shop {
    /// Buys for the `number`th time and follows it to its end.
    pub(crate) async fn buy(&self, number: usize) {
        let wish = WISHES[number % WISHES.len()];
        self.pay(number, wish).await;
        match wish {
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

    async fn pay(&self, number: usize, wish: Wish) {
        let card = match wish {
            Wish::PayByCard(card) => card,
            _ => "pm_card_visa",
        };
        let mut body = json!({
            "checkout_id": format!("crash-{number}"),
            "buyer_info": { "email": "shopper@example.com" },
            "payment_method_id": card,
            "capture": !matches!(wish, Wish::HoldAndTake(_) | Wish::HoldAndRelease),
            "payment_orders": [order(number, 0, "49.99")],
        });
        if let Wish::Basket(policy) = wish {
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
    async fn reaches(&self, number: usize, status: &str) -> bool {
        let url = format!("{}/v1/payments/crash-{number}-0", self.service);
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let answer = self.client.get(&url).bearer_auth(&self.api_key).send().await;
            if let Ok(answer) = answer
                && let Ok(payment) = answer.json::<Value>().await
            {
                match payment["status"].as_str() {
                    Some(found) if found == status => return true,
                    Some("failed" | "cancelled" | "expired") => return false,
                    _ => {}
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("payment {number} is not {status} after {PATIENCE:?}");
    }

    /// Repeats the call until it is answered; the object that it made, or why it never will.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value, String> {
        let start = Instant::now();
        let mut last = String::new();
        while start.elapsed() < PATIENCE {
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
        panic!("POST {path} under {key} was not answered in {PATIENCE:?}, last by {last}");
    }

    pub(crate) fn acknowledged(&self) -> std::sync::MutexGuard<'_, Acknowledged> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn order(number: usize, index: usize, amount: &str) -> Value {
    json!({
        "payment_order_id": format!("crash-{number}-{index}"),
        "seller_account": if index == 0 { "books" } else { "gear" },
        "amount": amount,
        "currency": "EUR",
    })
}

fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_default().to_owned()
}

/// What the shop was told: under which ids each event of each object came.
pub(crate) type Heard = Arc<Mutex<BTreeMap<(String, i64), BTreeSet<String>>>>;

/// Listens for events; the address.
pub(crate) async fn listen(heard: &Heard) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
    let router = Router::new().route("/hooks", post(hear)).with_state(Arc::clone(heard));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn hear(
    State(heard): State<Heard>,
    headers: HeaderMap,
    axum::Json(event): axum::Json<Value>,
) {
    let message = headers["webhook-id"].to_str().unwrap_or_default().to_owned();
    let about = (text(&event["data"], "id"), event["sequence"].as_i64().unwrap_or_default());
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    heard.entry(about).or_default().insert(message);
}
