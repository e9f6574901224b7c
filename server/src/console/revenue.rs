//! What the shop earned, as comma-separated values.

use app::view::revenue::RevenueFilter;
use app::view::staff::Operator;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::account::AccountKind;
use domain::period::{Grain, Period};
use engine::ledger::revenue::{self, Earned, ReportError};
use serde::Deserialize;
use time::Date;
use time::format_description::well_known::Iso8601;

use super::ports::revenue::days;
use crate::web::see_other;
use crate::wiring::Services;

/// The part of the address behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
}

/// The report of these days, one line per period and currency. What cannot be reported is said on
/// the page.
pub(super) async fn csv(
    State(services): State<Services>,
    Extension(operator): Extension<Operator>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let day = |text: &Option<String>| {
        text.as_deref().map(|text| Date::parse(text, &Iso8601::DATE)).transpose()
    };
    let by = wanted.by.as_deref().map_or(Some(Grain::Month), Grain::from_word);
    let (Ok(from), Ok(to), Some(by)) = (day(&wanted.from), day(&wanted.to), by) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (from, to) = days(RevenueFilter { from, to, by });
    let page = format!("/console/ledger/revenue?from={from}&to={to}&by={}", by.as_str());
    let Some(span) = Period::new(from, to) else { return see_other(&page) };
    let report = match revenue::report(services.pool(), operator.shop, span, by).await {
        Ok(report) => report,
        Err(ReportError::TooLong) => return see_other(&page),
        Err(ReportError::Fault(fault)) => {
            tracing::error!(error = ?fault, "what was earned could not be reported");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let name = format!("revenue-{from}-{to}.csv");
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let accounts: Vec<&str> = revenue::accounts().map(AccountKind::as_str).collect();
    let head = format!("from,to,currency,{},result\n", accounts.join(","));
    let lines: String = report.periods.iter().map(line).collect();
    (headers, format!("{head}{lines}")).into_response()
}

fn line(earned: &Earned) -> String {
    let parts: Vec<String> =
        earned.parts.iter().map(|(_, amount)| amount.to_decimal_string()).collect();
    let Period { from, to } = earned.period;
    let result = earned.result.to_decimal_string();
    format!("{from},{to},{},{},{result}\n", earned.currency, parts.join(","))
}
