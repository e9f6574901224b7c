//! All-or-nothing baskets: whatever the processor does, everything is taken or nothing is kept.

use domain::checkout::{
    CheckoutState, Policy, Step, is_complete, is_news, is_payment_done, settle, state,
};
use domain::decide::{Follow, Outcome, decide};
use domain::event::{Command, Event, Fact};
use domain::operation::{Ending, Operation, Order, Try};
use domain::payment::{CaptureMode, Payment, Phase};
use domain::refund::{Refund, RefundState};
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

/// One more operation of an authorised payment, which waits for its answer.
fn with_open(mut payment: Payment, order: Order) -> Payment {
    payment.operations.made += 1;
    let number = payment.operations.made;
    payment.operations.open.push(Operation { number, order, is_unknown: false });
    payment
}

#[test]
fn nothing_is_taken_while_one_payment_is_being_given_up() {
    let held = || payment(Phase::Authorized);
    let given_up = with_open(held(), Order::Cancel(Ending::Cancelled));
    let payments = [given_up.clone(), held()];

    assert!(!is_complete(&payments));
    assert_eq!(settle(&payments, false).unwrap(), [Step::Nothing; 2]);
    for policy in [Policy::AllOrNothing, Policy::BestEffort] {
        let verdict = state(policy, &payments);
        assert_eq!(verdict, CheckoutState::Processing, "it may end either way: {policy:?}");
    }
    let refused = Event::Answer(Try::Operation(1), Fact::CancelFailed);
    let Ok(Outcome::Changed(decision)) = decide(&given_up, &refused) else { panic!() };
    assert!(is_news(&given_up, &decision.next), "the others have waited for it");
    let steps = settle(&[decision.next, held()], false).unwrap();
    assert_eq!(steps, [Step::Capture(eur(100)); 2]);
}

#[test]
fn an_answer_that_comes_after_its_news_is_news_itself() {
    let mut held = with_open(payment(Phase::Authorized), Order::Capture(eur(100)));
    (held.capture_requested, held.capture_reserved) = (eur(100), eur(100));
    let fact = Fact::Captured { total: eur(100) };
    let Ok(Outcome::Changed(told)) = decide(&held, &Event::Fact(fact)) else { panic!() };
    let others = payment(Phase::Cancelled);
    let steps = settle(&[told.next.clone(), others.clone()], true).unwrap();
    assert_eq!(steps, [Step::Nothing; 2], "its own answer is still to come");

    let answer = Event::Answer(Try::Operation(1), fact);
    let Ok(Outcome::Changed(answered)) = decide(&told.next, &answer) else { panic!() };

    assert!(is_news(&told.next, &answered.next));
    let steps = settle(&[answered.next, others], true).unwrap();
    assert_eq!(steps, [Step::GiveBack(eur(100)), Step::Nothing]);
}

#[test]
fn what_the_processor_refuses_again_and_again_is_not_asked_for_for_ever() {
    let mut held = payment(Phase::Authorized);
    held.operations.cancel_refused = true;
    held.operations.made = 2;
    let mut taken = payment(Phase::Captured);
    let failed =
        |number| Refund { id: refund(number), amount: eur(100), state: RefundState::Failed };
    taken.refunds = (1..=2).map(failed).collect();
    let steps = |held: &Payment, taken: &Payment| {
        settle(&[payment(Phase::Failed), held.clone(), taken.clone()], false).unwrap()
    };
    assert_eq!(steps(&held, &taken)[1..], [Step::Release, Step::GiveBack(eur(100))]);

    held.operations.made = 3;
    taken.refunds.push(failed(3));

    assert_eq!(steps(&held, &taken), [Step::Nothing; 3]);
}

/// What a generator lets happen next.
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
    /// Does as asked, and a notification tells it before the answer is here.
    TellsFirst,
    /// The shop wants to give the payment up.
    ShopCancels,
    /// The job runs that follows from news.
    Settles,
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
        2 => Just(Turn::Refuses),
        2 => Just(Turn::TellsFirst),
        1 => Just(Turn::ShopCancels),
        4 => Just(Turn::Settles),
    ]
}

