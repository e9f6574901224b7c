//! What happened to a payment, as one line after the other.

use app::view::payments::{TimelineEntry, TimelineFact};
use domain::currency::Currency;
use domain::id::PostingId;
use domain::money::Money;
use domain::payment::{Phase, Status};
use engine::ledger::PostedEntry;
use engine::timeline::{Attempt, Notification, Settlement, Story, Transition};
use serde_json::Value;

use super::words;

/// Longer answers of processors are cut.
const ANSWER_LENGTH_MAX: usize = 300;

/// Everything in the order in which it happened; what happened at one moment stands in the order of
/// cause and effect.
pub(super) fn timeline(story: &Story, currency: Currency) -> Vec<TimelineEntry> {
    let mut entries: Vec<TimelineEntry> = Vec::new();
    entries.extend(story.attempts.iter().map(|attempt| of_attempt(attempt, currency)));
    entries.extend(story.notifications.iter().map(of_notification));
    entries.extend(story.settlements.iter().map(of_settlement));
    entries.extend(of_transitions(&story.transitions, currency));
    entries.extend(of_postings(story));
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn of_transitions(
    transitions: &[Transition],
    currency: Currency,
) -> impl Iterator<Item = TimelineEntry> {
    transitions.iter().enumerate().map(move |(index, transition)| {
        let before = index.checked_sub(1).map(|index| &transitions[index]);
        let fact = TimelineFact::Transition {
            event: transition.event.clone(),
            from: before.map(shown_after),
            to: shown_after(transition),
            actor: actor(transition),
            amount: transition.amount_minor.map(|minor| Money::from_minor(minor, currency)),
            irregular: transition.irregular.clone(),
        };
        TimelineEntry { at: transition.at, fact }
    })
}

/// The status after a change, as far as its phase and its event tell.
fn shown_after(transition: &Transition) -> Status {
    match (transition.event.as_str(), Phase::from_word(&transition.to_phase)) {
        ("in_doubt", _) | (_, None) => Status::Unknown,
        ("settled", _) => Status::Settled,
        ("refund_succeeded" | "refunded_elsewhere" | "refund_settled", _) => {
            Status::PartiallyRefunded
        }
        ("charged_back", _) => Status::ChargedBack,
        (_, Some(phase)) => match phase {
            Phase::Created
            | Phase::Executing
            | Phase::ActionRequired
            | Phase::InReview
            | Phase::AwaitingFunds => Status::Pending,
            Phase::Authorized => Status::Authorized,
            Phase::Captured => Status::Captured,
            Phase::Failed => Status::Failed,
            Phase::Cancelled => Status::Cancelled,
            Phase::Expired => Status::Expired,
        },
    }
}

fn actor(transition: &Transition) -> String {
    let word = match transition.source.as_str() {
        "api" => "the shop, through the API",
        "shopper" => "the shopper",
        "worker" => "the processor\u{2019}s answer",
        "webhook" => "a notification of the processor",
        "poll" => "an inquiry at the processor",
        "file" => "a settlement file",
        "clock" => "the clock",
        "staff" => transition.evidence["staff"].as_str().unwrap_or("a person in the console"),
        other => other,
    };
    word.to_owned()
}

fn of_attempt(attempt: &Attempt, currency: Currency) -> TimelineEntry {
    let fact = TimelineFact::Attempt {
        operation: attempt.operation.clone(),
        processor: words::processor(&attempt.processor),
        state: attempt.state.clone(),
        nonce: attempt.key.clone(),
        reference: attempt.processor_reference.clone(),
        answer: answer(attempt),
        reason: attempt.routing_reason.clone(),
        amount: Money::from_minor(attempt.amount_minor, currency),
    };
    TimelineEntry { at: attempt.started_at, fact }
}

/// What the processor said, in its own words as far as it found any.
fn answer(attempt: &Attempt) -> Option<String> {
    let said = attempt.answer.as_ref().and_then(|answer| {
        ["decline_message", "decline_code", "message", "status"]
            .iter()
            .find_map(|name| answer.get(*name).and_then(Value::as_str))
            .or_else(|| answer.pointer("/error/message").and_then(Value::as_str))
            .or_else(|| answer.as_str())
            .map(str::to_owned)
    });
    let text = said.or_else(|| attempt.code.clone())?;
    Some(text.chars().take(ANSWER_LENGTH_MAX).collect())
}

fn of_notification(notification: &Notification) -> TimelineEntry {
    let body: Option<Value> = serde_json::from_slice(&notification.body).ok();
    let event = body.as_ref().and_then(|body| body["type"].as_str()).unwrap_or("unreadable");
    let state = match notification.state.as_str() {
        "stored" => "received",
        "handled" => "applied",
        "unmatched" => "repeat",
        other => other,
    };
    let fact = TimelineFact::Webhook {
        processor: words::processor(&notification.processor),
        event: event.to_owned(),
        reference: notification.message_id.clone(),
        state: state.to_owned(),
    };
    TimelineEntry { at: notification.received_at, fact }
}

fn of_settlement(settlement: &Settlement) -> TimelineEntry {
    let money = |minor| Money::from_minor(minor, settlement.currency);
    let fact = TimelineFact::Settlement {
        file: settlement.file,
        file_name: settlement.file_name.clone(),
        line: settlement.line,
        gross: money(settlement.gross_minor),
        fee: money(settlement.fee_minor),
    };
    TimelineEntry { at: settlement.at, fact }
}

fn of_postings(story: &Story) -> Vec<TimelineEntry> {
    let mut ids: Vec<PostingId> = Vec::new();
    for entry in &story.entries {
        if !ids.contains(&entry.posting) {
            ids.push(entry.posting);
        }
    }
    ids.into_iter().filter_map(|id| of_posting(story, id)).collect()
}

fn of_posting(story: &Story, id: PostingId) -> Option<TimelineEntry> {
    let entries: Vec<&PostedEntry> =
        story.entries.iter().filter(|entry| entry.posting == id).collect();
    let first = entries.first()?;
    let effective_on = story
        .effective_on
        .iter()
        .find(|(posting, _)| *posting == id.uuid())
        .map_or_else(|| first.recorded_at.date(), |(_, day)| *day);
    let mut views: Vec<_> = entries
        .iter()
        .map(|entry| words::entry(entry.kind, entry.owner.as_deref(), entry.amount))
        .collect();
    words::debits_first(&mut views);
    let fact =
        TimelineFact::Posting { id, cause: first.cause.clone(), effective_on, entries: views };
    Some(TimelineEntry { at: first.recorded_at, fact })
}
