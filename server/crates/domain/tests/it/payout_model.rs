//! Every state that a pay-out and its provider can reach together, if calls and answers are lost,
//! repeated, slow and out of order, and the provider pays what it had called failed.
//!
//! Each step is checked against the laws; no cause is posted twice and no money leaves the bank
//! twice; and from each state our books come to equal the provider's once it is asked.

use std::collections::{BTreeSet, HashSet};

use domain::payout::decide::{Follow, create};
use domain::payout::event::{Command, Event, Fact, Order};
use domain::payout::{Payout, Phase, Place};
use domain::posting::payout::Step;

use crate::examples::{eur, payee, staff};
use crate::payout_laws::checked;

/// How much is paid, which is all there is.
const AMOUNT: i64 = 3;
/// How often it is submitted at most.
const SUBMISSIONS: u16 = 2;
/// How many answers and reports are under way at once.
const FLYING: usize = 2;

/// How the pay-out stands at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Held {
    Accepted,
    InTransit,
    Paid,
    Failed,
    Returned,
}

impl Held {
    const fn fact(self) -> Fact {
        match self {
            Self::Accepted => Fact::Accepted,
            Self::InTransit => Fact::InTransit,
            Self::Paid => Fact::Paid,
            Self::Failed => Fact::Failed,
            Self::Returned => Fact::Returned,
        }
    }

    const fn place(self) -> Place {
        match self {
            Self::Accepted | Self::InTransit => Place::Transit,
            Self::Paid => Place::Gone,
            Self::Failed | Self::Returned => Place::Wallet,
        }
    }

    /// What can become of it; the last of a failure is against all rules.
    const fn next(self) -> &'static [Self] {
        match self {
            Self::Accepted => &[Self::InTransit, Self::Failed],
            Self::InTransit => &[Self::Paid, Self::Failed],
            Self::Paid => &[Self::Returned],
            Self::Failed => &[Self::Paid],
            Self::Returned => &[],
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    us: Payout,
    /// What our books say of the seller, of what is in transit, and of the bank.
    available: i64,
    in_transit: i64,
    bank: i64,
    posted: BTreeSet<(Step, u16)>,
    provider: Option<Held>,
    /// Submissions that a worker has yet to make, and calls that are still on their way.
    jobs: Vec<u16>,
    slow: bool,
    flying: Vec<Fact>,
}

impl World {
    fn new() -> Self {
        let order = Order {
            amount: eur(AMOUNT),
            available: eur(AMOUNT),
            payee: Some(payee(1)),
            maker: staff(1),
            needs_second: true,
        };
        Self {
            us: create(&order).unwrap().next,
            available: AMOUNT,
            in_transit: 0,
            bank: 0,
            posted: BTreeSet::new(),
            provider: None,
            jobs: Vec::new(),
            slow: false,
            flying: Vec::new(),
        }
    }

    /// Takes an event in, as the engine does: state, postings and jobs together.
    fn hear(&mut self, event: Event) -> bool {
        let Some(decision) = checked(&self.us, event) else { return false };
        for movement in &decision.movements {
            let fresh = self.posted.insert((movement.step, movement.number));
            assert!(fresh, "{} was posted twice", movement.cause());
            let (debited, credited) = match movement.step {
                Step::Begun => (&mut self.available, &mut self.in_transit),
                Step::Paid => (&mut self.in_transit, &mut self.bank),
                Step::Failed => (&mut self.in_transit, &mut self.available),
                Step::Returned => (&mut self.bank, &mut self.available),
            };
            match movement.step {
                Step::Begun | Step::Failed => {
                    // Between two liabilities, counted as what we owe.
                    *debited -= AMOUNT;
                    *credited += AMOUNT;
                }
                Step::Paid => {
                    *debited -= AMOUNT;
                    *credited -= AMOUNT;
                }
                Step::Returned => {
                    *debited += AMOUNT;
                    *credited += AMOUNT;
                }
            }
        }
        if let Some(Follow::Submit { submission }) = decision.follow {
            self.jobs.push(submission);
        }
        self.us = decision.next;
        self.check_books();
        true
    }

