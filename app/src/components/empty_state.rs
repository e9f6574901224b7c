//! What stands where there is nothing to list.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::words::Tone;

/// Says that there is nothing, why that is, and what comes next.
#[component]
pub fn EmptyState(
    /// What there is none of.
    title: &'static str,
    /// Whether that is good news.
    #[prop(optional)]
    good: bool,
    /// Why, and what comes next.
    children: Children,
) -> impl IntoView {
    let tone = if good { Tone::Good } else { Tone::Neutral };
    view! {
        <div class="empty-state">
            <Icon tone />
            <p class="empty-state-title">{title}</p>
            <p>{children()}</p>
        </div>
    }
}
