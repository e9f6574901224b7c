//! Decisions: any sequence of commands and facts, however hostile, keeps the laws.

use std::collections::BTreeSet;

use domain::currency::Currency;
use domain::decide::{Outcome, Refused, decide};
use domain::event::{Command, Event, Fact};
use domain::fee;
use domain::money::Money;
use domain::operation::Try;
use domain::payment::{CaptureMode, Payment, Phase};
use proptest::prelude::*;
use proptest::sample::select;

use crate::examples::{dispute, eur, payment_in, refund};
use crate::laws::{check_invariants, checked};

/// Amounts that overlap, exceed and undercut a payment of 10 000 minor units.
fn near() -> BoxedStrategy<Money> {
    prop_oneof![
        4 => select(vec![0, 1, 2_500, 5_000, 9_999, 10_000, 10_001]),
        4 => -1_i64..12_000,
    ]
    .prop_map(eur)
    .boxed()
}

/// Amounts that are not of this world.
fn wild() -> BoxedStrategy<Money> {
    let edge = select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, 10_000, i64::MAX - 1, i64::MAX]);
    (prop_oneof![edge, any::<i64>()], select(vec![Currency::EUR, Currency::EUR, Currency::JPY]))
        .prop_map(|(minor, currency)| Money::from_minor(minor, currency))
        .boxed()
}

fn event(money: fn() -> BoxedStrategy<Money>) -> impl Strategy<Value = Event> {
    let command = prop_oneof![
        Just(Command::Execute),
        money().prop_map(Command::Capture),
        Just(Command::Cancel),
        Just(Command::CaptureRest),
        (0_u8..3).prop_map(refund).prop_map(|refund| Command::RefundRest { refund }),
        ((0_u8..3).prop_map(refund), money())
            .prop_map(|(refund, amount)| Command::Refund { refund, amount }),
        Just(Command::Expire),
    ];
    let of =
        prop_oneof![(0_u16..3).prop_map(Try::Authorization), (1_u16..5).prop_map(Try::Operation),];
    prop_oneof![
        4 => command.prop_map(Event::Command),
        3 => fact(money).prop_map(Event::Fact),
        4 => (of, fact(money)).prop_map(|(of, fact)| Event::Answer(of, fact)),
    ]
}

fn fact(money: fn() -> BoxedStrategy<Money>) -> impl Strategy<Value = Fact> {
    let refund = || (0_u8..3).prop_map(refund);
    let dispute = || (0_u8..2).prop_map(dispute);
    let waiting = select(vec![
        Fact::ActionRequired,
        Fact::InReview,
        Fact::AwaitingFunds,
        Fact::NothingHappened,
        Fact::TurnedDown,
        Fact::InDoubt,
        Fact::Cancelled,
        Fact::HoldExpired,
        Fact::CancelFailed,
        Fact::CaptureFailed,
        Fact::Declined { last: false },
        Fact::Declined { last: true },
    ]);
    prop_oneof![
        4 => waiting,
        2 => money().prop_map(|total| Fact::Authorized { total }),
        3 => money().prop_map(|total| Fact::Captured { total }),
        2 => refund().prop_map(|refund| Fact::RefundSucceeded { refund }),
        2 => refund().prop_map(|refund| Fact::RefundFailed { refund }),
        1 => refund().prop_map(|refund| Fact::RefundPending { refund }),
        1 => (dispute(), money()).prop_map(|(dispute, amount)| Fact::DisputeOpened { dispute, amount }),
        1 => (dispute(), money()).prop_map(|(dispute, amount)| Fact::DisputeWon { dispute, amount }),
        1 => (dispute(), money()).prop_map(|(dispute, amount)| Fact::DisputeLost { dispute, amount }),
        1 => money().prop_map(|total| Fact::RefundedElsewhere { total }),
        1 => money().prop_map(|total| Fact::ReturnedElsewhere { total }),
        1 => money().prop_map(|total| Fact::ChargedBack { total }),
        2 => (money(), money(), money())
            .prop_map(|(gross, fee, expected_fee)| Fact::Settled { gross, fee, expected_fee }),
        1 => money().prop_map(|amount| Fact::RefundSettled { amount }),
    ]
}

