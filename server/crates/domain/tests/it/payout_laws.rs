//! The laws of a pay-out, checked on each step that it takes.

use domain::decide::Why;
use domain::four_eyes::Actor;
use domain::payout::decide::{Decision, Follow, Outcome, Refused, decide};
use domain::payout::event::{Command, Event};
use domain::payout::ruling::{Ending, Ruling, endings};
use domain::payout::{Payout, Phase, Place};
use domain::posting::payout::Step;

use crate::examples::PAYOUT_PARTIES;

/// Decides `event`, checks every law of the step, and says what changes.
///
/// # Panics
/// If a law is broken.
pub(crate) fn checked(before: &Payout, event: Event) -> Option<Decision> {
    let outcome = decide(before, &event);
    assert_eq!(outcome, decide(before, &event), "the same question has the same answer");
    match outcome {
        Err(refused) => {
            let Event::Command(command) = event else { panic!("a fact was refused: {event:?}") };
            let says_why = refused == Refused::InDoubt || is_ruling(command);
            assert!(!before.in_doubt || says_why, "{event:?}: {refused}");
            None
        }
        Ok(Outcome::Nothing(_)) => None,
        Ok(Outcome::Changed(decision)) => {
            check_change(before, event, &decision);
            Some(*decision)
        }
    }
}

fn check_change(before: &Payout, event: Event, decision: &Decision) {
    let next = &decision.next;
    check_invariants(next);
    check_path(before, event, decision);
    assert_eq!(
        (next.amount, next.payee, next.maker, next.needs_second),
        (before.amount, before.payee, before.maker, before.needs_second),
        "what was ordered never changes"
    );
    match event {
        Event::Command(command) if is_ruling(command) => check_ruling(before, command, decision),
        Event::Command(command) => {
            assert!(!before.in_doubt, "{event:?} was accepted while in doubt");
            assert_eq!(decision.irregular, None, "a command is never irregular");
            let submits = matches!(command, Command::Submit { .. });
            assert_eq!(!decision.movements.is_empty(), submits, "only submitting moves money");
            let submission = before.submissions + 1;
            let follow = submits.then_some(Follow::Submit { submission });
            assert_eq!(decision.follow, follow, "{event:?}");
        }
        Event::Fact(_) => {
            assert_eq!(next.submissions, before.submissions, "a fact submits nothing");
            let newly_in_doubt = next.in_doubt && !before.in_doubt;
            let inquire = Follow::Inquire { submission: before.submissions };
            assert_eq!(decision.follow, newly_in_doubt.then_some(inquire), "doubt is asked about");
            let again = decide(next, &event);
            let says_nothing =
                matches!(again, Ok(Outcome::Nothing(Why::Known | Why::OutOfOrder | Why::Late)));
            assert!(says_nothing, "repeating {event:?} changed something: {again:?}");
        }
    }
    assert!(before.phase != Phase::Returned, "what came back is over: {event:?}");
}

const fn is_ruling(command: Command) -> bool {
    matches!(
        command,
        Command::ProposeRuling { .. } | Command::ConfirmRuling { .. } | Command::WithdrawRuling
    )
}

/// A ruling needs a doubt and two people, and moves nothing before the second has agreed.
fn check_ruling(before: &Payout, command: Command, decision: &Decision) {
    let next = &decision.next;
    assert!(before.in_doubt, "{command:?} without a doubt");
    assert_eq!((decision.irregular, decision.follow), (None, None), "{command:?}");
    let (ending, by, confirmed_by) = match command {
        Command::ProposeRuling { ending, by, nothing_arrives } => {
            let accepted = before.phase != Phase::Submitted || before.is_accepted;
            assert!(accepted || nothing_arrives, "the call may still arrive");
            (ending, by, None)
        }
        Command::ConfirmRuling { by } => {
            let proposed = before.ruling.expect("only what was proposed is confirmed");
            assert_ne!(proposed.by, by, "one person alone has ruled");
            (proposed.ending, proposed.by, Some(by))
        }
        _ => {
            assert_eq!(next, &Payout { ruling: None, ..before.clone() }, "{command:?}");
            return;
        }
    };
    let ruling = Some(Ruling { ending, by, confirmed_by });
    assert_eq!(next.ruling, ruling, "{command:?}");
    if confirmed_by.is_none() {
        assert_eq!(next, &Payout { ruling, ..before.clone() }, "{command:?}");
        assert!(decision.movements.is_empty() && decision.announcement.is_none(), "{command:?}");
    } else {
        assert!(decision.announcement.is_some(), "the shop hears of {command:?}");
        assert_eq!(decision.frees_seller, ending == Ending::Paid, "{command:?}");
        assert_ne!(decision.frees_seller, decision.holds_seller, "{command:?}");
    }
}

/// The invariants of [`Payout`].
fn check_invariants(payout: &Payout) {
    assert!(payout.amount.is_positive());
    assert!(!payout.in_doubt || payout.phase.place() != Place::Wallet, "{payout:?}");
    assert!(payout.begun >= payout.submissions, "{payout:?}");
    assert!(payout.phase.place() == Place::Wallet || payout.begun > 0, "{payout:?}");
    assert!(payout.phase != Phase::Approved || payout.approved_by.is_some(), "{payout:?}");
    assert!(payout.submissions == 0 || payout.approved_by.is_some(), "{payout:?}");
    if let Some(ruling) = payout.ruling {
        assert_eq!(payout.in_doubt, ruling.confirmed_by.is_none(), "{payout:?}");
        assert_ne!(ruling.confirmed_by, Some(ruling.by), "{payout:?}");
        let ended = match ruling.ending {
            Ending::Paid => Phase::Paid,
            Ending::Failed => Phase::Failed,
            Ending::Returned => Phase::Returned,
        };
        assert!(payout.in_doubt || payout.phase == ended, "{payout:?}");
        assert!(!payout.in_doubt || endings(payout, true).contains(&ruling.ending), "{payout:?}");
    }
    if payout.needs_second
        && let Some(by) = payout.approved_by
    {
        assert!(matches!(by, Actor::Staff(_)) && by != payout.maker, "{payout:?}");
    }
}

/// The movements lead from where the money was to where the state says that it is, each step of
/// one way once.
fn check_path(before: &Payout, event: Event, decision: &Decision) {
    let mut place = before.phase.place();
    let mut begun = before.begun;
    for movement in &decision.movements {
        let (from, to) = match movement.step {
            Step::Begun => (Place::Wallet, Place::Transit),
            Step::Paid => (Place::Transit, Place::Gone),
            Step::Failed => (Place::Transit, Place::Wallet),
            Step::Returned => (Place::Gone, Place::Wallet),
        };
        begun += u16::from(movement.step == Step::Begun);
        assert_eq!(place, from, "{event:?} on {before:?}");
        assert_eq!((movement.number, movement.amount), (begun, before.amount), "{event:?}");
        movement.posting(PAYOUT_PARTIES).expect("every movement that is decided can be made");
        place = to;
    }
    assert_eq!(place, decision.next.phase.place(), "{event:?} on {before:?}");
    assert_eq!(begun, decision.next.begun, "{event:?} on {before:?}");
}
