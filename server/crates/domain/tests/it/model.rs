//! Every state that a payment and its processor can reach together, if answers are lost, repeated,
//! late and out of order, workers run twice, and things happen at the processor without us.
//!
//! Each step is checked against the laws; from each state everything can still come to rest, with
//! our books equal to the processor's.

mod failover;
mod psp;

use std::collections::HashSet;

use domain::decide::{Follow, Refused, decide};
use domain::event::{Command, Event, Fact};
use domain::operation::{Operation, Order, Try};
use domain::payment::{CaptureMode, Payment, Phase};

use crate::every_small_history::fingerprint;
use crate::examples::{eur, refund};
use crate::laws::{check_invariants, checked};
use failover::Carrying;
use psp::{Back, Contest, Held, State};

/// How much the shopper agreed to pay.
const AMOUNT: i64 = 2;

/// How far a search goes.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
struct Limits {
    mode: CaptureMode,
    attempts: u16,
    operations: u16,
    refunds: usize,
    /// How many answers and reports are under way at once.
    flying: usize,
    /// Whether holds lapse, people refund at the processor, and holders contest.
    lapses: bool,
    refunded_elsewhere: bool,
    disputes: bool,
    /// Whether a call that is repeated may be refused, though the first one was done.
    forgetful: bool,
    /// How often the job of an authorisation is claimed by workers that know when to carry it on
    /// elsewhere; if never, they only repeat their calls.
    claims: u8,
}

/// The payment as we know it, as the processor does, and everything that is under way between.
#[derive(Debug, Clone)]
struct World {
    us: Payment,
    /// By the number of the authorisation.
    psp: Vec<Option<Held>>,
    jobs: Vec<Job>,
    /// What was answered or reported and has not been heard, and whether it was heard once.
    flying: Vec<(Vec<Event>, bool)>,
    carrying: Carrying,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    Authorize(u16),
    Operate(Operation),
}

impl World {
    fn new(limits: Limits) -> Self {
        let us = Payment::new(eur(AMOUNT), limits.mode, 5_000);
        let psp = vec![None; limits.attempts.into()];
        let carrying = Carrying::default();
        Self { us, psp, jobs: Vec::new(), flying: Vec::new(), carrying }
    }

    /// The same, captured already: what led there is looked at by other searches.
    fn captured(limits: Limits) -> Self {
        let mut world = Self::new(limits);
        let number = world.us.attempts + 1;
        world.hear(Event::Command(Command::Execute));
        world.psp[0] = Some(Held::new(State::Captured, AMOUNT));
        let captured = Fact::Captured { total: eur(AMOUNT) };
        world.hear(Event::Answer(Try::Authorization(number), captured));
        world.jobs.clear();
        world
    }

    fn key(&self) -> Vec<u8> {
        let mut key = fingerprint(&self.us);
        let rest = (&self.us.operations, &self.us.disputes, &self.psp, &self.jobs, &self.flying);
        key.extend(format!("{rest:?}{:?}", self.carrying).into_bytes());
        key
    }

    fn held(&mut self) -> Option<&mut Held> {
        self.psp.get_mut(usize::from(self.us.attempts).checked_sub(1)?)?.as_mut()
    }

    /// Takes an event in, as the engine does, and enqueues what follows.
    fn hear(&mut self, event: Event) -> bool {
        let Some(decision) = checked(&self.us, event) else { return false };
        let follow = decision.follow;
        self.us = decision.next;
        if follow == Some(Follow::Authorize) {
            self.carrying.begin();
        }
        self.jobs.extend(follow.map(|follow| match follow {
            Follow::Authorize => Job::Authorize(self.us.attempts),
            Follow::Operate(operation) => Job::Operate(operation),
        }));
        true
    }

    /// Whether a worker that takes the job now still has something to do.
    fn is_open(&self, job: Job) -> bool {
        match job {
            Job::Authorize(number) => {
                self.us.phase == Phase::Executing && self.us.attempts == number
            }
            Job::Operate(operation) => self.us.operations.find(operation.number).is_some(),
        }
    }

    fn amount(&self, operation: Operation) -> i64 {
        match operation.order {
            Order::Capture(amount) => amount.minor(),
            Order::Cancel(_) => 0,
            Order::Refund(id) => {
                let mut refunds = self.us.refunds.iter();
                refunds.find(|refund| refund.id == id).map_or(0, |refund| refund.amount.minor())
            }
        }
    }