fn payment() -> impl Strategy<Value = Payment> {
    let mode = select(vec![CaptureMode::Automatic, CaptureMode::Manual]);
    (mode, select(vec![0_u32, 1, 333, 500, 10_000]))
        .prop_map(|(mode, basis_points)| Payment::new(eur(10_000), mode, basis_points))
}

/// Applies `events` in order under the laws, each also a second time where `again` says so.
fn live(mut payment: Payment, events: &[(Event, bool)]) -> Payment {
    let mut causes = BTreeSet::new();
    for &(event, again) in events {
        for _ in 0..=u8::from(again) {
            let Some(decision) = checked(&payment, event) else { continue };
            if let Some(movement) = &decision.movement {
                let cause = movement.cause();
                assert!(causes.insert(cause.clone()), "{cause} was posted twice");
            }
            payment = decision.next;
        }
    }
    payment
}

/// Four times as many cases as usual; `PROPTEST_CASES` in the environment asks for more.
fn many() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.saturating_mul(4), ..usual }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn no_sequence_of_events_breaks_a_law(
        payment in payment(),
        events in prop::collection::vec((event(near), any::<bool>()), 0..40),
    ) {
        live(payment, &events);
    }

    #[test]
    fn no_amount_and_no_currency_makes_a_decision_panic(
        payment in payment(),
        events in prop::collection::vec((event(wild), any::<bool>()), 0..20),
    ) {
        live(payment, &events);
    }

    #[test]
    fn no_order_of_the_same_events_breaks_a_law(
        payment in payment(),
        (events, shuffled) in prop::collection::vec((event(near), Just(false)), 0..25)
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
    ) {
        live(payment.clone(), &events);
        live(payment, &shuffled);
    }

    #[test]
    fn reports_of_one_success_end_alike_in_whatever_order_they_come(
        totals in prop::collection::vec(1_i64..=10_000, 1..6),
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let largest = totals.iter().copied().max().unwrap_or(0);
        let mut facts: Vec<Fact> =
            totals.iter().map(|&total| Fact::Captured { total: eur(total) }).collect();
        facts.push(Fact::Authorized { total: eur(10_000) });
        facts.push(Fact::ActionRequired);
        let start = payment_in(Phase::Executing, 10_000);

        let events: Vec<(Event, bool)> = order
            .iter()
            .filter_map(|&index| facts.get(index))
            .chain(&facts)
            .map(|&fact| (Event::Fact(fact), true))
            .collect();
        let end = live(start, &events);

        prop_assert_eq!((end.phase, end.in_doubt), (Phase::Captured, false));
        prop_assert_eq!(end.captured, eur(largest));
        prop_assert_eq!(end.authorized, eur(10_000));
        prop_assert_eq!(end.fee, fee::share(eur(largest), 500));
    }

    #[test]
    fn we_never_ask_for_more_than_is_left(
        payment in payment(),
        events in prop::collection::vec((event(near), any::<bool>()), 0..30),
        amount in near(),
    ) {
        let payment = live(payment, &events);
        let minor = amount.minor();
        if let Ok(Outcome::Changed(decision)) = decide(&payment, &Event::Command(Command::Capture(amount))) {
            prop_assert!(minor > 0);
            prop_assert!(payment.captured.minor() + payment.capture_reserved.minor() + minor
                <= payment.authorized.minor());
            check_invariants(&decision.next);
        }
        let refund = Command::Refund { refund: refund(9), amount };
        if let Ok(Outcome::Changed(_)) = decide(&payment, &Event::Command(refund)) {
            prop_assert!(minor > 0);
            let gone = payment.refunded.minor() + payment.refund_reserved.minor()
                + payment.charged_back.minor();
            prop_assert!(gone + minor <= payment.captured.minor());
        }
    }
}

