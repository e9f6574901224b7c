//! Pay-outs by example: what is asked, what is refused, and what is learnt too late.

use domain::decide::Why;
use domain::four_eyes::{Actor, Objection};
use domain::money::MoneyError;
use domain::payout::decide::{Decision, Follow, Outcome, Refused, create, decide};
use domain::payout::event::{Announcement, Command, Event, Fact, Order};
use domain::payout::{Payout, Phase, SUBMISSIONS_MAX};
use domain::posting::payout::Step::{self, Begun, Failed, Paid, Returned};

use crate::examples::{eur, payee, staff, usd};

/// 57.00 of 100.00, made by person 1.
pub(crate) fn order() -> Order {
    Order {
        amount: eur(5_700),
        available: eur(10_000),
        payee: Some(payee(1)),
        maker: staff(1),
        needs_second: true,
    }
}

pub(crate) fn submit() -> Event {
    Event::Command(Command::Submit { available: eur(10_000), payee: Some(payee(1)) })
}

fn approve(by: Actor) -> Event {
    Event::Command(Command::Approve { by, verifier: None })
}

fn changed(state: &Payout, event: Event) -> Decision {
    match decide(state, &event) {
        Ok(Outcome::Changed(decision)) => *decision,
        other => panic!("{event:?} on {state:?}: {other:?}"),
    }
}

/// The pay-out after these events, each of which changed something.
pub(crate) fn after(events: impl IntoIterator<Item = Event>) -> Payout {
    let draft = create(&order()).unwrap().next;
    events.into_iter().fold(draft, |state, event| changed(&state, event).next)
}

pub(crate) fn submitted() -> Payout {
    after([approve(staff(2)), submit()])
}

fn learnt(state: &Payout, fact: Fact) -> Decision {
    changed(state, Event::Fact(fact))
}

fn steps(decision: &Decision) -> Vec<Step> {
    decision.movements.iter().map(|movement| movement.step).collect()
}

fn refused(state: &Payout, event: Event) -> Refused {
    decide(state, &event).expect_err("it is refused")
}

#[test]
fn a_pay_out_goes_from_draft_to_paid() {
    let made = create(&order()).unwrap();
    assert_eq!((made.next.phase, made.announcement), (Phase::Draft, Some(Announcement::Created)));
    assert!(made.movements.is_empty(), "a draft moves nothing");

    let approved = changed(&made.next, approve(staff(2))).next;
    let submitted = changed(&approved, submit());
    assert_eq!(steps(&submitted), [Begun]);
    assert_eq!(submitted.follow, Some(Follow::Submit { submission: 1 }));

    let accepted = learnt(&submitted.next, Fact::Accepted).next;
    let in_transit = learnt(&accepted, Fact::InTransit).next;
    let paid = learnt(&in_transit, Fact::Paid);
    assert_eq!((paid.next.phase, steps(&paid)), (Phase::Paid, vec![Paid]));
    assert_eq!(paid.movements[0].cause(), "paid/1");
    assert_eq!(paid.irregular, None);
}

#[test]
fn an_order_that_makes_no_sense_is_refused() {
    let cases = [
        (Order { amount: eur(0), ..order() }, Refused::NotPositive),
        (Order { amount: eur(-1), ..order() }, Refused::NotPositive),
        (Order { payee: None, ..order() }, Refused::NoAccount),
        (
            Order { amount: eur(10_001), ..order() },
            Refused::TooMuch { requested: eur(10_001), available: eur(10_000) },
        ),
        (
            Order { available: eur(-1), ..order() },
            Refused::TooMuch { requested: eur(5_700), available: eur(-1) },
        ),
    ];
    for (order, expected) in cases {
        assert_eq!(create(&order), Err(expected));
    }
    let mixed = create(&Order { available: usd(10_000), ..order() }).unwrap_err();
    assert!(matches!(mixed, Refused::Money(MoneyError::CurrencyMismatch { .. })));
    assert_eq!(mixed.code(), "currency_mismatch");
    assert!(create(&Order { amount: eur(10_000), ..order() }).is_ok(), "all of it may go");
}

