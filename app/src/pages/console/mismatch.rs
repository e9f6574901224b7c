//! One mismatch: what differs, both sides' figures, and what can be done about it.

use domain::id::MismatchId;
use leptos::prelude::*;

use crate::components::amount::Amount;
use crate::components::badge::Badge;
use crate::components::instant::{AsOf, Instant};
use crate::pages::console::comparison::Comparison;
use crate::pages::console::resolution::{Choose, Confirm, Proposal, Reopen};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{path_parameter, query_parameter};
use crate::view::mismatches::{HistoryEntry, MismatchView};
use crate::words::mismatch;

/// Shows one mismatch, with the posting of the resolution that the address names.
#[component]
pub fn MismatchPage() -> impl IntoView {
    let id = path_parameter::<MismatchId>("id");
    let resolution = query_parameter("resolution");
    page(
        Section::Mismatches,
        |ports, operator| async move {
            ports.mismatches.mismatch(&operator, id?, resolution.as_deref()).await
        },
        |view| view! { <Mismatch view /> },
    )
}

#[component]
fn Mismatch(view: MismatchView) -> impl IntoView {
    let title = format!("{}: {}", mismatch::kind(view.kind), view.subject);
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/mismatches">"Mismatches"</a></nav>
        <Heading text=title><AsOf at=view.as_of /></Heading>
        <p class="lead">{mismatch::explanation(view.kind)}</p>
        <Facts view=view.clone() />
        <section aria-labelledby="sides-title">
            <h2 id="sides-title">"Both sides"</h2>
            <Comparison processor=view.processor.clone() rows=view.comparison.clone() />
        </section>
        <Doing view=view.clone() />
        <History entries=view.history />
    }
    .into_any()
}

/// State, amount, and where it comes from.
#[component]
fn Facts(view: MismatchView) -> impl IntoView {
    view! {
        <dl class="facts facts-wide">
            <div><dt>"State"</dt><dd><Badge of=mismatch::state(view.state) /></dd></div>
            <div><dt>"At stake"</dt><dd><Amount of=view.at_stake /></dd></div>
            <div><dt>"Class"</dt><dd>{mismatch::class(view.class)}</dd></div>
            {view.payment.map(|payment| view! {
                <div>
                    <dt>"Payment"</dt>
                    <dd><a class="id" href=format!("/console/payments/{payment}")>{payment.to_string()}</a></dd>
                </div>
            })}
            {view.file.map(|place| view! {
                <div>
                    <dt>"Settlement file"</dt>
                    <dd>
                        <a href=format!("/console/files/{}", place.file)>{place.name}</a>
                        {place.line.map(|line| format!(", line {line}"))}
                    </dd>
                </div>
            })}
            <div><dt>"Found"</dt><dd><Instant at=view.opened_at /></dd></div>
            <div>
                <dt>"Claimed by"</dt>
                <dd>{view.claimed_by.unwrap_or_else(|| "nobody yet".to_owned())}</dd>
            </div>
        </dl>
    }
    .into_any()
}

/// The forms that fit the mismatch's state and the person's role.
#[component]
fn Doing(view: MismatchView) -> impl IntoView {
    view! {
        {view.may.claim.then(|| view! {
            <form class="claim" method="post" action=format!("/console/actions/mismatches/{}/claim", view.id)>
                <input type="hidden" name="version" value=view.version.to_string() />
                <button class="button" type="submit">"Take it on"</button>
                <p>"Shows the others that you look at it."</p>
            </form>
        })}
        {(view.may.resolve && !view.resolutions.is_empty())
            .then(|| view! { <Choose view=view.clone() /> })}
        {view.preview.clone().filter(|_| view.may.resolve)
            .map(|preview| view! { <Confirm view=view.clone() preview /> })}
        {view.proposal.clone().map(|proposal| view! { <Proposal view=view.clone() proposal /> })}
        {view.may.reopen.then(|| view! { <Reopen view=view.clone() /> })}
    }
    .into_any()
}

/// What was done so far.
#[component]
fn History(entries: Vec<HistoryEntry>) -> impl IntoView {
    view! {
        <section aria-labelledby="history-title">
            <h2 id="history-title">"History"</h2>
            {entries.is_empty().then(|| view! { <p class="calm">"Nothing was done about it yet."</p> })}
            <ol class="history">
                {entries.into_iter().map(|entry| view! {
                    <li>
                        <p>
                            <strong>{entry.actor}</strong> " " {entry.action} ", " <Instant at=entry.at />
                        </p>
                        {entry.reason.map(|reason| view! { <blockquote>{reason}</blockquote> })}
                    </li>
                }).collect_view()}
            </ol>
        </section>
    }
    .into_any()
}
