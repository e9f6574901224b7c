//! The queue of mismatches. Its filter is its address.

use leptos::either::Either;
use leptos::prelude::*;

use crate::components::empty_state::EmptyState;
use crate::components::instant::AsOf;
use crate::format;
use crate::pages::console::mismatch_rows::MismatchTable;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::query_parameter;
use crate::view::mismatches::{
    MismatchClass, MismatchFilter, MismatchKind, MismatchQueueView, MismatchState,
};
use crate::words::mismatch;

/// Shows the queue, narrowed to what the address says.
#[component]
pub fn MismatchesPage() -> impl IntoView {
    let filter = MismatchFilter {
        class: query_parameter("class").and_then(|word| MismatchClass::from_word(&word)),
        kind: query_parameter("kind").and_then(|word| MismatchKind::from_word(&word)),
        state: query_parameter("state").and_then(|word| MismatchState::from_word(&word)),
    };
    let asked = filter.clone();
    page(
        Section::Mismatches,
        |ports, operator| async move { ports.mismatches.queue(&operator, asked).await },
        move |view| view! { <Queue view filter /> },
    )
}

#[component]
fn Queue(view: MismatchQueueView, filter: MismatchFilter) -> impl IntoView {
    let shown = view.rows.len();
    let is_filtered = filter != MismatchFilter::default();
    let body = if view.rows.is_empty() {
        Either::Left(view! { <Nothing is_filtered /> })
    } else {
        Either::Right(view! { <MismatchTable caption="Mismatches" rows=view.rows /> })
    };
    view! {
        <Heading text="Mismatches"><AsOf at=view.as_of /></Heading>
        <Filter filter />
        <p class="table-count">
            {format::count(view.total, "mismatch", "mismatches")}
            {(shown as u64 != view.total && shown > 0).then(|| format!(", the first {shown} shown"))}
        </p>
        {body}
    }
    .into_any()
}

/// The filter: a form that makes the address.
#[component]
fn Filter(filter: MismatchFilter) -> impl IntoView {
    let MismatchFilter { class, kind, state } = filter;
    view! {
        <form class="filter-bar" method="get" action="/console/mismatches" role="search" aria-label="Filter mismatches">
            <label for="class">"Class"</label>
            <select id="class" name="class">
                <option value="">"Any"</option>
                {MismatchClass::ALL.iter().map(|&one| view! {
                    <option value=one.as_str() selected=class == Some(one)>{mismatch::class(one)}</option>
                }).collect_view()}
            </select>
            <label for="kind">"What differs"</label>
            <select id="kind" name="kind">
                <option value="">"Anything"</option>
                {MismatchKind::ALL.iter().map(|&one| view! {
                    <option value=one.as_str() selected=kind == Some(one)>{mismatch::kind(one)}</option>
                }).collect_view()}
            </select>
            <label for="state">"State"</label>
            <select id="state" name="state">
                <option value="">"Not resolved"</option>
                {MismatchState::ALL.iter().map(|&one| view! {
                    <option value=one.as_str() selected=state == Some(one)>{mismatch::state(one).0}</option>
                }).collect_view()}
            </select>
            <button class="button button-small" type="submit">"Show"</button>
            <a class="filter-reset" href="/console/mismatches">"Reset"</a>
        </form>
    }
    .into_any()
}

/// What stands where the queue is empty.
#[component]
fn Nothing(is_filtered: bool) -> impl IntoView {
    if is_filtered {
        Either::Left(view! {
            <EmptyState title="Nothing fits this filter">
                <a href="/console/mismatches">"Show all that is not resolved"</a>
            </EmptyState>
        })
    } else {
        Either::Right(view! {
            <EmptyState title="Nothing waits" good=true>
                "Both sides agree on everything taken in so far. The next settlement file may differ: "
                <a href="/console/files">"settlement files"</a>
            </EmptyState>
        })
    }
}
