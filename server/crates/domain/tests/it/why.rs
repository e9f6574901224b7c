//! Why a payment stands where it stands, and whose turn it is.

use domain::money::Money;
use domain::payment::{CaptureMode, Payment, Phase};
use domain::why::{Circumstances, Reason, Try, TryState, Turn, Work, why};

fn payment(phase: Phase) -> Payment {
    let amount = Money::from_minor(4999, "EUR".parse().unwrap());
    let new = Payment::new(amount, CaptureMode::Automatic, 500);
    let nothing = new.captured;
    let is_captured = phase == Phase::Captured;
    let is_held = is_captured || phase == Phase::Authorized;
    Payment {
        phase,
        attempts: 1,
        authorized: if is_held { amount } else { nothing },
        captured: if is_captured { amount } else { nothing },
        ..new
    }
}

fn waiting_work(error: &str) -> Work {
    Work { kind: "execute_payment".into(), tries: 3, error: Some(error.into()) }
}

/// The newest try of the operation stands like this.
fn tried(operation: &str, state: TryState) -> Vec<Try> {
    vec![Try { operation: operation.into(), state }]
}

fn unknown(operation: &str) -> (Reason, Turn) {
    (Reason::OutcomeUnknown { operation: operation.into() }, Turn::Paydesk)
}

#[test]
fn every_phase_has_a_reason_and_somebody_whose_turn_it_is() {
    let expected = [
        (Phase::Created, Turn::Shopper),
        (Phase::Executing, Turn::Paydesk),
        (Phase::ActionRequired, Turn::Shopper),
        (Phase::InReview, Turn::Processor),
        (Phase::AwaitingFunds, Turn::Shopper),
        (Phase::Authorized, Turn::Paydesk),
        (Phase::Captured, Turn::Processor),
        (Phase::Failed, Turn::Nobody),
        (Phase::Cancelled, Turn::Nobody),
        (Phase::Expired, Turn::Nobody),
    ];
    assert_eq!(expected.len(), Phase::ALL.len());
    for (phase, turn) in expected {
        assert_eq!(why(&payment(phase), &Circumstances::default()).1, turn, "{phase:?}");
    }
}

#[test]
fn a_hold_waits_for_the_shop_only_if_the_shop_wanted_to_capture() {
    let held = Payment { capture_mode: CaptureMode::Manual, ..payment(Phase::Authorized) };

    let asked = Payment { capture_reserved: held.amount, ..held.clone() };

    assert_eq!(why(&held, &Circumstances::default()), (Reason::AwaitingCapture, Turn::Shop));
    assert_eq!(why(&asked, &Circumstances::default()), (Reason::Capturing, Turn::Paydesk));
}

#[test]
fn a_payment_that_cannot_reach_its_processor_says_so_with_the_last_error() {
    let known = Circumstances {
        jobs: vec![waiting_work("503 Service Unavailable")],
        tries: tried("authorize", TryState::NothingHappened),
        ..Default::default()
    };

    let (reason, turn) = why(&payment(Phase::Executing), &known);

    let error = "503 Service Unavailable".to_owned();
    assert_eq!((reason, turn), (Reason::Retrying { tries: 3, error }, Turn::Paydesk));
}

#[test]
fn of_a_try_that_a_lost_worker_may_have_made_nobody_says_that_nothing_happened() {
    let started = tried("authorize", TryState::Started);
    let lost = Work { error: None, ..waiting_work("") };
    let failed = Work { tries: 1, ..waiting_work("the database went away") };
    let first = Work { tries: 1, error: None, ..waiting_work("") };
    let with = |work| Circumstances {
        jobs: vec![work],
        tries: started.clone(),
        processor_is_out: true,
        ..Default::default()
    };

    assert_eq!(why(&payment(Phase::Executing), &with(lost)), unknown("authorize"));
    assert_eq!(why(&payment(Phase::Executing), &with(failed)), unknown("authorize"));
    let known = Circumstances { processor_is_out: false, ..with(first) };
    let found = why(&payment(Phase::Executing), &known);
    assert_eq!(found, (Reason::UnderWay, Turn::Paydesk));
}

