//! What the page about revenue asks.

use app::error::AppError;
use app::view::revenue::{CurrencyRevenue, EarnedRow, RevenueFilter, RevenueView};
use app::view::staff::Operator;
use domain::account::AccountKind;
use domain::period::Period;
use engine::ledger::revenue::{self, Earned, Report, ReportError};
use time::{Date, OffsetDateTime};

use super::{ledger, unavailable, words};
use crate::wiring::Services;

/// How many months before that of the last day are shown unless somebody asks.
const MONTHS_BEFORE: u8 = 11;

/// The report that is asked for, or why there is none.
///
/// # Errors
/// [`AppError`] if the books cannot be read.
pub(super) async fn view(
    services: &Services,
    operator: &Operator,
    filter: RevenueFilter,
) -> Result<RevenueView, AppError> {
    let (from, to) = days(filter);
    let mut view = RevenueView {
        from,
        to,
        by: filter.by,
        problem: None,
        accounts: revenue::accounts().map(|kind| words::account(kind).to_owned()).collect(),
        currencies: Vec::new(),
        as_of: OffsetDateTime::now_utc(),
    };
    let Some(span) = Period::new(from, to) else {
        view.problem = Some("days_backwards".to_owned());
        return Ok(view);
    };
    match revenue::report(services.pool(), operator.shop, span, filter.by).await {
        Ok(report) => view.currencies = by_currency(&report),
        Err(ReportError::TooLong) => view.problem = Some("days_too_many".to_owned()),
        Err(ReportError::Fault(fault)) => return Err(unavailable(fault)),
    }
    Ok(view)
}

/// The days that are asked for; by default the last twelve months.
pub fn days(filter: RevenueFilter) -> (Date, Date) {
    let to = filter.to.unwrap_or_else(|| OffsetDateTime::now_utc().date());
    let first = |day: Date| day.replace_day(1).unwrap_or(day);
    let before =
        || (0..MONTHS_BEFORE).fold(first(to), |day, _| first(day.previous_day().unwrap_or(day)));
    (filter.from.unwrap_or_else(before), to)
}

fn by_currency(report: &Report) -> Vec<CurrencyRevenue> {
    let totals = report.totals.iter();
    totals
        .map(|total| {
            let periods = report.periods.iter().filter(|one| one.currency == total.currency);
            CurrencyRevenue { periods: periods.map(row).collect(), total: row(total) }
        })
        .collect()
}

fn row(earned: &Earned) -> EarnedRow {
    let Period { from, to } = earned.period;
    let statement = |kind: AccountKind| {
        // What every processor account has one of stands on no one statement.
        let is_the_shops = domain::account::Account::of(kind, None).is_some();
        let address = ledger::address(kind, None, earned.currency);
        is_the_shops.then(|| format!("{address}&from={from}&to={to}"))
    };
    EarnedRow {
        period: earned.period,
        parts: earned.parts.iter().map(|&(kind, amount)| (amount, statement(kind))).collect(),
        result: earned.result,
    }
}
