//! Checkouts: what their payments make together.

use domain::checkout::{CheckoutState, Policy, is_payment_done, state};
use domain::payment::{ExecutionStatus, Payment, Phase};

use crate::examples::payment_in;

fn in_phases(phases: &[Phase]) -> Vec<Payment> {
    phases.iter().map(|&phase| payment_in(phase, 100)).collect()
}

#[test]
fn a_checkout_is_done_only_when_every_payment_succeeded() {
    for &first in Phase::ALL {
        for &second in Phase::ALL {
            let payments = in_phases(&[first, second]);

            let succeeded = payments
                .iter()
                .filter(|payment| payment.execution_status() == ExecutionStatus::Success)
                .count();
            assert_eq!(is_payment_done(&payments), succeeded == 2, "{first:?} {second:?}");
        }
    }
}

#[test]
fn a_checkout_without_payments_is_never_done() {
    assert!(!is_payment_done(&[]));
    assert_ne!(state(Policy::BestEffort, &[]), CheckoutState::Paid);
}

#[test]
fn the_state_is_what_the_payments_make_together() {
    use Phase::{Authorized, Cancelled, Captured, Created, Executing, Expired, Failed};
    for (phases, expected) in [
        (&[Created, Created][..], CheckoutState::Open),
        (&[Captured, Created], CheckoutState::Open),
        (&[Failed, Created], CheckoutState::Open),
        (&[Executing, Created], CheckoutState::Processing),
        (&[Captured, Executing], CheckoutState::Processing),
        (&[Captured, Captured], CheckoutState::Paid),
        (&[Captured, Authorized], CheckoutState::Paid),
        (&[Captured, Failed], CheckoutState::PartlyPaid),
        (&[Failed, Failed], CheckoutState::Failed),
        (&[Failed, Cancelled], CheckoutState::Failed),
        (&[Failed, Expired], CheckoutState::Failed),
        (&[Expired, Expired], CheckoutState::Expired),
        (&[Cancelled, Cancelled], CheckoutState::Cancelled),
        (&[Captured, Cancelled], CheckoutState::PartlyPaid),
    ] {
        assert_eq!(state(Policy::BestEffort, &in_phases(phases)), expected, "{phases:?}");
    }
}

#[test]
fn a_payment_in_doubt_keeps_its_checkout_from_every_verdict() {
    let mut payments = in_phases(&[Phase::Captured, Phase::Executing]);
    payments[1].in_doubt = true;

    assert_eq!(state(Policy::BestEffort, &payments), CheckoutState::Processing);
    assert!(!is_payment_done(&payments));
}
