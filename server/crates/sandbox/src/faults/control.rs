//! The control calls of faults and outages.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;

use crate::{
    answer::{Answer, ApiError, read_json},
    app::App,
    faults::{Down, PlanBody},
};

/// `GET /v1/control/faults`.
pub(crate) async fn show(State(app): State<App>) -> Answer {
    Answer::new(StatusCode::OK, &app.faults.view())
}

/// `PUT /v1/control/faults`: replaces the rules and the storm.
pub(crate) async fn put(State(app): State<App>, body: Bytes) -> Result<Answer, ApiError> {
    let plan: PlanBody = read_json(&body)?;
    app.faults.set(plan).map_err(ApiError::malformed)?;
    Ok(Answer::new(StatusCode::OK, &app.faults.view()))
}

/// `DELETE /v1/control/faults`: nothing goes wrong any more. The counters stay.
pub(crate) async fn clear(State(app): State<App>) -> Answer {
    app.faults.clear();
    Answer::new(StatusCode::OK, &app.faults.view())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OutageBody {
    processor: Option<String>,
    seconds: Option<u32>,
    how: Down,
}

/// `POST /v1/control/outages`: a processor, or all of them, goes down.
pub(crate) async fn fell(State(app): State<App>, body: Bytes) -> Result<Answer, ApiError> {
    let outage: OutageBody =
        if body.is_empty() { OutageBody::default() } else { read_json(&body)? };
    app.faults.fell(outage.processor, outage.how, outage.seconds);
    Ok(Answer::new(StatusCode::OK, &app.faults.view()))
}

/// `DELETE /v1/control/outages`: everything is back.
pub(crate) async fn lift_all(State(app): State<App>) -> Answer {
    app.faults.lift(None);
    Answer::new(StatusCode::OK, &app.faults.view())
}

/// `DELETE /v1/control/outages/{processor}`.
pub(crate) async fn lift(
    State(app): State<App>,
    Path(processor): Path<String>,
) -> Result<Answer, ApiError> {
    if !app.faults.lift(Some(&processor)) {
        return Err(ApiError::not_found());
    }
    Ok(Answer::new(StatusCode::OK, &app.faults.view()))
}
