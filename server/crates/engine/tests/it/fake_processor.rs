//! A processor on loopback that answers as a test tells it to, and keeps a book of its own.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::money::Money;
use serde_json::{Value, json};
use tokio::sync::Notify;

/// How the processor behaves, once; otherwise it does what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Refuses the card.
    Decline,
    /// Refuses the card, for this reason in its own words.
    DeclineWith(&'static str),
    /// Refuses the card for a trouble of its own, and says so only when the test lets it.
    DeclineLate,
    /// Is too busy, and says that nothing happened.
    NotProcessed,
    /// The same, but only when the test lets it.
    NotProcessedLate,
    /// Wants the shopper to act.
    Challenge,
    /// Fails before anything happened.
    ServerError,
    /// Does it, and then the connection breaks.
    LoseAnswer,
    /// Does it, and the connection breaks only when the test lets it.
    LoseAnswerLate,
    /// Does it, and answers only when the test lets it.
    AnswerLate,
    /// Answers with another amount than was asked for.
    WrongAmount,
    /// Answers with a success of no money.
    NoMoney,
    /// Says that the payment stands elsewhere, and does nothing.
    Conflict,
    /// Takes a refund on, and says that it failed.
    RefundFails,
    /// Takes a refund on, which takes days.
    RefundPends,
}

/// Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct FakeProcessor {
    book: Arc<Mutex<Book>>,
    /// Lets an answer break that waits for it.
    gate: Arc<Notify>,
    /// Where it listens.
    pub(crate) base_url: String,
}

#[derive(Default)]
struct Book {
    payments: Vec<Value>,
    registrations: Vec<Value>,
    answered: HashMap<String, Value>,
    behaviours: VecDeque<Behaviour>,
    calls: Vec<(String, String)>,
    is_down: bool,
    asks_to_wait: Option<(StatusCode, u64)>,
    turned_away: usize,
    /// Whether the next registration waits, and whether it then fails.
    next_registration: Option<bool>,
}

impl FakeProcessor {
    /// Listens until the test ends.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { base_url, ..Self::default() };
        let router = Router::new()
            .route("/v1/registrations", post(register))
            .route("/v1/registrations/{token}", get(registration))
            .route("/v1/payments", post(authorize).get(inquire))
            .route("/v1/payments/{id}", get(payment))
            .route("/v1/payments/{id}/{operation}", post(operate))
            .layer(axum::middleware::from_fn_with_state(fake.clone(), turn_away))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// The next calls that move money behave so, one after the other.
    pub(crate) fn will(&self, behaviours: &[Behaviour]) {
        self.book().behaviours.extend(behaviours);
    }

    /// The calls that asked it to move money: path and idempotency key, repeats as well.
    pub(crate) fn calls(&self) -> Vec<(String, String)> {
        self.book().calls.clone()
    }

    /// From now on everything is turned away before it is looked at, until [`Self::come_back`].
    pub(crate) fn go_down(&self) {
        self.book().is_down = true;
    }

    /// From now on everything is turned away with this status and a wait in seconds, until
    /// [`Self::come_back`].
    pub(crate) fn ask_to_wait(&self, status: StatusCode, seconds: u64) {
        self.book().asks_to_wait = Some((status, seconds));
    }

    /// Works again.
    pub(crate) fn come_back(&self) {
        let mut book = self.book();
        book.is_down = false;
        book.asks_to_wait = None;
    }

    /// How many requests were turned away.
    pub(crate) fn turned_away(&self) -> usize {
        self.book().turned_away
    }

    /// Forgets under which keys it was called, as processors do after a while.
    pub(crate) fn forget_keys(&self) {
        self.book().answered.clear();
    }

    /// The keys of the calls of this operation, repeats as well.
    pub(crate) fn keys_of(&self, operation: &str) -> Vec<String> {
        let calls = self.calls().into_iter();
        calls.filter(|(path, _)| path == operation).map(|(_, key)| key).collect()
    }

