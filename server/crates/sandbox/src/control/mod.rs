//! Control calls: what a merchant cannot do at a real processor, and a tester must.
//!
//! They need no key, because nothing here is real.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    alarms,
    answer::{Answer, ApiError, read_json},
    app::App,
    clock, ids,
    transfers::{
        self,
        lifecycle::Step,
        scenarios::{REASONS, find_reason},
    },
};

pub(crate) mod act;
pub(crate) mod store;

use act::Act;

/// `GET /v1/control/clock`.
pub(crate) async fn show_clock(State(app): State<App>) -> Answer {
    Answer::new(StatusCode::OK, &view_clock(&app))
}

fn view_clock(app: &App) -> serde_json::Value {
    json!({
        "now": clock::rfc3339(app.clock.now()),
        "mode": if app.clock.is_standing() { "standing" } else { "running" },
        "seed": app.mint.seed(),
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ClockBody {
    Advance(String),
    To(String),
}

/// `POST /v1/control/clock`: moves the clock on, and answers when all that became due happened.
pub(crate) async fn move_clock(State(app): State<App>, body: Bytes) -> Result<Answer, ApiError> {
    let wanted = match read_json(&body)? {
        ClockBody::Advance(length) => clock::parse_duration(&length).ok_or_else(|| {
            ApiError::invalid("advance", "a length of time is written like 3d 12h 30m 10s")
        })?,
        ClockBody::To(time) => {
            let to = clock::parse(&time)
                .ok_or_else(|| ApiError::invalid("to", "a time is written as in RFC 3339"))?;
            let wanted = to - app.clock.now();
            if !wanted.is_positive() {
                return Err(ApiError::invalid("to", "the clock goes forward only"));
            }
            wanted
        }
    };
    let happened = advance(&app, wanted).await?;
    let mut shown = view_clock(&app);
    shown["happened"] = json!(happened);
    Ok(Answer::new(StatusCode::OK, &shown))
}

/// Moves the clock on and lets everything happen that became due; says how much.
pub(crate) async fn advance(app: &App, by: time::Duration) -> Result<u64, ApiError> {
    // Far enough for every test, and every time can still be written.
    if app.clock.now() + by > LAST_DAY {
        return Err(ApiError::invalid("advance", "the clock ends with the year 2999"));
    }
    // Nobody else rings what became due, so that it is counted here, run by run.
    let alone = app.ringing.lock().await;
    app.clock.advance(by);
    store::save(&app.pool, &app.clock).await?;
    let happened = alarms::ring_alone(app, &alone).await?;
    drop(alone);
    app.courier.look();
    Ok(happened)
}

const LAST_DAY: OffsetDateTime = time::macros::datetime!(2999-12-31 0:00 UTC);

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Details {
    decision: Option<String>,
    outcome: Option<String>,
    arrive: Option<bool>,
    amount: Option<String>,
    reason: Option<String>,
    reference: Option<String>,
}

/// `POST /v1/control/payments/{id}/{what}`.
pub(crate) async fn act_on_payment(
    State(app): State<App>,
    Path((id, what)): Path<(String, String)>,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let details: Details = read(&body)?;
    let payment_id = ids::read("sp_", &id).ok_or_else(ApiError::not_found)?;
    let act = match what.as_str() {
        "review" => Act::Review {
            released: one_of("decision", details.decision.as_deref(), ["release", "decline"])?,
        },
        "challenge" => match details.outcome.as_deref() {
            Some("abandon") => Act::LeaveChallenge,
            outcome => Act::Challenge { passed: one_of("outcome", outcome, ["complete", "fail"])? },
        },
        "expire" => Act::Expire,
        "funds" => Act::Funds { arrived: details.arrive.unwrap_or(true) },
        "dispute" => Act::Dispute { amount: details.amount, reason: details.reason },
        "refund" => Act::Refund { amount: details.amount, reference: details.reference },
        _ => return Err(ApiError::not_found()),
    };
    let payment = act::perform(&app, payment_id, act).await?;
    Ok(Answer::new(StatusCode::OK, &payment.view(&app.public_url)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    status: String,
}

/// `POST /v1/control/refunds/{id}`: ends a pending refund, or brings one back.
pub(crate) async fn end_refund(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let end: End = read_json(&body)?;
    let refund_id = ids::read("sr_", &id).ok_or_else(ApiError::not_found)?;
    let succeeded = one_of("status", Some(&end.status), ["succeeded", "failed"])?;
    let payment = act::end_refund(&app, refund_id, succeeded).await?;
    Ok(Answer::new(StatusCode::OK, &payment.view(&app.public_url)))
}

/// `POST /v1/control/disputes/{id}`: decides a dispute.
pub(crate) async fn end_dispute(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let end: End = read_json(&body)?;
    let dispute_id = ids::read("sd_", &id).ok_or_else(ApiError::not_found)?;
    let won = one_of("status", Some(&end.status), ["won", "lost"])?;
    let payment = act::end_dispute(&app, dispute_id, won).await?;
    Ok(Answer::new(StatusCode::OK, &payment.view(&app.public_url)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferMove {
    state: String,
    reason: Option<String>,
}

/// `POST /v1/control/transfers/{id}`: the bank decides, before the clock does.
pub(crate) async fn move_transfer(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let wanted: TransferMove = read_json(&body)?;
    let transfer_id = ids::read("trf_", &id).ok_or_else(ApiError::not_found)?;
    let step = read_step(&wanted.state, wanted.reason.as_deref())?;
    let transfer = transfers::change::step(&app, transfer_id, step).await?;
    Ok(Answer::new(StatusCode::OK, &transfer.view()))
}

/// Reads to which state a transfer is to go, and why.
pub(crate) fn read_step(state: &str, reason: Option<&str>) -> Result<Step, ApiError> {
    let code = || {
        find_reason(reason.unwrap_or("MS03")).ok_or_else(|| {
            let known: Vec<_> = REASONS.iter().map(|(code, _)| *code).collect();
            ApiError::invalid("reason", format!("a reason is one of {}", known.join(", ")))
        })
    };
    match state {
        "in_transit" => Ok(Step::Start),
        "paid" => Ok(Step::Pay),
        "failed" => Ok(Step::Fail(code()?)),
        "returned" => Ok(Step::Return(code()?)),
        _ => Err(ApiError::invalid("state", "say in_transit, paid, failed or returned")),
    }
}

fn read<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, ApiError> {
    if body.is_empty() { Ok(T::default()) } else { read_json(body) }
}

/// Reads one of two words; `true` for the first.
fn one_of(param: &'static str, word: Option<&str>, words: [&str; 2]) -> Result<bool, ApiError> {
    match word {
        Some(word) if word == words[0] => Ok(true),
        Some(word) if word == words[1] => Ok(false),
        _ => Err(ApiError::invalid(param, format!("say {} or {}", words[0], words[1]))),
    }
}
