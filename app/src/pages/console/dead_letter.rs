//! One dead letter: what it is about, every try, what people decided, and what can be done.

use domain::id::JobId;
use leptos::prelude::*;

use crate::components::data_table::DataTable;
use crate::components::field::{Field, described_by, invalid};
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::dead_letters::Subject;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{FormProblem, path_parameter};
use crate::view::dead_letters::{DeadLetterDecision, DeadLetterView, FailedTry};
use crate::words::dead_letters;

/// Shows one dead letter.
#[component]
pub fn DeadLetterPage() -> impl IntoView {
    let id = path_parameter::<JobId>("id");
    page(
        Section::DeadLetters,
        |ports, operator| async move { ports.dead_letters.dead_letter(&operator, id?).await },
        |view| view! { <DeadLetter view /> },
    )
}

#[component]
fn DeadLetter(view: DeadLetterView) -> impl IntoView {
    let is_waiting = view.discarded.is_none();
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/dead-letters">"Dead letters"</a></nav>
        <Heading text=dead_letters::kind(&view.row.kind).to_owned()><AsOf at=view.as_of /></Heading>
        <p class="lead">{view.row.error.clone()}</p>
        <Facts view=view.clone() />
        {(view.may_act && is_waiting).then(|| view! { <Doing view=view.clone() /> })}
        <Tries tries=view.tries />
        <Decisions decisions=view.decisions />
        {view.payload.map(|payload| view! {
            <section aria-labelledby="payload-title">
                <h2 id="payload-title">"What the worker was told"</h2>
                <pre class="raw" tabindex="0" aria-labelledby="payload-title">{payload}</pre>
            </section>
        })}
    }
    .into_any()
}

#[component]
fn Facts(view: DeadLetterView) -> impl IntoView {
    view! {
        <dl class="facts facts-wide">
            <div><dt>"About"</dt><dd><Subject of=view.row.subject /></dd></div>
            <div><dt>"Job"</dt><dd><code class="id">{view.row.id.to_string()}</code></dd></div>
            <div><dt>"Cause"</dt><dd>{view.error_class}</dd></div>
            <div><dt>"Tries"</dt><dd>{view.row.attempts}</dd></div>
            <div><dt>"Asked for"</dt><dd><Instant at=view.created_at /></dd></div>
            <div><dt>"Given up"</dt><dd><Instant at=view.row.died_at /></dd></div>
            {view.discarded.map(|why| view! { <div><dt>"Discarded"</dt><dd>{why}</dd></div> })}
        </dl>
    }
    .into_any()
}

/// The three forms.
#[component]
fn Doing(view: DeadLetterView) -> impl IntoView {
    let actions = format!("/console/actions/dead-letters/{}", view.row.id);
    let all = format!("Retry all {} like this", view.alike);
    let is_open = FormProblem::from_query().of_field("reason").is_some();
    view! {
        <section class="panel" aria-labelledby="doing-title">
            <h2 id="doing-title">"What to do"</h2>
            <form class="claim" method="post" action=format!("{actions}/retry")>
                <button class="button" type="submit">"Retry"</button>
                <p>"It keeps its history and gets all its tries again. Money is asked about before it is moved."</p>
            </form>
            {(view.alike > 1).then(|| view! {
                <form class="claim" method="post" action=format!("{actions}/retry-like")>
                    <button class="button button-quiet" type="submit">{all}</button>
                    <p>"The same kind of work with the same cause."</p>
                </form>
            })}
            <details class="reject" open=is_open>
                <summary>"Discard instead"</summary>
                <form method="post" action=format!("{actions}/discard")>
                    <Field name="reason" label="Reason" hint="Stays here and in the audit log.".to_owned()>
                        <textarea
                            id="reason"
                            name="reason"
                            rows="3"
                            maxlength="500"
                            required
                            aria-invalid=invalid("reason")
                            aria-describedby=described_by("reason", true)
                        ></textarea>
                    </Field>
                    <button class="button button-quiet" type="submit">"Discard"</button>
                </form>
            </details>
        </section>
    }
    .into_any()
}

#[component]
fn Tries(tries: Vec<FailedTry>) -> impl IntoView {
    let count = format::count(tries.len() as u64, "try that failed", "tries that failed");
    view! {
        <section aria-labelledby="tries-title">
            <h2 id="tries-title">"Tries"</h2>
            <DataTable caption=count>
                <thead>
                    <tr>
                        <th scope="col" class="number">"Try"</th>
                        <th scope="col">"When"</th>
                        <th scope="col">"What went wrong"</th>
                    </tr>
                </thead>
                <tbody>
                    {tries.into_iter().map(|one| view! {
                        <tr>
                            <td class="number">{one.number}</td>
                            <td><Instant at=one.at /></td>
                            <td>{one.error}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </DataTable>
        </section>
    }
    .into_any()
}

#[component]
fn Decisions(decisions: Vec<DeadLetterDecision>) -> impl IntoView {
    view! {
        <section aria-labelledby="decisions-title">
            <h2 id="decisions-title">"What was decided"</h2>
            {decisions.is_empty().then(|| view! { <p class="calm">"Nobody has decided about it yet."</p> })}
            <ol class="history">
                {decisions.into_iter().map(|one| view! {
                    <li>
                        <p>
                            <strong>{one.actor}</strong> " " {dead_letters::action(&one.action)} ", "
                            <Instant at=one.at />
                        </p>
                        {one.reason.map(|reason| view! { <blockquote>{reason}</blockquote> })}
                    </li>
                }).collect_view()}
            </ol>
        </section>
    }
    .into_any()
}
