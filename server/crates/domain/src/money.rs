//! Exact money: minor units beside their currency, and arithmetic that refuses rather than rounds.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::rounding;

/// An amount in one currency, counted in minor units: 1050 EUR-minor is 10.50 EUR.
///
/// Negative amounts are allowed; who may hold one is the ledger's business. There is deliberately
/// no `+`: adding can fail on currency and on range, so it is spelled [`Money::checked_add`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` minor units of `currency`.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads a decimal string of major units, such as `"3.15"` in USD or `"1200"` in JPY.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`] unless it is digits with at most one point and a leading minus;
    /// [`MoneyError::TooManyDecimals`] if it is finer than the currency's minor unit;
    /// [`MoneyError::OutOfRange`] beyond `i64` minor units.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        if !is_plain_decimal(text) {
            return Err(MoneyError::NotANumber);
        }
        let decimal = Decimal::from_str_exact(text).map_err(|_| MoneyError::OutOfRange)?;
        Self::from_decimal(decimal, currency)
    }

    /// Turns an exact decimal of major units into money.
    ///
    /// # Errors
    /// [`MoneyError::TooManyDecimals`] or [`MoneyError::OutOfRange`].
    pub fn from_decimal(decimal: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let decimal =
            if decimal.scale() > currency.exponent() { decimal.normalize() } else { decimal };
        let missing = currency
            .exponent()
            .checked_sub(decimal.scale())
            .ok_or(MoneyError::TooManyDecimals { allowed: currency.exponent() })?;
        let minor = decimal
            .mantissa()
            .checked_mul(10_i128.pow(missing))
            .and_then(|minor| i64::try_from(minor).ok())
            .ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, currency })
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is above zero.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// `self + other`.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::OutOfRange`]; never wraps, never rounds.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    /// `self - other`.
    ///
    /// # Errors
    /// As [`Money::checked_add`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    /// The amount with the other sign.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] for the one amount that has no opposite.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    /// The sum of `amounts`, which may be none.
    ///
    /// # Errors
    /// As [`Money::checked_add`].
    pub fn sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// Splits the amount in proportion to `weights`, losing nothing.
    ///
    /// Returns one part per weight; they sum to `self` exactly, as [`rounding::split`] says.
    ///
    /// # Panics
    /// If `weights` is empty or all zero: there would be nowhere to put the money.
    pub fn allocate(self, weights: &[u32]) -> Vec<Self> {
        let weights: Vec<u64> = weights.iter().map(|&weight| weight.into()).collect();
        rounding::split(self, &weights).expect("allocate needs at least one weight above zero")
    }

    /// The amount in major units without its currency, such as `10.50` or `1200`.
    pub fn to_decimal_string(self) -> String {
        let exponent = self.currency.exponent() as usize;
        let digits = self.minor.unsigned_abs().to_string();
        let sign = if self.minor < 0 { "-" } else { "" };
        if exponent == 0 {
            return format!("{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = exponent + 1);
        let (major, minor) = padded.split_at(padded.len() - exponent);
        format!("{sign}{major}.{minor}")
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
    }
}

/// Digits, at most one point with digits on both sides, at most one leading minus: what an API
/// calls a decimal string. No plus, no exponent, no grouping, no white space.
fn is_plain_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((major, minor)) => digits(major) && digits(minor),
        None => digits(unsigned),
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.to_decimal_string(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Why an amount could not be read or computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a plain decimal number.
    #[error("not a decimal number such as 12.50")]
    NotANumber,
    /// The amount is finer than the currency's minor unit.
    #[error("more decimals than the currency has ({allowed})")]
    TooManyDecimals {
        /// How many decimals the currency has.
        allowed: u32,
    },
    /// The amount does not fit.
    #[error("the amount is out of range")]
    OutOfRange,
    /// Two currencies met in one sum.
    #[error("{left} and {right} cannot be added")]
    CurrencyMismatch {
        /// The currency of the first amount.
        left: Currency,
        /// The currency of the second amount.
        right: Currency,
    },
}
