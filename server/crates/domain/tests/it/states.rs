//! `server/docs/states.md`: what every event does in every phase, as `decide` has it.

use std::fmt::Write;

use domain::decide::{Decision, Follow, Outcome, Refused, Why, decide};
use domain::event::{Command, Event, Fact};
use domain::operation::{Operation, Order, Try};
use domain::payment::{Payment, Phase};
use domain::refund::{Refund, RefundState};

use crate::document;
use crate::examples::{dispute, eur, payment_in, refund};

const HEAD: &str = "# What every event does to a payment

Generated from `domain::decide` by a test (`UPDATE_DOCS=1 cargo test -p domain` writes it anew), so
it cannot drift from the code. Commands (what somebody asks) may be refused; facts (what was learnt
from an authenticated source) never are: what our rules would not have allowed is recorded, booked
and marked irregular, so that a person looks at it.

The examples are a payment of 100.00. Where it is authorized, 100.00 is held; where it is captured,
60.00 of that is taken, the capture of 20.00 more and a refund of 30.00 wait for their answers, and a
refund of 10.00 was made. A dash means that nothing changes.
";

#[test]
fn the_table_of_states_says_what_the_rules_do() {
    let mut text = HEAD.to_owned();
    for &phase in Phase::ALL {
        let payment = example(phase);
        let words = (payment.status().as_str(), payment.execution_status().as_str());
        write!(text, "\n## {}\n\nShown as `{}`, `{}`.\n\n", phase.as_str(), words.0, words.1)
            .expect("text can be written to");
        table(&mut text, &payment);
    }
    text.push_str(
        "\n## in doubt\n\nWhile the outcome of an attempt is unknown, whatever the phase. Here: \
         executing.\n\n",
    );
    let in_doubt = Payment { in_doubt: true, ..example(Phase::Executing) };
    table(&mut text, &in_doubt);
    document::check("states.md", &text);
}

fn example(phase: Phase) -> Payment {
    let mut payment = payment_in(phase, 10_000);
    if matches!(phase, Phase::Authorized | Phase::Captured) {
        payment.authorized = eur(10_000);
    }
    if phase == Phase::Captured {
        payment.captured = eur(6_000);
        payment.operations.made = 2;
        payment.operations.open = [Order::Capture(eur(2_000)), Order::Refund(refund(2))]
            .into_iter()
            .zip(1..)
            .map(|(order, number)| Operation { number, order, is_unknown: false })
            .collect();
        payment.capture_requested = eur(2_000);
        payment.capture_reserved = eur(2_000);
        payment.fee = eur(300);
        payment.fee_returned = eur(50);
        payment.refunded = eur(1_000);
        payment.refund_requested = eur(4_000);
        payment.refund_reserved = eur(3_000);
        payment.refunds = vec![
            Refund { id: refund(1), amount: eur(1_000), state: RefundState::Succeeded },
            Refund { id: refund(2), amount: eur(3_000), state: RefundState::Requested },
        ];
    }
    payment
}

