//! Release and reserve: when a seller may have their share, and what of it is kept back.

use domain::release::{Release, Rule, Share, release};
use domain::reserve::{AboveTheWhole, Parts, RollingReserve};
use proptest::prelude::*;
use time::Date;

use crate::examples::{date, eur, usd};

fn tenth() -> RollingReserve {
    RollingReserve::new(1_000, 90).unwrap()
}

#[test]
fn a_share_is_released_on_delivery_or_after_days_as_the_rule_says() {
    let (captured, delivered) = (date(2026, 1, 30), date(2026, 2, 3));
    let (on_delivery, after) = (Rule::OnDelivery, Rule::AfterDays(7));
    let first = Rule::OnDeliveryOrAfterDays(7);

    assert_eq!(on_delivery.due_on(captured, None), None);
    assert_eq!(on_delivery.due_on(captured, Some(delivered)), Some(delivered));
    assert_eq!(after.due_on(captured, Some(delivered)), Some(date(2026, 2, 6)));
    assert_eq!(first.due_on(captured, None), Some(date(2026, 2, 6)));
    assert_eq!(first.due_on(captured, Some(delivered)), Some(delivered));
    assert_eq!(first.due_on(captured, Some(date(2026, 3, 1))), Some(date(2026, 2, 6)));
    assert_eq!(Rule::AfterDays(0).due_on(captured, None), Some(captured));
}

#[test]
fn what_was_delivered_before_it_was_captured_is_released_with_the_capture() {
    let (delivered, captured) = (date(2026, 1, 28), date(2026, 1, 30));

    assert_eq!(Rule::OnDelivery.due_on(captured, Some(delivered)), Some(captured));
    assert!(!Rule::OnDelivery.is_due(captured, Some(delivered), delivered));
    assert!(Rule::OnDelivery.is_due(captured, Some(delivered), captured));
}

#[test]
fn days_beyond_the_calendar_end_with_it() {
    assert_eq!(Rule::AfterDays(u16::MAX).due_on(Date::MAX, None), Some(Date::MAX));
    assert_eq!(tenth().due_on(Date::MAX), Date::MAX);
    assert_eq!(tenth().due_on(date(2026, 1, 30)), date(2026, 4, 30));
}

#[test]
fn a_tenth_of_each_release_is_kept_back() {
    let parts = tenth().part(eur(0), eur(9_500)).unwrap();

    assert_eq!(parts, Parts { available: eur(8_550), reserved: eur(950) });
    assert_eq!(RollingReserve::new(10_001, 1), Err(AboveTheWhole { basis_points: 10_001 }));
}

#[test]
fn what_claw_backs_left_to_the_next_sales_is_covered_first() {
    let share = Share { pending: eur(9_500), before: eur(0), owed: eur(4_500) };

    let released = release(share, tenth()).unwrap();

    assert_eq!(released, Release { covers: eur(4_500), available: eur(4_500), reserved: eur(500) });
}

#[test]
fn nothing_is_released_of_what_is_below_zero_or_owed_in_whole() {
    for (pending, owed, covers) in [(-5, 0, 0), (0, 9, 0), (9, 9, 9), (9, 10, 9)] {
        let share = Share { pending: eur(pending), before: eur(0), owed: eur(owed) };

        let expected = Release { covers: eur(covers), available: eur(0), reserved: eur(0) };
        assert_eq!(release(share, tenth()), Ok(expected));
    }
    let mixed = Share { pending: eur(9), before: eur(0), owed: usd(1) };
    assert!(release(mixed, tenth()).is_err());
}

proptest! {
    #[test]
    fn many_small_releases_keep_back_what_one_large_one_does(
        amounts in prop::collection::vec(0_i64..10_000_000, 0..12),
        basis_points in 0_u32..=10_000,
    ) {
        let reserve = RollingReserve::new(basis_points, 1).unwrap();
        let (mut before, mut kept) = (eur(0), eur(0));
        for amount in amounts.into_iter().map(eur) {
            let parts = reserve.part(before, amount).unwrap();
            prop_assert_eq!(parts.available.checked_add(parts.reserved), Ok(amount));
            prop_assert!(parts.available.minor() >= 0 && parts.reserved.minor() >= 0);
            before = before.checked_add(amount).unwrap();
            kept = kept.checked_add(parts.reserved).unwrap();
        }

        prop_assert_eq!(reserve.part(eur(0), before).unwrap().reserved, kept);
    }

    #[test]
    fn a_release_makes_what_was_pending(
        pending in -1_000_i64..1_000_000,
        before in 0_i64..1_000_000,
        owed in 0_i64..1_000_000,
        basis_points in 0_u32..=10_000,
    ) {
        let share = Share { pending: eur(pending), before: eur(before), owed: eur(owed) };
        let released = release(share, RollingReserve::new(basis_points, 1).unwrap()).unwrap();

        let parts = [released.covers, released.available, released.reserved];
        prop_assert!(parts.iter().all(|part| part.minor() >= 0));
        let total: i64 = parts.iter().map(|part| part.minor()).sum();
        prop_assert_eq!(total, pending.max(0));
        prop_assert!(released.covers.minor() <= owed);
    }
}
