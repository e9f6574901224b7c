//! What a form did, or why it was refused, at the top of a page.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::pages::query::{FormProblem, query_parameter};
use crate::words::{Tone, notice};

/// The sentences for the codes in the page's address.
#[component]
pub fn Notices() -> impl IntoView {
    let done = query_parameter("notice").and_then(|code| notice::notice(&code));
    let refused = FormProblem::from_query().of_page();
    view! {
        {done.map(|text| view! { <Notice tone=Tone::Good text /> })}
        {refused.map(|text| view! { <Notice tone=Tone::Bad text /> })}
    }
}

/// One sentence that matters, read out at once if it is bad news.
#[component]
pub fn Notice(
    /// The look.
    tone: Tone,
    /// The sentence.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    view! {
        <p class=format!("notice notice-{}", tone.as_str()) role=role>
            <Icon tone />
            <span>{text}</span>
        </p>
    }
}