fn events() -> Vec<(&'static str, Event)> {
    let ask = |refund, amount| Event::Command(Command::Refund { refund, amount });
    let mut events = vec![
        ("execute", Event::Command(Command::Execute)),
        ("capture 20.00", Event::Command(Command::Capture(eur(2_000)))),
        ("cancel", Event::Command(Command::Cancel)),
        ("refund 20.00", ask(refund(3), eur(2_000))),
        ("refund 90.00", ask(refund(3), eur(9_000))),
        ("expire", Event::Command(Command::Expire)),
    ];
    let total = eur(10_000);
    let facts = [
        ("action required", Fact::ActionRequired),
        ("in review", Fact::InReview),
        ("awaiting funds", Fact::AwaitingFunds),
        ("authorized, 100.00 in total", Fact::Authorized { total }),
        ("captured, 100.00 in total", Fact::Captured { total }),
        ("declined", Fact::Declined { last: false }),
        ("declined for the last time", Fact::Declined { last: true }),
        ("nothing happened", Fact::NothingHappened),
        ("in doubt", Fact::InDoubt),
        ("cancelled", Fact::Cancelled),
        ("hold expired", Fact::HoldExpired),
        ("cancel failed", Fact::CancelFailed),
        ("refund of 30.00 succeeded", Fact::RefundSucceeded { refund: refund(2) }),
        ("refund of 30.00 failed", Fact::RefundFailed { refund: refund(2) }),
        ("refund of 30.00 pending", Fact::RefundPending { refund: refund(2) }),
        ("refund of 10.00 came back", Fact::RefundFailed { refund: refund(1) }),
        ("refunded elsewhere, 5.00 in total", Fact::RefundedElsewhere { total: eur(500) }),
        ("returned elsewhere, 5.00 in total", Fact::ReturnedElsewhere { total: eur(500) }),
        ("charged back, 60.00 in total", Fact::ChargedBack { total: eur(6_000) }),
        (
            "dispute over 60.00 opened",
            Fact::DisputeOpened { dispute: dispute(1), amount: eur(6_000) },
        ),
        ("dispute over 60.00 won", Fact::DisputeWon { dispute: dispute(1), amount: eur(6_000) }),
        ("dispute over 60.00 lost", Fact::DisputeLost { dispute: dispute(1), amount: eur(6_000) }),
        (
            "settled, 60.00 less 1.09",
            Fact::Settled { gross: eur(6_000), fee: eur(109), expected_fee: eur(109) },
        ),
        ("refund of 10.00 settled", Fact::RefundSettled { amount: eur(1_000) }),
    ];
    events.extend(facts.map(|(name, fact)| (name, Event::Fact(fact))));
    let answer = |number, fact| Event::Answer(Try::Operation(number), fact);
    events.extend([
        ("capture of 20.00 failed", answer(1, Fact::CaptureFailed)),
        ("capture of 20.00 in doubt", answer(1, Fact::InDoubt)),
        ("late: an earlier capture failed", answer(9, Fact::CaptureFailed)),
        (
            "late: an earlier authorization was declined",
            Event::Answer(Try::Authorization(0), Fact::Declined { last: true }),
        ),
    ]);
    events
}

fn table(text: &mut String, payment: &Payment) {
    text.push_str("| event | then | ledger | shop hears | to do | irregular |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    for (name, event) in events() {
        let name = match event {
            Event::Command(_) => format!("*{name}*"),
            Event::Fact(_) | Event::Answer(..) => name.to_owned(),
        };
        let [then, ledger, hears, to_do, irregular] = row(payment, event);
        writeln!(text, "| {name} | {then} | {ledger} | {hears} | {to_do} | {irregular} |")
            .expect("text can be written to");
    }
}

fn row(payment: &Payment, event: Event) -> [String; 5] {
    let plain = |then: String| [then, String::new(), String::new(), String::new(), String::new()];
    match decide(payment, &event) {
        Err(refused) => plain(format!("refused: {}", refusal(refused))),
        Ok(Outcome::Nothing(why)) => plain(format!("– {}", reason(why))),
        Ok(Outcome::Changed(decision)) => change(payment, &decision),
    }
}

fn change(payment: &Payment, decision: &Decision) -> [String; 5] {
    let next = &decision.next;
    let mut then = if next.phase == payment.phase {
        next.phase.as_str().to_owned()
    } else {
        format!("**{}**", next.phase.as_str())
    };
    match (payment.in_doubt, next.in_doubt) {
        (false, true) => then.push_str(", in doubt"),
        (true, false) => then.push_str(", no longer in doubt"),
        (false, false) | (true, true) => {}
    }
    let movement = decision.movement.as_ref();
    [
        then,
        movement.map_or_else(String::new, |movement| {
            format!("{} {}", account_word(&movement.cause()), movement.amount().to_decimal_string())
        }),
        decision.announcement.map_or("", domain::event::Announcement::as_str).to_owned(),
        decision.follow.map_or_else(String::new, |follow| to_do(follow).to_owned()),
        decision.irregular.unwrap_or_default().to_owned(),
    ]
}

/// The part of a cause that names the movement.
fn account_word(cause: &str) -> String {
    cause.split('/').next().unwrap_or_default().replace('_', " ")
}

fn to_do(follow: Follow) -> &'static str {
    match follow {
        Follow::Authorize => "authorise",
        Follow::Operate(operation) => match operation.order {
            Order::Capture(_) => "capture",
            Order::Cancel(_) => "cancel",
            Order::Refund(_) => "refund",
        },
    }
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Known => "known",
        Why::OutOfOrder => "out of order",
        Why::UnderWay => "under way",
        Why::UnknownRefund => "no such refund",
        Why::Late => "late",
    }
}

fn refusal(refused: Refused) -> String {
    refused.to_string()
}