    fn report(&self) -> Option<Vec<Event>> {
        let number = self.us.attempts;
        let held = self.psp.get(usize::from(number).checked_sub(1)?)?.as_ref()?;
        Some(held.report(number, usize::from(number) == self.psp.len()))
    }

    /// Everything that can happen next.
    fn next(&self, limits: Limits) -> Vec<Self> {
        let mut next = Vec::new();
        self.commands(limits, &mut next);
        for (index, &job) in self.jobs.iter().enumerate() {
            if !self.is_open(job) {
                next.push(self.but(|world| {
                    world.jobs.remove(index);
                }));
            } else if let (Job::Authorize(number), true) = (job, limits.claims > 0) {
                self.claim(number, limits, &mut next);
            } else if self.flying.len() < limits.flying {
                self.work(job, limits, &mut next);
            }
        }
        self.arrive(limits, &mut next);
        for (index, (events, heard)) in self.flying.iter().enumerate() {
            next.push(self.but(|world| {
                world.flying.remove(index);
                for &event in events {
                    world.hear(event);
                }
            }));
            if !heard {
                next.push(self.but(|world| {
                    world.flying[index].1 = true;
                    for &event in events {
                        world.hear(event);
                    }
                }));
            }
        }
        if let Some(report) = self.report()
            && self.flying.len() < limits.flying
            && self.flying.iter().all(|(events, _)| *events != report)
        {
            next.push(self.but(|world| world.flying.push((report, false))));
        }
        self.without_us(limits, &mut next);
        next
    }

    fn but(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut world = self.clone();
        change(&mut world);
        world
    }

    fn commands(&self, limits: Limits, next: &mut Vec<Self>) {
        let mut commands = vec![Command::Cancel, Command::Expire];
        if self.us.attempts < limits.attempts {
            commands.push(Command::Execute);
        }
        if self.us.operations.made < limits.operations {
            commands.extend([Command::Capture(eur(1)), Command::CaptureRest]);
            if let Some(number) = u8::try_from(self.us.refunds.len() + 1).ok()
                && self.us.refunds.len() < limits.refunds
            {
                let refund = refund(number);
                commands.push(Command::Refund { refund, amount: eur(1) });
                commands.push(Command::RefundRest { refund });
            }
        }
        for command in commands {
            let event = Event::Command(command);
            if self.us.in_doubt {
                let answer = decide(&self.us, &event);
                assert_eq!(answer, Err(Refused::InDoubt), "{command:?} on {:?}", self.us);
                continue;
            }
            let asks = matches!(command, Command::Cancel | Command::Expire);
            if asks && self.us.operations.made >= limits.operations {
                continue;
            }
            let mut world = self.clone();
            if world.hear(event) {
                next.push(world);
            }
        }
    }

    /// A worker calls the processor: before it got there, or on the way back, the line may break.
    fn work(&self, job: Job, limits: Limits, next: &mut Vec<Self>) {
        let of = match job {
            Job::Authorize(number) => Try::Authorization(number),
            Job::Operate(operation) => Try::Operation(operation.number),
        };
        let lost = (vec![Event::Answer(of, Fact::InDoubt)], false);
        if !self.flying.contains(&lost) {
            next.push(self.but(|world| world.flying.push(lost.clone())));
        }
        for (world, fact) in self.done(job, limits) {
            let answer = (vec![Event::Answer(of, fact)], false);
            if !world.flying.contains(&answer) {
                next.push(world.but(|world| world.flying.push(answer)));
            }
            if !world.flying.contains(&lost) {
                next.push(world.but(|world| world.flying.push(lost.clone())));
            }
        }
    }

    /// What the processor can make of the call, and what it then answers.
    fn done(&self, job: Job, limits: Limits) -> Vec<(Self, Fact)> {
        match job {
            Job::Authorize(number) => {
                let index = usize::from(number) - 1;
                let last = index + 1 == self.psp.len();
                if let Some(known) = &self.psp[index] {
                    return vec![(self.clone(), known.fact(last))];
                }
                let success = match limits.mode {
                    CaptureMode::Automatic => State::Captured,
                    CaptureMode::Manual => State::Authorized,
                };
                [success, State::Declined, State::ActionRequired]
                    .map(|state| {
                        let held = Held::new(state, AMOUNT);
                        let fact = held.fact(last);
                        (self.but(|world| world.psp[index] = Some(held)), fact)
                    })
                    .to_vec()
            }
            Job::Operate(operation) => {
                let amount = self.amount(operation);
                let slowly = matches!(operation.order, Order::Refund(_));
                let choices: &[bool] = if slowly { &[false, true] } else { &[false] };
                let mut repeated = self.clone();
                let knows = repeated.held().is_some_and(|held| held.knows(operation));
                let refusal = (limits.forgetful && knows).then(|| (repeated, refusal(operation)));
                let operate = |&slowly: &bool| {
                    let mut world = self.clone();
                    let held = world.held()?;
                    assert_never_too_much(held, operation, amount, limits);
                    let fact = held.operate(operation, amount, slowly);
                    Some((world, fact))
                };
                choices.iter().filter_map(operate).chain(refusal).collect()
            }
        }
    }

