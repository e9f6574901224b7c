//! All-or-nothing baskets: whatever the processor does, everything is taken or nothing is kept.

use domain::checkout::{CheckoutState, Policy, Step, is_complete, is_payment_done, settle, state};
use domain::decide::{Follow, Outcome, decide};
use domain::event::{Command, Event, Fact};
use domain::operation::{Operation, Order, Try};
use domain::payment::{CaptureMode, Payment, Phase};
use proptest::prelude::*;

use crate::examples::{eur, refund};

fn payment(phase: Phase) -> Payment {
    let new = Payment::new(eur(100), CaptureMode::Automatic, 500);
    let authorized = match phase {
        Phase::Authorized | Phase::Captured => eur(100),
        _ => eur(0),
    };
    let captured = if phase == Phase::Captured { eur(100) } else { eur(0) };
    Payment { phase, attempts: 1, authorized, captured, ..new }
}

fn basket(phases: &[Phase]) -> Vec<Payment> {
    phases.iter().map(|&phase| payment(phase)).collect()
}

fn in_manual_mode(phases: &[Phase]) -> Vec<Payment> {
    let manual = |payment| Payment { capture_mode: CaptureMode::Manual, ..payment };
    basket(phases).into_iter().map(manual).collect()
}

#[test]
fn everything_is_taken_once_everything_is_held_and_not_before() {
    use Phase::{ActionRequired, Authorized, Created, Executing};
    for waiting in [Created, Executing, ActionRequired] {
        let steps = settle(&basket(&[Authorized, waiting, Authorized]), false).unwrap();
        assert_eq!(steps, [Step::Nothing; 3], "{waiting:?}");
    }

    let steps = settle(&basket(&[Authorized, Authorized]), false).unwrap();
    assert_eq!(steps, [Step::Capture(eur(100)); 2]);

    let manual = in_manual_mode(&[Authorized, Authorized]);
    assert_eq!(settle(&manual, false).unwrap(), [Step::Nothing; 2]);
}

#[test]
fn one_end_without_the_money_releases_the_others() {
    use Phase::{ActionRequired, Authorized, Cancelled, Captured, Created, Expired, Failed};
    for end in [Failed, Cancelled, Expired] {
        let steps =
            settle(&basket(&[end, Authorized, Created, ActionRequired, Captured]), false).unwrap();
        let (release, back) = (Step::Release, Step::GiveBack(eur(100)));
        assert_eq!(steps, [Step::Nothing, release, release, release, back], "{end:?}");
    }
    let steps = settle(&basket(&[Authorized, Captured]), true).unwrap();
    assert_eq!(steps, [Step::Release, Step::GiveBack(eur(100))], "a refused capture breaks it too");
}

#[test]
fn what_is_under_way_or_in_doubt_is_left_alone() {
    let mut payments = basket(&[Phase::Failed, Phase::Executing, Phase::Authorized]);
    payments[2].in_doubt = true;

    assert_eq!(settle(&payments, false).unwrap(), [Step::Nothing; 3]);
}

#[test]
fn a_basket_that_the_shop_has_begun_to_capture_is_in_its_hands() {
    let mut payments = in_manual_mode(&[Phase::Captured, Phase::Cancelled, Phase::Authorized]);
    payments[0].capture_requested = eur(100);

    assert_eq!(settle(&payments, false).unwrap(), [Step::Nothing; 3]);
    assert_eq!(state(Policy::AllOrNothing, &payments), CheckoutState::PartlyPaid);
}

