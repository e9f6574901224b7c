//! A state as a word with a shape.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::words::Tone;

/// A state: its word, with the symbol and the colour of its tone.
#[component]
pub fn Badge(
    /// The word and its tone, as the functions of [`crate::words`] answer.
    of: (&'static str, Tone),
) -> impl IntoView {
    let (word, tone) = of;
    view! {
        <span class=format!("badge badge-{}", tone.as_str())>
            <Icon tone />
            {word}
        </span>
    }
}
