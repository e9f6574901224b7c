//! The list of alerts. Its filter is its address.

use leptos::either::Either;
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::query_parameter;
use crate::view::alerts::{AlertFilter, AlertListView, AlertRow, AlertState};
use crate::words::alerts;

/// Shows what somebody should look at.
#[component]
pub fn AlertsPage() -> impl IntoView {
    let filter = AlertFilter {
        kind: query_parameter("kind"),
        state: query_parameter("state").and_then(|word| AlertState::from_word(&word)),
    };
    let asked = filter.clone();
    page(
        Section::Alerts,
        |ports, operator| async move { ports.alerts.list(&operator, asked).await },
        move |view| view! { <Alerts view filter /> },
    )
}

#[component]
fn Alerts(view: AlertListView, filter: AlertFilter) -> impl IntoView {
    let is_filtered = filter != AlertFilter::default();
    let body = if view.rows.is_empty() {
        Either::Left(view! { <Nothing is_filtered /> })
    } else {
        Either::Right(view! { <AlertTable rows=view.rows /> })
    };
    view! {
        <Heading text="Alerts"><AsOf at=view.as_of /></Heading>
        <Filter filter kinds=view.kinds />
        <p class="table-count">{format::count(view.total, "alert", "alerts")}</p>
        {body}
    }
    .into_any()
}

/// The filter: a form that makes the address.
#[component]
fn Filter(filter: AlertFilter, kinds: Vec<String>) -> impl IntoView {
    let AlertFilter { kind, state } = filter;
    view! {
        <form class="filter-bar" method="get" action="/console/alerts" role="search" aria-label="Filter alerts">
            <label for="kind">"What is the matter"</label>
            <select id="kind" name="kind">
                <option value="">"Anything"</option>
                {kinds.into_iter().map(|word| {
                    let selected = kind.as_deref() == Some(&word);
                    let label = alerts::kind(&word);
                    view! { <option value=word selected=selected>{label}</option> }
                }).collect_view()}
            </select>
            <label for="state">"State"</label>
            <select id="state" name="state">
                <option value="">"Not resolved"</option>
                {AlertState::ALL.iter().map(|&one| view! {
                    <option value=one.as_str() selected=state == Some(one)>{alerts::state(one).0}</option>
                }).collect_view()}
            </select>
            <button class="button button-small" type="submit">"Show"</button>
            <a class="filter-reset" href="/console/alerts">"Reset"</a>
        </form>
    }
    .into_any()
}

#[component]
fn AlertTable(rows: Vec<AlertRow>) -> impl IntoView {
    view! {
        <DataTable caption="Alerts" quiet=true class="stacked">
            <thead>
                <tr>
                    <th scope="col">"What is the matter"</th>
                    <th scope="col">"Urgency"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"In short"</th>
                    <th scope="col">"Raised"</th>
                    <th scope="col">"Last found"</th>
                </tr>
            </thead>
            <tbody>
                {rows.into_iter().map(|row| view! {
                    <tr>
                        <th scope="row">
                            <a href=format!("/console/alerts/{}", row.id)>{alerts::kind(&row.kind)}</a>
                        </th>
                        <td><Badge of=alerts::severity(row.is_critical) /></td>
                        <td><Badge of=alerts::state(row.state) /></td>
                        <td>{row.message}</td>
                        <td><Instant at=row.raised_at /></td>
                        <td><Instant at=row.seen_at /></td>
                    </tr>
                }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn Nothing(is_filtered: bool) -> impl IntoView {
    if is_filtered {
        Either::Left(view! {
            <EmptyState title="No alert fits this filter">
                <a href="/console/alerts">"Show all that are not resolved"</a>
            </EmptyState>
        })
    } else {
        Either::Right(view! {
            <EmptyState title="Nothing needs anybody" good=true>
                "The watch looks once a minute. What it found before: "
                <a href="/console/alerts?state=resolved">"resolved alerts"</a>
            </EmptyState>
        })
    }
}
