//! One payment: its figures, and everything that happened to it.

use domain::id::PaymentId;
use domain::money::Money;
use leptos::prelude::*;

use crate::components::amount::Amount;
use crate::components::badge::Badge;
use crate::components::copy_button::CopyButton;
use crate::components::instant::{AsOf, Instant};
use crate::pages::console::timeline::Timeline;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::path_parameter;
use crate::view::payments::{PaymentMismatch, PaymentView};
use crate::words::mismatch;
use crate::words::payment::status;

/// Shows one payment.
#[component]
pub fn PaymentPage() -> impl IntoView {
    let id = path_parameter::<PaymentId>("id");
    page(
        Section::Payments,
        |ports, operator| async move { ports.payments.payment(&operator, id?).await },
        |view| view! { <Payment view /> },
    )
}

#[component]
fn Payment(view: PaymentView) -> impl IntoView {
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/payments">"Payments"</a></nav>
        <Heading text=format!("Payment {}", view.reference)><AsOf at=view.as_of /></Heading>
        <Mismatches mismatches=view.mismatches.clone() />
        <div class="columns">
            <section class="panel" aria-labelledby="facts-title">
                <h2 id="facts-title">"Facts"</h2>
                <Facts view=view.clone() />
            </section>
            <section class="panel" aria-labelledby="amounts-title">
                <h2 id="amounts-title">"Amounts"</h2>
                <Amounts view=view.clone() />
            </section>
        </div>
        <section aria-labelledby="timeline-title">
            <h2 id="timeline-title">"What happened"</h2>
            <Timeline entries=view.timeline />
        </section>
    }
    .into_any()
}

#[component]
fn Facts(view: PaymentView) -> impl IntoView {
    let id = view.id.to_string();
    let why = format!("/console/why?q={id}");
    let processor = view.processor.unwrap_or_else(|| "none asked yet".to_owned());
    view! {
        <dl class="facts">
            <div><dt>"Status"</dt><dd><Badge of=status(view.status) /></dd></div>
            <div><dt>"Seller"</dt><dd>{view.seller}</dd></div>
            <div>
                <dt>"Payment"</dt>
                <dd>
                    <code class="id">{id.clone()}</code>
                    <CopyButton text=id label="Copy the payment id".to_owned() />
                </dd>
            </div>
            <div>
                <dt>"Checkout"</dt>
                <dd>
                    {view.checkout_reference} " "
                    <code class="id">{view.checkout.to_string()}</code>
                </dd>
            </div>
            <div>
                <dt>"Processor"</dt>
                <dd>
                    {processor}
                    {view.processor_reference.map(|reference| view! { " " <code class="id">{reference}</code> })}
                </dd>
            </div>
            <div><dt>"Made"</dt><dd><Instant at=view.created_at /></dd></div>
            <div><dt>"Why?"</dt><dd><a href=why>"Why it stands where it stands"</a></dd></div>
        </dl>
    }
    .into_any()
}

#[component]
fn Amounts(view: PaymentView) -> impl IntoView {
    let rows: [(&str, Money); 6] = [
        ("Agreed", view.amount),
        ("Authorised", view.authorized),
        ("Captured", view.captured),
        ("Refunded", view.refunded),
        ("Settled by the processor", view.settled),
        ("Our fee", view.fee),
    ];
    view! {
        <dl class="sums">
            {rows.into_iter().map(|(label, of)| view! {
                <div><dt>{label}</dt><dd><Amount of /></dd></div>
            }).collect_view()}
        </dl>
    }
    .into_any()
}

/// The mismatches about this payment, if there are any.
#[component]
fn Mismatches(mismatches: Vec<PaymentMismatch>) -> impl IntoView {
    (!mismatches.is_empty()).then(|| {
        view! {
            <ul class="related" aria-label="Mismatches about this payment">
                {mismatches.into_iter().map(|one| {
                    let of = mismatch::state(one.state);
                    view! {
                        <li class=format!("related-{}", of.1.as_str())>
                            <Badge of />
                            <a href=format!("/console/mismatches/{}", one.id)>{mismatch::kind(one.kind)}</a>
                        </li>
                    }
                }).collect_view()}
            </ul>
        }
    })
}
