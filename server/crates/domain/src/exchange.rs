//! Exchange: what an amount is worth in another currency, and what of that is given.
//!
//! Rates are exact decimals of major units. Each figure is rounded by itself, half away from zero,
//! so that a person can check it alone, but what is bought is never more than what is sold is worth;
//! what the three leave is at most one minor unit either way, and is booked.

mod cross;

use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::currency::Currency;
use crate::id::QuoteId;
use crate::money::Money;
use crate::rounding::half_away;

/// What one major unit of a currency is worth in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    from: Currency,
    to: Currency,
    units: Decimal,
}

impl Rate {
    /// One major unit of `from` is worth `units` major units of `to`.
    ///
    /// # Errors
    /// [`ExchangeError::SameCurrency`]; [`ExchangeError::RateNotPositive`] for zero or less.
    pub fn new(from: Currency, to: Currency, units: Decimal) -> Result<Self, ExchangeError> {
        if from == to {
            return Err(ExchangeError::SameCurrency(from));
        }
        if units <= Decimal::ZERO {
            return Err(ExchangeError::RateNotPositive);
        }
        Ok(Self { from, to, units: units.normalize() })
    }

    /// The currency that is sold.
    pub const fn from(self) -> Currency {
        self.from
    }

    /// The currency that is bought.
    pub const fn to(self) -> Currency {
        self.to
    }

    /// Major units of [`Rate::to`] for one of [`Rate::from`], always above zero.
    pub const fn units(self) -> Decimal {
        self.units
    }
}

/// An offer to exchange `sold`, good until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// What is sold, above zero.
    pub sold: Money,
    /// The rate before our spread.
    pub rate: Rate,
    /// Where the rate is from, such as `ecb/2026-01-30`.
    pub source: String,
    /// What of the worth we keep, in hundredths of a percent, below 10 000.
    pub spread_basis_points: u32,
    /// The first moment at which the offer is no longer good.
    pub expires_at: OffsetDateTime,
}

impl Quote {
    /// The exchange, if it is accepted at the moment `at`.
    ///
    /// # Errors
    /// [`ExchangeError::Expired`], and as [`exchange`].
    pub fn accept(&self, at: OffsetDateTime) -> Result<Exchange, ExchangeError> {
        if at >= self.expires_at {
            return Err(ExchangeError::Expired);
        }
        exchange(self.sold, self.rate, self.spread_basis_points)
    }
}

/// The figures of one exchange: `worth = bought + spread + rounding`, to the minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// What is sold, above zero.
    pub sold: Money,
    /// What it is worth at the rate.
    pub worth: Money,
    /// What is given for it, above zero.
    pub bought: Money,
    /// What we keep.
    pub spread: Money,
    /// What rounding leaves: -1, 0 or 1 minor unit.
    pub rounding: Money,
}

/// Exchanges `sold` at `rate`, of which we keep `spread_basis_points` hundredths of a percent.
///
/// # Errors
/// [`ExchangeError`]: another currency than the rate's, nothing or less sold, so little that
/// nothing would be bought, a spread of the whole or more, or figures beyond what fits.
pub fn exchange(
    sold: Money,
    rate: Rate,
    spread_basis_points: u32,
) -> Result<Exchange, ExchangeError> {
    if sold.currency() != rate.from {
        return Err(ExchangeError::WrongCurrency { sold: sold.currency(), rate: rate.from });
    }
    if !sold.is_positive() {
        return Err(ExchangeError::NotPositive);
    }
    if spread_basis_points >= 10_000 {
        return Err(ExchangeError::SpreadTooLarge);
    }
    let kept = i128::from(spread_basis_points);
    let nearest = |parts| figure(sold, rate, parts, half_away).ok_or(ExchangeError::OutOfRange);
    let (worth, less, spread) = (nearest(10_000)?, nearest(10_000 - kept)?, nearest(kept)?);
    // Never more than it is worth: else one unit, exchanged there and back, would grow each time.
    let down = |numerator, denominator| numerator / denominator;
    let whole = figure(sold, rate, 10_000, down).ok_or(ExchangeError::OutOfRange)?;
    let bought = Money::from_minor(less.minor().min(whole.minor()), rate.to);
    if !bought.is_positive() || (kept > 0 && spread.is_zero()) {
        return Err(ExchangeError::TooSmall);
    }
    let rounding = worth
        .checked_sub(bought)
        .and_then(|rest| rest.checked_sub(spread))
        .map_err(|_| ExchangeError::OutOfRange)?;
    Ok(Exchange { sold, worth, bought, spread, rounding })
}

/// What `amount`, of either sign, is worth at `rate`, rounded half away from zero.
///
/// # Errors
/// [`ExchangeError::WrongCurrency`] or [`ExchangeError::OutOfRange`].
pub fn worth(amount: Money, rate: Rate) -> Result<Money, ExchangeError> {
    if amount.currency() != rate.from {
        return Err(ExchangeError::WrongCurrency { sold: amount.currency(), rate: rate.from });
    }
    figure(amount, rate, 10_000, half_away).ok_or(ExchangeError::OutOfRange)
}

/// `parts` ten-thousandths of what `sold` is worth, rounded by `round`; `None` beyond what fits.
fn figure(
    sold: Money,
    rate: Rate,
    parts: i128,
    round: impl Fn(i128, i128) -> i128,
) -> Option<Money> {
    let numerator = i128::from(sold.minor())
        .checked_mul(rate.units.mantissa())?
        .checked_mul(10_i128.pow(rate.to.exponent()))?
        .checked_mul(parts)?;
    let decimals = rate.units.scale() + rate.from.exponent();
    let denominator = 10_i128.checked_pow(decimals)?.checked_mul(10_000)?;
    let minor = i64::try_from(round(numerator, denominator)).ok()?;
    Some(Money::from_minor(minor, rate.to))
}

/// Why nothing is exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Both sides are the same currency.
    #[error("{0} is not exchanged for itself")]
    SameCurrency(Currency),
    /// What is sold is not the currency that the rate is for.
    #[error("{sold} cannot be sold at a rate for {rate}")]
    WrongCurrency {
        /// What is to be sold.
        sold: Currency,
        /// What the rate is for.
        rate: Currency,
    },
    /// The rate is zero or negative.
    #[error("a rate must be above zero")]
    RateNotPositive,
    /// The amount is zero or negative.
    #[error("the amount must be above zero")]
    NotPositive,
    /// We would keep the whole, or more.
    #[error("the spread must be below the whole")]
    SpreadTooLarge,
    /// Not one minor unit could be bought for the amount, or we would keep nothing of it.
    #[error("the amount is too small to be exchanged")]
    TooSmall,
    /// The offer is no longer good.
    #[error("the quote has expired")]
    Expired,
    /// The figures are beyond what fits.
    #[error("the amount is out of range")]
    OutOfRange,
}
