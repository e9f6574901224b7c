//! A small shop that sells through Paydesk, as any shop would: by its API, with its key. It keeps
//! nothing but the webhooks it has received, and its pages need no scripts.

mod cart;
mod order;
mod page;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::id::{JobId, kind};
use engine::db::new_plain_id;
use reqwest::Client;
use serde_json::Value;
use standardwebhooks::Webhook;
use time::OffsetDateTime;
use tower_http::set_header::SetResponseHeaderLayer;

use super::Addresses;
use super::keys::Keys;

/// How many webhooks the shop remembers.
const RECEIVED_MAX: usize = 50;
/// How long the shop waits for the API.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Its pages load one style sheet; its form leads to the checkout by a redirect.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The shop.
#[derive(Debug, Clone)]
pub(super) struct Shop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: String,
    own: String,
    api_key: String,
    webhook_secret: String,
    client: Client,
    received: Mutex<VecDeque<Received>>,
}

/// A webhook that the shop has received.
#[derive(Debug, Clone)]
struct Received {
    at: OffsetDateTime,
    is_verified: bool,
    body: Value,
}

impl Shop {
    /// A shop that calls the service at its address with the key of `keys`.
    pub(super) fn new(addresses: &Addresses, keys: &Keys) -> Self {
        Self(Arc::new(Inner {
            service: addresses.service.clone(),
            own: addresses.shop.clone(),
            api_key: keys.api_key.clone().unwrap_or_default(),
            webhook_secret: keys.shop_webhook_secret.clone(),
            client: Client::builder()
                .timeout(TIMEOUT)
                .build()
                .expect("the TLS provider is installed at start"),
            received: Mutex::default(),
        }))
    }

    /// Everything that the shop answers.
    pub(super) fn router(&self) -> Router {
        let policy = format!("{POLICY}; form-action 'self' {}", self.0.service);
        let policy = HeaderValue::from_str(&policy).expect("addresses are plain text");
        Router::new()
            .route("/", get(catalogue))
            .route("/check-out", post(check_out))
            .route("/orders/{order}", get(order::show))
            .route("/orders/{order}/delivered", post(order::delivered))
            .route("/webhooks", post(receive).layer(DefaultBodyLimit::max(262_144)))
            .route("/webhooks", get(webhooks))
            .route("/shop.css", get(style))
            .fallback(nothing_here)
            .layer(SetResponseHeaderLayer::if_not_present(CONTENT_SECURITY_POLICY, policy))
            .with_state(self.clone())
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let url = format!("{}{path}", self.0.service);
        let answer = self.0.client.get(url).bearer_auth(&self.0.api_key).send().await.ok()?;
        answer.error_for_status().ok()?.json().await.ok()
    }

    /// The answer to a call under `key`; `Null` if there is none.
    async fn post(&self, path: &str, key: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.0.service);
        let call = self.0.client.post(url).bearer_auth(&self.0.api_key);
        match call.header("idempotency-key", key).json(body).send().await {
            Ok(answer) => answer.json().await.unwrap_or_default(),
            Err(_) => Value::Null,
        }
    }

    fn received(&self) -> Vec<Received> {
        let received = self.0.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().cloned().collect()
    }
}

async fn catalogue() -> Html<String> {
    Html(page::catalogue(None))
}

/// Sells what was chosen: one call of the API, then on to the checkout.
async fn check_out(State(shop): State<Shop>, Form(form): Form<Vec<(String, String)>>) -> Response {
    let chosen = cart::chosen(&form);
    if chosen.is_empty() {
        let page = page::catalogue(Some("Choose at least one thing first."));
        return (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response();
    }
    let id: JobId = new_plain_id::<kind::Job>();
    let text = id.to_string();
    let order = format!("ALP-{}", text[text.len() - 10..].to_uppercase());
    let request = cart::request(&order, &chosen, &shop.0.own);
    let body = shop.post("/v1/payments", &order, &request).await;
    if let Some(url) = body["checkout_url"].as_str() {
        return Redirect::to(url).into_response();
    }
    (StatusCode::BAD_GATEWAY, Html(page::catalogue(Some(why(&body))))).into_response()
}

/// Why an answer is not what was asked for.
fn why(answer: &Value) -> &str {
    answer["detail"].as_str().unwrap_or("The payment service cannot be reached.")
}

/// Takes a webhook in and remembers whether its signature fits. Refuses those that do not.
async fn receive(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let is_verified = Webhook::new(&shop.0.webhook_secret)
        .is_ok_and(|webhook| webhook.verify(&body, &headers).is_ok());
    let received = Received {
        at: OffsetDateTime::now_utc(),
        is_verified,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let mut all = shop.0.received.lock().unwrap_or_else(PoisonError::into_inner);
    all.push_front(received);
    all.truncate(RECEIVED_MAX);
    if is_verified { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}

async fn webhooks(State(shop): State<Shop>) -> Html<String> {
    Html(page::webhooks(&shop.received()))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css"), (CACHE_CONTROL, "no-cache")], include_str!("shop.css"))
}

async fn nothing_here() -> (StatusCode, Html<String>) {
    (StatusCode::NOT_FOUND, Html(page::nothing_here()))
}