    /// What happens at the processor that nobody asked us about.
    fn without_us(&self, limits: Limits, next: &mut Vec<Self>) {
        let mut world = self.clone();
        let Some(held) = world.held() else { return };
        let before = held.clone();
        let mut after: Vec<Held> = Vec::new();
        let mut to = |change: &dyn Fn(&mut Held)| {
            let mut held = before.clone();
            change(&mut held);
            after.push(held);
        };
        match before.state {
            State::ActionRequired => {
                let success = match limits.mode {
                    CaptureMode::Automatic => State::Captured,
                    CaptureMode::Manual => State::Authorized,
                };
                to(&|held| held.reach(success, AMOUNT));
                to(&|held| held.state = State::Declined);
            }
            State::Authorized if limits.lapses => to(&|held| held.state = State::Expired),
            State::Captured => {
                if limits.refunded_elsewhere
                    && before.gone() < before.captured
                    && before.refunds.iter().all(|(id, ..)| id.is_some())
                {
                    to(&|held| held.refunds.push((None, 1, Back::Succeeded)));
                }
                if limits.disputes && before.dispute.is_none() && before.gone() == 0 {
                    to(&|held| held.dispute = Some(Contest::Opened));
                }
            }
            _ => {}
        }
        if before.dispute == Some(Contest::Opened) {
            to(&|held| held.dispute = Some(Contest::Won));
            to(&|held| held.dispute = Some(Contest::Lost));
        }
        for index in 0..before.refunds.len() {
            if before.refunds[index].2 == Back::Pending {
                to(&|held| held.refunds[index].2 = Back::Succeeded);
                to(&|held| held.refunds[index].2 = Back::Failed);
            }
        }
        next.extend(after.into_iter().map(|held| {
            self.but(|world| *world.held().expect("it was there a moment ago") = held)
        }));
    }

    fn check(&self) {
        check_invariants(&self.us);
        let with_money: Vec<&Held> = self
            .psp
            .iter()
            .flatten()
            .filter(|held| matches!(held.state, State::Authorized | State::Captured))
            .collect();
        assert!(with_money.len() <= 1, "charged twice: {self:?}");
        let truth = self.psp.iter().flatten().map(|held| held.captured).max().unwrap_or(0);
        assert!(self.us.captured.minor() <= truth, "money from nowhere: {self:?}");
        for held in self.psp.iter().flatten() {
            assert!(held.captured <= held.authorized && held.gone() <= held.captured, "{self:?}");
        }
    }

    /// Lets everything come to its end, nothing being lost any more: our books are then the
    /// processor's, and nothing is in doubt or stuck.
    fn come_to_rest(mut self, limits: Limits) {
        self.let_calls_arrive(limits);
        for _ in 0..12 {
            for (events, _) in std::mem::take(&mut self.flying) {
                for event in events {
                    self.hear(event);
                }
            }
            if let Some(held) = self.held() {
                let pending = held.refunds.iter_mut().filter(|(.., back)| *back == Back::Pending);
                pending.for_each(|(.., back)| *back = Back::Succeeded);
            }
            for job in std::mem::take(&mut self.jobs) {
                if !self.is_open(job) {
                    continue;
                }
                let of = match job {
                    Job::Authorize(number) => Try::Authorization(number),
                    Job::Operate(operation) => Try::Operation(operation.number),
                };
                let (world, fact) = self.done(job, limits).swap_remove(0);
                self = world;
                self.jobs.push(job);
                self.hear(Event::Answer(of, fact));
            }
            for event in self.report().unwrap_or_default() {
                self.hear(event);
            }
        }
        assert!(!self.us.in_doubt, "in doubt for ever: {self:?}");
        assert!(self.us.operations.open.is_empty(), "stuck: {self:?}");
        assert_ne!(self.us.phase, Phase::Executing, "stuck: {self:?}");
        let sum = |of: fn(&Held) -> i64| self.psp.iter().flatten().map(of).sum::<i64>();
        let theirs = [sum(|held| held.captured), sum(Held::refunded), sum(Held::charged_back)];
        let ours = [self.us.captured, self.us.refunded, self.us.charged_back];
        assert_eq!(ours.map(domain::money::Money::minor), theirs, "the books differ: {self:?}");
    }
}

