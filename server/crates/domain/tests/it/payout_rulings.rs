//! What people rule where a provider says one thing of a pay-out and then another.

use domain::decide::Why;
use domain::four_eyes::Objection;
use domain::payout::decide::{Decision, Outcome, Refused, decide};
use domain::payout::event::{Announcement, Command, Event, Fact};
use domain::payout::ruling::{Ending, endings};
use domain::payout::{Payout, Phase};
use domain::posting::payout::Step::{self, Failed, Paid, Returned};

use crate::examples::person;
use crate::payouts::submitted;

fn changed(state: &Payout, event: Event) -> Decision {
    match decide(state, &event) {
        Ok(Outcome::Changed(decision)) => *decision,
        other => panic!("{event:?} on {state:?}: {other:?}"),
    }
}

fn after(facts: &[Fact]) -> Payout {
    facts.iter().fold(submitted(), |state, fact| changed(&state, Event::Fact(*fact)).next)
}

/// Paid, and then said to have failed.
fn contradicted() -> Payout {
    after(&[Fact::Paid, Fact::Failed])
}

fn propose(ending: Ending) -> Event {
    Event::Command(Command::ProposeRuling { ending, by: person(1), nothing_arrives: false })
}

fn confirm(by: u8) -> Event {
    Event::Command(Command::ConfirmRuling { by: person(by) })
}

/// What follows when person 1 says so and person 2 agrees.
fn ruled(state: &Payout, ending: Ending) -> Decision {
    changed(&changed(state, propose(ending)).next, confirm(2))
}

fn steps(decision: &Decision) -> Vec<Step> {
    decision.movements.iter().map(|movement| movement.step).collect()
}

#[test]
fn that_it_was_paid_moves_nothing_and_lets_the_seller_go_on() {
    let ruled = ruled(&contradicted(), Ending::Paid);

    assert_eq!((ruled.next.phase, ruled.next.in_doubt), (Phase::Paid, false));
    assert!(ruled.movements.is_empty() && ruled.frees_seller && !ruled.holds_seller);
    assert_eq!(ruled.announcement, Some(Announcement::Paid));
    let again = decide(&ruled.next, &Event::Fact(Fact::Failed));
    assert_eq!(again, Ok(Outcome::Nothing(Why::Known)), "the provider has said so before");
    assert_eq!(steps(&changed(&ruled.next, Event::Fact(Fact::Returned))), [Returned]);
}

#[test]
fn that_it_came_back_is_booked_as_any_return() {
    let by_people = ruled(&contradicted(), Ending::Returned);
    let by_provider = changed(&contradicted(), Event::Fact(Fact::Returned));

    assert_eq!(by_people.movements, by_provider.movements);
    assert_eq!(by_people.announcement, Some(Announcement::Returned));
    assert!(by_people.holds_seller && !by_people.frees_seller);
}

#[test]
fn what_the_provider_forgot_can_also_be_ruled_never_to_have_been_paid() {
    let forgot = Fact::NothingFound { submission: 1 };
    for facts in [&[Fact::Accepted, forgot][..], &[Fact::InTransit, forgot]] {
        let forgotten = after(facts);

        assert_eq!(endings(&forgotten, false), Ending::ALL);
        assert_eq!(steps(&ruled(&forgotten, Ending::Failed)), [Failed]);
        assert_eq!(steps(&ruled(&forgotten, Ending::Paid)), [Paid]);
        assert_eq!(steps(&ruled(&forgotten, Ending::Returned)), [Paid, Returned]);
    }
    let refused = decide(&contradicted(), &propose(Ending::Failed));
    assert_eq!(refused, Err(Refused::NotInQuestion), "our books have it paid");
}

#[test]
fn nobody_rules_alone_nor_where_nothing_is_contradicted() {
    let proposed = changed(&contradicted(), propose(Ending::Paid)).next;
    let lost = changed(&submitted(), Event::Fact(Fact::Unknown { submission: 1 })).next;

    let alone = decide(&proposed, &confirm(1));
    assert_eq!(alone, Err(Refused::FourEyes(Objection::MakerIsChecker)));
    assert_eq!(decide(&proposed, &propose(Ending::Returned)), Err(Refused::RulingWaits));
    assert_eq!(decide(&contradicted(), &confirm(2)), Err(Refused::NoRuling));
    for sure in [lost, submitted(), after(&[Fact::Paid]), after(&[Fact::Failed])] {
        assert_eq!(decide(&sure, &propose(Ending::Paid)), Err(Refused::NotInQuestion), "{sure:?}");
        assert_eq!(decide(&sure, &confirm(2)), Err(Refused::NoRuling));
    }
}

#[test]
fn what_cannot_be_believed_is_ruled_on_once_no_call_can_arrive_any_more() {
    let lost = changed(&submitted(), Event::Fact(Fact::Unknown { submission: 1 })).next;
    let say = |nothing_arrives| {
        let (ending, by) = (Ending::Failed, person(1));
        Event::Command(Command::ProposeRuling { ending, by, nothing_arrives })
    };

    assert_eq!(decide(&lost, &say(false)), Err(Refused::NotInQuestion), "it may be paid yet");
    let ruled = changed(&changed(&lost, say(true)).next, confirm(2));

    assert_eq!((ruled.next.phase, steps(&ruled)), (Phase::Failed, vec![Failed]));
    let late = changed(&ruled.next, Event::Fact(Fact::Paid));
    assert!(late.irregular.is_some() && late.next.ruling.is_none(), "a fact is never refused");
}

#[test]
fn what_was_proposed_is_withdrawn_or_overtaken_by_what_the_provider_says_for_certain() {
    let proposed = changed(&contradicted(), propose(Ending::Returned)).next;

    let withdrawn = changed(&proposed, Event::Command(Command::WithdrawRuling)).next;
    let corrected = changed(&proposed, Event::Fact(Fact::Paid)).next;

    assert_eq!(withdrawn, contradicted());
    assert_eq!(corrected, after(&[Fact::Paid]));
    assert_eq!(decide(&corrected, &confirm(2)), Err(Refused::NoRuling), "it is in no doubt");
}