#[test]
fn the_state_is_never_a_verdict_that_may_still_change() {
    use Phase::{Authorized, Captured, Created, Failed};
    let together = |phases: &[Phase]| state(Policy::AllOrNothing, &basket(phases));
    assert_eq!(together(&[Authorized, Authorized]), CheckoutState::Processing);
    assert_eq!(together(&[Captured, Authorized]), CheckoutState::Processing);
    assert_eq!(together(&[Captured, Captured]), CheckoutState::Paid);
    assert_eq!(together(&[Authorized, Failed]), CheckoutState::Processing);
    assert_eq!(together(&[Created, Failed]), CheckoutState::Processing);
    assert_eq!(together(&[Authorized, Created]), CheckoutState::Open, "it can be paid again");
    let manual = in_manual_mode(&[Authorized, Authorized]);
    assert_eq!(state(Policy::AllOrNothing, &manual), CheckoutState::Paid);

    let mut given_back = basket(&[Captured, Failed]);
    assert_eq!(state(Policy::AllOrNothing, &given_back), CheckoutState::PartlyPaid);
    given_back[0].refund_reserved = eur(100);
    assert_eq!(state(Policy::AllOrNothing, &given_back), CheckoutState::Processing);
    given_back[0].refund_reserved = eur(0);
    given_back[0].refunded = eur(100);
    assert_eq!(state(Policy::AllOrNothing, &given_back), CheckoutState::Failed);
}

/// What a generator lets the processor do next.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Holds,
    HoldsInPart,
    Declines,
    DeclinesForGood,
    WantsTheShopper,
    LosesTheAnswer,
    LetsTheHoldLapse,
    DoesAsAsked,
    Refuses,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => Just(Turn::Holds),
        1 => Just(Turn::HoldsInPart),
        1 => Just(Turn::Declines),
        1 => Just(Turn::DeclinesForGood),
        1 => Just(Turn::WantsTheShopper),
        1 => Just(Turn::LosesTheAnswer),
        1 => Just(Turn::LetsTheHoldLapse),
        4 => Just(Turn::DoesAsAsked),
        1 => Just(Turn::Refuses),
    ]
}

/// A basket with the work at the processor that its payments still wait for.
struct Basket {
    payments: Vec<Payment>,
    work: Vec<(usize, Follow)>,
    refunds: u8,
}

impl Basket {
    fn new(size: usize) -> Self {
        let new = Payment::new(eur(100), CaptureMode::Automatic, 500);
        let mut basket = Self { payments: vec![new; size], work: Vec::new(), refunds: 0 };
        for index in 0..size {
            basket.happen(index, Event::Command(Command::Execute));
        }
        basket
    }

    /// Whether anything changed.
    fn happen(&mut self, index: usize, event: Event) -> bool {
        let Ok(Outcome::Changed(decision)) = decide(&self.payments[index], &event) else {
            return false;
        };
        self.payments[index] = decision.next;
        if let Some(follow) = decision.follow.filter(|follow| *follow != Follow::Authorize) {
            self.work.push((index, follow));
        }
        true
    }

    /// What the engine does after each change, and sometimes twice.
    fn settle(&mut self, capture_was_refused: bool) {
        let steps = settle(&self.payments, capture_was_refused).unwrap();
        for (index, step) in steps.into_iter().enumerate() {
            let command = match step {
                Step::Nothing => continue,
                Step::Release => Command::Cancel,
                Step::Capture(amount) => {
                    assert!(is_complete(&self.payments), "taken before everything was held");
                    Command::Capture(amount)
                }
                Step::GiveBack(amount) => {
                    self.refunds += 1;
                    Command::Refund { refund: refund(self.refunds), amount }
                }
            };
            self.happen(index, Event::Command(command));
        }
    }

    fn play(&mut self, index: usize, turn: Turn) {
        let fact = match turn {
            Turn::DoesAsAsked | Turn::Refuses => return self.play_work(turn),
            Turn::Holds => Fact::Authorized { total: eur(100) },
            Turn::HoldsInPart => Fact::Authorized { total: eur(60) },
            Turn::Declines => Fact::Declined { last: false },
            Turn::DeclinesForGood => Fact::Declined { last: true },
            Turn::WantsTheShopper => Fact::ActionRequired,
            Turn::LosesTheAnswer => Fact::InDoubt,
            Turn::LetsTheHoldLapse if self.payments[index].captured.is_positive() => return,
            Turn::LetsTheHoldLapse => Fact::Cancelled,
        };
        // An answer to an authorisation comes while one is under way, and no other time.
        let is_answer = !matches!(turn, Turn::LetsTheHoldLapse | Turn::LosesTheAnswer);
        if is_answer && !is_open(&self.payments[index]) {
            return;
        }
        if self.happen(index, Event::Fact(fact)) {
            self.settle(false);
            self.settle(false);
        }
    }