/// We never ask for more than there is, unless somebody took it while we did not look.
fn assert_never_too_much(held: &Held, operation: Operation, amount: i64, limits: Limits) {
    let behind_our_back =
        limits.refunded_elsewhere || limits.disputes || limits.lapses || limits.forgetful;
    let is_release = matches!(operation.order, Order::Cancel(_));
    if behind_our_back || is_release || held.knows(operation) || held.state == State::Cancelled {
        return;
    }
    assert!(held.can(operation, amount), "{operation:?} over {amount} on {held:?}");
}

const fn refusal(operation: Operation) -> Fact {
    match operation.order {
        Order::Capture(_) => Fact::CaptureFailed,
        Order::Cancel(_) => Fact::CancelFailed,
        Order::Refund(refund) => Fact::RefundFailed { refund },
    }
}

fn explore(start: World, limits: Limits) -> (usize, usize) {
    let mut seen = HashSet::from([start.key()]);
    let mut frontier = vec![start];
    let mut steps = 0;
    while let Some(world) = frontier.pop() {
        for next in world.next(limits) {
            steps += 1;
            if seen.insert(next.key()) {
                next.check();
                next.clone().come_to_rest(limits);
                frontier.push(next);
            }
        }
    }
    (seen.len(), steps)
}

#[expect(clippy::print_stdout, reason = "how far the search went is worth knowing")]
fn nothing_breaks(name: &str, start: World, limits: Limits, at_least: usize) {
    let (states, steps) = explore(start, limits);
    println!("{name}: {states} states, {steps} steps, no law broken");
    assert!(states >= at_least, "the search reached only {states} states");
}

const BASE: Limits = Limits {
    mode: CaptureMode::Automatic,
    attempts: 1,
    operations: 1,
    refunds: 0,
    flying: 2,
    lapses: false,
    refunded_elsewhere: false,
    disputes: false,
    forgetful: false,
    claims: 0,
};

#[test]
fn authorizing_twice_and_giving_up_charges_at_most_once() {
    let limits = Limits { attempts: 2, ..BASE };
    nothing_breaks("authorize", World::new(limits), limits, 20_000);
}

#[test]
fn another_processor_is_tried_only_if_it_is_known_that_the_first_took_nothing() {
    let limits = Limits { attempts: 2, operations: 0, flying: 1, claims: 3, ..BASE };
    nothing_breaks("failover", World::new(limits), limits, 5_000);
    let limits = Limits { flying: 2, claims: 2, ..limits };
    nothing_breaks("failover, many answers", World::new(limits), limits, 10_000);
}

#[test]
fn captures_that_race_take_what_is_held_and_no_more() {
    let limits = Limits { mode: CaptureMode::Manual, operations: 2, ..BASE };
    nothing_breaks("capture", World::new(limits), limits, 10_000);
    let limits = Limits { operations: 1, ..limits };
    let forgetful = Limits { forgetful: true, ..limits };
    nothing_breaks("repeated capture refused", World::new(forgetful), forgetful, 1_000);
    let limits = Limits { lapses: true, ..limits };
    nothing_breaks("hold that lapses", World::new(limits), limits, 1_000);
}

#[test]
fn refunds_that_race_give_back_what_was_taken_and_no_more() {
    let limits = Limits { operations: 2, refunds: 2, ..BASE };
    nothing_breaks("refund", World::captured(limits), limits, 10_000);
    let limits = Limits { operations: 1, refunds: 1, forgetful: true, ..BASE };
    nothing_breaks("repeat refused", World::captured(limits), limits, 500);
}

#[test]
fn what_happens_at_the_processor_without_us_is_booked_once() {
    let limits = Limits { refunds: 1, ..BASE };
    let elsewhere = Limits { refunded_elsewhere: true, ..limits };
    nothing_breaks("refunded elsewhere", World::captured(elsewhere), elsewhere, 1_000);
    let disputes = Limits { disputes: true, ..limits };
    nothing_breaks("disputes", World::captured(disputes), disputes, 1_000);
}
