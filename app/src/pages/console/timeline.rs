//! Everything that happened to a payment, in one list: states, the processor's answers and
//! messages, postings, and settlement lines.

use domain::payment::Status;
use leptos::prelude::*;

use crate::components::entries::Entries;
use crate::format;
use crate::view::payments::{TimelineEntry, TimelineFact};
use crate::words::payment::status;

/// The list, oldest first.
#[component]
pub fn Timeline(
    /// What happened.
    entries: Vec<TimelineEntry>,
) -> impl IntoView {
    view! {
        <ol class="timeline">
            {entries.into_iter().map(|entry| {
                let class = format!("timeline-entry timeline-{}", kind(&entry.fact));
                view! {
                    <li class=class>
                        <p class="timeline-meta">
                            <span class="timeline-kind">{label(&entry.fact)}</span>
                            <time datetime=format::machine_instant(entry.at)>
                                {format::instant_to_the_second(entry.at)}
                            </time>
                        </p>
                        <Fact fact=entry.fact />
                    </li>
                }
            }).collect_view()}
        </ol>
    }
    .into_any()
}

/// The part of the class name that belongs to a kind of fact.
fn kind(fact: &TimelineFact) -> &'static str {
    match fact {
        TimelineFact::Transition { .. } => "transition",
        TimelineFact::Attempt { .. } => "attempt",
        TimelineFact::Webhook { .. } => "webhook",
        TimelineFact::Posting { .. } => "posting",
        TimelineFact::Settlement { .. } => "settlement",
    }
}

/// What people call a kind of fact.
fn label(fact: &TimelineFact) -> &'static str {
    match fact {
        TimelineFact::Transition { .. } => "State",
        TimelineFact::Attempt { .. } => "Asked the processor",
        TimelineFact::Webhook { .. } => "Processor\u{2019}s message",
        TimelineFact::Posting { .. } => "Posting",
        TimelineFact::Settlement { .. } => "Settlement line",
    }
}

#[component]
fn Fact(fact: TimelineFact) -> impl IntoView {
    match fact {
        TimelineFact::Transition { event, from, to, actor, amount, irregular } => {
            let amount = amount.map(|amount| format!(", {}", format::amount(amount)));
            view! {
                <p class="timeline-what">{change(from, to)}</p>
                <p class="timeline-detail">{format::words(&event)} {amount} " \u{b7} " {actor}</p>
                {irregular.map(|why| view! {
                    <p class="timeline-detail"><strong>"Against the rules: " {why} "."</strong></p>
                })}
            }
            .into_any()
        }
        TimelineFact::Attempt {
            operation,
            processor,
            state,
            nonce,
            reference,
            answer,
            reason,
            amount,
        } => {
            view! {
                <p class="timeline-what">
                    {format::words(&operation)} " " {format::amount(amount)} " at " {processor} ": " {format::words(&state)}
                </p>
                {reason.map(|reason| view! { <p class="timeline-detail">"Routed to " {reason} "."</p> })}
                <p class="timeline-detail">
                    {answer.map(|answer| format!("Answer: {answer}. "))}
                    {reference.map(|reference| view! { "Reference " <code class="id">{reference}</code> ". " })}
                    "Nonce " <code class="id">{nonce}</code>
                </p>
            }
            .into_any()
        }
        TimelineFact::Webhook { processor, event, reference, state } => view! {
            <p class="timeline-what">{processor} " says " <code>{event}</code> ": " {format::words(&state)}</p>
            <p class="timeline-detail">"Message " <code class="id">{reference}</code></p>
        }
        .into_any(),
        TimelineFact::Posting { id, cause, effective_on, entries } => view! {
            <p class="timeline-what">"Posted for " {format::day(effective_on)}</p>
            <Entries caption=format!("Entries of posting {id}") of=entries />
            <p class="timeline-detail">
                <code class="id">{id.to_string()}</code> " for " <code class="id">{cause}</code>
            </p>
        }
        .into_any(),
        TimelineFact::Settlement { file, file_name, line, gross, fee } => view! {
            <p class="timeline-what">
                "Settled " {format::amount(gross)} ", the processor kept " {format::amount(fee)}
            </p>
            <p class="timeline-detail">
                <a href=format!("/console/files/{file}")>{file_name}</a> ", line " {line}
            </p>
        }
        .into_any(),
    }
}

/// A change of status in words.
fn change(from: Option<Status>, to: Status) -> String {
    match from {
        Some(from) if from == to => status(to).0.to_owned(),
        Some(from) => format!("{} \u{2192} {}", status(from).0, status(to).0),
        None => status(to).0.to_owned(),
    }
}