#[test]
fn what_is_known_of_one_operation_says_nothing_of_another() {
    let captured = payment(Phase::Captured);
    let refund = Money::from_minor(100, captured.amount.currency());
    let refunding = Payment { refund_reserved: refund, ..captured };
    let [mut tries, started] =
        [tried("capture", TryState::NothingHappened), tried("refund", TryState::Started)];
    tries.extend(started);
    let jobs = vec![waiting_work("503 Service Unavailable")];
    let known = Circumstances { jobs, tries, ..Default::default() };

    assert_eq!(why(&refunding, &known), unknown("refund"));
}

#[test]
fn a_payment_that_was_given_back_because_its_processor_was_down_was_not_declined() {
    let known = Circumstances {
        decline: Some("insufficient_funds".into()),
        tries: tried("authorize", TryState::NothingHappened),
        ..Default::default()
    };
    let declined = Circumstances { tries: tried("authorize", TryState::Answered), ..known.clone() };

    let given_back = why(&payment(Phase::Created), &known);
    let once = why(&payment(Phase::Created), &declined);

    assert_eq!(given_back, (Reason::GivenBack, Turn::Shopper));
    let code = "insufficient_funds".to_owned();
    assert_eq!(once, (Reason::DeclinedOnce { code }, Turn::Shopper));
}

#[test]
fn a_processor_that_is_out_is_the_reason_before_each_failed_try() {
    let known = Circumstances {
        processor_is_out: true,
        jobs: vec![waiting_work("its circuit is open")],
        ..Default::default()
    };

    let found = why(&payment(Phase::Executing), &known);

    assert_eq!(found, (Reason::ProcessorOut, Turn::Processor));
}

#[test]
fn what_waits_for_a_person_comes_before_everything_else() {
    let known = Circumstances { has_dead_letter: true, ..Default::default() };

    for phase in Phase::ALL {
        assert_eq!(why(&payment(*phase), &known), (Reason::GivenUp, Turn::Staff), "{phase:?}");
    }
}

#[test]
fn a_decline_names_its_code_and_says_whether_the_shopper_may_try_again() {
    let known = Circumstances { decline: Some("insufficient_funds".into()), ..Default::default() };
    let code = "insufficient_funds".to_owned();

    let once = why(&payment(Phase::Created), &known);
    let for_good = why(&payment(Phase::Failed), &known);

    assert_eq!(once, (Reason::DeclinedOnce { code: code.clone() }, Turn::Shopper));
    assert_eq!(for_good, (Reason::Declined { code }, Turn::Nobody));
}

#[test]
fn a_payment_that_nobody_began_is_told_from_one_that_was_left_on_the_page() {
    let untouched = Payment { attempts: 0, ..payment(Phase::Created) };
    let on_page = Circumstances { page_is_open: true, ..Default::default() };
    let too_late = Circumstances { is_overdue: true, page_is_open: true, ..Default::default() };

    assert_eq!(why(&untouched, &Circumstances::default()).0, Reason::NotBegun);
    assert_eq!(why(&untouched, &on_page).0, Reason::OnTheProcessorsPage);
    assert_eq!(why(&untouched, &too_late), (Reason::NobodyPaid, Turn::Nobody));
}

#[test]
fn money_that_is_on_its_way_back_is_said_before_what_was_captured() {
    let captured = payment(Phase::Captured);
    let paid = Payment { authorized: captured.amount, captured: captured.amount, ..captured };
    let refunding =
        Payment { refund_reserved: Money::from_minor(100, paid.amount.currency()), ..paid.clone() };

    assert_eq!(why(&paid, &Circumstances::default()).0, Reason::AwaitingSettlement);
    assert_eq!(why(&refunding, &Circumstances::default()).0, Reason::Refunding);
}

#[test]
fn a_payment_released_with_its_basket_says_so() {
    let known = Circumstances { basket_failed: true, ..Default::default() };

    assert_eq!(why(&payment(Phase::Cancelled), &known).0, Reason::BasketFailed);
    assert_eq!(why(&payment(Phase::Cancelled), &Circumstances::default()).0, Reason::Cancelled);
}
