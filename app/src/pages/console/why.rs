//! Why a payment failed or waits: one sentence, whose turn it is, and the evidence under it.

use leptos::prelude::*;
use time::OffsetDateTime;

use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::payments::PaymentTable;
use crate::pages::console::timeline::Timeline;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::query_parameter;
use crate::view::why::{DeliveryRow, Explanation, Found, JobRow, RouteRow, WhyView};
use crate::words::payment::status;
use crate::words::why::{sentence, turn};

/// Answers what the address asks.
#[component]
pub fn WhyPage() -> impl IntoView {
    let query = query_parameter("q").unwrap_or_default();
    page(
        Section::Why,
        |ports, operator| async move { ports.why.why(&operator, &query).await },
        |view| view! { <Why view /> },
    )
}

#[component]
fn Why(view: WhyView) -> impl IntoView {
    let found = match view.found {
        Found::NotAsked => view! {
            <EmptyState title="Ask about a payment">
                    "Type a payment\u{2019}s id, the shop\u{2019}s reference, the processor\u{2019}s reference, \
                     or the support code that the shopper reads out."
            </EmptyState>
        }
        .into_any(),
        Found::Nothing => view! {
            <EmptyState title="Nothing is called so">
                "No payment of this shop has this id, reference or support code. Compare it letter by letter."
            </EmptyState>
        }
        .into_any(),
        Found::Several { payments } => view! {
            <p>"Several payments are meant, such as those of one basket. Choose one."</p>
            <PaymentTable rows=payments base="/console/why?q=" />
        }
        .into_any(),
        Found::One(explanation) => view! { <Answer of=*explanation /> }.into_any(),
    };
    view! {
        <Heading text="Why?"><AsOf at=view.as_of /></Heading>
        <form class="filter-bar" method="get" action="/console/why" role="search" aria-label="Ask about a payment">
            <label for="why-q">"Payment"</label>
            <input
                id="why-q"
                name="q"
                type="search"
                value=view.query
                placeholder="Id, reference or support code"
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
            />
            <button class="button button-small" type="submit">"Why?"</button>
        </form>
        {found}
    }
    .into_any()
}

#[component]
fn Answer(of: Explanation) -> impl IntoView {
    let payment = of.payment;
    let words = turn(of.turn);
    let why = sentence(&of.reason, payment.processor.as_deref());
    let address = format!("/console/payments/{}", payment.id);
    view! {
        <section class=format!("panel why why-{}", words.1.as_str()) aria-labelledby="why-title">
            <p class="why-of">
                <a href=address>"Payment " {payment.reference.clone()}</a>
                " \u{b7} " {payment.seller.clone()} " \u{b7} " {format::amount(payment.amount)}
            </p>
            <h2 id="why-title">{why}</h2>
            {of.processor_message.map(|said| view! {
                <p>"The processor\u{2019}s own words: \u{201c}" {said} "\u{201d}"</p>
            })}
            <p class="why-turn">
                <Badge of=words /> " " <Badge of=status(payment.status) />
                " since " <Instant at=of.since />
            </p>
            <p class="why-code">"Support code " <code class="id">{of.support_code}</code></p>
        </section>
        <h2>"Evidence"</h2>
        <Jobs jobs=of.jobs />
        <Routes routes=of.routes />
        <Deliveries deliveries=of.deliveries />
        <section aria-labelledby="timeline-title">
            <h3 id="timeline-title">"What happened"</h3>
            <Timeline entries=payment.timeline />
        </section>
    }
    .into_any()
}

#[component]
fn Jobs(jobs: Vec<JobRow>) -> impl IntoView {
    (!jobs.is_empty()).then(|| {
        view! {
            <DataTable caption="Work that waits" class="stacked">
                <thead>
                    <tr>
                        <th scope="col">"Work"</th>
                        <th scope="col" class="number">"Tries"</th>
                        <th scope="col">"Next try"</th>
                        <th scope="col">"Last error"</th>
                    </tr>
                </thead>
                <tbody>
                    {jobs.into_iter().map(|job| view! {
                        <tr>
                            <th scope="row">{format::words(&job.kind)}</th>
                            <td class="number">{job.tries}</td>
                            <td>{next_try(job.due_at)}</td>
                            <td>{job.error.unwrap_or_else(|| "none".to_owned())}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </DataTable>
        }
    })
}

fn next_try(due_at: Option<OffsetDateTime>) -> impl IntoView {
    match due_at {
        Some(at) => view! { <Instant at /> }.into_any(),
        None => view! { <a href="/console/dead-letters">"given up"</a> }.into_any(),
    }
}

#[component]
fn Routes(routes: Vec<RouteRow>) -> impl IntoView {
    (!routes.is_empty()).then(|| {
        view! {
            <DataTable caption="Where it went, and why" class="stacked">
                <thead>
                    <tr>
                        <th scope="col">"Asked for"</th>
                        <th scope="col">"Processor account"</th>
                        <th scope="col">"Why there"</th>
                        <th scope="col">"When"</th>
                    </tr>
                </thead>
                <tbody>
                    {routes.into_iter().map(|route| view! {
                        <tr>
                            <th scope="row">{format::words(&route.operation)}</th>
                            <td>{route.account}</td>
                            <td>{route.reason.unwrap_or_else(|| "where the payment is".to_owned())}</td>
                            <td><Instant at=route.at /></td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </DataTable>
        }
    })
}

#[component]
fn Deliveries(deliveries: Vec<DeliveryRow>) -> impl IntoView {
    (!deliveries.is_empty()).then(|| {
        view! {
            <DataTable caption="What the shop was told" class="stacked">
                <thead>
                    <tr>
                        <th scope="col">"Event"</th>
                        <th scope="col">"To"</th>
                        <th scope="col" class="number">"Sent"</th>
                        <th scope="col">"The shop\u{2019}s answer"</th>
                        <th scope="col">"Happened"</th>
                    </tr>
                </thead>
                <tbody>
                    {deliveries.into_iter().map(|delivery| view! {
                        <tr>
                            <th scope="row"><code>{delivery.event}</code></th>
                            <td>{delivery.endpoint.unwrap_or_else(|| "no endpoint".to_owned())}</td>
                            <td class="number">{delivery.tries} "\u{d7}"</td>
                            <td>{delivery.answer.unwrap_or_else(|| "not sent yet".to_owned())}</td>
                            <td><Instant at=delivery.at /></td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </DataTable>
        }
    })
}
