//! The symbols of the tones: one shape each, so that nobody needs to see the colours.

use leptos::prelude::*;

use crate::words::Tone;

/// The symbol of a tone. Says nothing to a screen reader: the word stands beside it.
#[component]
pub fn Icon(
    /// Which symbol.
    tone: Tone,
) -> impl IntoView {
    let path = match tone {
        // A tick in a disc.
        Tone::Good => {
            "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.6 5.3-4.1 5a.8.8 0 0 1-1.2.1L4.4 9.5a.8.8 0 1 1 1.1-1.1l1.3 1.2 3.6-4.3a.8.8 0 0 1 1.2 1Z"
        }
        // A clock.
        Tone::Waiting => {
            "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6Zm0 1.6a.8.8 0 0 0-.8.8v3.3l2.2 2.2a.8.8 0 0 0 1.1-1.1L8.8 7.7V5a.8.8 0 0 0-.8-.8Z"
        }
        // An exclamation mark in a triangle.
        Tone::Warning => {
            "M6.7 1.9a1.5 1.5 0 0 1 2.6 0l5.5 9.8a1.5 1.5 0 0 1-1.3 2.3h-11a1.5 1.5 0 0 1-1.3-2.3l5.5-9.8ZM8 5a.8.8 0 0 0-.8.8v3a.8.8 0 0 0 1.6 0v-3A.8.8 0 0 0 8 5Zm0 7.4a1 1 0 1 0 0-2 1 1 0 0 0 0 2Z"
        }
        // A cross in an octagon.
        Tone::Bad => {
            "M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1L5.1 1Zm.9 3.9A.8.8 0 0 0 4.9 6l2 2-2 2A.8.8 0 1 0 6 11.1l2-2 2 2A.8.8 0 1 0 11.1 10l-2-2 2-2A.8.8 0 1 0 10 4.9l-2 2-2-2Z"
        }
        // A ring with a bar.
        Tone::Neutral => {
            "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6ZM5.2 7.2a.8.8 0 0 0 0 1.6h5.6a.8.8 0 0 0 0-1.6H5.2Z"
        }
    };
    view! {
        <svg class=format!("icon icon-{}", tone.as_str()) viewBox="0 0 16 16" aria-hidden="true">
            <path fill="currentColor" fill-rule="evenodd" d=path />
        </svg>
    }
}
