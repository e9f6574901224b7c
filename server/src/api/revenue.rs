//! `GET /v1/revenue`: what the shop earned.

use axum::Json;
use axum::extract::State;
use domain::period::{Grain, Period};
use engine::ledger::revenue::{self, Earned, PERIODS_MAX, ReportError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::auth::Caller;
use super::problem::{Code, Problem};
use super::query::Query;
use crate::wiring::Services;

/// What the shop earned, period by period.
#[derive(Debug, Serialize)]
pub struct RevenueObject {
    object: &'static str,
    from: String,
    to: String,
    by: Grain,
    /// Those periods and currencies in which anything was posted.
    periods: Vec<Map<String, Value>>,
    /// The same of all days together, once per currency.
    totals: Vec<Map<String, Value>>,
}

/// Revenue less expenses by day or month, from the ledger.
///
/// # Errors
/// [`Problem`].
pub async fn report(
    State(services): State<Services>,
    Caller(shop): Caller,
    query: Query,
) -> Result<Json<RevenueObject>, Problem> {
    query.takes(&["from", "to", "by"])?;
    let (from, to) = (query.required_day("from")?, query.required_day("to")?);
    let by = match query.text("by") {
        None => Grain::Month,
        Some(word) => Grain::from_word(word)
            .ok_or_else(|| Problem::of_field(Code::FieldInvalid, "by", "This is day or month."))?,
    };
    let span = Period::new(from, to).ok_or_else(|| {
        let detail = "The last day is not before the first.";
        Problem::of_field(Code::FieldInvalid, "to", detail)
    })?;
    let found = revenue::report(services.pool(), shop, span, by).await;
    let found = found.map_err(|error| match error {
        ReportError::TooLong => {
            let detail = format!("These days fall into more than {PERIODS_MAX} periods.");
            Problem::of_field(Code::FieldInvalid, "from", detail)
        }
        ReportError::Fault(fault) => Problem::internal(&fault),
    })?;
    Ok(Json(RevenueObject {
        object: "revenue",
        from: from.to_string(),
        to: to.to_string(),
        by,
        periods: found.periods.iter().map(earned).collect(),
        totals: found.totals.iter().map(earned).collect(),
    }))
}

/// One amount per account, under the account's name.
fn earned(of: &Earned) -> Map<String, Value> {
    let days = [("from", of.period.from), ("to", of.period.to)];
    let days = days.map(|(name, day)| (name.to_owned(), json!(day.to_string())));
    let parts = of
        .parts
        .iter()
        .map(|(account, amount)| (account.as_str().to_owned(), json!(amount.to_decimal_string())));
    let result = ("result".to_owned(), json!(of.result.to_decimal_string()));
    let currency = ("currency".to_owned(), json!(of.currency));
    days.into_iter().chain([currency]).chain(parts).chain([result]).collect()
}
