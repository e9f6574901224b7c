//! Rounding: parts that make the whole, and quotients that a person can check.

use domain::rounding::{half_away, split};
use proptest::prelude::*;

use crate::examples::eur;

#[test]
fn a_fee_of_ten_cents_is_split_by_the_sales_that_caused_it() {
    let parts = split(eur(10), &[3_333, 3_333, 3_334]).unwrap();

    assert_eq!(parts, [eur(3), eur(3), eur(4)], "the largest remainder is the last one's");
}

#[test]
fn among_equals_the_first_gets_what_is_left() {
    assert_eq!(split(eur(2), &[1, 1, 1]).unwrap(), [eur(1), eur(1), eur(0)]);
    assert_eq!(split(eur(-2), &[1, 1, 1]).unwrap(), [eur(-1), eur(-1), eur(0)]);
}

#[test]
fn without_a_weight_there_is_nowhere_to_put_the_money() {
    assert_eq!(split(eur(1), &[]), None);
    assert_eq!(split(eur(1), &[0, 0]), None);
}

#[test]
fn halves_go_away_from_zero() {
    for (numerator, denominator, expected) in
        [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (0, 7, 0)]
    {
        assert_eq!(half_away(numerator, denominator), expected, "{numerator}/{denominator}");
    }
    assert_eq!(half_away(i128::MAX, i128::MAX), 1);
    assert_eq!(half_away(i128::MIN + 1, 1), i128::MIN + 1);
}

proptest! {
    #[test]
    fn parts_make_the_whole_and_none_is_off_by_a_unit(
        minor in any::<i64>(),
        weights in prop::collection::vec(prop_oneof![0_u64..1_000, any::<u64>()], 1..12),
    ) {
        let Some(parts) = split(eur(minor), &weights) else {
            prop_assert!(weights.iter().all(|&weight| weight == 0));
            return Ok(());
        };

        let total: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
        prop_assert_eq!(total, i128::from(minor));
        let sum: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        for (part, &weight) in parts.iter().zip(&weights) {
            prop_assert!(weight > 0 || part.is_zero());
            let floor = i128::from(minor) * i128::from(weight) / sum;
            prop_assert!((i128::from(part.minor()) - floor).abs() <= 1);
        }
    }

    #[test]
    fn a_quotient_is_the_nearest_one(numerator in any::<i64>(), denominator in 1_i64..) {
        let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));

        let off = half_away(numerator, denominator) * denominator - numerator;
        prop_assert!(2 * off.abs() <= denominator);
    }
}