/// An operation that waits for its answer, and what the processor has made of it, if it was told.
#[derive(Debug, Clone, Copy)]
struct Work {
    index: usize,
    operation: Operation,
    done: Option<Fact>,
}

/// A basket with the work at the processor that its payments still wait for.
struct Basket {
    payments: Vec<Payment>,
    work: Vec<Work>,
    refunds: u8,
    /// Whether a change was news, and nobody has asked since what follows.
    is_due: bool,
    was_refused: bool,
}

impl Basket {
    fn of(payments: Vec<Payment>) -> Self {
        Self { payments, work: Vec::new(), refunds: 0, is_due: false, was_refused: false }
    }

    fn new(size: usize) -> Self {
        let new = Payment::new(eur(100), CaptureMode::Automatic, 500);
        let mut basket = Self::of(vec![new; size]);
        for index in 0..size {
            basket.happen(index, Event::Command(Command::Execute));
        }
        basket
    }

    fn happen(&mut self, index: usize, event: Event) {
        let Ok(Outcome::Changed(decision)) = decide(&self.payments[index], &event) else {
            return;
        };
        self.is_due |= is_news(&self.payments[index], &decision.next);
        self.payments[index] = decision.next;
        if let Some(Follow::Operate(operation)) = decision.follow {
            self.work.push(Work { index, operation, done: None });
        }
    }

    /// What the engine does after news, and sometimes without.
    fn settle(&mut self) {
        self.is_due = false;
        let steps = settle(&self.payments, self.was_refused).unwrap();
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
            let answer = decide(&self.payments[index], &Event::Command(command));
            assert!(answer.is_ok(), "{command:?} is refused: {answer:?}");
            self.happen(index, Event::Command(command));
        }
    }

    fn play(&mut self, index: usize, turn: Turn) {
        let payment = index % self.payments.len();
        let fact = match turn {
            Turn::DoesAsAsked | Turn::Refuses | Turn::TellsFirst => {
                return self.play_work(index, turn);
            }
            Turn::ShopCancels => return self.happen(payment, Event::Command(Command::Cancel)),
            Turn::Settles if self.is_due => return self.settle(),
            Turn::Settles => return,
            Turn::Holds => Fact::Authorized { total: eur(100) },
            Turn::HoldsInPart => Fact::Authorized { total: eur(60) },
            Turn::Declines => Fact::Declined { last: false },
            Turn::DeclinesForGood => Fact::Declined { last: true },
            Turn::WantsTheShopper => Fact::ActionRequired,
            Turn::LosesTheAnswer => Fact::InDoubt,
            Turn::LetsTheHoldLapse if self.payments[payment].captured.is_positive() => return,
            Turn::LetsTheHoldLapse => Fact::Cancelled,
        };
        // An answer to an authorisation comes while one is under way, and no other time.
        let is_answer = !matches!(turn, Turn::LetsTheHoldLapse | Turn::LosesTheAnswer);
        if !is_answer || is_open(&self.payments[payment]) {
            self.happen(payment, Event::Fact(fact));
        }
    }

    /// The processor does, or refuses, some of the work that it was given.
    fn play_work(&mut self, choice: usize, turn: Turn) {
        if self.work.is_empty() {
            return;
        }
        let choice = choice % self.work.len();
        let work = self.work[choice];
        let fact = work.done.unwrap_or_else(|| self.outcome(work, matches!(turn, Turn::Refuses)));
        let is_no =
            matches!(fact, Fact::CaptureFailed | Fact::CancelFailed | Fact::RefundFailed { .. });
        if matches!(turn, Turn::TellsFirst) && !is_no {
            self.work[choice].done = Some(fact);
            self.happen(work.index, Event::Fact(fact));
        } else {
            self.work.remove(choice);
            self.was_refused |= fact == Fact::CaptureFailed;
            self.happen(work.index, Event::Answer(Try::Operation(work.operation.number), fact));
        }
    }

    fn outcome(&self, work: Work, refuses: bool) -> Fact {
        let payment = &self.payments[work.index];
        match work.operation.order {
            Order::Capture(_) if has_ended(payment) || refuses => Fact::CaptureFailed,
            Order::Capture(amount) => {
                Fact::Captured { total: payment.captured.checked_add(amount).unwrap() }
            }
            Order::Cancel(_) if payment.phase == Phase::Captured || refuses => Fact::CancelFailed,
            Order::Cancel(_) => Fact::Cancelled,
            Order::Refund(refund) if refuses => Fact::RefundFailed { refund },
            Order::Refund(refund) => Fact::RefundSucceeded { refund },
        }
    }

    /// Everything that is open comes to its end.
    fn come_to_rest(&mut self) {
        for _ in 0..100 {
            for index in 0..self.payments.len() {
                if self.payments[index].phase == Phase::Created {
                    self.happen(index, Event::Command(Command::Execute));
                }
                if is_open(&self.payments[index]) || self.payments[index].in_doubt {
                    self.happen(index, Event::Fact(Fact::Authorized { total: eur(100) }));
                }
            }
            if self.is_due {
                self.settle();
            }
            self.play_work(0, Turn::DoesAsAsked);
            if self.work.is_empty() && !self.is_due {
                self.let_holds_lapse();
            }
        }
        assert!(self.work.is_empty(), "it never comes to rest: {:?}", self.work);
    }

    /// A hold that the processor would not release ends by itself.
    fn let_holds_lapse(&mut self) {
        for index in 0..self.payments.len() {
            let payment = &self.payments[index];
            if payment.phase == Phase::Authorized && payment.operations.cancel_refused {
                self.happen(index, Event::Fact(Fact::HoldExpired));
            }
        }
    }
}

