//! One alert: what is the matter, the rows behind it, and who looks at it.

use domain::id::AlertId;
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::instant::{AsOf, Instant};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::path_parameter;
use crate::view::alerts::{AlertFact, AlertView};
use crate::words::alerts;

/// Shows one alert.
#[component]
pub fn AlertPage() -> impl IntoView {
    let id = path_parameter::<AlertId>("id");
    page(
        Section::Alerts,
        |ports, operator| async move { ports.alerts.alert(&operator, id?).await },
        |view| view! { <Alert view /> },
    )
}

#[component]
fn Alert(view: AlertView) -> impl IntoView {
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/alerts">"Alerts"</a></nav>
        <Heading text=alerts::kind(&view.row.kind)><AsOf at=view.as_of /></Heading>
        <p class="lead">{view.row.message.clone()}</p>
        <Facts view=view.clone() />
        <section aria-labelledby="rows-title">
            <h2 id="rows-title">"What is behind it"</h2>
            <dl class="facts facts-wide">
                {view.facts.iter().cloned().map(|fact| view! { <Fact fact /> }).collect_view()}
            </dl>
        </section>
        <Doing view />
    }
    .into_any()
}

#[component]
fn Facts(view: AlertView) -> impl IntoView {
    let row = view.row;
    view! {
        <dl class="facts facts-wide">
            <div><dt>"Urgency"</dt><dd><Badge of=alerts::severity(row.is_critical) /></dd></div>
            <div><dt>"State"</dt><dd><Badge of=alerts::state(row.state) /></dd></div>
            <div><dt>"Raised"</dt><dd><Instant at=row.raised_at /></dd></div>
            <div><dt>"Last found"</dt><dd><Instant at=row.seen_at /></dd></div>
            {view.acknowledged_by.map(|who| view! {
                <div><dt>"Acknowledged by"</dt><dd>{who}</dd></div>
            })}
            {view.resolved_at.map(|at| view! {
                <div>
                    <dt>"Resolved"</dt>
                    <dd>
                        <Instant at /> ", "
                        {view.resolved_by.unwrap_or_else(|| "by itself".to_owned())}
                    </dd>
                </div>
            })}
        </dl>
    }
    .into_any()
}

#[component]
fn Fact(fact: AlertFact) -> impl IntoView {
    view! {
        <div>
            <dt>{fact.label}</dt>
            <dd>
                <ul class="plain-list">
                    {fact.values.into_iter().map(|(text, address)| view! {
                        <li>
                            {match address {
                                Some(address) => view! { <a class="id" href=address>{text}</a> }.into_any(),
                                None => text.into_any(),
                            }}
                        </li>
                    }).collect_view()}
                </ul>
            </dd>
        </div>
    }
    .into_any()
}

/// The forms that fit the alert's state and the person's role.
#[component]
fn Doing(view: AlertView) -> impl IntoView {
    let action = |what| format!("/console/actions/alerts/{}/{what}", view.row.id);
    let hint = if view.is_watched {
        "It also resolves itself when the condition has passed, and comes back if it has not."
    } else {
        "Whoever raised it raises it again if the condition lasts."
    };
    view! {
        {view.may_acknowledge.then(|| view! {
            <form class="claim" method="post" action=action("acknowledge")>
                <input type="hidden" name="version" value=view.version.to_string() />
                <button class="button" type="submit">"Acknowledge"</button>
                <p>"Shows the others that you look at it."</p>
            </form>
        })}
        {view.may_resolve.then(|| view! {
            <form class="claim" method="post" action=action("resolve")>
                <input type="hidden" name="version" value=view.version.to_string() />
                <button class="button button-quiet" type="submit">"Resolve"</button>
                <p>{hint}</p>
            </form>
        })}
    }
    .into_any()
}
