//! A running sandbox per test, a merchant who calls it, and a receiver for webhooks.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use sandbox::{App, Options};
use serde_json::{Value, json};
use sqlx::PgPool;
use standardwebhooks::Webhook;
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc, oneshot},
};

pub(crate) const API_KEY: &str = "key_of_the_merchant";

/// A running sandbox with one account, `demo`.
pub(crate) struct Sandbox {
    pub(crate) origin: String,
    pub(crate) pool: PgPool,
    client: Client,
    app: App,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<Result<(), sandbox::ServeError>>,
}

/// A status and the JSON that came with it.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) is_replayed: bool,
    pub(crate) json: Value,
}

impl Reply {
    /// One field of the answer, as text.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    /// The code of an error.
    pub(crate) fn code(&self) -> &str {
        self.json["error"]["code"].as_str().unwrap_or_default()
    }
}

impl Sandbox {
    /// Starts a sandbox whose merchant listens nowhere.
    pub(crate) async fn start(pool: PgPool) -> Self {
        Self::start_with(pool, None).await
    }

    /// Starts a sandbox whose merchant listens to webhooks.
    pub(crate) async fn start_with(pool: PgPool, receiver: Option<&Receiver>) -> Self {
        Self::start_as(pool, receiver, Options::default(), None).await
    }

    /// Starts a sandbox with options, and links to where it says it is.
    pub(crate) async fn start_as(
        pool: PgPool,
        receiver: Option<&Receiver>,
        options: Options,
        public_url: Option<&str>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let app = App::start(pool.clone(), public_url.unwrap_or(&origin), options).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn({
            let app = app.clone();
            async move { sandbox::serve_app(&app, listener, async { drop(stopped.await) }).await }
        });
        let client =
            Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        let sandbox = Self { origin, pool, client, app, stop, server };
        let account = json!({
            "api_key": API_KEY,
            "webhook_url": receiver.map(|receiver| &receiver.url),
            "webhook_secret": secret(),
        });
        let opened =
            sandbox.reply(sandbox.request(Method::PUT, "/v1/accounts/demo").json(&account)).await;
        assert_eq!(opened.status, 200);
        sandbox
    }

    /// Ends the sandbox, so that its database can be dropped.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        drop(self.client);
        self.server.await.unwrap().unwrap();
        drop(self.app);
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.origin)
        };
        self.client.request(method, url).bearer_auth(API_KEY)
    }

    pub(crate) async fn reply(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        Reply {
            status: response.status().as_u16(),
            is_replayed: response.headers().contains_key("idempotency-replayed"),
            json: response.json().await.unwrap_or_default(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.reply(self.request(Method::GET, path)).await
    }

    /// Posts JSON under an idempotency key.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        let mut request = self.request(Method::POST, path).json(body);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        self.reply(request).await
    }

    /// Charges a practice card, with its reference as the key.
    pub(crate) async fn pay(
        &self,
        reference: &str,
        amount: &str,
        card: &str,
        capture: bool,
    ) -> Reply {
        self.post("/v1/payments", reference, &payment(reference, amount, card, capture)).await
    }

    /// Charges a practice card while this goes wrong. An error means that no whole answer came.
    pub(crate) async fn pay_with(
        &self,
        reference: &str,
        fault: &str,
        milliseconds: u64,
    ) -> Result<Response, reqwest::Error> {
        self.request(Method::POST, "/v1/payments")
            .header("idempotency-key", reference)
            .header("x-sandbox-fault", fault)
            .timeout(Duration::from_millis(milliseconds))
            .json(&payment(reference, "5.00", "visa", true))
            .send()
            .await
    }

    /// What the processor has of a reference.
    pub(crate) async fn known(&self, reference: &str) -> Value {
        self.get(&format!("/v1/payments?reference={reference}")).await.json["data"][0].clone()
    }

    /// Sends a control call that must be taken.
    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.request(method, &format!("/v1/control/{path}")).json(body);
        let reply = self.reply(request).await;
        assert_eq!(reply.status, 200, "{}", reply.json);
        reply.json
    }

    /// How often a fault struck so far.
    pub(crate) async fn injected(&self, fault: &str) -> i64 {
        let shown = self.control(Method::GET, "faults", &Value::Null).await;
        shown["injected"][fault].as_i64().unwrap_or(0)
    }

    /// Registers a checkout of two payments, 49.99 and 34.99 EUR.
    pub(crate) async fn register(&self, nonce: &str) -> Reply {
        self.post("/v1/registrations", &format!("key_{nonce}"), &registration(nonce)).await
    }

    /// Moves the clock on, and says how much happened.
    pub(crate) async fn advance(&self, by: &str) -> i64 {
        let moved = self.post("/v1/control/clock", "", &json!({"advance": by})).await;
        moved.json["happened"].as_i64().unwrap()
    }

    /// Opens a page as a browser would.
    pub(crate) async fn open(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Sends a form as a browser would.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.request(Method::POST, path).form(fields).send().await.unwrap()
    }

    /// Enters a card on the page of a registration.
    pub(crate) async fn enter_card(&self, token: &str, number: &str) -> Response {
        let fields =
            [("number", number), ("expiry", "12/34"), ("cvc", "123"), ("name", "Alex Tester")];
        self.submit(&format!("/pay/{token}"), &fields).await
    }
}

