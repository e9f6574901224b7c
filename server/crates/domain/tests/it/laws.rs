//! The laws of a payment, checked on each step that it takes.

use std::collections::BTreeMap;

use domain::account::AccountKind;
use domain::decide::{Decision, Outcome, Refused, Why, decide};
use domain::dispute::DisputeState;
use domain::event::{Event, Fact};
use domain::operation::Order;
use domain::payment::{ExecutionStatus, Payment, Phase, Status};
use domain::refund::{Refund, RefundState};

use crate::examples::PARTIES;

/// Decides `event`, checks every law of the step, and says what changes.
///
/// # Panics
/// If a law is broken.
pub(crate) fn checked(before: &Payment, event: Event) -> Option<Decision> {
    let outcome = decide(before, &event);
    assert_eq!(outcome, decide(before, &event), "the same question has the same answer");
    match outcome {
        Err(refused) => {
            check_refusal(before, event, refused);
            None
        }
        Ok(Outcome::Nothing(_)) => None,
        Ok(Outcome::Changed(decision)) => {
            check_change(before, event, &decision);
            Some(*decision)
        }
    }
}

fn check_refusal(before: &Payment, event: Event, refused: Refused) {
    match event {
        Event::Command(_) => {
            assert!(!before.in_doubt || refused == Refused::InDoubt, "{event:?}: {refused}");
        }
        // What a file says can be beyond what fits; nothing else about a fact is refused.
        Event::Fact(_) | Event::Answer(..) => {
            let unfit = matches!(refused, Refused::Money(_) | Refused::NotPositive);
            assert!(unfit, "a fact was refused: {event:?}: {refused}");
        }
    }
}

fn check_change(before: &Payment, event: Event, decision: &Decision) {
    let next = &decision.next;
    let is_command = matches!(event, Event::Command(_));
    assert!(!(is_command && before.in_doubt), "{event:?} was accepted while in doubt");
    assert!(!(is_command && decision.irregular.is_some()), "a command is never irregular");
    assert!(!(is_command && decision.movement.is_some()), "asking moves no money: {event:?}");
    check_invariants(next);
    assert!(next.captured.minor() >= before.captured.minor(), "captured fell: {event:?}");
    assert!(next.authorized.minor() >= before.authorized.minor(), "authorized fell: {event:?}");
    assert_eq!(
        (next.amount, next.capture_mode, next.fee_basis_points),
        (before.amount, before.capture_mode, before.fee_basis_points),
        "what was agreed never changes"
    );
    check_books(before, event, decision);
    if !is_a_step(event) && !is_command {
        let again = decide(next, &event);
        assert!(
            matches!(again, Ok(Outcome::Nothing(Why::Known | Why::OutOfOrder | Why::Late))),
            "repeating {event:?} changed something: {again:?}"
        );
    }
    if decision.irregular.is_none() {
        check_order(before.execution_status(), next.execution_status(), event);
    }
}

/// Facts that say how much more, not how much in total. Their senders are counted once by the
/// attempt or the settlement line that they belong to.
fn is_a_step(event: Event) -> bool {
    matches!(
        event,
        Event::Fact(Fact::Settled { .. } | Fact::RefundSettled { .. })
            | Event::Answer(_, Fact::Settled { .. } | Fact::RefundSettled { .. })
    )
}

fn check_order(before: ExecutionStatus, next: ExecutionStatus, event: Event) {
    use ExecutionStatus::{Executing, Failed, NotStarted, Success};
    let forward = match before {
        NotStarted => true,
        Executing => next != NotStarted,
        Success | Failed => next == before,
    };
    assert!(forward, "{event:?} led from {before:?} back to {next:?}");
}

