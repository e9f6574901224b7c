//! The rules of a payment, one by one.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Change, Line, Moment, NewDispute, NewRefund};
use crate::{
    alarms::Kind,
    money::Tariff,
    payments::payment::{Payment, RefundStatus, Status},
};

const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const NOW: Moment = Moment { at: AT, tariff: Tariff::STANDARD };

fn payment(behaviour: &str, capture: bool) -> (Payment, Change) {
    let mut payment = Payment {
        payment_id: Uuid::nil(),
        account_id: 1,
        reference: "pay_1".into(),
        registration: None,
        status: Status::Declined,
        currency: "EUR".into(),
        amount_minor: 4999,
        authorized_minor: 0,
        captured_minor: 0,
        refunded_minor: 0,
        refunding_minor: 0,
        charged_back_minor: 0,
        hold_expires_at: None,
        capture,
        decline_code: None,
        brand: "visa".into(),
        last4: "4242".into(),
        behaviour: behaviour.into(),
        return_url: None,
        created_at: AT,
        updated_at: AT,
        version: 1,
        has_refunds: false,
        has_disputes: false,
        refunds: Vec::new(),
        disputes: Vec::new(),
    };
    let change = payment.open(&NOW);
    (payment, change)
}

fn refund(number: u128, amount_minor: Option<i64>) -> NewRefund<'static> {
    NewRefund { refund_id: Uuid::from_u128(number), reference: "ref", amount_minor }
}

fn dispute(amount_minor: Option<i64>) -> NewDispute {
    NewDispute { dispute_id: Uuid::from_u128(9), amount_minor, reason: "fraudulent".into() }
}

#[test]
fn captures_never_exceed_what_was_authorized() {
    let (mut payment, _) = payment("visa", false);
    assert_eq!((payment.status, payment.authorized_minor), (Status::Authorized, 4999));

    payment.take(Some(2000), &NOW).unwrap();
    assert!(payment.take(Some(3000), &NOW).is_err());
    assert!(payment.take(Some(0), &NOW).is_err());
    let last = payment.take(None, &NOW).unwrap();

    let line = Line { kind: "payment", gross_minor: 2999, fee_minor: 42 };
    assert_eq!(last.line, Some(line), "25 only once");
    assert_eq!((payment.captured_minor, payment.version), (4999, 3));
    assert!(payment.cancel(&NOW).is_err());
}

#[test]
fn a_hold_that_lapsed_cannot_be_captured() {
    let (mut held, change) = payment("short_hold", false);
    assert_eq!(change.wakes[0].kind, Kind::ExpireHold);
    held.take(Some(1000), &NOW).unwrap();
    let later = Moment { at: AT + Duration::hours(1), ..NOW };
    assert!(held.take(Some(1000), &later).is_err());
    assert!(held.expire(&later).is_err(), "a part is captured");

    let (mut untouched, _) = payment("short_hold", false);
    assert_eq!(untouched.expire(&later).unwrap().event, "payment.expired");
    assert!(untouched.take(None, &later).is_err());
}

#[test]
fn refunds_never_exceed_what_was_captured() {
    let (mut payment, change) = payment("visa", true);
    assert_eq!(change.event, "payment.captured");

    assert!(payment.give_back(&refund(1, Some(5000)), &NOW).is_err());
    payment.give_back(&refund(1, Some(1000)), &NOW).unwrap();
    assert_eq!(payment.status, Status::PartiallyRefunded);
    payment.give_back(&refund(2, None), &NOW).unwrap();

    assert_eq!((payment.refunded_minor, payment.status), (4999, Status::Refunded));
    assert!(payment.give_back(&refund(3, None), &NOW).is_err());
}

#[test]
fn a_pending_refund_reserves_its_amount_and_ends_once() {
    let (mut payment, _) = payment("refund_pending", true);
    let change = payment.give_back(&refund(1, Some(4000)), &NOW).unwrap();
    assert_eq!((change.line, payment.refunded_minor), (None, 0));
    assert!(payment.give_back(&refund(2, Some(1000)), &NOW).is_err(), "999 are left");
    assert!(payment.open_dispute(&dispute(Some(1000)), &NOW).is_err());

    let ended = payment.end_refund(Uuid::from_u128(1), true, &NOW).unwrap();
    assert_eq!(ended.line.unwrap().gross_minor, -4000);
    assert!(payment.end_refund(Uuid::from_u128(1), true, &NOW).is_err());

    let back = payment.end_refund(Uuid::from_u128(1), false, &NOW).unwrap();
    assert_eq!(back.line, Some(Line { kind: "refund_return", gross_minor: 4000, fee_minor: 0 }));
    assert_eq!((payment.refunded_minor, payment.status), (0, Status::Captured));
}

#[test]
fn a_card_that_waits_moves_no_money_until_it_is_decided() {
    let (mut challenged, change) = payment("challenge", true);
    assert_eq!((change.event, change.line), ("payment.requires_action", None));
    assert!(challenged.finish_review(true, &NOW).is_err());
    assert_eq!(challenged.finish_challenge(Ok(()), &NOW).unwrap().event, "payment.captured");

    let (mut reviewed, change) = payment("review", false);
    assert!(change.wakes.is_empty(), "it waits for a person");
    reviewed.finish_review(false, &NOW).unwrap();
    assert_eq!(reviewed.decline_code.as_deref(), Some("review_declined"));
    assert_eq!(reviewed.authorized_minor, 0);

    let (mut transfer, change) = payment("transfer", false);
    assert_eq!((change.event, change.line), ("payment.awaiting_funds", None));
    transfer.finish_funds(true, &NOW).unwrap();
    assert_eq!((transfer.status, transfer.captured_minor), (Status::Captured, 4999));
}

#[test]
fn a_refund_that_fails_moves_no_money() {
    let (mut payment, _) = payment("refund_fails", true);
    let change = payment.give_back(&refund(1, None), &NOW).unwrap();
    assert_eq!((change.event, change.line), ("refund.updated", None));
    assert_eq!((payment.refunded_minor, payment.status), (0, Status::Captured));
    assert_eq!(payment.refunds[0].status, RefundStatus::Failed);
}

#[test]
fn a_dispute_takes_money_back_until_it_is_won() {
    let (mut payment, change) = payment("dispute_won", true);
    assert_eq!(change.wakes[0].kind, Kind::OpenDispute);
    payment.give_back(&refund(1, Some(1000)), &NOW).unwrap();

    let opened = payment.open_dispute(&dispute(None), &NOW).unwrap();
    assert_eq!(opened.line.unwrap().gross_minor, -3999);
    assert_eq!(opened.wakes[0].kind, Kind::EndDispute);
    assert!(payment.give_back(&refund(2, Some(1)), &NOW).is_err(), "nothing is left");

    let won = payment.end_dispute(Uuid::from_u128(9), true, &NOW).unwrap();
    assert_eq!((won.event, won.line.unwrap().gross_minor), ("dispute.won", 3999));
    assert_eq!(payment.charged_back_minor, 0);
    assert!(payment.end_dispute(Uuid::from_u128(9), false, &NOW).is_err());
}
