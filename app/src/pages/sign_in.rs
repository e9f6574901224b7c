//! The sign-in page of the console.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::field::{Field, described_by, invalid};
use crate::components::notice::Notices;
use crate::pages::loaded;
use crate::pages::query::query_parameter;
use crate::session;
use crate::view::staff::SignInView;

/// Asks for an email address and a password.
#[component]
pub fn SignInPage() -> impl IntoView {
    let ports = session::ports();
    let load = async move { ports?.staff.sign_in().await };
    loaded(load, |view| view! { <SignIn view /> })
}

#[component]
fn SignIn(view: SignInView) -> impl IntoView {
    let email = query_parameter("email").unwrap_or_default();
    let next = query_parameter("next")
        .filter(|path| path.starts_with("/console"))
        .unwrap_or_else(|| "/console".to_owned());
    view! {
        <Title text="Sign in \u{b7} Paydesk" />
        <main class="sign-in" id="content">
            <p class="brand">"Paydesk"</p>
            <h1>"Sign in to the console"</h1>
            <Notices />
            <form method="post" action="/console/actions/sign-in">
                <input type="hidden" name="next" value=next />
                <Field name="email" label="Email address">
                    <input
                        id="email"
                        name="email"
                        type="email"
                        autocomplete="username"
                        required
                        value=email
                        aria-invalid=invalid("email")
                        aria-describedby=described_by("email", false)
                    />
                </Field>
                <Field name="password" label="Password">
                    <input
                        id="password"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        aria-invalid=invalid("password")
                        aria-describedby=described_by("password", false)
                    />
                </Field>
                <button class="button" type="submit">"Sign in"</button>
            </form>
            {view.is_demo.then(|| view! {
                <p class="sign-in-demo">
                    "This is the demonstration. Its two logins stand in the terminal where "
                    <code>"make demo"</code> " runs."
                </p>
            })}
        </main>
    }
    .into_any()
}