#[test]
fn whoever_made_it_cannot_approve_it_and_no_program_can() {
    let draft = after([]);

    let own = refused(&draft, approve(staff(1)));
    assert_eq!(own, Refused::FourEyes(Objection::MakerIsChecker));
    assert_eq!(own.code(), "maker_is_checker");
    let program = refused(&draft, approve(Actor::Schedule));
    assert_eq!(program, Refused::FourEyes(Objection::NotAPerson));

    let alone = create(&Order { needs_second: false, ..order() }).unwrap().next;
    assert_eq!(changed(&alone, approve(staff(1))).next.approved_by, Some(staff(1)));
}

#[test]
fn what_changed_since_it_was_made_is_looked_at_again_when_it_is_submitted() {
    let approved = after([approve(staff(2))]);
    let submit = |available, payee| Event::Command(Command::Submit { available, payee });

    let short = refused(&approved, submit(eur(5_699), Some(payee(1))));
    assert_eq!(short, Refused::TooMuch { requested: eur(5_700), available: eur(5_699) });
    assert_eq!(refused(&approved, submit(eur(9_999), Some(payee(2)))), Refused::AccountChanged);
    assert_eq!(refused(&approved, submit(eur(9_999), None)), Refused::NoAccount);
    let mixed = refused(&approved, submit(usd(9_999), Some(payee(1))));
    assert!(matches!(mixed, Refused::Money(_)));
}

#[test]
fn what_is_held_goes_on_from_where_it_was_stopped() {
    let (hold, resume) =
        (Event::Command(Command::Hold), Event::Command(Command::Resume { by: staff(2) }));
    let stopped = after([approve(staff(2)), hold]);

    assert_eq!(refused(&stopped, submit()), Refused::Held);
    assert_eq!(refused(&stopped, hold), Refused::Held);
    assert_eq!(refused(&stopped, approve(staff(2))), Refused::Held);
    assert_eq!(changed(&stopped, resume).next.phase, Phase::Approved);
    assert_eq!(after([hold, resume]).phase, Phase::Draft);
    assert_eq!(refused(&after([]), resume), Refused::NotHeld);
}

#[test]
fn what_was_stopped_after_it_was_approved_is_let_go_by_a_second_person() {
    let hold = Event::Command(Command::Hold);
    let resume = |by| Event::Command(Command::Resume { by });
    let stopped = after([approve(staff(2)), hold]);

    let own = refused(&stopped, resume(staff(1)));
    assert_eq!(own, Refused::FourEyes(Objection::MakerIsChecker));
    let program = refused(&stopped, resume(Actor::Schedule));
    assert_eq!(program, Refused::FourEyes(Objection::NotAPerson));
    assert_eq!(changed(&stopped, resume(staff(2))).next.phase, Phase::Approved);
    let draft = after([hold]);
    assert_eq!(changed(&draft, resume(staff(1))).next.phase, Phase::Draft);
}

#[test]
fn what_was_submitted_can_neither_be_held_nor_cancelled_nor_submitted_again() {
    let submitted = submitted();

    for command in [Command::Hold, Command::Cancel, Command::Resume { by: staff(2) }] {
        assert_eq!(refused(&submitted, Event::Command(command)), Refused::UnderWay);
    }
    assert_eq!(refused(&submitted, submit()), Refused::UnderWay);
    assert_eq!(refused(&after([]), submit()), Refused::NotApproved);
    let cancelled = after([Event::Command(Command::Cancel)]);
    assert_eq!(refused(&cancelled, submit()), Refused::Ended(Phase::Cancelled));
}

#[test]
fn an_answer_that_was_lost_is_asked_for_and_nothing_is_submitted_meanwhile() {
    let lost = learnt(&submitted(), Fact::Unknown { submission: 1 });
    assert_eq!(lost.follow, Some(Follow::Inquire { submission: 1 }));
    assert!(lost.movements.is_empty());
    assert_eq!(refused(&lost.next, submit()), Refused::InDoubt);

    let nothing = learnt(&lost.next, Fact::NothingFound { submission: 1 });
    assert_eq!((nothing.next.phase, steps(&nothing)), (Phase::Approved, vec![Failed]));
    let again = changed(&nothing.next, submit());
    assert_eq!(again.follow, Some(Follow::Submit { submission: 2 }));
    assert_eq!(again.movements[0].cause(), "begun/2");

    let late = decide(&again.next, &Event::Fact(Fact::NothingFound { submission: 1 }));
    assert_eq!(late, Ok(Outcome::Nothing(Why::Late)), "that was about the first");
}

