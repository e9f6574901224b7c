//! The proof of the books: the rules that are checked all the time, the chain, the days that are
//! closed, and the file with which anybody can check all of it.

use leptos::prelude::*;
use time::{Duration, OffsetDateTime};

use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::proof_books::{Chain, Closes, Export};
use crate::pages::console::{Heading, Section, page};
use crate::view::proof::{BreachRow, ProofView, RuleView};
use crate::words::Tone;

/// Shows how far it is proven that the books hold.
#[component]
pub fn ProofPage() -> impl IntoView {
    page(
        Section::Proof,
        |ports, operator| async move { ports.proof.proof(&operator).await },
        |view| view! { <Proof view /> },
    )
}

#[component]
fn Proof(view: ProofView) -> impl IntoView {
    let in_all = view.breaches_in_all();
    let count = rows(in_all, view.has_more());
    view! {
        <Heading text="Proof"><AsOf at=view.as_of /></Heading>
        <Rules rules=view.rules breaches=in_all as_of=view.as_of />
        {(in_all > 0).then(|| view! { <Breaches rows=view.breaches in_all count /> })}
        <Chain chain=view.chain.clone() />
        <Closes rows=view.closes />
        <Export chain=view.chain public_key=view.public_key />
    }
    .into_any()
}

#[component]
fn Rules(rules: Vec<RuleView>, breaches: u64, as_of: OffsetDateTime) -> impl IntoView {
    let is_checked = rules.iter().all(|rule| rule.checked_at.is_some());
    let stands_still = rules.iter().any(|rule| rule.stands_still);
    let verdict = match (breaches, stands_still, is_checked) {
        (1.., ..) => ("Rules are broken", Tone::Bad),
        (0, true, _) => ("Not every rule is looked at", Tone::Warning),
        (0, false, false) => ("Not everything was checked yet", Tone::Waiting),
        (0, false, true) => ("Every rule holds", Tone::Good),
    };
    view! {
        <section class="panel" aria-labelledby="rules-title">
            <header class="panel-head">
                <h2 id="rules-title">"Rules that are checked every minute"</h2>
                <Badge of=verdict />
            </header>
            <DataTable caption="Rules" quiet=true class="lines">
                <thead>
                    <tr>
                        <th scope="col">"Rule"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"All rows last checked"</th>
                    </tr>
                </thead>
                <tbody>{rules.into_iter().map(|rule| view! { <Rule rule as_of /> }).collect_view()}</tbody>
            </DataTable>
        </section>
    }
    .into_any()
}

#[component]
fn Rule(rule: RuleView, as_of: OffsetDateTime) -> impl IntoView {
    let (state, detail) = match (rule.breaches, rule.stands_still, rule.checked_at) {
        (1.., ..) => (("Broken", Tone::Bad), Some(rows(rule.breaches, rule.has_more))),
        (0, true, at) => (
            ("Not looked at", Tone::Warning),
            at.map(|at| format!("since {}", format::instant(at))),
        ),
        (0, false, None) => (("Not checked yet", Tone::Waiting), None),
        (0, false, Some(_)) => (("Holds", Tone::Good), None),
    };
    view! {
        <tr>
            <th scope="row" class="prose">{rule.sentence}</th>
            <td><Badge of=state /> " " {detail}</td>
            <td>
                {rule.checked_at.map(|at| view! {
                    <time datetime=format::machine_instant(at)>{ago(as_of - at)}</time>
                })}
            </td>
        </tr>
    }
    .into_any()
}

/// How many rows, of which not all may be counted.
fn rows(counted: u64, has_more: bool) -> String {
    let least = if has_more { "at least " } else { "" };
    format!("{least}{}", format::count(counted, "row", "rows"))
}

/// How long ago something was.
fn ago(past: Duration) -> String {
    if past < Duration::MINUTE {
        return "less than a minute ago".to_owned();
    }
    format!("{} ago", format::age(past))
}

#[component]
fn Breaches(rows: Vec<BreachRow>, in_all: u64, count: String) -> impl IntoView {
    let shown = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let more = (shown < in_all).then(|| format!("The first {shown} of {count}."));
    view! {
        <section aria-labelledby="breaches-title">
            <h2 id="breaches-title">"Rows that break a rule"</h2>
            <DataTable caption="Rows that break a rule" quiet=true class="lines">
                <thead>
                    <tr>
                        <th scope="col">"Row"</th>
                        <th scope="col">"What is wrong"</th>
                        <th scope="col">"Rule"</th>
                        <th scope="col">"Found"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows.into_iter().map(|row| view! {
                        <tr>
                            <th scope="row"><code class="id">{row.row}</code></th>
                            <td class="prose">{row.detail}</td>
                            <td class="prose">{row.rule}</td>
                            <td><Instant at=row.found_at /></td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </DataTable>
            {more.map(|text| view! { <p class="calm">{text}</p> })}
        </section>
    }
    .into_any()
}