#[test]
fn nothing_is_accepted_while_an_attempt_is_in_doubt() {
    let commands = [
        Command::Execute,
        Command::Capture(eur(1)),
        Command::Cancel,
        Command::Refund { refund: refund(1), amount: eur(1) },
        Command::Expire,
    ];
    for &phase in Phase::ALL {
        let payment = Payment { in_doubt: true, ..payment_in(phase, 10_000) };
        for command in commands {
            let answer = decide(&payment, &Event::Command(command));
            assert_eq!(answer, Err(Refused::InDoubt), "{phase:?} {command:?}");
        }
    }
}

#[test]
fn a_lost_answer_is_in_doubt_until_an_inquiry_says_what_happened() {
    let payment = payment_in(Phase::Executing, 4_999);

    let in_doubt = checked(&payment, Event::Fact(Fact::InDoubt)).unwrap().next;
    let captured = Fact::Captured { total: eur(4_999) };
    let known = checked(&in_doubt, Event::Fact(captured)).unwrap();

    assert_eq!((known.next.phase, known.next.in_doubt), (Phase::Captured, false));
    assert_eq!(known.next.fee, eur(250));
    assert_eq!(known.irregular, None);
}

#[test]
fn a_refund_that_came_back_frees_nothing_that_another_refund_holds() {
    let mut payment = payment_in(Phase::Captured, 100);
    payment.authorized = eur(100);
    payment.captured = eur(100);
    let ask = |number| Event::Command(Command::Refund { refund: refund(number), amount: eur(100) });

    let events = [
        ask(1),
        Event::Fact(Fact::RefundFailed { refund: refund(1) }),
        ask(2),
        Event::Fact(Fact::RefundSucceeded { refund: refund(1) }),
        Event::Fact(Fact::RefundFailed { refund: refund(1) }),
    ];
    let payment = live(payment, &events.map(|event| (event, false)));

    assert_eq!(payment.refund_reserved, eur(100));
    assert_eq!(payment.refund_requested, eur(100));
    assert_eq!(payment.refunded, eur(0));
}

/// A payment whose second try is under way, after the first was given up for lost.
fn tried_twice() -> Payment {
    Payment { attempts: 2, ..payment_in(Phase::Executing, 100) }
}

#[test]
fn money_that_two_tries_have_taken_is_booked_twice_and_shown_to_a_person() {
    for order in [[1, 2], [2, 1]] {
        let answer =
            |number| Event::Answer(Try::Authorization(number), Fact::Captured { total: eur(100) });
        let first = checked(&tried_twice(), answer(order[0])).unwrap();
        let second = checked(&first.next, answer(order[1])).unwrap();

        let says = (first.irregular.is_some(), second.irregular);
        assert_eq!(says, (order[0] == 1, Some("more than one try has the money")), "{order:?}");
        assert_eq!(second.next.captured, eur(200));
        assert_eq!(second.movement.as_ref().unwrap().amount(), eur(100));
        assert_eq!(second.next.operations.takings[0].number, order[0], "it is carried there");
        for number in order {
            assert_eq!(checked(&second.next, answer(number)), None, "it is known: {order:?}");
        }
    }
}

#[test]
fn a_second_hold_is_shown_to_a_person_and_taken_by_nobody() {
    let answer =
        |number| Event::Answer(Try::Authorization(number), Fact::Authorized { total: eur(100) });
    let held = checked(&tried_twice(), answer(1)).unwrap().next;

    let twice = checked(&held, answer(2)).unwrap();

    assert_eq!(twice.irregular, Some("more than one try has the money"));
    assert_eq!((twice.next.phase, twice.next.authorized), (Phase::Authorized, eur(100)));
    assert_eq!(checked(&twice.next, answer(2)), None);
    let capture = decide(&twice.next, &Event::Command(Command::Capture(eur(101))));
    assert!(matches!(capture, Err(Refused::TooMuch { .. })), "{capture:?}");
    let asked = checked(&twice.next, Event::Command(Command::CaptureRest)).unwrap().next;
    let taken = Event::Answer(Try::Operation(1), Fact::Captured { total: eur(100) });
    let taken = checked(&asked, taken).unwrap().next;
    assert_eq!((taken.captured, taken.capture_reserved), (eur(100), eur(0)));
}
