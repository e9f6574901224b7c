//! Every state that a pay-out can reach, with every event in it: what chance may miss.

use std::collections::HashSet;

use domain::four_eyes::Actor;
use domain::payout::decide::create;
use domain::payout::event::{Command, Event, Fact, Order};
use domain::payout::ruling::Ending;
use domain::payout::{Payout, Phase};

use crate::examples::{eur, payee, person, staff, usd};
use crate::payout_laws::checked;

/// Beyond this many submissions nothing is new.
const SUBMISSIONS: u16 = 3;

fn events() -> Vec<Event> {
    let mut commands = vec![Command::Hold, Command::Resume { by: staff(2) }, Command::Cancel];
    commands.extend(
        [staff(1), staff(2), Actor::Schedule].map(|by| Command::Approve { by, verifier: None }),
    );
    for by in [person(1), person(2)] {
        for nothing_arrives in [false, true] {
            let says = |&ending| Command::ProposeRuling { ending, by, nothing_arrives };
            commands.extend(Ending::ALL.iter().map(says));
        }
        commands.push(Command::ConfirmRuling { by });
    }
    commands.push(Command::WithdrawRuling);
    for payee in [None, Some(payee(1)), Some(payee(2))] {
        let available = [eur(2), eur(3), usd(3)];
        commands.extend(available.map(|available| Command::Submit { available, payee }));
    }
    let mut facts = vec![Fact::Accepted, Fact::InTransit, Fact::Paid, Fact::Failed, Fact::Returned];
    for submission in 0..=SUBMISSIONS {
        facts.extend([Fact::Unknown { submission }, Fact::NothingFound { submission }]);
    }
    let commands = commands.into_iter().map(Event::Command);
    commands.chain(facts.into_iter().map(Event::Fact)).collect()
}

fn reach(start: Payout) -> HashSet<Payout> {
    let events = events();
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(payout) = open.pop() {
        for &event in &events {
            let Some(decision) = checked(&payout, event) else { continue };
            if decision.next.submissions <= SUBMISSIONS && seen.insert(decision.next.clone()) {
                open.push(decision.next);
            }
        }
    }
    seen
}

#[test]
fn every_history_of_a_pay_out_keeps_the_laws() {
    for needs_second in [false, true] {
        for maker in [staff(1), Actor::Schedule] {
            let available = eur(3);
            let order =
                Order { amount: available, available, payee: Some(payee(1)), maker, needs_second };

            let seen = reach(create(&order).unwrap().next);

            assert!(seen.len() > 100, "the search reached only {} states", seen.len());
            for phase in Phase::ALL {
                assert!(seen.iter().any(|payout| payout.phase == *phase), "{phase:?}");
            }
            let in_doubt = seen.iter().filter(|payout| payout.in_doubt);
            let phases: HashSet<Phase> = in_doubt.map(|payout| payout.phase).collect();
            assert_eq!(phases, HashSet::from([Phase::Submitted, Phase::InTransit, Phase::Paid]));
            for &ending in Ending::ALL {
                let mut rulings = seen.iter().filter_map(|payout| payout.ruling);
                let is_ruled =
                    rulings.any(|one| one.ending == ending && one.confirmed_by.is_some());
                assert!(is_ruled, "nothing was ruled {ending:?}");
            }
        }
    }
}
