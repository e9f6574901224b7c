//! A pay-out provider on loopback that answers as a test tells it to, and keeps a book of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

/// How the provider behaves, once; otherwise it takes a transfer on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Does not take it.
    Refuse,
    /// Is too busy, and says that nothing happened.
    NotProcessed,
    /// Fails before anything happened, and does not say so.
    ServerError,
    /// Takes it on, and then the connection breaks.
    LoseAnswer,
    /// Takes on another amount than was asked for.
    WrongAmount,
}

/// Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct FakeProvider {
    book: Arc<Mutex<Book>>,
    /// Where it listens.
    pub(crate) base_url: String,
}

#[derive(Default)]
struct Book {
    transfers: Vec<Value>,
    behaviours: VecDeque<Behaviour>,
    calls: Vec<String>,
}

impl FakeProvider {
    /// Listens until the test ends.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { base_url, ..Self::default() };
        let router = Router::new()
            .route("/v1/transfers", post(submit).get(inquire))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// The next submissions are answered so, one after the other.
    pub(crate) fn will(&self, behaviours: &[Behaviour]) {
        self.book().behaviours.extend(behaviours);
    }

    /// The references of the submissions that arrived, repeats as well.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.book().calls.clone()
    }

    /// What it has taken on: references and amounts.
    pub(crate) fn transfers(&self) -> Vec<(String, String)> {
        let book = self.book();
        book.transfers.iter().map(|row| (text(row, "reference"), text(row, "amount"))).collect()
    }

    /// Something becomes of the transfer with this reference; nobody hears of it.
    pub(crate) fn becomes(&self, reference: &str, state: &str, reason: Option<&str>) {
        let mut book = self.book();
        let row = book.find(reference).expect("the provider has the transfer");
        row["state"] = json!(state);
        row["reason"] = json!(reason);
    }

    /// Forgets everything.
    pub(crate) fn forgets(&self) {
        self.book().transfers.clear();
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }
}

impl Book {
    fn find(&mut self, reference: &str) -> Option<&mut Value> {
        self.transfers.iter_mut().find(|row| row["reference"] == reference)
    }
}

async fn submit(State(fake): State<FakeProvider>, Json(request): Json<Value>) -> Response {
    let mut book = fake.book();
    let reference = text(&request, "reference");
    book.calls.push(reference.clone());
    let behaviour = book.behaviours.pop_front();
    match behaviour {
        Some(Behaviour::Refuse) => {
            return error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_iban");
        }
        Some(Behaviour::NotProcessed) => {
            return error(StatusCode::SERVICE_UNAVAILABLE, "not_processed");
        }
        Some(Behaviour::ServerError) => return error(StatusCode::INTERNAL_SERVER_ERROR, "broken"),
        _ => {}
    }
    if book.find(&reference).is_none() {
        let id = format!("trf_{:032x}", book.transfers.len() + 1);
        let mut row = request;
        row["id"] = json!(id);
        row["state"] = json!("accepted");
        row["reason"] = Value::Null;
        if behaviour == Some(Behaviour::WrongAmount) {
            row["amount"] = json!("1.00");
        }
        book.transfers.push(row);
    }
    let row = book.find(&reference).expect("it was just taken on").clone();
    if behaviour == Some(Behaviour::LoseAnswer) {
        return broken();
    }
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn inquire(
    State(fake): State<FakeProvider>,
    Query(query): Query<std::collections::HashMap<String, String>>,
) -> Response {
    let row = fake.book().find(&query["reference"]).cloned();
    Json(json!({ "data": row.into_iter().collect::<Vec<_>>() })).into_response()
}

fn error(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": { "code": code, "message": code } }))).into_response()
}

/// An answer that breaks off.
fn broken() -> Response {
    let failing = futures::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("lost")) });
    Response::new(Body::from_stream(failing))
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}
