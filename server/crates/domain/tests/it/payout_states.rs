//! `server/docs/payout-states.md`: what every event does in every phase, as `decide` has it.

use std::fmt::Write;

use domain::decide::Why;
use domain::payout::decide::{Decision, Follow, Outcome, decide};
use domain::payout::event::{Command, Event, Fact};
use domain::payout::ruling::{Ending, Ruling};
use domain::payout::{Payout, Phase};
use domain::posting::payout::PayoutMovement;

use crate::document;
use crate::examples::{payee, person, staff, usd};
use crate::payouts::{after, submit, submitted};

const HEAD: &str = "# What every event does to a pay-out

Generated from `domain::payout` by a test (`UPDATE_DOCS=1 cargo test -p domain` writes it anew), so
it cannot drift from the code. Commands (what somebody asks) may be refused; facts (what was learnt
from an authenticated source) never are: what our rules would not have allowed is booked and marked
irregular, so that a person looks at it.

The examples are a pay-out of 57.00 that person 1 made and that needs a second person; where it was
submitted, that was once. A dash means that nothing changes.
";

#[test]
fn the_table_of_states_says_what_the_rules_do() {
    let mut text = HEAD.to_owned();
    for &phase in Phase::ALL {
        write!(text, "\n## {}\n\n", phase.as_str()).expect("text can be written to");
        table(&mut text, &example(phase));
    }
    text.push_str("\n## in doubt\n\nAn answer was lost. Here: submitted.\n\n");
    table(&mut text, &Payout { in_doubt: true, ..submitted() });
    for (title, explained, payout) in contradicted() {
        write!(text, "\n## {title}\n\n{explained}\n\n").expect("text can be written to");
        table(&mut text, &payout);
    }
    document::check("payout-states.md", &text);
}

fn example(phase: Phase) -> Payout {
    let learn = |fact| match decide(&submitted(), &Event::Fact(fact)) {
        Ok(Outcome::Changed(decision)) => decision.next,
        other => panic!("{fact:?}: {other:?}"),
    };
    let approve = Event::Command(Command::Approve { by: staff(2), verifier: None });
    match phase {
        Phase::Draft => after([]),
        Phase::Approved => after([approve]),
        Phase::Held => after([approve, Event::Command(Command::Hold)]),
        Phase::Cancelled => after([Event::Command(Command::Cancel)]),
        Phase::Submitted => submitted(),
        Phase::InTransit => learn(Fact::InTransit),
        Phase::Paid => learn(Fact::Paid),
        Phase::Failed => learn(Fact::Failed),
        Phase::Returned => learn(Fact::Returned),
    }
}

/// What its provider says one thing of and then another, until two people have ruled.
fn contradicted() -> [(&'static str, &'static str, Payout); 3] {
    let ruling = Ruling { ending: Ending::Paid, by: person(1), confirmed_by: None };
    let doubted = Payout { in_doubt: true, ..example(Phase::Paid) };
    let proposed = Payout { ruling: Some(ruling), ..doubted.clone() };
    let confirmed = Ruling { confirmed_by: Some(person(2)), ..ruling };
    let ruled = Payout { ruling: Some(confirmed), ..example(Phase::Paid) };
    [
        ("contradicted", "The provider said that it is paid, and then that it failed.", doubted),
        ("contradicted, and a ruling waits", "Person 1 has said that it was paid.", proposed),
        ("ruled", "Person 2 has agreed that it was paid.", ruled),
    ]
}

fn events() -> Vec<(&'static str, Event)> {
    let other_currency = Command::Submit { available: usd(10_000), payee: Some(payee(1)) };
    let mut events = vec![
        ("approve, by person 2", Event::Command(Command::Approve { by: staff(2), verifier: None })),
        ("approve, by person 1", Event::Command(Command::Approve { by: staff(1), verifier: None })),
        ("hold", Event::Command(Command::Hold)),
        ("resume", Event::Command(Command::Resume { by: staff(2) })),
        ("cancel", Event::Command(Command::Cancel)),
        ("submit", submit()),
        ("submit, of dollars", Event::Command(other_currency)),
        ("say that it was paid", ruled(Ending::Paid, true)),
        ("say that it was never paid", ruled(Ending::Failed, true)),
        ("the same, while a call may still arrive", ruled(Ending::Failed, false)),
        ("say that it came back", ruled(Ending::Returned, true)),
        ("confirm that, by person 2", Event::Command(Command::ConfirmRuling { by: person(2) })),
        ("confirm that, by person 1", Event::Command(Command::ConfirmRuling { by: person(1) })),
        ("withdraw that", Event::Command(Command::WithdrawRuling)),
    ];
    let facts = [
        ("accepted", Fact::Accepted),
        ("in transit", Fact::InTransit),
        ("paid", Fact::Paid),
        ("failed", Fact::Failed),
        ("returned", Fact::Returned),
        ("the call's outcome is unknown", Fact::Unknown { submission: 1 }),
        ("nothing found", Fact::NothingFound { submission: 1 }),
    ];
    events.extend(facts.map(|(name, fact)| (name, Event::Fact(fact))));
    events
}

fn ruled(ending: Ending, nothing_arrives: bool) -> Event {
    Event::Command(Command::ProposeRuling { ending, by: person(1), nothing_arrives })
}

fn table(text: &mut String, payout: &Payout) {
    text.push_str("| event | then | posted | told to the shop | to do | irregular |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    for (name, event) in events() {
        let [then, posted, told, to_do, irregular] = row(payout, event);
        writeln!(text, "| {name} | {then} | {posted} | {told} | {to_do} | {irregular} |")
            .expect("text can be written to");
    }
}

fn row(payout: &Payout, event: Event) -> [String; 5] {
    let plain = |then: String| [then, String::new(), String::new(), String::new(), String::new()];
    match decide(payout, &event) {
        Err(refused) => plain(format!("refused: {refused}")),
        Ok(Outcome::Nothing(why)) => plain(format!("– {}", reason(why))),
        Ok(Outcome::Changed(decision)) => change(payout, &decision),
    }
}

fn change(payout: &Payout, decision: &Decision) -> [String; 5] {
    let next = &decision.next;
    let mut then = if next.phase == payout.phase {
        next.phase.as_str().to_owned()
    } else {
        format!("**{}**", next.phase.as_str())
    };
    match (payout.in_doubt, next.in_doubt) {
        (false, true) => then.push_str(", in doubt"),
        (true, false) => then.push_str(", no longer in doubt"),
        (false, false) | (true, true) => {}
    }
    match (payout.ruling, next.ruling) {
        (None, Some(_)) => then.push_str(", and a ruling waits"),
        (Some(_), None) => then.push_str(", and no ruling waits"),
        (Some(before), Some(after)) if before != after => then.push_str(", ruled"),
        _ => {}
    }
    if decision.holds_seller {
        then.push_str(", and the seller is held");
    }
    if decision.frees_seller {
        then.push_str(", and the seller goes on");
    }
    let posted: Vec<String> = decision.movements.iter().map(PayoutMovement::cause).collect();
    let to_do = decision.follow.map_or("", |follow| match follow {
        Follow::Submit { .. } => "submit",
        Follow::Inquire { .. } => "inquire",
    });
    [
        then,
        posted.join(", "),
        decision.announcement.map_or("", domain::payout::event::Announcement::as_str).to_owned(),
        to_do.to_owned(),
        decision.irregular.unwrap_or_default().to_owned(),
    ]
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Known => "known",
        Why::OutOfOrder => "out of order",
        Why::Late => "late",
        Why::UnderWay | Why::UnknownRefund => "never said of a pay-out",
    }
}
