//! Rounding that loses nothing: a whole in parts, and the quotient of two exact numbers.
//!
//! There are two ways and no third. What is split is split by the largest remainder, so that the
//! parts make the whole; what is computed is rounded half away from zero, and where several such
//! figures meet in one posting, the account `rounding` takes what they leave.

use std::cmp::Reverse;

use crate::money::Money;

/// Splits `amount` in proportion to `weights`, which may be amounts of minor units themselves.
///
/// One part per weight, in the same order; they sum to `amount` exactly. What rounding towards zero
/// leaves over goes, one minor unit each, to the largest remainders, and among equals to the first,
/// so the split is deterministic. A weight of zero gets nothing. `None` if no weight is above zero:
/// there would be nowhere to put the money.
///
/// # Panics
/// Never, unless a part came out larger than the whole.
pub fn split(amount: Money, weights: &[u64]) -> Option<Vec<Money>> {
    let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
    if total == 0 {
        return None;
    }
    // Below 2^63 times below 2^64: never beyond what fits.
    let whole = |weight: &u64| i128::from(amount.minor()) * i128::from(*weight);
    let mut parts: Vec<i128> = weights.iter().map(|weight| whole(weight) / total).collect();
    let left: i128 = i128::from(amount.minor()) - parts.iter().sum::<i128>();

    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|&index| (Reverse((whole(&weights[index]) % total).abs()), index));
    let pieces = usize::try_from(left.abs()).expect("less than one unit is left per part");
    for index in by_remainder.into_iter().take(pieces) {
        parts[index] += left.signum();
    }

    let narrow = |part| i64::try_from(part).expect("a part is never larger than the whole");
    Some(parts.into_iter().map(|part| Money::from_minor(narrow(part), amount.currency())).collect())
}

/// `numerator / denominator`, rounded half away from zero.
///
/// # Panics
/// If `denominator` is not above zero.
pub fn half_away(numerator: i128, denominator: i128) -> i128 {
    assert!(denominator > 0, "a denominator is above zero");
    let (quotient, rest) = (numerator / denominator, (numerator % denominator).abs());
    // Not `2 * rest >= denominator`, which may be beyond what fits.
    if rest > 0 && rest >= denominator - rest { quotient + numerator.signum() } else { quotient }
}
