//! One pay-out: how it stands, what it will take, what it pays for, and all that happened to it.

use domain::id::PayoutId;
use leptos::prelude::*;

use crate::components::amount::Amount;
use crate::components::badge::Badge;
use crate::components::entries::Entries;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::advice::Advice;
use crate::pages::console::payout_actions::Doing;
use crate::pages::console::payout_ruling::Contradicted;
use crate::pages::console::payout_setback::Setback;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::path_parameter;
use crate::view::payouts::{BankFileView, CoverageView, PayoutChange, PayoutPosting, PayoutView};
use crate::words::payouts;

/// Shows one pay-out.
#[component]
pub fn PayoutPage() -> impl IntoView {
    let id = path_parameter::<PayoutId>("id");
    page(
        Section::Payouts,
        |ports, operator| async move { ports.payouts.payout(&operator, id?).await },
        |view| view! { <Payout view /> },
    )
}

#[component]
fn Payout(view: PayoutView) -> impl IntoView {
    let title = format!("{} to {}", format::amount(view.row.amount), view.row.seller_name);
    let id = view.row.id;
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/payouts">"Pay-outs"</a></nav>
        <Heading text=title><AsOf at=view.as_of /></Heading>
        <Facts view=view.clone() />
        {view.coverage.clone().map(|coverage| view! { <Coverage coverage /> })}
        <Setback row=view.row.clone() />
        <Contradicted view=view.clone() />
        <Doing view=view.clone() />
        {view.advice.map(|advice| view! { <Advice id advice /> })}
        <Postings postings=view.postings />
        <History changes=view.history />
    }
    .into_any()
}

#[component]
fn Facts(view: PayoutView) -> impl IntoView {
    let row = view.row;
    let needs_second = !row.reasons.is_empty();
    let sent = format!("/console/webhooks?q={}", row.id);
    view! {
        <dl class="facts facts-wide">
            <div><dt>"State"</dt><dd><Badge of=payouts::state(row.phase, row.is_in_doubt) /></dd></div>
            <div><dt>"Amount"</dt><dd><Amount of=row.amount /></dd></div>
            <div>
                <dt>"Seller"</dt>
                <dd><a href=format!("/console/sellers/{}", row.seller)>{row.seller_name}</a></dd>
            </div>
            <div>
                <dt>"To"</dt>
                <dd>{view.payee.holder} ", " <code class="id">{view.payee.iban}</code></dd>
            </div>
            <div><dt>"Pay-out"</dt><dd><code class="id">{row.id.to_string()}</code></dd></div>
            <div><dt>"Made"</dt><dd><Instant at=row.created_at /> ", by " {view.maker}</dd></div>
            <div>
                <dt>"Approved by"</dt>
                <dd>{view.approver.unwrap_or_else(|| "nobody yet".to_owned())}</dd>
            </div>
            {needs_second.then(|| view! {
                <div><dt>"Needs a second person"</dt><dd>{payouts::reasons(&row.reasons)}</dd></div>
            })}
            {row.refusal.map(|code| view! {
                <div><dt>"Not submitted"</dt><dd>{payouts::refusal(&code)}</dd></div>
            })}
            {(view.submissions > 0).then(|| view! {
                <div><dt>"Submitted"</dt><dd>{format::count(view.submissions.into(), "time", "times")}</dd></div>
            })}
            {view.bank_file.map(|of| view! { <div><dt>"Bank file"</dt><dd>{bank_file(of)}</dd></div> })}
            {view.provider_reference.map(|reference| view! {
                <div>
                    <dt>"At the provider"</dt>
                    <dd><code class="id">{reference}</code> ", " <a href=sent>"what it sent"</a></dd>
                </div>
            })}
            {view.failure.map(|(code, text)| view! {
                <div><dt>"Why it was not paid"</dt><dd><code class="id">{code}</code> " " {text}</dd></div>
            })}
            {view.ruled.map(|of| view! {
                <div>
                    <dt>"What became of it"</dt>
                    <dd>{payouts::ending(of.ending)} " " {of.by} " said so, and " {of.confirmed_by} " agreed."</dd>
                </div>
            })}
            {view.ended_at.map(|at| view! { <div><dt>"Ended"</dt><dd><Instant at /></dd></div> })}
        </dl>
    }
    .into_any()
}

fn bank_file(of: BankFileView) -> AnyView {
    match of {
        BankFileView::Waits => "waits for the next bank file".into_any(),
        BankFileView::In(id, day) => {
            let id = id.to_string();
            let address = format!("/console/bank-files#{id}");
            view! {
                "in bank file " <a href=address><code class="id">{id}</code></a> " of "
                {format::day(day)}
            }
            .into_any()
        }
    }
}

/// What it will take, as long as it has not been submitted.
#[component]
fn Coverage(coverage: CoverageView) -> impl IntoView {
    let is_covered = coverage.after.minor() >= 0;
    view! {
        <section aria-labelledby="coverage-title">
            <h2 id="coverage-title">"What is available"</h2>
            <dl class="facts facts-wide">
                <div><dt>"Available now"</dt><dd><Amount of=coverage.available /></dd></div>
                <div><dt>"Other pay-outs wait for"</dt><dd><Amount of=coverage.waiting /></dd></div>
                <div><dt>"Available afterwards"</dt><dd><Amount of=coverage.after /></dd></div>
            </dl>
            {(!is_covered).then(|| view! {
                <p class="calm">"It is not covered now, and will wait until it is."</p>
            })}
        </section>
    }
    .into_any()
}

#[component]
fn Postings(postings: Vec<PayoutPosting>) -> impl IntoView {
    view! {
        <section aria-labelledby="postings-title">
            <h2 id="postings-title">"Postings"</h2>
            {postings.is_empty().then(|| view! {
                <p class="calm">"Nothing is posted before it is submitted."</p>
            })}
            {postings.into_iter().map(|posting| view! {
                <h3><code class="id">{posting.cause.clone()}</code> ", " <Instant at=posting.at /></h3>
                <Entries caption=posting.cause of=posting.entries />
            }).collect_view()}
        </section>
    }
    .into_any()
}

#[component]
fn History(changes: Vec<PayoutChange>) -> impl IntoView {
    view! {
        <section aria-labelledby="history-title">
            <h2 id="history-title">"History"</h2>
            <ol class="history">
                {changes.into_iter().map(|change| view! {
                    <li>
                        <p>
                            <strong>{change.by}</strong> " " {payouts::event(&change.event)} ", "
                            <Instant at=change.at /> ": "
                            {payouts::state(change.to, false).0}
                        </p>
                        {change.ruling.map(|ending| view! { <p>{payouts::ending(ending)}</p> })}
                        {change.reason.map(|reason| view! { <blockquote>{reason}</blockquote> })}
                        {change.because_of.map(|id| view! {
                            <p>
                                "Because of "
                                <a href=format!("/console/payouts/{id}")>"another pay-out to them"</a>
                                {if change.event == "resume" {
                                    ", which was paid after all."
                                } else {
                                    " that was not paid, came back, or contradicts itself."
                                }}
                            </p>
                        })}
                        {change.irregular.map(|why| view! { <p>"Against our rules: " {why} "."</p> })}
                    </li>
                }).collect_view()}
            </ol>
        </section>
    }
    .into_any()
}
