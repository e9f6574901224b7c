//! The list of dead letters, and how many there are of each cause. Its filter is its address.

use leptos::either::Either;
use leptos::prelude::*;

use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{address, query_parameter};
use crate::view::dead_letters::{
    DeadLetterCount, DeadLetterFilter, DeadLetterListView, DeadLetterRow, DeadLetterSubject,
};
use crate::words::dead_letters;

/// The ages that the filter offers, in hours.
const AGES: [(u16, &str); 3] = [(1, "An hour"), (24, "A day"), (168, "A week")];

/// Shows the newest dead letters.
#[component]
pub fn DeadLettersPage() -> impl IntoView {
    let filter = DeadLetterFilter {
        kind: query_parameter("kind"),
        error: query_parameter("error"),
        hours: query_parameter("hours").and_then(|hours| hours.parse().ok()),
        is_discarded: query_parameter("state").as_deref() == Some("discarded"),
    };
    let asked = filter.clone();
    page(
        Section::DeadLetters,
        |ports, operator| async move { ports.dead_letters.list(&operator, asked).await },
        move |view| view! { <DeadLetters view filter /> },
    )
}

#[component]
fn DeadLetters(view: DeadLetterListView, filter: DeadLetterFilter) -> impl IntoView {
    let shown = view.rows.len() as u64;
    let is_filtered = filter != DeadLetterFilter::default();
    let body = if view.rows.is_empty() {
        Either::Left(view! { <Nothing is_filtered /> })
    } else {
        Either::Right(view! { <Letters rows=view.rows /> })
    };
    view! {
        <Heading text="Dead letters"><AsOf at=view.as_of /></Heading>
        <p class="lead">
            "Work that was tried as often as its kind allows, or cannot be done. It waits for a person."
        </p>
        {(!view.counts.is_empty()).then(|| view! { <Causes counts=view.counts.clone() /> })}
        <Filter filter counts=view.counts />
        <p class="table-count">
            {format::count(view.total, "dead letter", "dead letters")}
            {(shown != view.total && shown > 0).then(|| format!(", the newest {shown} shown"))}
        </p>
        {body}
    }
    .into_any()
}

/// How many wait of each cause; each is a link to its rows.
#[component]
fn Causes(counts: Vec<DeadLetterCount>) -> impl IntoView {
    view! {
        <DataTable caption="By cause" class="stacked">
            <thead>
                <tr>
                    <th scope="col">"Work"</th>
                    <th scope="col">"Error"</th>
                    <th scope="col" class="number">"Waiting"</th>
                    <th scope="col">"Since"</th>
                </tr>
            </thead>
            <tbody>
                {counts.into_iter().map(|count| {
                    let cause = [("kind", count.kind.as_str()), ("error", &count.error)];
                    let address = address("/console/dead-letters", &cause);
                    view! {
                        <tr>
                            <th scope="row">{dead_letters::kind(&count.kind).to_owned()}</th>
                            <td>{count.error}</td>
                            <td class="number"><a href=address>{count.count}</a></td>
                            <td><Instant at=count.since /></td>
                        </tr>
                    }
                }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}

/// The filter: a form that makes the address.
#[component]
fn Filter(filter: DeadLetterFilter, counts: Vec<DeadLetterCount>) -> impl IntoView {
    let DeadLetterFilter { kind, error, hours, is_discarded } = filter;
    let mut kinds: Vec<String> =
        counts.into_iter().map(|count| count.kind).chain(kind.clone()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    view! {
        <form class="filter-bar" method="get" action="/console/dead-letters" role="search" aria-label="Filter dead letters">
            <label for="kind">"Work"</label>
            <select id="kind" name="kind">
                <option value="">"Any"</option>
                {kinds.into_iter().map(|one| {
                    let is_chosen = kind.as_ref() == Some(&one);
                    let label = dead_letters::kind(&one).to_owned();
                    view! { <option value=one selected=is_chosen>{label}</option> }
                }).collect_view()}
            </select>
            <label for="error">"Error"</label>
            <input id="error" name="error" type="search" value=error.unwrap_or_default()
                placeholder="As in the table of causes" autocomplete="off" spellcheck="false" />
            <label for="hours">"Older than"</label>
            <select id="hours" name="hours">
                <option value="">"Any age"</option>
                {AGES.map(|(age, label)| view! {
                    <option value=age.to_string() selected=hours == Some(age)>{label}</option>
                }).collect_view()}
            </select>
            <label for="state">"State"</label>
            <select id="state" name="state">
                <option value="">"Waiting"</option>
                <option value="discarded" selected=is_discarded>"Discarded"</option>
            </select>
            <button class="button button-small" type="submit">"Show"</button>
            <a class="filter-reset" href="/console/dead-letters">"Reset"</a>
        </form>
    }
    .into_any()
}

#[component]
fn Letters(rows: Vec<DeadLetterRow>) -> impl IntoView {
    view! {
        <DataTable caption="Dead letters" quiet=true class="stacked">
            <thead>
                <tr>
                    <th scope="col">"Work"</th>
                    <th scope="col">"About"</th>
                    <th scope="col">"Last error"</th>
                    <th scope="col" class="number">"Tries"</th>
                    <th scope="col">"Given up"</th>
                </tr>
            </thead>
            <tbody>
                {rows.into_iter().map(|row| view! {
                    <tr>
                        <th scope="row">
                            <a href=format!("/console/dead-letters/{}", row.id)>
                                {dead_letters::kind(&row.kind).to_owned()}
                            </a>
                        </th>
                        <td><Subject of=row.subject /></td>
                        <td>{row.error}</td>
                        <td class="number">{row.attempts}</td>
                        <td><Instant at=row.died_at /></td>
                    </tr>
                }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}

/// What work is about, as a link where there is a page for it.
#[component]
pub fn Subject(
    /// The subject.
    of: DeadLetterSubject,
) -> impl IntoView {
    match of {
        DeadLetterSubject::Payment(id) => {
            view! { <a class="id" href=format!("/console/payments/{id}")>{id.to_string()}</a> }
                .into_any()
        }
        DeadLetterSubject::Checkout(id) => {
            view! { <a class="id" href=format!("/console/payments?q={id}")>{id.to_string()}</a> }
                .into_any()
        }
        DeadLetterSubject::Webhook(id) => {
            view! { <a class="id" href=format!("/console/webhooks/{id}")>{id.to_string()}</a> }
                .into_any()
        }
        DeadLetterSubject::Other(id) => view! { <code class="id">{id}</code> }.into_any(),
    }
}

#[component]
fn Nothing(is_filtered: bool) -> impl IntoView {
    if is_filtered {
        Either::Left(view! {
            <EmptyState title="No dead letter fits this filter">
                <a href="/console/dead-letters">"Show all that wait"</a>
            </EmptyState>
        })
    } else {
        Either::Right(view! {
            <EmptyState title="No work has failed for good" good=true>
                "What fails for a while is tried again by itself."
            </EmptyState>
        })
    }
}
