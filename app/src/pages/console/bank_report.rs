//! What a bank's file said of pay-outs.

use domain::id::{BankReportId, PayoutId};
use domain::payout::Phase;
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::path_parameter;
use crate::view::bank_files::{BankReportView, BankSaid, FilePlace};
use crate::words::payouts;

/// Shows what one file said.
#[component]
pub fn BankReportPage() -> impl IntoView {
    let id = path_parameter::<BankReportId>("id");
    page(
        Section::Payouts,
        |ports, operator| async move { ports.bank_files.report(&operator, id?).await },
        |view| view! { <Report view /> },
    )
}

#[component]
fn Report(view: BankReportView) -> impl IntoView {
    let row = view.row;
    let is_read = row.finished_at.is_some();
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/bank-files">"Bank files"</a></nav>
        <Heading text=row.name><AsOf at=view.as_of /></Heading>
        <dl class="facts facts-wide">
            <div><dt>"Format"</dt><dd>{row.format}</dd></div>
            <div><dt>"Read"</dt><dd><Instant at=row.created_at /> ", by " {row.read_by}</dd></div>
            <div><dt>"Pay-outs changed"</dt><dd>{row.changed}</dd></div>
            {view.said.as_ref().map(|said| view! {
                <div><dt>"Known before"</dt><dd>{said.known}</dd></div>
                <div><dt>"Not decided"</dt><dd>{said.undecided}</dd></div>
                <div><dt>"Entries that name no pay-out"</dt><dd>{said.unrelated}</dd></div>
            })}
        </dl>
        {(!is_read).then(|| view! {
            <p class="calm">"It was not read to its end. Read the same file again: that goes on."</p>
        })}
        {view.said.map(|said| view! { <Sayings said /> })}
    }
    .into_any()
}

#[component]
fn Sayings(said: BankSaid) -> impl IntoView {
    let BankSaid { changed, odd, unknown, warnings, .. } = said;
    let changed = lines(changed, |(payout, phase)| view! { <Changed payout phase /> }.into_any());
    let odd = lines(odd, |(place, payout, why)| {
        let at = at(place);
        view! { <Payout payout /> ": " {why} {at} }.into_any()
    });
    let unknown = lines(unknown, |(place, why)| view! { {why} {at(place)} }.into_any());
    let warnings = lines(warnings, |(place, why)| view! { {why} {at(Some(place))} }.into_any());
    view! {
        <Kind id="odd" title="To be looked at" lines=odd total=said.odd_total>
            "An alert stands for each of these pay-outs until somebody has looked at it."
        </Kind>
        <Kind id="changed" title="Pay-outs that changed" lines=changed total=said.changed_total>
            "Where they stood when it was read."
        </Kind>
        <Kind id="unknown" title="Not about our pay-outs" lines=unknown total=said.unknown_total>
            "What it says there is not kept: look at that place of the file."
        </Kind>
        <Kind id="warnings" title="Odd about the file" lines=warnings total=said.warnings_total>
            "It was read all the same."
        </Kind>
    }
    .into_any()
}

fn lines<T>(all: Vec<T>, line: impl Fn(T) -> AnyView) -> Vec<AnyView> {
    all.into_iter().map(line).collect()
}

/// The sayings of one kind; nothing if there are none.
#[component]
fn Kind(
    id: &'static str,
    title: &'static str,
    lines: Vec<AnyView>,
    total: u64,
    children: Children,
) -> impl IntoView {
    let shown = lines.len() as u64;
    let title_id = format!("{id}-title");
    let rest = total.saturating_sub(shown);
    (shown > 0).then(|| {
        view! {
            <section aria-labelledby=title_id.clone()>
                <h2 id=title_id.clone()>{title} ": " {total}</h2>
                <p class="field-hint">{children()}</p>
                <ul>{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                {(rest > 0).then(|| view! { <p>{format!("And {}.", format::count(rest, "more", "more"))}</p> })}
            </section>
        }
    })
    .into_any()
}

#[component]
fn Changed(payout: PayoutId, phase: Phase) -> impl IntoView {
    view! { <Payout payout /> " " <Badge of=payouts::state(phase, false) /> }.into_any()
}

#[component]
fn Payout(payout: PayoutId) -> impl IntoView {
    let id = payout.to_string();
    view! { <a href=format!("/console/payouts/{id}")><code class="id">{id.clone()}</code></a> }
        .into_any()
}

/// Where it stands in the file.
fn at(place: Option<FilePlace>) -> String {
    let place = place.map(|at| format!(" (line {}, column {})", at.line, at.column));
    place.unwrap_or_default()
}
