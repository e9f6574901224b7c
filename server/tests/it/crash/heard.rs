//! What the shop and the operator are told by webhooks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;

use super::shop::text;

/// Everything that was told. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Told>>);

/// What was told so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The shop: under which ids each event of each object came.
    pub(crate) events: BTreeMap<(String, i64), BTreeSet<String>>,
    /// The operator: of which alerts.
    pub(crate) alerts: BTreeSet<String>,
}

impl Heard {
    pub(crate) fn so_far(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens; where the shop and the operator are told.
    pub(super) async fn listen(&self) -> [String; 2] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/hooks", post(tell_shop))
            .route("/alerts", post(tell_operator))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        ["hooks", "alerts"].map(|path| format!("http://{address}/{path}"))
    }
}

async fn tell_shop(State(heard): State<Heard>, headers: HeaderMap, Json(event): Json<Value>) {
    let message = headers["webhook-id"].to_str().unwrap_or_default().to_owned();
    let about = (text(&event["data"], "id"), event["sequence"].as_i64().unwrap_or_default());
    heard.so_far().events.entry(about).or_default().insert(message);
}

async fn tell_operator(State(heard): State<Heard>, Json(event): Json<Value>) {
    heard.so_far().alerts.insert(text(&event["data"], "alert"));
}
