//! Shares of an amount: our fee, what of it is given back, and what a processor should charge.

use crate::money::Money;
use crate::rounding::half_away;

/// `basis_points` hundredths of a percent of `amount`, rounded half away from zero.
///
/// # Panics
/// If `basis_points` is above 10 000: nobody keeps more than the whole.
pub fn share(amount: Money, basis_points: u32) -> Money {
    assert!(basis_points <= 10_000, "a fee of {basis_points} basis points is above the whole");
    scaled(amount, i128::from(basis_points), 10_000)
}

/// How much of `fee` belongs back to the seller once `refunded` of `captured` went back.
///
/// Cumulative: call it with totals and subtract what was given back before, so that many small
/// refunds give back exactly what one large refund does.
pub fn given_back(fee: Money, refunded: Money, captured: Money) -> Money {
    if captured.is_zero() {
        return Money::zero(fee.currency());
    }
    let capped = refunded.minor().min(captured.minor());
    scaled(fee, i128::from(capped), i128::from(captured.minor()))
}

/// What a processor charges for one captured payment: a share and a fixed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessorTariff {
    /// The share, in hundredths of a percent.
    pub basis_points: u32,
    /// The fixed part, in minor units of the payment's currency.
    pub fixed_minor: i64,
}

impl ProcessorTariff {
    /// The fee that the tariff gives for `amount`; zero if that is out of range.
    pub fn fee(self, amount: Money) -> Money {
        let fixed = Money::from_minor(self.fixed_minor, amount.currency());
        share(amount, self.basis_points)
            .checked_add(fixed)
            .unwrap_or_else(|_| Money::zero(amount.currency()))
    }
}

/// `amount * numerator / denominator`, rounded half away from zero.
fn scaled(amount: Money, numerator: i128, denominator: i128) -> Money {
    let product = i128::from(amount.minor()) * numerator;
    let minor = i64::try_from(half_away(product, denominator))
        .expect("a share of at most the whole fits where the whole fits");
    Money::from_minor(minor, amount.currency())
}
