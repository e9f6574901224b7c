//! Claw-back: what is taken from where.

use domain::clawback::{
    Balances, ClawbackError, Policy, Remainder, RepeatedSource, Source, Taken, plan,
};
use domain::money::{Money, MoneyError};
use proptest::prelude::*;

use crate::examples::{eur, usd};

fn balances(pending: i64, available: i64, reserved: i64) -> Balances {
    Balances { pending: eur(pending), available: eur(available), reserved: eur(reserved) }
}

fn minor(taken: Taken) -> [i64; 5] {
    [taken.pending, taken.available, taken.reserved, taken.debt, taken.next_sales].map(Money::minor)
}

#[test]
fn the_order_of_the_policy_says_what_goes_first() {
    use Source::{Available, Pending, Reserved};
    let has = balances(10, 20, 30);
    let taken = |order: Vec<Source>, remainder| {
        minor(plan(eur(45), has, &Policy::new(order, remainder).unwrap()).unwrap())
    };

    assert_eq!(minor(plan(eur(45), has, &Policy::default()).unwrap()), [10, 20, 15, 0, 0]);
    assert_eq!(taken(vec![Reserved, Available, Pending], Remainder::Debt), [0, 15, 30, 0, 0]);
    assert_eq!(taken(vec![Pending, Available], Remainder::Debt), [10, 20, 0, 15, 0]);
    assert_eq!(taken(vec![Pending], Remainder::NextSales), [10, 0, 0, 0, 35]);
    assert_eq!(taken(vec![], Remainder::Debt), [0, 0, 0, 45, 0]);
    assert_eq!(taken(vec![], Remainder::NextSales), [10, 0, 0, 0, 35], "itself is the first");
}

#[test]
fn what_is_below_zero_gives_nothing() {
    let taken = plan(eur(5), balances(-10, 3, -1), &Policy::default()).unwrap();

    assert_eq!(minor(taken), [0, 3, 0, 2, 0]);
}

#[test]
fn nothing_less_and_other_currencies_are_refused() {
    let has = balances(10, 10, 10);
    let mixed = Balances { available: usd(10), ..has };

    assert_eq!(plan(eur(0), has, &Policy::default()), Err(ClawbackError::NotPositive));
    assert_eq!(plan(eur(-1), has, &Policy::default()), Err(ClawbackError::NotPositive));
    assert!(matches!(
        plan(eur(1), mixed, &Policy::new(vec![], Remainder::Debt).unwrap()),
        Err(ClawbackError::Money(MoneyError::CurrencyMismatch { .. }))
    ));
}

#[test]
fn a_policy_names_no_source_twice() {
    let order = vec![Source::Available, Source::Pending, Source::Available];

    let made = Policy::new(order, Remainder::Debt);

    assert_eq!(made, Err(RepeatedSource(Source::Available)));
}

proptest! {
    #[test]
    fn what_is_taken_makes_what_was_asked(
        amount in 1_i64..,
        has in [any::<i64>(), any::<i64>(), any::<i64>()],
        order in Just(Source::ALL.to_vec()).prop_shuffle(),
        sources in 0_usize..=3,
        remainder in prop::sample::select(Remainder::ALL),
    ) {
        let policy = Policy::new(order[..sources].to_vec(), remainder).unwrap();
        let [pending, available, reserved] = has;

        let taken = minor(plan(eur(amount), balances(pending, available, reserved), &policy).unwrap());

        prop_assert_eq!(taken.iter().map(|&part| i128::from(part)).sum::<i128>(), i128::from(amount));
        for (part, has) in taken.into_iter().zip(has) {
            prop_assert!(0 <= part && part <= has.max(0));
        }
        let rest = match remainder {
            Remainder::Debt => taken[3],
            Remainder::NextSales => taken[4],
        };
        prop_assert_eq!(taken[3] + taken[4], rest);
        let touched = |source| {
            let is_next_sale = source == Source::Pending && remainder == Remainder::NextSales;
            is_next_sale || policy.order().contains(&source)
        };
        for (source, at) in [(Source::Pending, 0), (Source::Available, 1), (Source::Reserved, 2)] {
            let emptied = taken[at] == has[at].max(0);
            prop_assert!(touched(source) || taken[at] == 0);
            prop_assert!(!touched(source) || rest == 0 || emptied, "a debt only when all is taken");
        }
    }
}
