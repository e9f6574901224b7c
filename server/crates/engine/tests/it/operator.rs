//! What the operator is told of alerts: signed, again until it is taken, and in order.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use engine::watch::{self, Alert, Kind, OperatorWebhook, Severity, Tell};
use jobs::Step;
use serde_json::{Value, json};
use sqlx::PgPool;
use standardwebhooks::Webhook;

use crate::desk::Desk;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The operator's server: answers 500 as often as it is told, and keeps what came.
#[derive(Clone, Default)]
struct Server {
    refuses: Arc<Mutex<u32>>,
    came: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Server {
    async fn start(refuses: u32) -> (Self, String) {
        let server = Self { refuses: Arc::new(Mutex::new(refuses)), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        let router = Router::new().route("/alerts", post(take)).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (server, url)
    }

    /// Each message that came, after its signature was verified.
    fn messages(&self) -> Vec<(String, Value)> {
        let came = self.came.lock().unwrap();
        let verified = came.iter().map(|(headers, body)| {
            Webhook::new(SECRET).unwrap().verify(body, headers).unwrap();
            let id = headers["webhook-id"].to_str().unwrap().to_owned();
            (id, serde_json::from_slice(body).unwrap())
        });
        verified.collect()
    }
}

async fn take(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> StatusCode {
    server.came.lock().unwrap().push((headers, body));
    let mut refuses = server.refuses.lock().unwrap();
    if *refuses > 0 {
        *refuses -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    StatusCode::NO_CONTENT
}

fn alert() -> Alert {
    Alert {
        shop: None,
        kind: Kind::CircuitOpened,
        subject: "north".into(),
        severity: Severity::Critical,
        message: "north is not called.".into(),
        facts: json!({ "rows": ["pay_1"] }),
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_operator_is_told_with_a_signature_until_it_is_taken(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (server, url) = Server::start(1).await;
    let webhook = OperatorWebhook { url, secret: SECRET.into() };
    let lane = watch::lane(Tell::new(desk.pool(), Some(webhook)));
    watch::raise_now(&desk.engine, &alert()).await.unwrap();
    watch::raise_now(&desk.engine, &alert()).await.unwrap();

    let first = desk.step(&lane).await;
    desk.make_due().await;
    let second = desk.step(&lane).await;
    watch::resolve_now(&desk.engine, Kind::CircuitOpened, "north").await.unwrap();
    let third = desk.step(&lane).await;

    assert_eq!(first, Step { claimed: 1, failed: 1 });
    assert_eq!((second, third), (Step { claimed: 1, failed: 0 }, Step { claimed: 1, failed: 0 }));
    let messages = server.messages();
    let told: Vec<&str> = messages.iter().map(|(_, body)| body["type"].as_str().unwrap()).collect();
    assert_eq!(told, ["alert.raised", "alert.raised", "alert.resolved"]);
    assert_eq!(messages[0].0, messages[1].0, "a repeat has the same name");
    assert_ne!(messages[1].0, messages[2].0);
    let data = &messages[0].1["data"];
    assert_eq!((&data["kind"], &data["severity"]), (&json!("circuit_opened"), &json!("critical")));
    assert_eq!(data["facts"]["rows"], json!(["pay_1"]));
    assert!(messages[2].1["data"]["resolved_at"].is_string());
    assert_eq!(desk.world.count("select count(*) from job").await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn without_an_address_the_log_alone_is_told(pool: PgPool) {
    let desk = Desk::open(pool).await;
    watch::raise_now(&desk.engine, &alert()).await.unwrap();

    let told = desk.step(&watch::lane(Tell::new(desk.pool(), None))).await;

    assert_eq!(told, Step { claimed: 1, failed: 0 });
    assert_eq!(desk.world.count("select count(*) from job").await, 0);
}
