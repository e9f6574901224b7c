//! The console's first page: what waits, and whether the books are right.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::view::mismatches::{LastFile, OverviewView, QueueCount};
use crate::words::{Tone, mismatch};

/// Shows what waits for somebody.
#[component]
pub fn OverviewPage() -> impl IntoView {
    page(
        Section::Overview,
        |ports, operator| async move { ports.mismatches.overview(&operator).await },
        |view| view! { <Overview view /> },
    )
}

#[component]
fn Overview(view: OverviewView) -> impl IntoView {
    let waits: u64 = view.queues.iter().map(|queue| queue.open).sum();
    view! {
        <Heading text="Overview"><AsOf at=view.as_of /></Heading>
        <section aria-labelledby="queues-title">
            <h2 id="queues-title">"Mismatches to resolve"</h2>
            <ul class="cards">
                {view.queues.iter().cloned().map(|queue| view! { <Queue queue /> }).collect_view()}
                <li class="card">
                    <a href="/console/mismatches?state=proposed">
                        <span class="card-label">"Waiting for approval"</span>
                        <strong class="card-figure">{view.waiting_for_approval}</strong>
                        <span class="card-note">"A second person decides."</span>
                    </a>
                </li>
            </ul>
            {(waits == 0).then(|| view! { <p class="calm">"Nothing waits. Both sides agree."</p> })}
        </section>
        <section aria-labelledby="health-title">
            <h2 id="health-title">"Today and the books"</h2>
            <Health view />
        </section>
    }
    .into_any()
}

/// One queue as a card that leads to it.
#[component]
fn Queue(queue: QueueCount) -> impl IntoView {
    let QueueCount { class, open, at_stake } = queue;
    view! {
        <li class="card">
            <a href=format!("/console/mismatches?class={}", class.as_str())>
                <span class="card-label">{mismatch::class(class)}</span>
                <strong class="card-figure">{open}</strong>
                <span class="card-note">
                    {if open == 0 {
                        mismatch::class_explanation(class).to_owned()
                    } else {
                        format!("{} at stake", format::amounts(&at_stake))
                    }}
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// The figures below the queues.
#[component]
fn Health(view: OverviewView) -> impl IntoView {
    let balanced = if view.is_ledger_balanced {
        (Tone::Good, "Debits equal credits in every currency")
    } else {
        (Tone::Bad, "Debits and credits differ")
    };
    let doubt = if view.payments_in_doubt == 0 { Tone::Good } else { Tone::Warning };
    let dead = if view.dead_letters == 0 { Tone::Good } else { Tone::Bad };
    let alerts = if view.alerts == 0 { Tone::Good } else { Tone::Bad };
    let unmatched = if view.webhooks_unmatched == 0 { Tone::Good } else { Tone::Warning };
    view! {
        <dl class="facts facts-wide">
            <div>
                <dt>"Payments today"</dt>
                <dd><a href="/console/payments">{format::count(view.payments_today, "payment", "payments")}</a></dd>
            </div>
            <div>
                <dt>"Captured today"</dt>
                <dd>{format::amounts(&view.captured_today)}</dd>
            </div>
            <div>
                <dt>"Trial balance"</dt>
                <dd><Icon tone=balanced.0 /><a href="/console/ledger">{balanced.1}</a></dd>
            </div>
            <div>
                <dt>"In doubt at a processor"</dt>
                <dd>
                    <Icon tone=doubt />
                    <a href="/console/payments?status=unknown">
                        {format::count(view.payments_in_doubt, "payment", "payments")}
                    </a>
                </dd>
            </div>
            <div>
                <dt>"Work that failed for good"</dt>
                <dd><Icon tone=dead />{format::count(view.dead_letters, "job", "jobs")}</dd>
            </div>
            <div>
                <dt>"Alerts"</dt>
                <dd>
                    <Icon tone=alerts />
                    <a href="/console/alerts">{format::count(view.alerts, "alert", "alerts")}</a>
                </dd>
            </div>
            <div>
                <dt>"Webhooks without a payment"</dt>
                <dd>
                    <Icon tone=unmatched />
                    <a href="/console/webhooks?state=unmatched">
                        {format::count(view.webhooks_unmatched, "webhook", "webhooks")}
                    </a>
                </dd>
            </div>
            <div>
                <dt>"Last settlement file"</dt>
                <dd><LastFileLink file=view.last_file /></dd>
            </div>
        </dl>
    }
    .into_any()
}

#[component]
fn LastFileLink(file: Option<LastFile>) -> impl IntoView {
    match file {
        Some(file) => view! {
            <a href=format!("/console/files/{}", file.id)>{file.name}</a>
            ", "
            <Instant at=file.received_at />
        }
        .into_any(),
        None => view! { <a href="/console/files">"None yet: upload one"</a> }.into_any(),
    }
}