/// The body of a payment in EUR.
pub(crate) fn payment(reference: &str, amount: &str, card: &str, capture: bool) -> Value {
    json!({
        "reference": reference,
        "amount": amount,
        "currency": "EUR",
        "capture": capture,
        "source": {"payment_method": format!("pm_card_{card}")},
    })
}

/// The body of a registration.
pub(crate) fn registration(nonce: &str) -> Value {
    json!({
        "nonce": nonce,
        "amount": "84.98",
        "currency": "EUR",
        "payments": [
            {"reference": format!("{nonce}_a"), "amount": "49.99", "description": "Alpine Books"},
            {"reference": format!("{nonce}_b"), "amount": "34.99", "description": "Tea & <b>Co</b>"},
        ],
        "return_url": "http://shop.test/return?checkout=1",
        "expires_at": "2999-01-01T00:00:00Z",
        "description": "Order 1001",
    })
}

/// Where a response sends the browser.
pub(crate) fn location(response: &Response) -> &str {
    response.headers().get("location").map_or("", |value| value.to_str().unwrap())
}

pub(crate) fn secret() -> String {
    format!("whsec_{}", STANDARD.encode([7_u8; 24]))
}

/// One webhook whose signature was checked.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    /// Whether the signature was right; if not, it was refused.
    pub(crate) is_genuine: bool,
    pub(crate) body: Value,
}

impl Delivery {
    pub(crate) fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default()
    }
}

/// A merchant's server.
pub(crate) struct Receiver {
    pub(crate) url: String,
    deliveries: mpsc::UnboundedReceiver<Delivery>,
}

#[derive(Clone)]
struct Desk {
    refusals: Arc<Mutex<u32>>,
    deliveries: mpsc::UnboundedSender<Delivery>,
}

impl Receiver {
    /// Listens, and answers the first `refusals` deliveries with 500.
    pub(crate) async fn start(refusals: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let (sender, deliveries) = mpsc::unbounded_channel();
        let desk = Desk { refusals: Arc::new(Mutex::new(refusals)), deliveries: sender };
        let router = Router::new().route("/hooks", post(receive)).with_state(desk);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url: format!("http://{address}/hooks"), deliveries }
    }

    /// Waits for the next delivery, refused or not.
    pub(crate) async fn next(&mut self) -> Delivery {
        let delivery = self.next_of_any().await;
        assert!(delivery.is_genuine, "the signature is right");
        delivery
    }

    /// As [`Self::next`], whether its signature is right or not.
    pub(crate) async fn next_of_any(&mut self) -> Delivery {
        tokio::time::timeout(Duration::from_secs(20), self.deliveries.recv())
            .await
            .expect("a webhook comes within twenty seconds")
            .expect("the receiver is open")
    }

    /// A delivery that has arrived already.
    pub(crate) fn arrived(&mut self) -> Option<Delivery> {
        self.deliveries.try_recv().ok()
    }
}

async fn receive(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let is_genuine = Webhook::new(&secret()).unwrap().verify(&body, &headers).is_ok();
    let delivery = Delivery {
        is_genuine,
        id: headers["webhook-id"].to_str().unwrap().to_owned(),
        body: serde_json::from_slice(&body).unwrap(),
    };
    desk.deliveries.send(delivery).unwrap();
    if !is_genuine {
        return StatusCode::UNAUTHORIZED;
    }
    let mut refusals = desk.refusals.lock().await;
    if *refusals == 0 {
        return StatusCode::NO_CONTENT;
    }
    *refusals -= 1;
    StatusCode::INTERNAL_SERVER_ERROR
}
