//! The pages for what does not exist and for what went wrong.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::icon::Icon;
use crate::error::AppError;
use crate::words::Tone;

/// Says that there is no such page, with status 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    AppError::NotFound.mark_document();
    view! { <ErrorMessage error=AppError::NotFound /> }
}

/// Says in a person's words why a page cannot be shown.
#[component]
pub fn ErrorMessage(
    /// Why.
    error: AppError,
) -> impl IntoView {
    let (title, text) = words(error);
    view! {
        <Title text=format!("{title} \u{b7} Paydesk") />
        <main class="message" id="content">
            <Icon tone=Tone::Neutral />
            <h1>{title}</h1>
            <p>{text}</p>
        </main>
    }
    .into_any()
}

/// The heading and the sentence for an error.
pub(crate) fn words(error: AppError) -> (&'static str, String) {
    match error {
        AppError::NotFound => (
            "We could not find that",
            "The address may be mistyped or out of date, or it leads to something you cannot see."
                .to_owned(),
        ),
        AppError::Forbidden => {
            ("Not for your role", "Ask an administrator if you need this page.".to_owned())
        }
        AppError::SignedOut => {
            ("Sign in first", "You are being taken to the sign-in page.".to_owned())
        }
        AppError::Refused(why) => ("This cannot be done", why),
        AppError::Unavailable => (
            "We cannot show this right now",
            "Something on our side did not answer. Please try again in a minute.".to_owned(),
        ),
    }
}
