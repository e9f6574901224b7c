//! What the shop earned: revenue less expenses, period by period, from the entries of the ledger
//! alone, so that every figure is the sum of lines that a statement shows.

use std::collections::BTreeMap;

use domain::account::AccountKind;
use domain::currency::Currency;
use domain::id::ShopId;
use domain::money::{Money, MoneyError};
use domain::period::{Grain, Period};
use sqlx::PgPool;

use crate::db::Fault;
use crate::ledger::store::revenue as store;

/// Into how many periods one report falls, at most.
pub const PERIODS_MAX: i64 = 400;

/// The accounts that a report adds up, in the order of a trial balance.
pub fn accounts() -> impl Iterator<Item = AccountKind> {
    AccountKind::ALL.into_iter().filter(|kind| kind.is_of_result())
}

/// What was earned, in the order of days and currencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The days that it is about.
    pub span: Period,
    /// Those periods and currencies in which anything was posted.
    pub periods: Vec<Earned>,
    /// The same of all days together, once per currency.
    pub totals: Vec<Earned>,
}

/// What was earned in one period and one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earned {
    /// The days.
    pub period: Period,
    /// The currency.
    pub currency: Currency,
    /// What each of [`accounts`] added, in their order: costs are below zero.
    pub parts: Vec<(AccountKind, Money)>,
    /// All of them together.
    pub result: Money,
}

/// What the shop earned in `span`, by entries recorded on its days, in UTC.
///
/// # Errors
/// [`ReportError`].
pub async fn report(
    pool: &PgPool,
    shop: ShopId,
    span: Period,
    by: Grain,
) -> Result<Report, ReportError> {
    if span.parts(by) > PERIODS_MAX {
        return Err(ReportError::TooLong);
    }
    let (mut sums, mut totals) = (Sums::new(), Sums::new());
    for row in store::sums(pool, shop, span, by).await? {
        let corrupt = || Fault::CorruptRow(format!("entries of {}", row.begins));
        let period = span.part(by, row.begins).ok_or_else(corrupt)?;
        let currency = row.amount.currency();
        for (key, into) in [((period, currency), &mut sums), ((span, currency), &mut totals)] {
            into.entry(key).or_insert_with(Vec::new).push((row.account, row.amount));
        }
    }
    Ok(Report { span, periods: list(sums)?, totals: list(totals)? })
}

/// The sums of each period and currency.
type Sums = BTreeMap<(Period, Currency), Vec<(AccountKind, Money)>>;

fn list(sums: Sums) -> Result<Vec<Earned>, Fault> {
    let all = sums.into_iter().map(|(key, found)| earned(key, &found));
    all.collect::<Result<_, _>>().map_err(|error| Fault::Broken(error.to_string()))
}

fn earned(
    (period, currency): (Period, Currency),
    found: &[(AccountKind, Money)],
) -> Result<Earned, MoneyError> {
    let of = |kind| found.iter().filter(move |(one, _)| *one == kind).map(|(_, amount)| *amount);
    let parts = accounts().map(|kind| Ok((kind, Money::sum(currency, of(kind))?)));
    let parts: Vec<_> = parts.collect::<Result<_, MoneyError>>()?;
    let result = Money::sum(currency, parts.iter().map(|(_, amount)| *amount))?;
    Ok(Earned { period, currency, parts, result })
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It would have more than [`PERIODS_MAX`] periods.
    #[error("a report has at most {PERIODS_MAX} periods")]
    TooLong,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
