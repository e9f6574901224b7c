//! Reads reference rates of the European Central Bank: how much of each currency one euro is worth.
//!
//! It publishes them on each of its working days, as tables of commas (`eurofxref-hist.csv` with a
//! row for each day, and `eurofxref-daily.csv`, in which a day is written in words) and as XML
//! (`eurofxref-daily.xml`). A day is taken whole or not at all: a row with one cell that cannot be
//! read may have others in the wrong column.

mod day;
mod table;
mod tree;

use domain::currency::Currency;
use rust_decimal::Decimal;
use time::Date;

use crate::file::{Unreadable, Warning, Warnings};
use crate::xml;

/// What the rates are rates of: one euro.
pub const BASE: Currency = Currency::EUR;
/// The name under which they are kept.
pub const SOURCE: &str = "ecb";

/// A file of rates that was read to its end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ReferenceRates {
    /// The days that can be used, in the order of the file.
    pub days: Vec<DayRates>,
    /// The days that cannot.
    pub refused: Vec<RefusedDay>,
    /// The names of what is quoted and is no currency of today, such as those before the euro; the
    /// first of each.
    pub not_taken: Vec<String>,
    /// What is odd about the file.
    pub warnings: Vec<Warning>,
}

/// The rates of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRates {
    /// Where they begin in the file, from 1.
    pub line: u32,
    /// The day.
    pub day: Date,
    /// How much one euro is worth, always above zero, for each currency that has a rate that day.
    pub rates: Vec<(Currency, Decimal)>,
}

/// A day that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedDay {
    /// Where it begins in the file, from 1.
    pub line: u32,
    /// Why.
    pub reason: RefusedReason,
}

/// Why a day cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum RefusedReason {
    #[error("the row has {found} fields instead of {expected}")]
    FieldCount { found: usize, expected: usize },
    #[error("the day is no date such as 2026-01-30 or 30 January 2026")]
    NotADate,
    #[error("{0}: the rate is no number such as 1.0837")]
    NotANumber(Currency),
    #[error("{0}: the rate is not above zero")]
    NotPositive(Currency),
    #[error("{0}: the rate has more than {max} digits", max = day::DIGITS_MAX)]
    TooManyDigits(Currency),
    #[error("{0} stands twice in the day")]
    Repeated(Currency),
}

/// Reads a whole file, of either form.
///
/// # Errors
/// [`Unreadable`] if it is neither, or has no rates at all.
pub fn read(content: &[u8]) -> Result<ReferenceRates, Unreadable> {
    let mut warnings = Warnings::default();
    let text = xml::decode(content, &mut warnings)?;
    let mut rates = ReferenceRates::default();
    if text.trim_start().starts_with('<') {
        tree::read(&text, &mut rates, &mut warnings)?;
    } else {
        table::read(&text, &mut rates)?;
    }
    Ok(ReferenceRates { warnings: warnings.into_vec(), ..rates })
}
