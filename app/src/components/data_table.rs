//! A table that may be wider than the screen.

use leptos::prelude::*;

/// A table with a caption, in a region of its own that scrolls sideways where it must, also by
/// keyboard. The children are the `thead`, `tbody` and `tfoot`.
#[component]
pub fn DataTable(
    /// What the table shows; read out, and shown unless `quiet`.
    #[prop(into)]
    caption: String,
    /// Whether a heading already says what the caption says.
    #[prop(optional)]
    quiet: bool,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let caption_class = if quiet { "visually-hidden" } else { "" };
    let label = caption.clone();
    view! {
        <div class="table-region" role="region" aria-label=label tabindex="0">
            <table class="data-table">
                <caption class=caption_class>{caption}</caption>
                {children()}
            </table>
        </div>
    }
    .into_any()
}
