//! The console: what staff see, and the frame around all of its pages.

use std::future::Future;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::notice::Notices;
use crate::error::AppError;
use crate::pages::error::{self, ErrorMessage};
use crate::ports::Ports;
use crate::session;
use crate::view::staff::{Operator, Role};

pub mod advice;
pub mod alert;
pub mod alerts;
pub mod bank_file_forms;
pub mod bank_files;
pub mod bank_report;
pub mod comparison;
pub mod dead_letter;
pub mod dead_letters;
pub mod exchange;
pub mod exchange_quote;
pub mod exchange_rows;
pub mod file;
pub mod files;
pub mod ledger;
pub mod mismatch;
pub mod mismatch_rows;
pub mod mismatches;
pub mod overview;
pub mod payment;
pub mod payments;
pub mod payout;
pub mod payout_actions;
pub mod payout_ruling;
pub mod payout_setback;
pub mod payouts;
pub mod processor;
pub mod processors;
pub mod proof;
pub mod proof_books;
pub mod resolution;
pub mod revenue;
pub mod seller;
pub mod seller_history;
pub mod seller_payouts;
pub mod sellers;
pub mod statement;
pub mod timeline;
pub mod webhook;
pub mod webhooks;
pub mod why;

/// A part of the console, as the navigation shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// What waits today.
    Overview,
    /// Differences.
    Mismatches,
    /// Money in.
    Payments,
    /// Why a payment failed or waits.
    Why,
    /// Where payments go.
    Processors,
    /// What processors sent.
    Webhooks,
    /// What somebody should look at.
    Alerts,
    /// Work that failed for good.
    DeadLetters,
    /// The books.
    Ledger,
    /// Whether the books hold.
    Proof,
    /// Who is paid.
    Sellers,
    /// Money out.
    Payouts,
    /// Settlement files.
    Files,
}

impl Section {
    const ALL: [Self; 13] = [
        Self::Overview,
        Self::Mismatches,
        Self::Payments,
        Self::Why,
        Self::Processors,
        Self::Webhooks,
        Self::Alerts,
        Self::DeadLetters,
        Self::Sellers,
        Self::Payouts,
        Self::Ledger,
        Self::Proof,
        Self::Files,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/console",
            Self::Mismatches => "/console/mismatches",
            Self::Payments => "/console/payments",
            Self::Why => "/console/why",
            Self::Processors => "/console/processors",
            Self::Webhooks => "/console/webhooks",
            Self::Alerts => "/console/alerts",
            Self::DeadLetters => "/console/dead-letters",
            Self::Sellers => "/console/sellers",
            Self::Payouts => "/console/payouts",
            Self::Ledger => "/console/ledger",
            Self::Proof => "/console/proof",
            Self::Files => "/console/files",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Mismatches => "Mismatches",
            Self::Payments => "Payments",
            Self::Why => "Why?",
            Self::Processors => "Processors",
            Self::Webhooks => "Webhooks in",
            Self::Alerts => "Alerts",
            Self::DeadLetters => "Dead letters",
            Self::Sellers => "Sellers",
            Self::Payouts => "Pay-outs",
            Self::Ledger => "Trial balance",
            Self::Proof => "Proof",
            Self::Files => "Settlement files",
        }
    }
}

/// Loads what a page shows for the signed-in person, and shows it in the console's frame.
///
/// Who is not signed in is sent to the sign-in page; any other error is shown in the frame.
pub(crate) fn page<T, L, V>(
    section: Section,
    load: impl FnOnce(Ports, Operator) -> L + Send + 'static,
    show: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    L: Future<Output = Result<T, AppError>> + Send + 'static,
    V: IntoView + 'static,
{
    let visit = session::operator().and_then(|operator| Ok((operator, session::ports()?)));
    Suspend::new(async move {
        let (operator, ports) = match visit {
            Ok(visit) => visit,
            Err(error) => {
                error.mark_document();
                return Either::Left(view! { <ErrorMessage error /> });
            }
        };
        let content = match load(ports, operator.clone()).await {
            Ok(view) => Either::Left(show(view)),
            Err(error) => {
                error.mark_document();
                Either::Right(view! { <Trouble error /> })
            }
        };
        Either::Right(view! { <Frame section operator>{content}</Frame> })
    })
}

/// Navigation, the signed-in person, and the page's content.
#[component]
fn Frame(section: Section, operator: Operator, children: Children) -> impl IntoView {
    let links = Section::ALL.map(|link| {
        let current = (link == section).then_some("page");
        view! { <li><a href=link.path() aria-current=current>{link.label()}</a></li> }
    });
    view! {
        <a class="skip-link" href="#content">"Skip to content"</a>
        <header class="console-head">
            <a class="brand" href="/console">"Paydesk"</a>
            <nav aria-label="Console"><ul>{links.into_iter().collect_view()}</ul></nav>
            <div class="console-person">
                <p>
                    <span class="console-name">{operator.name}</span>
                    <span class="console-role">{role(operator.role)} ", " {operator.shop_name}</span>
                </p>
                <form method="post" action="/console/actions/sign-out">
                    <button class="button button-quiet button-small" type="submit">"Sign out"</button>
                </form>
            </div>
        </header>
        <main class="console-main" id="content" tabindex="-1">
            <Notices />
            {children()}
        </main>
    }
    .into_any()
}

/// The title of the document and the heading of the page.
#[component]
pub fn Heading(
    /// The heading.
    #[prop(into)]
    text: String,
    /// What stands beside the heading.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let title = format!("{} \u{b7} Paydesk", escaped(&text));
    view! {
        <Title text=title />
        <header class="page-head">
            <h1>{text}</h1>
            {children.map(|children| children())}
        </header>
    }
    .into_any()
}

/// An error in the console's frame.
#[component]
fn Trouble(error: AppError) -> impl IntoView {
    let (title, text) = error::words(error);
    view! {
        <Heading text=title />
        <p>{text}</p>
        <p><a href="/console">"Back to the overview"</a></p>
    }
    .into_any()
}

/// `leptos_meta` writes titles as they are, so what people typed must not hold markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The name of a role.
fn role(role: Role) -> &'static str {
    match role {
        Role::Operator => "Operator",
        Role::Analyst => "Analyst",
        Role::Approver => "Approver",
        Role::Admin => "Administrator",
    }
}