fn is_open(payment: &Payment) -> bool {
    matches!(
        payment.phase,
        Phase::Executing | Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds
    )
}

fn has_ended(payment: &Payment) -> bool {
    matches!(payment.phase, Phase::Failed | Phase::Cancelled | Phase::Expired)
}

/// Whether nothing of the payment is kept, unless the processor would not take it back.
fn is_given_up(payment: &Payment) -> bool {
    let failed = payment.refunds.iter().filter(|refund| refund.state == RefundState::Failed);
    let kept = payment.captured.minor() - payment.refunded.minor();
    payment.phase != Phase::Authorized && (kept == 0 || failed.count() >= 3)
}

proptest! {
    #[test]
    fn whatever_happens_all_is_taken_or_nothing_is_kept(
        size in 1_usize..5,
        turns in prop::collection::vec((0_usize..5, turn()), 0..60),
    ) {
        let mut basket = Basket::new(size);
        for (index, turn) in turns {
            basket.play(index, turn);
        }
        basket.come_to_rest();

        let payments = &basket.payments;
        let all_taken = payments.iter().all(|payment| {
            payment.captured.is_positive() && payment.captured == payment.authorized
                && payment.refunded.minor() == 0 && payment.refunds.is_empty()
        });
        prop_assert!(all_taken || payments.iter().all(is_given_up), "{payments:#?}");
        prop_assert_eq!(is_payment_done(payments), all_taken || payments.iter().all(
            |payment| payment.phase == Phase::Captured));
        let verdict = state(Policy::AllOrNothing, payments);
        let is_kept = payments.iter().any(|payment| !payment.refunds.is_empty());
        prop_assert!(is_kept || (verdict == CheckoutState::Paid) == all_taken, "{:?}", verdict);
    }

    #[test]
    fn asking_again_moves_no_money_twice(
        phases in prop::collection::vec(0_usize..Phase::ALL.len(), 1..6),
        capture_was_refused: bool,
    ) {
        let phases: Vec<Phase> = phases.into_iter().map(|index| Phase::ALL[index]).collect();
        let mut once = Basket::of(basket(&phases));
        once.was_refused = capture_was_refused;
        once.settle();
        let asked = once.work.clone();

        once.settle();

        let moves = |work: &[Work]| {
            work.iter().filter(|one| !matches!(one.operation.order, Order::Cancel(_))).count()
        };
        prop_assert_eq!(moves(&once.work), moves(&asked));
    }
}
