//! Rates across a third currency, in which both are quoted.

use rust_decimal::Decimal;

use super::{ExchangeError, Rate};
use crate::currency::Currency;
use crate::rounding::half_away;

/// How many significant digits a computed rate has, at least. So many that the largest amount that
/// is exchanged is rounded by its own minor unit and not by its rate, and so few that every figure
/// of an exchange fits.
const DIGITS: u32 = 12;
/// How many decimals a decimal can have.
const DECIMALS_MAX: u32 = 28;

impl Rate {
    /// The rate between two currencies, where one unit of a third is worth so much of each: of the
    /// one that is sold, and of the one that is bought.
    ///
    /// The quotient is exact, and rounded once: half away from zero, to twelve significant digits.
    /// Where the third currency is the one that is sold, the rate is the one that is quoted.
    ///
    /// # Errors
    /// [`ExchangeError`]: as [`Rate::new`], or a quotient beyond what fits.
    pub fn across(
        (from, from_units): (Currency, Decimal),
        (to, to_units): (Currency, Decimal),
    ) -> Result<Self, ExchangeError> {
        if from_units <= Decimal::ZERO || to_units <= Decimal::ZERO {
            return Err(ExchangeError::RateNotPositive);
        }
        let units = quotient(to_units.normalize(), from_units.normalize());
        Self::new(from, to, units.ok_or(ExchangeError::OutOfRange)?)
    }
}

/// `of / by`, both above zero; `None` beyond what fits.
fn quotient(of: Decimal, by: Decimal) -> Option<Decimal> {
    let shifted =
        |decimal: Decimal, decimals| decimal.mantissa().checked_mul(10_i128.checked_pow(decimals)?);
    let mut numerator = shifted(of, by.scale())?;
    let denominator = shifted(by, of.scale())?;
    let mut decimals = 0;
    while numerator / denominator < 10_i128.pow(DIGITS - 1) && decimals < DECIMALS_MAX {
        numerator = numerator.checked_mul(10)?;
        decimals += 1;
    }
    Decimal::try_from_i128_with_scale(half_away(numerator, denominator), decimals).ok()
}
