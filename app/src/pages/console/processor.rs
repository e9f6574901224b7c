//! One processor account: whether it is called and why, how it does, and forcing its circuit.

use domain::id::ProcessorAccountId;
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::field::{Field, described_by, invalid};
use crate::components::instant::{AsOf, Instant};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::path_parameter;
use crate::view::processors::{ErrorRow, ForcedView, ProcessorView};
use crate::words::processors;

/// Shows one processor account.
#[component]
pub fn ProcessorPage() -> impl IntoView {
    let id = path_parameter::<ProcessorAccountId>("id");
    page(
        Section::Processors,
        |ports, operator| async move { ports.processors.processor(&operator, id?).await },
        |view| view! { <Processor view /> },
    )
}

#[component]
fn Processor(view: ProcessorView) -> impl IntoView {
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/processors">"Processors"</a></nav>
        <Heading text=view.row.name.clone()><AsOf at=view.as_of /></Heading>
        <Facts view=view.clone() />
        {view.forced.clone().map(|forced| view! { <Forced forced /> })}
        <Errors errors=view.errors.clone() />
        {view.may_force.then(|| view! { <Force view /> })}
    }
    .into_any()
}

#[component]
fn Facts(view: ProcessorView) -> impl IntoView {
    let row = view.row;
    let (success, latency) = (processors::success(&row), processors::latency(&row));
    view! {
        <dl class="facts facts-wide">
            <div><dt>"State"</dt><dd><Badge of=processors::state(row.state) /></dd></div>
            <div><dt>"Why"</dt><dd>{row.why}</dd></div>
            {row.since.map(|at| view! { <div><dt>"Since"</dt><dd><Instant at /></dd></div> })}
            {view.retry_at.map(|at| view! {
                <div><dt>"Tried again"</dt><dd><Instant at /></dd></div>
            })}
            <div><dt>"Calls that succeeded"</dt><dd>{success}</dd></div>
            <div><dt>"Latency"</dt><dd>{latency}</dd></div>
            <div><dt>"Jobs waiting"</dt><dd>{row.waiting}</dd></div>
            <div><dt>"Thresholds"</dt><dd>{view.thresholds}</dd></div>
            <div><dt>"Adapter"</dt><dd>{view.processor}</dd></div>
            {view.takes.into_iter().map(|(label, text)| view! {
                <div><dt>{label}</dt><dd>{text}</dd></div>
            }).collect_view()}
        </dl>
    }
    .into_any()
}

#[component]
fn Forced(forced: ForcedView) -> impl IntoView {
    view! {
        <section class="panel panel-accent" aria-labelledby="forced-title">
            <h2 id="forced-title">"A person decided this"</h2>
            <dl class="facts">
                <div><dt>"Reason"</dt><dd>{forced.why}</dd></div>
                <div><dt>"Who"</dt><dd>{forced.by}</dd></div>
                <div><dt>"Ends by itself"</dt><dd><Instant at=forced.until /></dd></div>
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn Errors(errors: Vec<ErrorRow>) -> impl IntoView {
    let is_empty = errors.is_empty();
    view! {
        <section aria-labelledby="errors-title">
            <h2 id="errors-title">"Last errors"</h2>
            {(!is_empty).then(|| view! {
                <DataTable caption="Last errors" quiet=true>
                    <thead>
                        <tr><th scope="col">"When"</th><th scope="col">"What went wrong"</th></tr>
                    </thead>
                    <tbody>
                        {errors.into_iter().map(|error| view! {
                            <tr><td><Instant at=error.at /></td><td>{error.text}</td></tr>
                        }).collect_view()}
                    </tbody>
                </DataTable>
            })}
            {is_empty.then(|| view! { <p class="calm">"No call failed lately."</p> })}
        </section>
    }
    .into_any()
}

/// The choices of the form: word, what the person reads.
const WISHES: [(&str, &str); 3] = [
    ("open", "Do not call it"),
    ("closed", "Call it, whatever happens"),
    ("by_itself", "Let its calls decide again"),
];
/// For how long a decision lasts: minutes, what the person reads.
const LASTS: [(&str, &str); 4] =
    [("15", "15 minutes"), ("60", "1 hour"), ("240", "4 hours"), ("1440", "1 day")];

/// Decides whether the account is called, with a reason and for a limited time.
#[component]
fn Force(view: ProcessorView) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="force-title">
            <h2 id="force-title">"Decide whether it is called"</h2>
            <form method="post" action=format!("/console/actions/processors/{}/force", view.row.id)>
                <input type="hidden" name="version" value=view.version.to_string() />
                <Field name="wish" label="What to do">
                    <select id="wish" name="wish">
                        {WISHES.map(|(word, label)| view! { <option value=word>{label}</option> }).into_iter().collect_view()}
                    </select>
                </Field>
                <Field name="minutes" label="For how long" hint="Then its calls decide again.".to_owned()>
                    <select id="minutes" name="minutes" aria-describedby=described_by("minutes", true)>
                        {LASTS.map(|(minutes, label)| view! { <option value=minutes>{label}</option> }).into_iter().collect_view()}
                    </select>
                </Field>
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
                <button class="button" type="submit">"Decide"</button>
            </form>
        </section>
    }
    .into_any()
}
