//! A table that may be wider than the screen.

use leptos::prelude::*;

/// A table with a caption, in a group of its own that scrolls sideways where it must, also by
/// keyboard. The children are the `thead`, `tbody` and `tfoot`.
#[component]
pub fn DataTable(
    /// What the table shows; read out, and shown unless `quiet`.
    #[prop(into)]
    caption: String,
    /// Whether a heading already says what the caption says.
    #[prop(optional)]
    quiet: bool,
    /// A class for a table with a look of its own.
    #[prop(optional)]
    class: &'static str,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let caption_class = if quiet { "visually-hidden" } else { "" };
    let label = caption.clone();
    view! {
        <div class="table-region" role="group" aria-label=label tabindex="0">
            <table class=format!("data-table {class}")>
                <caption class=caption_class>{caption}</caption>
                {children()}
            </table>
        </div>
    }
    .into_any()
}
