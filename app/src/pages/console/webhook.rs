//! One webhook: what arrived, whether it was believed, what it led to, and having it handled again.

use domain::id::InboundWebhookId;
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::field::{Field, described_by, invalid};
use crate::components::instant::{AsOf, Instant};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{FormProblem, path_parameter};
use crate::view::webhooks::{WebhookDiscarded, WebhookState, WebhookView};
use crate::words::webhooks;

/// Shows one webhook.
#[component]
pub fn WebhookPage() -> impl IntoView {
    let id = path_parameter::<InboundWebhookId>("id");
    page(
        Section::Webhooks,
        |ports, operator| async move { ports.webhooks.webhook(&operator, id?).await },
        |view| view! { <Webhook view /> },
    )
}

#[component]
fn Webhook(view: WebhookView) -> impl IntoView {
    let title = view.row.kind.clone().unwrap_or_else(|| "Webhook that was not read".to_owned());
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/webhooks">"Webhooks in"</a></nav>
        <Heading text=title><AsOf at=view.as_of /></Heading>
        <p class="lead">{webhooks::explanation(view.row.state)}</p>
        <Facts view=view.clone() />
        <Effects view=view.clone() />
        {view.may_replay.then(|| view! { <Replay view=view.clone() /> })}
        {view.may_discard.then(|| view! { <Discard view=view.clone() /> })}
        {view.discarded.clone().map(|of| view! { <Discarded of /> })}
        <Content view />
    }
    .into_any()
}

#[component]
fn Facts(view: WebhookView) -> impl IntoView {
    let row = view.row;
    view! {
        <dl class="facts facts-wide">
            <div><dt>"State"</dt><dd><Badge of=webhooks::state(row.state) /></dd></div>
            {row.problem.map(|why| view! { <div><dt>"Why"</dt><dd>{why}</dd></div> })}
            {row.problem_code.map(|code| view! {
                <div><dt>"Code"</dt><dd><code class="id">{code}</code></dd></div>
            })}
            {row.payment.map(|(id, reference)| view! {
                <div>
                    <dt>"Payment"</dt>
                    <dd><a href=format!("/console/payments/{id}")>{reference}</a></dd>
                </div>
            })}
            {row.checkout.map(|id| view! {
                <div><dt>"Checkout"</dt><dd><code class="id">{id.to_string()}</code></dd></div>
            })}
            {row.payout.map(|id| view! {
                <div>
                    <dt>"Pay-out"</dt>
                    <dd><a href=format!("/console/payouts/{id}")><code class="id">{id.to_string()}</code></a></dd>
                </div>
            })}
            <div><dt>"Account"</dt><dd>{row.account}</dd></div>
            <div><dt>"Message"</dt><dd><code class="id">{row.message_id}</code></dd></div>
            <div><dt>"Arrived"</dt><dd><Instant at=row.received_at /></dd></div>
            {view.handled_at.map(|at| view! {
                <div><dt>"Handled"</dt><dd><Instant at /></dd></div>
            })}
            {(view.replays > 0).then(|| view! {
                <div><dt>"Handled again by hand"</dt><dd>{view.replays} " times"</dd></div>
            })}
        </dl>
    }
    .into_any()
}

#[component]
fn Effects(view: WebhookView) -> impl IntoView {
    let is_handled = view.row.state == WebhookState::Handled;
    let is_of_payout = view.row.payout.is_some();
    let nothing = match (is_handled, is_of_payout) {
        (true, true) => {
            "The provider is asked because of it. What it answers stands in the history of the pay-out."
        }
        (true, false) => "It changed nothing: what it speaks of was known already.",
        (false, _) => "It has changed nothing.",
    };
    view! {
        <section aria-labelledby="effects-title">
            <h2 id="effects-title">"What it led to"</h2>
            {view.work.map(|work| view! { <p>{work}</p> })}
            {view.effects.is_empty().then(|| view! { <p class="calm">{nothing}</p> })}
            <ul>{view.effects.into_iter().map(|effect| view! { <li>{effect}</li> }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Replay(view: WebhookView) -> impl IntoView {
    let (label, hint) = match view.row.state {
        WebhookState::Unmatched | WebhookState::Discarded => {
            ("Match again", "Looks once more for what it speaks of.")
        }
        _ => ("Replay", "Asks its sender again. That is always harmless."),
    };
    view! {
        <form class="claim" method="post" action=format!("/console/actions/webhooks/{}/replay", view.row.id)>
            <input type="hidden" name="version" value=view.replays.to_string() />
            <button class="button" type="submit">{label}</button>
            <p>{hint}</p>
        </form>
    }
    .into_any()
}

#[component]
fn Discard(view: WebhookView) -> impl IntoView {
    let is_open = FormProblem::from_query().of_field("reason").is_some();
    view! {
        <details class="reject" open=is_open>
            <summary>"Discard instead"</summary>
            <form method="post" action=format!("/console/actions/webhooks/{}/discard", view.row.id)>
                <input type="hidden" name="version" value=view.replays.to_string() />
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
    }
    .into_any()
}

#[component]
fn Discarded(of: WebhookDiscarded) -> impl IntoView {
    view! {
        <section aria-labelledby="discarded-title">
            <h2 id="discarded-title">"Why it was discarded"</h2>
            <p><strong>{of.by}</strong> ", " <Instant at=of.at /></p>
            <blockquote>{of.reason}</blockquote>
        </section>
    }
    .into_any()
}

#[component]
fn Content(view: WebhookView) -> impl IntoView {
    let length = if view.is_cut {
        format!("{} bytes, of which the beginning is kept", view.body_bytes)
    } else {
        format!("{} bytes", view.body_bytes)
    };
    view! {
        <section aria-labelledby="headers-title">
            <h2 id="headers-title">"Headers"</h2>
            <dl class="facts facts-wide">
                {view.headers.into_iter().map(|(name, value)| view! {
                    <div><dt>{name}</dt><dd><code>{value}</code></dd></div>
                }).collect_view()}
            </dl>
        </section>
        <section aria-labelledby="body-title">
            <h2 id="body-title">"Body"</h2>
            <p class="table-count">{length}</p>
            <pre class="raw" tabindex="0" aria-labelledby="body-title">{view.body}</pre>
        </section>
    }
    .into_any()
}
