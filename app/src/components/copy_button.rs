//! A button that copies a reference. An island: without scripts there is no button, and the
//! reference can be selected like any text.

use leptos::prelude::*;

/// A reference with a button that copies it.
#[island]
pub fn CopyButton(
    /// What is copied.
    text: String,
    /// What the button does, such as `Copy the payment id`.
    label: String,
) -> impl IntoView {
    let (is_live, set_live) = signal(false);
    let (is_copied, set_copied) = signal(false);
    Effect::new(move || set_live.set(true));
    let copy = move |_| {
        copy_to_clipboard(&text);
        set_copied.set(true);
    };

    view! {
        <button
            type="button"
            class="copy-button"
            class:is-live=is_live
            aria-label=label
            on:click=copy
        >
            {move || if is_copied.get() { "Copied" } else { "Copy" }}
        </button>
        <span class="visually-hidden" role="status">
            {move || if is_copied.get() { "Copied" } else { "" }}
        </span>
    }
}

#[cfg(feature = "hydrate")]
fn copy_to_clipboard(text: &str) {
    // A browser that refuses leaves the text as it was; it can still be selected by hand.
    let _ = window().navigator().clipboard().write_text(text);
}

#[cfg(not(feature = "hydrate"))]
fn copy_to_clipboard(_text: &str) {}