    /// What it has taken and not given back, in minor units, over all payments.
    pub(crate) fn taken_minor(&self) -> i64 {
        self.book().payments.iter().map(|row| minor(row, "captured") - minor(row, "refunded")).sum()
    }

    /// How many payments it knows.
    pub(crate) fn payments(&self) -> Vec<Value> {
        self.book().payments.clone()
    }

    /// How many registrations it knows.
    pub(crate) fn registrations(&self) -> usize {
        self.book().registrations.len()
    }

    /// The shopper enters a card on every page that is open.
    pub(crate) fn complete_registrations(&self) {
        for registration in &mut self.book().registrations {
            registration["status"] = json!("completed");
        }
    }

    /// The next registration waits for [`Self::lose_now`], and then fails if `fails`.
    pub(crate) fn hold_registration(&self, fails: bool) {
        self.book().next_registration = Some(fails);
    }

    /// Waits until a registration is held that was to be.
    pub(crate) async fn holds_registration(&self) {
        while self.book().next_registration.is_some() {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until it has taken a call that moves money, and done what it asks.
    pub(crate) async fn has_charged(&self) {
        while self.payments().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until it has been called so often to move money.
    pub(crate) async fn has_been_called(&self, times: usize) {
        while self.calls().len() < times {
            tokio::task::yield_now().await;
        }
    }

    /// Answers the first call that still waits to be, as [`Behaviour::NotProcessedLate`].
    pub(crate) fn answer_now(&self) {
        self.gate.notify_one();
    }

    /// Lets the call go on that waits: breaks its connection, or answers it.
    pub(crate) fn lose_now(&self) {
        self.gate.notify_one();
    }

    /// The shopper passes every challenge; nobody hears of it.
    pub(crate) fn complete_challenges(&self) {
        for row in &mut self.book().payments {
            if row["status"] == "requires_action" {
                row["status"] = json!("captured");
                row["authorized"] = row["amount"].clone();
                row["captured"] = row["amount"].clone();
            }
        }
    }

    /// A payment happens at the processor without anybody hearing of it.
    pub(crate) fn charge(&self, reference: &str, amount: Money) {
        let request = json!({
            "reference": reference,
            "amount": amount.to_decimal_string(),
            "currency": amount.currency(),
            "capture": true,
        });
        self.book().charge(&request, "captured");
    }

    /// Something happens at the processor to the payment with this reference.
    pub(crate) fn happens(&self, reference: &str, change: impl Fn(&mut Value)) {
        self.book()
            .payments
            .iter_mut()
            .filter(|row| row["reference"] == reference)
            .for_each(change);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }
}

impl Book {
    fn charge(&mut self, request: &Value, status: &str) -> Value {
        let (amount, zero) = (text(request, "amount"), "0.00".to_owned());
        let (authorized, captured) = match status {
            "captured" => (amount.clone(), amount.clone()),
            "authorized" => (amount.clone(), zero.clone()),
            _ => (zero.clone(), zero.clone()),
        };
        let is_declined = status == "declined";
        let code = request["decline_code"].as_str().unwrap_or("insufficient_funds");
        let row = json!({
            "id": format!("sp_{}", self.payments.len() + 1),
            "reference": request["reference"],
            "status": status,
            "amount": amount,
            "currency": request["currency"],
            "authorized": authorized,
            "captured": captured,
            "refunded": zero,
            "decline_code": is_declined.then_some(code),
            "decline_message": is_declined.then_some("not enough money on the account"),
            "next_action": (status == "requires_action")
                .then(|| json!({ "redirect_url": "https://psp.example/challenge" })),
            "payment_method": { "type": "card" },
            "version": 1,
            "hold_expires_at": (status == "authorized").then_some("2099-01-01T00:00:00Z"),
        });
        self.payments.push(row.clone());
        row
    }

    fn find(&mut self, id: &str) -> Option<&mut Value> {
        self.payments.iter_mut().find(|row| row["id"] == id)
    }
}

async fn register(State(fake): State<FakeProcessor>, Json(request): Json<Value>) -> Response {
    let held = fake.book().next_registration.take();
    if let Some(fails) = held {
        fake.gate.notified().await;
        if fails {
            return server_error();
        }
    }
    let mut book = fake.book();
    if let Some(known) = book.registrations.iter().find(|known| known["nonce"] == request["nonce"])
    {
        return Json(known.clone()).into_response();
    }
    let token = format!("reg_{}", book.registrations.len() + 1);
    let row = json!({
        "token": token,
        "nonce": request["nonce"],
        "status": "open",
        "page_url": format!("{}/pay/{token}", fake.base_url),
        "amount": request["amount"],
        "currency": request["currency"],
    });
    book.registrations.push(row.clone());
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn registration(State(fake): State<FakeProcessor>, Path(token): Path<String>) -> Response {
    let book = fake.book();
    let found = book.registrations.iter().find(|row| row["token"] == token.as_str());
    found.map_or_else(not_found, |row| Json(row.clone()).into_response())
}

async fn authorize(
    State(fake): State<FakeProcessor>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let (behaviour, answer) = fake.book().authorize(&key(&headers), &request);
    let late = [
        Behaviour::LoseAnswerLate,
        Behaviour::DeclineLate,
        Behaviour::AnswerLate,
        Behaviour::NotProcessedLate,
    ];
    if behaviour.is_some_and(|behaviour| late.contains(&behaviour)) {
        fake.gate.notified().await;
    }
    answer
}

impl Book {
    fn authorize(&mut self, key: &str, request: &Value) -> (Option<Behaviour>, Response) {
        self.calls.push(("/v1/payments".into(), key.to_owned()));
        if let Some(known) = self.answered.get(key) {
            return (None, Json(known.clone()).into_response());
        }
        let behaviour = self.behaviours.pop_front();
        let status = match behaviour {
            Some(Behaviour::ServerError) => return (behaviour, server_error()),
            Some(Behaviour::NotProcessed | Behaviour::NotProcessedLate) => {
                return (behaviour, not_processed());
            }
            Some(Behaviour::Decline | Behaviour::DeclineWith(_) | Behaviour::DeclineLate) => {
                "declined"
            }
            Some(Behaviour::Challenge) => "requires_action",
            _ if request["capture"] == json!(true) => "captured",
            _ => "authorized",
        };
        let mut request = request.clone();
        match behaviour {
            Some(Behaviour::DeclineWith(code)) => request["decline_code"] = json!(code),
            Some(Behaviour::DeclineLate) => request["decline_code"] = json!("try_again_later"),
            _ => {}
        }
        let mut row = self.charge(&request, status);
        match behaviour {
            Some(Behaviour::WrongAmount) => row["amount"] = json!("0.01"),
            Some(Behaviour::NoMoney) => row["captured"] = json!("0.00"),
            _ => {}
        }
        self.answered.insert(key.to_owned(), row.clone());
        (behaviour, answer(behaviour, &row))
    }
}

async fn inquire(
    State(fake): State<FakeProcessor>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let wanted = query.get("reference").map(String::as_str).unwrap_or_default();
    let book = fake.book();
    let found: Vec<&Value> =
        book.payments.iter().rev().filter(|row| row["reference"] == wanted).collect();
    Json(json!({ "data": found }))
}

async fn payment(State(fake): State<FakeProcessor>, Path(id): Path<String>) -> Response {
    let mut book = fake.book();
    book.find(&id).map_or_else(not_found, |row| Json(row.clone()).into_response())
}

async fn operate(
    State(fake): State<FakeProcessor>,
    Path((id, operation)): Path<(String, String)>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let mut book = fake.book();
    let key = key(&headers);
    book.calls.push((operation.clone(), key.clone()));
    if let Some(known) = book.answered.get(&key) {
        return Json(known.clone()).into_response();
    }
    let behaviour = book.behaviours.pop_front();
    if behaviour == Some(Behaviour::ServerError) {
        return server_error();
    }
    if behaviour == Some(Behaviour::Decline) {
        let error = json!({ "error": { "code": "invalid_request", "message": "not possible" } });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    if behaviour == Some(Behaviour::Conflict) {
        let error = json!({ "error": { "code": "conflict", "message": "it stands elsewhere" } });
        return (StatusCode::CONFLICT, Json(error)).into_response();
    }
    if behaviour == Some(Behaviour::RefundFails) {
        let made = json!({ "id": format!("sr_{key}"), "payment": id, "status": "failed" });
        return answer(behaviour, &made);
    }
    let Some(row) = book.find(&id) else { return not_found() };
    match operation.as_str() {
        "capture" => {
            add(row, "captured", &text(&request, "amount"));
            row["status"] = json!("captured");
        }
        "refunds" => refund(row, &key, &text(&request, "amount"), behaviour),
        _ => row["status"] = json!("cancelled"),
    }
    // A refund is answered as an object of its own.
    let made = match operation.as_str() {
        "refunds" => {
            let pends = behaviour == Some(Behaviour::RefundPends);
            let status = if pends { "pending" } else { "succeeded" };
            json!({ "id": format!("sr_{key}"), "payment": id, "status": status })
        }
        _ => row.clone(),
    };
    book.answered.insert(key, made.clone());
    answer(behaviour, &made)
}

/// Makes a refund, or takes it on if it takes days.
fn refund(row: &mut Value, key: &str, amount: &str, behaviour: Option<Behaviour>) {
    let pends = behaviour == Some(Behaviour::RefundPends);
    let mut refunds = row["refunds"].as_array().cloned().unwrap_or_default();
    refunds.push(json!({
        "id": format!("sr_{key}"),
        "reference": key,
        "amount": amount,
        "status": if pends { "pending" } else { "succeeded" },
    }));
    row["refunds"] = json!(refunds);
    if !pends {
        add(row, "refunded", amount);
    }
}

fn answer(behaviour: Option<Behaviour>, row: &Value) -> Response {
    if matches!(behaviour, Some(Behaviour::LoseAnswer | Behaviour::LoseAnswerLate)) {
        let cut = futures::stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("cut"))]);
        return (StatusCode::CREATED, Body::from_stream(cut)).into_response();
    }
    (StatusCode::CREATED, Json(row.clone())).into_response()
}

fn add(row: &mut Value, column: &str, amount: &str) {
    let currency = text(row, "currency").parse().unwrap();
    let added = Money::parse(amount, currency).unwrap().minor();
    let total = Money::from_minor(minor(row, column) + added, currency);
    row[column] = json!(total.to_decimal_string());
}

fn minor(row: &Value, column: &str) -> i64 {
    let currency = text(row, "currency").parse().unwrap();
    Money::parse(&text(row, column), currency).unwrap().minor()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn key(headers: &HeaderMap) -> String {
    headers["idempotency-key"].to_str().unwrap().to_owned()
}

async fn turn_away(State(fake): State<FakeProcessor>, request: Request, next: Next) -> Response {
    let (is_down, wait) = {
        let mut book = fake.book();
        book.turned_away += usize::from(book.is_down);
        (book.is_down, book.asks_to_wait)
    };
    if let Some((status, seconds)) = wait {
        let wait = [("retry-after", seconds.to_string())];
        let error = json!({ "error": { "code": "not_processed", "message": "too busy" } });
        return (status, wait, Json(error)).into_response();
    }
    if is_down { not_processed() } else { next.run(request).await }
}

fn not_processed() -> Response {
    let error = json!({ "error": { "code": "not_processed", "message": "too busy" } });
    (StatusCode::SERVICE_UNAVAILABLE, Json(error)).into_response()
}

fn server_error() -> Response {
    let error = json!({ "error": { "code": "internal", "message": "out of order" } });
    (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response()
}

fn not_found() -> Response {
    let error = json!({ "error": { "code": "not_found", "message": "not found" } });
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}
