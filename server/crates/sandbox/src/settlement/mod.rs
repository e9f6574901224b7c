//! Settlement: what was captured and refunded on a day, as a file. With faults on request.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderName, HeaderValue, header},
};
use serde::Deserialize;
use time::{Date, macros::format_description};

use crate::{
    accounts::{Account, Caller},
    answer::ApiError,
    app::App,
    transaction,
};

pub(crate) mod faults;
pub(crate) mod file;
pub(crate) mod store;

use faults::Fault;
use file::FileLine;

/// A file on its way to whoever asked for it.
pub(crate) type CsvFile = ([(HeaderName, HeaderValue); 3], String);

/// Which faults are wanted.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    faults: String,
}

/// `GET /v1/settlements/{day}?faults=…`.
pub(crate) async fn get(
    State(app): State<App>,
    Caller(account): Caller,
    Path(day): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<CsvFile, ApiError> {
    let faults = faults::parse(&wanted.faults)
        .ok_or_else(|| ApiError::invalid("faults", "there is no fault of this name"))?;
    let day = parse_day(&day)?;
    settle(&app, &account, day, &faults).await
}

/// Reads a day like `2026-11-20`.
pub(crate) fn parse_day(text: &str) -> Result<Date, ApiError> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_unreadable| ApiError::invalid("day", "a day is written like 2026-11-20"))
}

/// Closes the day, if it is not closed, and writes its file.
///
/// Days are closed in order: closing one closes those before it. What happens on a day after it
/// was closed is settled on the next open one, so a closed day never changes.
pub(crate) async fn settle(
    app: &App,
    account: &Arc<Account>,
    day: Date,
    faults: &[Fault],
) -> Result<CsvFile, ApiError> {
    if day > app.clock.now().date() {
        return Err(ApiError::invalid("day", "this day has not come yet"));
    }
    let mut transaction = transaction::begin(&app.pool).await?;
    let closed_through = store::lock_closed_through(&mut transaction, account.account_id).await?;
    if closed_through.is_none_or(|closed_through| closed_through < day) {
        store::close_through(&mut transaction, account.account_id, day).await?;
    }
    let is_seeded = app.mint.seed().is_some();
    let settled = store::list_settled(&mut transaction, account.account_id, day, is_seeded).await?;
    let before = match day.previous_day() {
        Some(before) if faults.contains(&Fault::Late) => {
            store::list_settled(&mut transaction, account.account_id, before, is_seeded).await?
        }
        _ => Vec::new(),
    };
    let openings = store::list_openings(&mut transaction, account.account_id, day).await?;
    transaction.commit().await?;

    let lines: Vec<FileLine> = settled.into_iter().map(FileLine::from).collect();
    let mut lines = faults::apply(lines, faults);
    let before: Vec<FileLine> = before.into_iter().map(FileLine::from).collect();
    lines.extend(faults::left_for_later(&before, faults));
    let text = file::write(&account.name, day, &faults::names(faults), &openings, &lines);
    Ok((headers(&account.name, day), text))
}

fn headers(account: &str, day: Date) -> [(HeaderName, HeaderValue); 3] {
    let disposition = format!("attachment; filename=\"sandbox-settlement-{account}-{day}.csv\"");
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition).expect("an account's name is plain ASCII"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}