    fn check_books(&self) {
        let (available, in_transit, bank) = match self.us.phase.place() {
            Place::Wallet => (AMOUNT, 0, 0),
            Place::Transit => (0, AMOUNT, 0),
            Place::Gone => (0, 0, -AMOUNT),
        };
        let books = (self.available, self.in_transit, self.bank);
        assert_eq!(books, (available, in_transit, bank), "{:?}", self.us);
    }

    fn but(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut world = self.clone();
        change(&mut world);
        world
    }

    fn fly(&mut self, fact: Fact) {
        if self.flying.len() < FLYING && !self.flying.contains(&fact) {
            self.flying.push(fact);
        }
    }

    /// Everything that can happen next.
    fn next(&self) -> Vec<Self> {
        let mut next = self.commands();
        for (index, &submission) in self.jobs.iter().enumerate() {
            self.work(index, submission, &mut next);
        }
        if self.slow {
            next.push(self.but(|world| {
                world.slow = false;
                world.provider.get_or_insert(Held::Accepted);
            }));
        }
        // A report, and the answer to an inquiry.
        let word = self.word();
        next.push(self.but(|world| world.fly(word)));
        for (index, &fact) in self.flying.iter().enumerate() {
            let lost = self.but(|world| {
                world.flying.remove(index);
            });
            for mut world in [lost.clone(), self.clone()] {
                world.hear(Event::Fact(fact));
                next.push(world);
            }
            next.push(lost);
        }
        let becomes = self.provider.map_or(&[][..], Held::next);
        next.extend(becomes.iter().map(|&held| self.but(|world| world.provider = Some(held))));
        next
    }

    /// What the provider says if it is asked now.
    fn word(&self) -> Fact {
        let submission = self.us.submissions;
        self.provider.map_or(Fact::NothingFound { submission }, Held::fact)
    }

    fn commands(&self) -> Vec<Self> {
        let mut commands = vec![
            Command::Approve { by: staff(2), verifier: None },
            Command::Hold,
            Command::Resume { by: staff(2) },
            Command::Cancel,
        ];
        if self.us.submissions < SUBMISSIONS {
            let available = eur(self.available);
            commands.push(Command::Submit { available, payee: Some(payee(1)) });
        }
        commands
            .into_iter()
            .filter_map(|command| {
                let mut world = self.clone();
                world.hear(Event::Command(command)).then_some(world)
            })
            .collect()
    }

    /// A worker calls the provider, unless somebody knows better by now. The line may break before
    /// the call got there, on its way, or on the way back.
    fn work(&self, index: usize, submission: u16, next: &mut Vec<Self>) {
        let us = &self.us;
        let waits = us.phase == Phase::Submitted && us.submissions == submission;
        if !waits || us.is_accepted || us.in_doubt {
            next.push(self.but(|world| {
                world.jobs.remove(index);
            }));
            return;
        }
        let lost = Fact::Unknown { submission };
        next.push(self.but(|world| world.fly(lost)));
        next.push(self.but(|world| {
            world.slow = true;
            world.fly(lost);
        }));
        let known = [Held::Accepted, Held::Failed].map(|new| self.provider.unwrap_or(new));
        for held in known {
            let done = self.but(|world| world.provider = Some(held));
            next.push(done.but(|world| world.fly(held.fact())));
            next.push(done.but(|world| world.fly(lost)));
        }
    }

    /// Loses everything that is under way, asks the provider until nothing changes, and compares.
    fn check_rest(&self) {
        let mut world = self.but(|world| world.flying.clear());
        let mut asked = 0;
        while world.hear(Event::Fact(world.word())) {
            asked += 1;
            assert!(asked < 4, "asking never ends: {self:?}");
        }
        assert!(!world.us.in_doubt, "{self:?} stays in doubt");
        let theirs = world.provider.map_or(Place::Wallet, Held::place);
        assert_eq!(world.us.phase.place(), theirs, "{self:?}");
    }
}

#[test]
fn our_books_come_to_equal_the_providers_and_nothing_is_paid_twice() {
    let start = World::new();
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(world) = open.pop() {
        world.check_rest();
        for next in world.next() {
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }

    assert!(seen.len() > 10_000, "the search reached only {} states", seen.len());
    for phase in Phase::ALL {
        assert!(seen.iter().any(|world| world.us.phase == *phase), "{phase:?} was not reached");
    }
}
