//! Payments that are carried on elsewhere, or given back to the shopper, after an attempt of which
//! it is known that nothing happened: who knows that, and what else may be under way meanwhile.
//!
//! Each attempt is made at a processor of its own. Workers lose their leases at any moment, and do
//! not know: their calls arrive all the same, and late.

use domain::event::{Command, Event, Fact};
use domain::operation::Try;

use super::psp::State;
use super::{Job, Limits, World};

/// How many calls are on their way at once.
const CALLS_MAX: usize = 2;

/// The newest attempt, as its row and its job tell, and the calls that have not arrived yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Carrying {
    /// How many times the job of the newest attempt was claimed: the last claim holds it.
    claims: u8,
    /// Whether it is written that every call so far has done nothing.
    is_retryable: bool,
    calls: Vec<Call>,
}

/// A call on its way to the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Call {
    number: u16,
    claim: u8,
    /// Whether its worker knew that nothing else was under way when it began.
    is_clear: bool,
}

impl Carrying {
    /// A new attempt, with a job of its own.
    pub(super) fn begin(&mut self) {
        *self = Self { calls: std::mem::take(&mut self.calls), ..Self::default() };
    }
}

impl World {
    /// A worker claims the job, and sees whether it may call the processor, must ask it first, or
    /// finds its circuit open.
    pub(super) fn claim(&self, number: u16, limits: Limits, next: &mut Vec<Self>) {
        if self.carrying.claims >= limits.claims {
            return;
        }
        let mut world = self.clone();
        let carrying = &mut world.carrying;
        carrying.claims += 1;
        let is_clear = !self.us.in_doubt && (carrying.is_retryable || carrying.claims == 1);
        if is_clear {
            world.set_back(number, next);
        } else if let Some(report) = self.report() {
            if self.flying.len() < limits.flying {
                next.push(world.but(|world| world.flying.push((report, false))));
            }
            return;
        }
        if world.carrying.calls.len() < CALLS_MAX {
            world.carrying.is_retryable &= !is_clear;
            let call = Call { number, claim: world.carrying.claims, is_clear };
            world.carrying.calls.push(call);
            next.push(world);
        }
    }

    /// Calls arrive, are turned away, or get lost; so do their answers.
    pub(super) fn arrive(&self, limits: Limits, next: &mut Vec<Self>) {
        for (index, &call) in self.carrying.calls.iter().enumerate() {
            let over = self.but(|world| {
                world.carrying.calls.remove(index);
            });
            let is_holder = call.number == self.us.attempts && call.claim == self.carrying.claims;
            next.push(over.clone());
            if is_holder && call.is_clear {
                over.set_back(call.number, next);
            }
            let of = Try::Authorization(call.number);
            let fly = |world: &Self, fact: Fact, next: &mut Vec<Self>| {
                let answer = (vec![Event::Answer(of, fact)], false);
                if world.flying.len() < limits.flying && !world.flying.contains(&answer) {
                    next.push(world.but(|world| world.flying.push(answer)));
                }
            };
            fly(&over, Fact::InDoubt, next);
            for (world, fact) in over.done(Job::Authorize(call.number), limits) {
                fly(&world, fact, next);
                fly(&world, Fact::InDoubt, next);
                if is_holder && matches!(fact, Fact::Declined { .. }) {
                    world.go_on(call.number, Command::TryAgain, next);
                }
            }
        }
    }

    /// Nothing happened, and the holder of the job knows: that is written down, or the payment goes
    /// elsewhere, or back to the shopper.
    fn set_back(&self, number: u16, next: &mut Vec<Self>) {
        next.push(self.but(|world| world.carrying.is_retryable = true));
        self.go_on(number, Command::TryAgain, next);
        self.go_on(number, Command::LetGo, next);
    }

    fn go_on(&self, number: u16, command: Command, next: &mut Vec<Self>) {
        if command == Command::TryAgain && usize::from(number) >= self.psp.len() {
            return;
        }
        let mut world = self.clone();
        let is_changed = world.hear(Event::Command(command));
        assert!(!is_changed || self.is_known(number), "{command:?} while it is unknown: {self:?}");
        if command == Command::TryAgain {
            // A job of its own, also if the payment has changed and it finds nothing to do.
            world.jobs.push(Job::Authorize(world.us.attempts));
            world.carrying.claims = 0;
            world.carrying.is_retryable &= !is_changed;
        }
        next.push(world);
    }

    /// Whether it is certain that this attempt takes no money, now or later.
    fn is_known(&self, number: u16) -> bool {
        match &self.psp[usize::from(number) - 1] {
            // Whatever still arrives under its key is answered the same.
            Some(held) => held.state == State::Declined,
            None => self.carrying.calls.iter().all(|call| call.number != number),
        }
    }

    /// Lets every call arrive that is under way.
    pub(super) fn let_calls_arrive(&mut self, limits: Limits) {
        for call in std::mem::take(&mut self.carrying.calls) {
            let (world, fact) = self.done(Job::Authorize(call.number), limits).swap_remove(0);
            *self = world;
            self.hear(Event::Answer(Try::Authorization(call.number), fact));
        }
    }
}
