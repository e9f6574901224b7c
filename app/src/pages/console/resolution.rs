//! What can be done about a mismatch: choose, look at the posting, say why, and let a second person
//! decide.

use leptos::prelude::*;

use crate::components::entries::Entries;
use crate::components::field::{Field, FieldError, described_by, invalid};
use crate::components::instant::Instant;
use crate::pages::query::FormProblem;
use crate::view::mismatches::{MismatchView, ProposalView, ResolutionChoice, ResolutionPreview};
use crate::view::payments::EntryView;

/// The longest reason that is taken, in characters.
const REASON_MAX: &str = "500";

/// Step one: the choice. A form that only makes an address, so looking costs nothing.
#[component]
pub fn Choose(view: MismatchView) -> impl IntoView {
    let chosen = view.preview.as_ref().map(|preview| preview.code.clone());
    let error = FormProblem::from_query().of_field("resolution");
    view! {
        <section class="panel" aria-labelledby="choose-title">
            <h2 id="choose-title">"How to resolve it"</h2>
            <form method="get" action=format!("/console/mismatches/{}#preview", view.id)>
                <fieldset class="choices" aria-describedby=described_by("resolution", false)>
                    <legend class="visually-hidden">"Resolution"</legend>
                    {error.map(|error| view! { <FieldError name="resolution" error /> })}
                    {view.resolutions.into_iter().map(|choice| {
                        let is_chosen = chosen.as_ref() == Some(&choice.code);
                        view! { <Choice choice is_chosen /> }
                    }).collect_view()}
                </fieldset>
                <button class="button button-quiet" type="submit">"Preview what it does"</button>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Choice(choice: ResolutionChoice, is_chosen: bool) -> impl IntoView {
    let ResolutionChoice { code, label, explanation, needs_approval } = choice;
    let id = format!("resolution-{code}");
    let hint_id = format!("{id}-hint");
    view! {
        <div class="choice">
            <input
                type="radio"
                name="resolution"
                id=id.clone()
                value=code
                required
                checked=is_chosen
                aria-describedby=hint_id.clone()
            />
            <label for=id>{label}</label>
            <p id=hint_id>
                {explanation}
                {needs_approval.then_some(" A second person has to approve it.")}
            </p>
        </div>
    }
    .into_any()
}

/// Step two: what it would post, the reason, and the button that does it.
#[component]
pub fn Confirm(view: MismatchView, preview: ResolutionPreview) -> impl IntoView {
    let choice = view.resolutions.iter().find(|choice| choice.code == preview.code).cloned();
    let label = choice.as_ref().map_or_else(|| preview.code.clone(), |choice| choice.label.clone());
    let needs_approval = choice.is_some_and(|choice| choice.needs_approval);
    let button = if needs_approval { "Propose for approval" } else { "Resolve" };
    view! {
        <section class="panel panel-accent" id="preview" aria-labelledby="preview-title">
            <h2 id="preview-title">"Preview: " {label}</h2>
            <Effect entries=preview.entries effect=preview.effect />
            <form method="post" action=format!("/console/actions/mismatches/{}/resolve", view.id)>
                <input type="hidden" name="version" value=view.version.to_string() />
                <input type="hidden" name="idempotency_key" value=view.idempotency_key />
                <input type="hidden" name="resolution" value=preview.code />
                <ReasonField hint="Stays with the posting and in the audit log." />
                <button class="button" type="submit">{button}</button>
            </form>
        </section>
    }
    .into_any()
}

/// What a resolution posts and does.
#[component]
fn Effect(entries: Vec<EntryView>, effect: Option<String>) -> impl IntoView {
    let nothing = entries.is_empty();
    view! {
        {effect.map(|effect| view! { <p>{effect}</p> })}
        {if nothing {
            view! { <p>"It posts nothing to the ledger."</p> }.into_any()
        } else {
            view! { <Entries caption="What it posts" of=entries /> }.into_any()
        }}
    }
    .into_any()
}

/// The field for a reason.
#[component]
fn ReasonField(hint: &'static str) -> impl IntoView {
    view! {
        <Field name="reason" label="Reason" hint=hint.to_owned()>
            <textarea
                id="reason"
                name="reason"
                rows="3"
                maxlength=REASON_MAX
                required
                aria-invalid=invalid("reason")
                aria-describedby=described_by("reason", true)
            ></textarea>
        </Field>
    }
    .into_any()
}

/// What was proposed, by whom and why, and the second person's two buttons.
#[component]
pub fn Proposal(view: MismatchView, proposal: ProposalView) -> impl IntoView {
    let may_decide = view.may.approve || view.may.reject;
    let title = if proposal.checker.is_some() || !view.is_waiting() {
        "What was done"
    } else {
        "Waiting for a second person"
    };
    view! {
        <section class="panel panel-accent" aria-labelledby="proposal-title">
            <h2 id="proposal-title">{title}</h2>
            <dl class="facts">
                <div><dt>"Resolution"</dt><dd>{proposal.label}</dd></div>
                <div><dt>"Reason"</dt><dd>{proposal.reason}</dd></div>
                <div>
                    <dt>"Proposed by"</dt>
                    <dd>{proposal.maker} ", " <Instant at=proposal.proposed_at /></dd>
                </div>
                {proposal.checker.map(|checker| view! { <div><dt>"Approved by"</dt><dd>{checker}</dd></div> })}
            </dl>
            <Effect entries=proposal.entries effect=None />
            {may_decide.then(|| view! { <Decide view /> })}
        </section>
    }
    .into_any()
}

/// Approve, or send back with a reason.
#[component]
fn Decide(view: MismatchView) -> impl IntoView {
    let actions = format!("/console/actions/mismatches/{}", view.id);
    let version = view.version.to_string();
    let key = view.idempotency_key;
    view! {
        <div class="decide">
            {view.may.approve.then(|| view! {
                <form method="post" action=format!("{actions}/approve")>
                    <input type="hidden" name="version" value=version.clone() />
                    <input type="hidden" name="idempotency_key" value=key.clone() />
                    <button class="button" type="submit">"Approve and post"</button>
                </form>
            })}
            {view.may.reject.then(|| view! {
                <details class="reject" open=FormProblem::from_query().of_field("reason").is_some()>
                    <summary>"Send back instead"</summary>
                    <form method="post" action=format!("{actions}/reject")>
                        <input type="hidden" name="version" value=version.clone() />
                        <input type="hidden" name="idempotency_key" value=key.clone() />
                        <ReasonField hint="The person who proposed it reads this." />
                        <button class="button button-quiet" type="submit">"Send back"</button>
                    </form>
                </details>
            })}
        </div>
    }
    .into_any()
}

/// Opens a resolved mismatch again, by a compensating posting.
#[component]
pub fn Reopen(view: MismatchView) -> impl IntoView {
    let open = FormProblem::from_query().of_field("reason").is_some();
    view! {
        <details class="panel reopen" open=open>
            <summary>"Open it again"</summary>
            <p>"What was posted is undone by a posting of its own."</p>
            <form method="post" action=format!("/console/actions/mismatches/{}/reopen", view.id)>
                <input type="hidden" name="version" value=view.version.to_string() />
                <input type="hidden" name="idempotency_key" value=view.idempotency_key />
                <ReasonField hint="Stays in the history." />
                <button class="button button-quiet" type="submit">"Open again"</button>
            </form>
        </details>
    }
    .into_any()
}
