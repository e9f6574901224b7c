//! Fees: our share of a sale, what of it is given back, and what a processor should charge.

use domain::fee::{ProcessorTariff, given_back, share};
use domain::money::Money;
use proptest::prelude::*;

use crate::examples::eur;

#[test]
fn of_49_99_at_5_percent_we_keep_2_50_and_the_seller_gets_47_49() {
    let fee = share(eur(4_999), 500);

    assert_eq!(fee, eur(250));
    assert_eq!(eur(4_999).checked_sub(fee), Ok(eur(4_749)));
}

#[test]
fn halves_are_rounded_away_from_zero() {
    assert_eq!(share(eur(10), 500), eur(1));
    assert_eq!(share(eur(9), 500), eur(0));
    assert_eq!(share(eur(-10), 500), eur(-1));
}

#[test]
fn a_processor_charges_a_share_and_a_fixed_part() {
    let tariff = ProcessorTariff { basis_points: 140, fixed_minor: 25 };

    assert_eq!(tariff.fee(eur(4_999)), eur(95));
}

#[test]
fn nothing_is_given_back_of_what_was_never_captured() {
    assert_eq!(given_back(eur(0), eur(100), eur(0)), eur(0));
}

proptest! {
    #[test]
    fn a_share_is_never_above_the_whole(minor in any::<i64>(), basis_points in 0_u32..=10_000) {
        let fee = share(eur(minor), basis_points);

        prop_assert!(i128::from(fee.minor()).abs() <= i128::from(minor).abs());
        prop_assert_eq!(fee.is_zero() || fee.is_positive(), minor >= 0 || fee.is_zero());
    }

    #[test]
    fn many_small_refunds_give_back_what_one_large_refund_does(
        captured in 1_i64..1_000_000_000,
        basis_points in 0_u32..=10_000,
        steps in prop::collection::vec(1_i64..1_000_000, 1..20),
    ) {
        let captured = eur(captured);
        let fee = share(captured, basis_points);
        let mut refunded = eur(0);
        let mut returned = eur(0);
        for step in steps {
            let step = step.min(captured.minor() - refunded.minor());
            refunded = refunded.checked_add(eur(step)).unwrap();
            let total = given_back(fee, refunded, captured);
            prop_assert!(total.minor() >= returned.minor(), "never takes the fee again");
            let now = total.checked_sub(returned).unwrap();
            returned = returned.checked_add(now).unwrap();
        }

        prop_assert_eq!(returned, given_back(fee, refunded, captured));
        if refunded == captured {
            prop_assert_eq!(returned, fee);
        }
    }

    #[test]
    fn a_fee_given_back_is_between_nothing_and_the_fee(
        captured in 1_i64..=i64::MAX,
        refunded in 0_i64..=i64::MAX,
        basis_points in 0_u32..=10_000,
    ) {
        let fee = share(eur(captured), basis_points);

        let back: Money = given_back(fee, eur(refunded), eur(captured));

        prop_assert!((0..=fee.minor()).contains(&back.minor()));
    }
}
