//! Where nobody can tell from what is said of a pay-out what became of it: that, said by one
//! person with what proves it, and agreed on by another.

use domain::payout::ruling::Ending;
use leptos::prelude::*;

use crate::components::field::{Field, FieldError, described_by, invalid};
use crate::pages::query::FormProblem;
use crate::view::payouts::PayoutView;
use crate::view::rulings::{DoubtView, ProposedView};
use crate::words::payouts;

/// On the page of the pay-out: nothing unless people can rule on it.
#[component]
pub fn Contradicted(
    /// The pay-out.
    view: PayoutView,
) -> impl IntoView {
    let action = format!("/console/actions/payouts/{}/ruling", view.row.id);
    let version = view.version.to_string();
    view.doubt.map(|DoubtView { endings, proposal }| {
        view! {
            <section class="panel panel-accent" aria-labelledby="ruling-title">
                <h2 id="ruling-title">"What became of it?"</h2>
                <p>
                    "What was said of it contradicts itself, or says nothing certain. Its money stays where it is, and so do the seller\u{2019}s other pay-outs that are held because of it, until something certain is said or two people know what became of it."
                </p>
                {(!endings.is_empty()).then(|| view! {
                    <Say action=action.clone() version=version.clone() endings />
                })}
                {proposal.map(|proposal| view! { <Said action version proposal /> })}
            </section>
        }
    })
    .into_any()
}

/// The form of the first person.
#[component]
fn Say(action: String, version: String, endings: Vec<Ending>) -> impl IntoView {
    let error = FormProblem::from_query().of_field("ruling");
    view! {
        <form method="post" action=action>
            <input type="hidden" name="version" value=version />
            <fieldset class="choices" aria-describedby=described_by("ruling", false)>
                <legend>"Ask the bank and the seller. What is true?"</legend>
                {error.map(|error| view! { <FieldError name="ruling" error /> })}
                {endings.into_iter().map(|ending| view! { <Choice ending /> }).collect_view()}
            </fieldset>
            <Field
                name="reason"
                label="What proves it"
                hint="Such as the bank\u{2019}s statement and its line. Stays here and in the audit log.".to_owned()
            >
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
            <button class="button" type="submit">"Propose for approval"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Choice(ending: Ending) -> impl IntoView {
    let id = format!("ruling-{}", ending.as_str());
    let hint = format!("{id}-hint");
    view! {
        <div class="choice">
            <input
                type="radio"
                name="ruling"
                id=id.clone()
                value=ending.as_str()
                required
                aria-describedby=hint.clone()
            />
            <label for=id>{payouts::ending(ending)}</label>
            <p id=hint>{payouts::follows(ending)}</p>
        </div>
    }
    .into_any()
}

/// What the first person said, and the second person's buttons.
#[component]
fn Said(action: String, version: String, proposal: ProposedView) -> impl IntoView {
    let ProposedView { ending, by, reason, is_own, may_confirm, may_withdraw } = proposal;
    let (confirm, withdraw) = (format!("{action}/confirm"), format!("{action}/withdraw"));
    let take_back = if is_own { "Take it back" } else { "Turn it down" };
    let for_withdraw = version.clone();
    view! {
        <dl class="facts">
            <div><dt>"Proposed"</dt><dd>{payouts::ending(ending)} " " {payouts::follows(ending)}</dd></div>
            <div><dt>"What proves it"</dt><dd>{reason}</dd></div>
            <div><dt>"Proposed by"</dt><dd>{by}</dd></div>
        </dl>
        {is_own.then(|| view! { <p>"You proposed this yourself. A second person has to agree."</p> })}
        <div class="decide">
            {may_confirm.then(|| view! {
                <form method="post" action=confirm>
                    <input type="hidden" name="version" value=version />
                    <button class="button" type="submit">"Agree and book it"</button>
                </form>
            })}
            {may_withdraw.then(|| view! {
                <form method="post" action=withdraw>
                    <input type="hidden" name="version" value=for_withdraw />
                    <button class="button button-quiet" type="submit">{take_back}</button>
                </form>
            })}
        </div>
    }
    .into_any()
}
