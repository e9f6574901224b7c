//! The status page: how a checkout stands after the shopper went to pay.
//!
//! With scripts it follows by server-sent events; without, it reloads itself every few seconds,
//! which the head of the document has to say. So the status is loaded once, by the shell, and read
//! both by the head and by the page.

use domain::support_code::SupportCode;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::copy_button::CopyButton;
use crate::components::live_status::LiveStatus;
use crate::error::AppError;
use crate::pages::checkout::{DemoStrip, address};
use crate::pages::loaded;
use crate::session;
use crate::view::checkouts::StatusView;

/// The one loading of the status that this request does.
///
/// A plain shared future and not a resource of Leptos: while a router is being made, in a test for
/// instance, Leptos starts no resource anywhere in the process, and whoever waits for it hangs.
#[derive(Clone)]
struct Loading(Shared<BoxFuture<'static, Result<StatusView, AppError>>>);

/// Starts to load the status of the request's checkout, for the head and for the page.
pub(crate) fn start_loading() {
    let path = use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default();
    let parameters = address(&path).and_then(|(id, key)| Ok((id, key, session::ports()?)));
    let load = async move {
        let (id, key, ports) = parameters?;
        ports.checkouts.status(id, &key).await
    };
    provide_context(Loading(load.boxed().shared()));
}

/// For the head: reloads the page every few seconds where there are no scripts, until nothing more
/// changes.
pub(crate) fn refresh_without_scripts() -> impl IntoView {
    let loading = use_context::<Loading>();
    Suspend::new(async move {
        let view = loading?.0.await.ok()?;
        (!view.is_final).then(|| {
            view! {
                <noscript>
                    <meta http-equiv="refresh" content="4" />
                </noscript>
            }
        })
    })
}

/// Shows how one checkout stands to whoever has its key.
#[component]
pub fn StatusPage() -> impl IntoView {
    let loading = use_context::<Loading>();
    let load = async move {
        match loading {
            Some(loading) => loading.0.await,
            None => Err(AppError::Unavailable),
        }
    };
    loaded(load, |view| view! { <Status view /> })
}

#[component]
fn Status(view: StatusView) -> impl IntoView {
    let code = SupportCode::of(view.id).to_string();
    let order = view.reference.clone();
    view! {
        <Title text="Payment status \u{b7} Paydesk" />
        {view.is_demo.then(|| view! { <DemoStrip /> })}
        <main class="status-page" id="content">
            <LiveStatus view />
            <dl class="status-support">
                <dt>"Order"</dt>
                <dd>{order}</dd>
                <dt>"If you need help, read out"</dt>
                <dd>
                    <code>{code.clone()}</code>
                    <CopyButton text=code label="Copy the support code".to_owned() />
                </dd>
            </dl>
        </main>
    }
    .into_any()
}
