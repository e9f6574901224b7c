//! Every state that a small payment can reach, with every event in it: what chance may miss.

use std::collections::{BTreeSet, HashSet};

use domain::event::{Command, Event, Fact};
use domain::operation::Try;
use domain::payment::{CaptureMode, ExecutionStatus, Payment, Phase};

use crate::examples::{eur, refund};
use crate::laws::checked;

/// How many events deep the search goes.
const DEPTH: usize = 6;

fn events() -> Vec<Event> {
    let mut events =
        [Command::Execute, Command::Cancel, Command::Expire].map(Event::Command).to_vec();
    for minor in [0, 1, 3, 4] {
        let amount = eur(minor);
        events.push(Event::Command(Command::Capture(amount)));
        events.push(Event::Command(Command::Refund { refund: refund(1), amount }));
        events.extend(
            [
                Fact::Authorized { total: amount },
                Fact::Captured { total: amount },
                Fact::ChargedBack { total: amount },
            ]
            .map(Event::Fact),
        );
    }
    for number in 1..=2 {
        let of = Try::Operation(number);
        let answers = [
            Fact::InDoubt,
            Fact::CaptureFailed,
            Fact::CancelFailed,
            Fact::Captured { total: eur(3) },
        ];
        events.extend(answers.map(|fact| Event::Answer(of, fact)));
    }
    events.push(Event::Command(Command::Refund { refund: refund(2), amount: eur(2) }));
    let facts = [
        Fact::ActionRequired,
        Fact::InReview,
        Fact::Declined { last: false },
        Fact::Declined { last: true },
        Fact::NothingHappened,
        Fact::InDoubt,
        Fact::Cancelled,
        Fact::HoldExpired,
        Fact::CancelFailed,
        Fact::RefundSucceeded { refund: refund(1) },
        Fact::RefundFailed { refund: refund(1) },
        Fact::RefundSucceeded { refund: refund(2) },
        Fact::RefundFailed { refund: refund(2) },
        Fact::RefundedElsewhere { total: eur(2) },
        Fact::Settled { gross: eur(3), fee: eur(2), expected_fee: eur(1) },
        Fact::RefundSettled { amount: eur(1) },
    ];
    events.extend(facts.map(Event::Fact));
    events
}

/// What tells two states apart: everything but the fee's rate and the amount, which never change.
pub(crate) fn fingerprint(payment: &Payment) -> Vec<u8> {
    let amounts = [
        payment.authorized,
        payment.captured,
        payment.capture_requested,
        payment.capture_reserved,
        payment.refunded,
        payment.refunded_elsewhere,
        payment.returned_elsewhere,
        payment.refund_requested,
        payment.refund_reserved,
        payment.charged_back,
        payment.settled,
        payment.refund_settled,
        payment.fee,
        payment.fee_returned,
    ];
    let small = |minor: i64| u8::try_from(minor).expect("amounts stay small in a short history");
    let mut bytes: Vec<u8> = amounts.map(|amount| small(amount.minor())).to_vec();
    bytes.extend([payment.phase as u8, payment.attempts.min(2) as u8, u8::from(payment.in_doubt)]);
    for refund in &payment.refunds {
        bytes.extend([refund.id.bucket().0, refund.state as u8]);
    }
    for operation in &payment.operations.open {
        bytes.extend([operation.number.min(9) as u8, u8::from(operation.is_unknown)]);
    }
    bytes
}

fn reach(start: Payment) -> (usize, BTreeSet<&'static str>) {
    let events = events();
    let mut seen = HashSet::from([fingerprint(&start)]);
    let mut phases = BTreeSet::from([start.phase.as_str()]);
    let mut frontier = vec![start];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for payment in &frontier {
            for &event in &events {
                let Some(decision) = checked(payment, event) else { continue };
                if seen.insert(fingerprint(&decision.next)) {
                    phases.insert(decision.next.phase.as_str());
                    next.push(decision.next);
                }
            }
        }
        frontier = next;
    }
    (seen.len(), phases)
}

#[test]
fn every_history_of_a_small_payment_keeps_the_laws() {
    for mode in [CaptureMode::Automatic, CaptureMode::Manual] {
        let (states, phases) = reach(Payment::new(eur(3), mode, 3_333));

        assert!(states > 10_000, "the search reached only {states} states");
        let unreached: Vec<&str> = Phase::ALL
            .iter()
            .map(|phase| phase.as_str())
            .filter(|phase| !phases.contains(phase))
            .collect();
        assert_eq!(unreached, ["awaiting_funds"], "no event of this search leads there");
    }
}

#[test]
fn a_payment_that_nobody_tried_has_not_started() {
    let payment = Payment::new(eur(3), CaptureMode::Automatic, 0);

    assert_eq!(payment.execution_status(), ExecutionStatus::NotStarted);
}