/// The invariants of [`Payment`], which are also the CHECKs of its table.
pub(crate) fn check_invariants(payment: &Payment) {
    for amount in [
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
    ] {
        assert!(amount.minor() >= 0, "an amount is negative: {payment:?}");
        assert_eq!(amount.currency(), payment.amount.currency(), "{payment:?}");
    }
    for (small, large, law) in [
        (payment.captured, payment.authorized, "captured <= authorized"),
        (payment.capture_reserved, payment.capture_requested, "reserved <= requested capture"),
        (payment.capture_requested, payment.authorized, "capture requested <= authorized"),
        (payment.refund_reserved, payment.refund_requested, "reserved <= requested refund"),
        (payment.refund_requested, payment.captured, "refund requested <= captured"),
        (payment.refunded_elsewhere, payment.refunded, "refunded elsewhere <= refunded"),
        (payment.fee, payment.captured, "fee <= captured"),
        (payment.fee_returned, payment.fee, "fee returned <= fee"),
    ] {
        assert!(small.minor() <= large.minor(), "{law} is broken: {payment:?}");
    }
    let refunds_in = |wanted| -> i64 {
        let of = payment.refunds.iter().filter(|refund| refund.state == wanted);
        of.map(|refund| refund.amount.minor()).sum()
    };
    let open = refunds_in(RefundState::Requested) + refunds_in(RefundState::Processing);
    assert_eq!(payment.refund_reserved.minor(), open, "{payment:?}");
    let captures: i64 = payment
        .operations
        .open
        .iter()
        .map(|operation| match operation.order {
            Order::Capture(amount) => amount.minor(),
            Order::Cancel(_) | Order::Refund(_) => 0,
        })
        .sum();
    assert_eq!(payment.capture_reserved.minor(), captures, "{payment:?}");
    for operation in &payment.operations.open {
        if let Order::Refund(id) = operation.order {
            let asked = |refund: &Refund| refund.id == id && refund.state == RefundState::Requested;
            assert!(payment.refunds.iter().any(asked), "{payment:?}");
        }
    }
    let is_executing = payment.phase == Phase::Executing;
    assert!(!is_executing || payment.operations.open.is_empty(), "{payment:?}");
    assert!(is_executing || payment.in_doubt == payment.operations.any_unknown(), "{payment:?}");
    let contested: i64 = payment
        .disputes
        .iter()
        .filter(|dispute| dispute.state != DisputeState::Won)
        .map(|dispute| dispute.amount.minor())
        .sum();
    assert!(contested <= payment.charged_back.minor(), "{payment:?}");
    assert_eq!(
        payment.refunded.minor(),
        payment.refunded_elsewhere.minor() + refunds_in(RefundState::Succeeded),
        "{payment:?}"
    );
    assert_eq!(payment.status() == Status::Unknown, payment.in_doubt);
}

/// Money is conserved: what is posted is exactly what the payment says has changed.
fn check_books(before: &Payment, event: Event, decision: &Decision) {
    let moved = movements(decision);
    let next = &decision.next;
    let rise = |of: fn(&Payment) -> i128| of(next) - of(before);
    let account = |kind: AccountKind| moved.get(kind.as_str()).copied().unwrap_or(0);
    let (kept, agreed) = match event {
        Event::Fact(Fact::Settled { fee, expected_fee, .. })
        | Event::Answer(_, Fact::Settled { fee, expected_fee, .. }) => {
            (i128::from(fee.minor()), i128::from(expected_fee.minor()))
        }
        _ => (0, 0),
    };
    let seller = account(AccountKind::SellerPending);
    let ours = account(AccountKind::PlatformFees);
    let laws = [
        (account(AccountKind::ProcessorReceivable), rise(receivable), "the processor owes"),
        (seller + ours, -rise(sold), "the seller's and ours make the sale"),
        (ours, -rise(fee), "our fee"),
        (account(AccountKind::ProcessorBalance), rise(settled) - kept, "the processor holds"),
        (account(AccountKind::ProcessorFees), agreed, "the processor keeps what was agreed"),
        (account(AccountKind::Suspense), kept - agreed, "what nobody explained"),
        (account(AccountKind::WriteOffs), 0, "nothing is written off by a fact"),
        (account(AccountKind::SellerAvailable), 0, "nothing is released by a fact"),
    ];
    for (posted, expected, law) in laws {
        assert_eq!(posted, expected, "{law}: {event:?} on {before:?}");
    }
}

/// What the decision posts, per kind of account.
fn movements(decision: &Decision) -> BTreeMap<&'static str, i128> {
    let mut moved = BTreeMap::new();
    if let Some(movement) = &decision.movement {
        let posting =
            movement.posting(PARTIES).expect("every movement that is decided can be made");
        for entry in posting.entries() {
            *moved.entry(entry.account.kind().as_str()).or_default() +=
                i128::from(entry.amount.minor());
        }
    }
    moved
}

fn sold(payment: &Payment) -> i128 {
    let minor = |money: domain::money::Money| i128::from(money.minor());
    minor(payment.captured) - minor(payment.refunded) - minor(payment.charged_back)
}

fn settled(payment: &Payment) -> i128 {
    i128::from(payment.settled.minor()) - i128::from(payment.refund_settled.minor())
}

fn receivable(payment: &Payment) -> i128 {
    sold(payment) - settled(payment)
}

fn fee(payment: &Payment) -> i128 {
    i128::from(payment.fee.minor()) - i128::from(payment.fee_returned.minor())
}
