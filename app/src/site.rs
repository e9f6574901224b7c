//! The document around every page, and the routes of all faces.

use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use crate::pages::console::{
    alert, alerts, bank_files, bank_report, dead_letter, dead_letters, exchange, file, files,
    ledger, mismatch, mismatches, overview, payment, payments, payout, payouts, processor,
    processors, proof, revenue, seller, seller_history, sellers, statement, webhook, webhooks, why,
};
use crate::pages::{checkout, error, sign_in, status};
use crate::security::{Face, set_headers};

/// The document around every page.
///
/// Also sets the page's headers, since they depend on the nonce that the document carries.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let face = Face::current();
    set_headers(face);
    // Pages are never hydrated as a whole, so nothing that they load is sent twice.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    if face == Face::Status {
        status::start_loading();
    }
    let style = match face {
        Face::Console => "console",
        Face::Checkout | Face::Status | Face::Other => "checkout",
    };
    let package = options.site_pkg_dir.clone();

    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="robots" content="noindex" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=format!("/{package}/{style}.css") />
                {face.has_islands().then(|| view! { <IslandScripts options /> })}
                {(face == Face::Status).then(status::refresh_without_scripts)}
                <MetaTags />
            </head>
            <body class=style>
                <App />
            </body>
        </html>
    }
}

/// Loads the islands' wasm and hands each island of the page to it.
///
/// Leptos has such scripts of its own; theirs announce the module without its nonce, which a policy
/// of nonces alone refuses.
#[component]
fn IslandScripts(options: LeptosOptions) -> impl IntoView {
    let base = format!("/{}/{}", options.site_pkg_dir, options.output_name);
    let nonce = use_nonce();
    let script = format!(
        "import start, * as islands from '{base}.js';\
         await start({{ module_or_path: '{base}_bg.wasm' }});\
         islands.hydrate();\
         for (const island of document.querySelectorAll('leptos-island'))\
         islands[island.dataset.component]?.(island);"
    );
    view! {
        <link
            rel="preload"
            href=format!("{base}_bg.wasm")
            r#as="fetch"
            r#type="application/wasm"
            crossorigin="anonymous"
        />
        <script type="module" nonce=nonce inner_html=script></script>
    }
}

/// Each page is rendered completely before it is sent.
const WHOLE: SsrMode = SsrMode::Async;

/// Every route of the faces.
#[component]
pub fn App() -> impl IntoView {
    leptos_meta::provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=error::NotFoundPage>
                <Route path=path!("/checkout/:checkout/:key") view=checkout::CheckoutPage ssr=WHOLE />
                <Route path=path!("/status/:checkout/:key") view=status::StatusPage ssr=WHOLE />
                <Route path=path!("/console") view=overview::OverviewPage ssr=WHOLE />
                <Route path=path!("/console/sign-in") view=sign_in::SignInPage ssr=WHOLE />
                <Route path=path!("/console/mismatches") view=mismatches::MismatchesPage ssr=WHOLE />
                <Route path=path!("/console/mismatches/:id") view=mismatch::MismatchPage ssr=WHOLE />
                <Route path=path!("/console/payments") view=payments::PaymentsPage ssr=WHOLE />
                <Route path=path!("/console/payments/:id") view=payment::PaymentPage ssr=WHOLE />
                <Route path=path!("/console/why") view=why::WhyPage ssr=WHOLE />
                <Route path=path!("/console/webhooks") view=webhooks::WebhooksPage ssr=WHOLE />
                <Route path=path!("/console/webhooks/:id") view=webhook::WebhookPage ssr=WHOLE />
                <Route path=path!("/console/processors") view=processors::ProcessorsPage ssr=WHOLE />
                <Route path=path!("/console/processors/:id") view=processor::ProcessorPage ssr=WHOLE />
                <Route path=path!("/console/alerts") view=alerts::AlertsPage ssr=WHOLE />
                <Route path=path!("/console/alerts/:id") view=alert::AlertPage ssr=WHOLE />
                <Route path=path!("/console/dead-letters") view=dead_letters::DeadLettersPage ssr=WHOLE />
                <Route path=path!("/console/dead-letters/:id") view=dead_letter::DeadLetterPage ssr=WHOLE />
                <Route path=path!("/console/sellers") view=sellers::SellersPage ssr=WHOLE />
                <Route path=path!("/console/sellers/:id") view=seller::SellerPage ssr=WHOLE />
                <Route path=path!("/console/sellers/:id/history") view=seller_history::SellerHistoryPage ssr=WHOLE />
                <Route path=path!("/console/sellers/:id/exchange") view=exchange::ExchangePage ssr=WHOLE />
                <Route path=path!("/console/payouts") view=payouts::PayoutsPage ssr=WHOLE />
                <Route path=path!("/console/payouts/:id") view=payout::PayoutPage ssr=WHOLE />
                <Route path=path!("/console/bank-files") view=bank_files::BankFilesPage ssr=WHOLE />
                <Route path=path!("/console/bank-files/reports/:id") view=bank_report::BankReportPage ssr=WHOLE />
                <Route path=path!("/console/ledger") view=ledger::LedgerPage ssr=WHOLE />
                <Route path=path!("/console/ledger/revenue") view=revenue::RevenuePage ssr=WHOLE />
                <Route path=path!("/console/ledger/:account") view=statement::StatementPage ssr=WHOLE />
                <Route path=path!("/console/proof") view=proof::ProofPage ssr=WHOLE />
                <Route path=path!("/console/files") view=files::FilesPage ssr=WHOLE />
                <Route path=path!("/console/files/:id") view=file::FilePage ssr=WHOLE />
            </FlatRoutes>
        </Router>
    }
}

/// The page for a request that crashed: complete, static, and without anything of the crash.
pub fn crash_page() -> &'static str {
    include_str!("crash_page.html")
}
