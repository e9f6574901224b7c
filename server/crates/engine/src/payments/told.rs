//! What a processor's report says about a capture, cancellation or refund whose answer may have been
//! lost.
//!
//! Of refunds and cancellations the report tells itself. Of captures it tells only how much was taken
//! in total: that is enough, since the captures of a payment are carried out one after the other, and
//! none is begun before the one before it has its answer.

use domain::money::Money;
use domain::operation::{Operation, Order};
use domain::payment::Payment;
use psp::{PaymentReport, RefundReport, ReportedState};

/// What a report says about a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It was done.
    Done,
    /// It was not done.
    NotDone,
    /// It fits neither: ask again later.
    Unclear,
}

/// Whether an older capture has no answer yet, so that totals could not tell one from the other.
pub(super) fn must_wait(state: &Payment, operation: Operation) -> bool {
    let is_capture = |order| matches!(order, Order::Capture(_));
    is_capture(operation.order)
        && state
            .operations
            .open
            .iter()
            .any(|other| is_capture(other.order) && other.number < operation.number)
}

/// What `report` says about `order`, which was tried under `key`.
pub(super) fn told(state: &Payment, order: Order, key: &str, report: &PaymentReport) -> Told {
    match order {
        Order::Capture(amount) => {
            let total = Ok(report.captured);
            if total == state.captured.checked_add(amount) {
                Told::Done
            } else if report.captured == state.captured {
                // Also if another report has told of it before: then the key does.
                Told::NotDone
            } else {
                Told::Unclear
            }
        }
        Order::Cancel(_) if is_released(report) => Told::Done,
        Order::Refund(_) if refund_in(report, key).is_some() => Told::Done,
        Order::Cancel(_) | Order::Refund(_) => Told::NotDone,
    }
}

/// What `report` says about a try that the processor refused to repeat as the payment stands. That
/// it was not done is believed only if the payment stands where it cannot be done any more.
pub(super) fn told_of_refused(
    state: &Payment,
    (order, amount): (Order, Money),
    key: &str,
    report: &PaymentReport,
) -> Told {
    let is_left = |taken: Money, of: Money| {
        taken.checked_add(amount).is_ok_and(|after| after.minor() <= of.minor())
    };
    let can_be_done = match order {
        Order::Capture(_) if is_known(state, amount) => return Told::Done,
        Order::Capture(_) => {
            matches!(report.state, ReportedState::Authorized | ReportedState::Captured)
                && is_left(report.captured, report.authorized)
        }
        Order::Cancel(_) => {
            !matches!(report.state, ReportedState::Captured | ReportedState::Declined)
        }
        Order::Refund(_) => is_left(report.refunded, report.captured),
    };
    match told(state, order, key, report) {
        Told::NotDone if can_be_done => Told::Unclear,
        told => told,
    }
}

/// Whether what is known to be taken holds this capture, besides all that have their answers.
fn is_known(state: &Payment, amount: Money) -> bool {
    let answered = state.capture_requested.checked_sub(state.capture_reserved);
    let with_it = answered.and_then(|answered| answered.checked_add(amount));
    with_it.is_ok_and(|total| total.minor() <= state.captured.minor())
}

/// Whether nothing is held any more.
const fn is_released(report: &PaymentReport) -> bool {
    matches!(report.state, ReportedState::Cancelled | ReportedState::Expired)
}

/// The refund that was asked for under `key`.
pub(super) fn refund_in<'a>(report: &'a PaymentReport, key: &str) -> Option<&'a RefundReport> {
    report.refunds.iter().find(|refund| refund.reference.as_deref() == Some(key))
}
