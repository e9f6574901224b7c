//! What the shop earned, as staff see it.

use domain::money::Money;
use domain::period::{Grain, Period};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// Which report is wanted. Comes from the page's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevenueFilter {
    /// The first day; the first of the month eleven months before the last if absent.
    pub from: Option<Date>,
    /// The last day; today if absent.
    pub to: Option<Date>,
    /// How long a period is.
    pub by: Grain,
}

/// What was earned on some days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevenueView {
    /// The first day that was asked for.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// How long a period is.
    pub by: Grain,
    /// Why there is no report: a code of [`crate::words::notice::problem`].
    pub problem: Option<String>,
    /// The names of the accounts that are added up.
    pub accounts: Vec<String>,
    /// One report per currency, in the order of their codes.
    pub currencies: Vec<CurrencyRevenue>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// What was earned in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurrencyRevenue {
    /// The periods in which anything was posted, the oldest first.
    pub periods: Vec<EarnedRow>,
    /// All of them together.
    pub total: EarnedRow,
}

/// What was earned in one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarnedRow {
    /// The days.
    pub period: Period,
    /// One amount per account, with the address of the lines behind it if they stand on one
    /// statement; costs are below zero.
    pub parts: Vec<(Money, Option<String>)>,
    /// All of them together.
    pub result: Money,
}