#[test]
fn a_lost_answer_that_was_paid_is_paid_once() {
    let lost = learnt(&submitted(), Fact::Unknown { submission: 1 }).next;

    let paid = learnt(&lost, Fact::Paid);

    assert_eq!((paid.next.phase, steps(&paid)), (Phase::Paid, vec![Paid]));
    assert!(!paid.next.in_doubt);
    let late = Event::Fact(Fact::Unknown { submission: 1 });
    assert_eq!(decide(&paid.next, &late), Ok(Outcome::Nothing(Why::Late)));
}

#[test]
fn paid_after_it_had_failed_is_booked_once_and_irregular() {
    let failed = learnt(&submitted(), Fact::Failed);
    assert_eq!(steps(&failed), [Failed]);
    assert!(failed.holds_seller, "somebody should look at the bank account first");

    let paid = learnt(&failed.next, Fact::Paid);

    assert_eq!(steps(&paid), [Begun, Paid]);
    assert_eq!(paid.irregular, Some("paid after it had failed"));
    assert_eq!(
        decide(&paid.next, &Event::Fact(Fact::Paid)),
        Ok(Outcome::Nothing(Why::Known)),
        "a repeat says nothing"
    );
}

#[test]
fn failed_after_it_was_paid_moves_nothing_and_is_asked_about() {
    let paid = learnt(&submitted(), Fact::Paid).next;

    let doubted = learnt(&paid, Fact::Failed);

    assert!(doubted.movements.is_empty() && doubted.irregular.is_some());
    assert_eq!(doubted.follow, Some(Follow::Inquire { submission: 1 }));
    assert!(learnt(&doubted.next, Fact::Paid).movements.is_empty());
    assert_eq!(steps(&learnt(&doubted.next, Fact::Returned)), [Returned]);
}

#[test]
fn a_return_books_the_payment_too_if_nobody_told_of_it() {
    let paid = learnt(&submitted(), Fact::Paid).next;
    let returned = learnt(&paid, Fact::Returned);
    assert_eq!((returned.next.phase, steps(&returned)), (Phase::Returned, vec![Returned]));
    assert!(returned.holds_seller);

    let unheard = learnt(&submitted(), Fact::Returned);
    assert_eq!(steps(&unheard), [Paid, Returned]);
    let late = decide(&unheard.next, &Event::Fact(Fact::Paid));
    assert_eq!(late, Ok(Outcome::Nothing(Why::OutOfOrder)), "never paid twice");
}

#[test]
fn what_the_provider_denied_and_then_took_on_cannot_be_submitted_again() {
    let denied = learnt(&submitted(), Fact::NothingFound { submission: 1 }).next;

    let accepted = learnt(&denied, Fact::Accepted);

    assert_eq!(steps(&accepted), [Begun]);
    assert!(accepted.irregular.is_some());
    assert_eq!(refused(&accepted.next, submit()), Refused::UnderWay);
    let denied_again = learnt(&accepted.next, Fact::NothingFound { submission: 1 });
    assert!(denied_again.next.in_doubt && denied_again.movements.is_empty());
}

#[test]
fn a_pay_out_that_is_never_found_is_not_submitted_for_ever() {
    let mut state = after([approve(staff(2))]);
    for submission in 1..=SUBMISSIONS_MAX {
        state = changed(&state, submit()).next;
        state = learnt(&state, Fact::NothingFound { submission }).next;
    }

    assert_eq!(refused(&state, submit()), Refused::TooManySubmissions);
    assert_eq!(changed(&state, Event::Command(Command::Cancel)).next.phase, Phase::Cancelled);
}