    /// The processor does, or refuses, the oldest work that it was given.
    fn play_work(&mut self, turn: Turn) {
        if self.work.is_empty() {
            return;
        }
        let (index, follow) = self.work.remove(0);
        let payment = &self.payments[index];
        let has_ended = matches!(payment.phase, Phase::Failed | Phase::Cancelled | Phase::Expired);
        let Follow::Operate(operation) = follow else { return };
        let fact = match operation.order {
            Order::Capture(_) if has_ended || matches!(turn, Turn::Refuses) => Fact::CaptureFailed,
            Order::Capture(amount) => {
                Fact::Captured { total: payment.captured.checked_add(amount).unwrap() }
            }
            Order::Cancel(_) if payment.phase == Phase::Captured => Fact::CancelFailed,
            Order::Cancel(_) => Fact::Cancelled,
            Order::Refund(refund) => Fact::RefundSucceeded { refund },
        };
        self.happen(index, Event::Answer(Try::Operation(operation.number), fact));
        self.settle(fact == Fact::CaptureFailed);
    }

    /// Everything that is open comes to its end.
    fn come_to_rest(&mut self) {
        for _ in 0..50 {
            for index in 0..self.payments.len() {
                if self.payments[index].phase == Phase::Created {
                    self.happen(index, Event::Command(Command::Execute));
                }
                if is_open(&self.payments[index]) || self.payments[index].in_doubt {
                    self.happen(index, Event::Fact(Fact::Authorized { total: eur(100) }));
                    self.happen(index, Event::Fact(Fact::CancelFailed));
                    self.settle(false);
                }
            }
            self.play_work(Turn::DoesAsAsked);
        }
        assert!(self.work.is_empty(), "it never comes to rest: {:?}", self.work);
    }
}

fn is_open(payment: &Payment) -> bool {
    matches!(
        payment.phase,
        Phase::Executing | Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds
    )
}

fn kept_minor(payment: &Payment) -> i64 {
    payment.captured.minor() - payment.refunded.minor()
}

proptest! {
    #[test]
    fn whatever_happens_all_is_taken_or_nothing_is_kept(
        size in 1_usize..5,
        turns in prop::collection::vec((0_usize..5, turn()), 0..40),
    ) {
        let mut basket = Basket::new(size);
        for (index, turn) in turns {
            basket.play(index % size, turn);
        }
        basket.come_to_rest();

        let payments = &basket.payments;
        let all_taken = payments.iter().all(|payment| {
            payment.captured.is_positive() && payment.captured == payment.authorized
                && payment.refunded.minor() == 0
        });
        let none_kept = payments.iter().all(|payment| {
            kept_minor(payment) == 0 && payment.phase != Phase::Authorized
        });
        prop_assert!(all_taken || none_kept, "{payments:#?}");
        prop_assert_eq!(is_payment_done(payments), all_taken || payments.iter().all(
            |payment| payment.phase == Phase::Captured));
        let verdict = state(Policy::AllOrNothing, payments);
        prop_assert_eq!(verdict == CheckoutState::Paid, all_taken, "{:?}", verdict);
    }

    #[test]
    fn asking_again_moves_no_money_twice(
        phases in prop::collection::vec(0_usize..Phase::ALL.len(), 1..6),
        capture_was_refused: bool,
    ) {
        let phases: Vec<Phase> = phases.into_iter().map(|index| Phase::ALL[index]).collect();
        let mut once = Basket { payments: basket(&phases), work: Vec::new(), refunds: 0 };
        once.settle(capture_was_refused);
        let asked = once.work.clone();

        once.settle(capture_was_refused);

        let moves = |work: &[(usize, Follow)]| {
            let releases = |follow: &Follow| {
                matches!(follow, Follow::Operate(Operation { order: Order::Cancel(_), .. }))
            };
            work.iter().filter(|(_, follow)| !releases(follow)).count()
        };
        prop_assert_eq!(moves(&once.work), moves(&asked));
    }
}
