//! A moment, in words and for machines.

use leptos::prelude::*;
use time::OffsetDateTime;

use crate::format;

/// Day and minute with the zone.
#[component]
pub fn Instant(
    /// The moment.
    at: OffsetDateTime,
) -> impl IntoView {
    view! { <time datetime=format::machine_instant(at)>{format::instant(at)}</time> }
}

/// The moment that all figures of a page are of.
#[component]
pub fn AsOf(
    /// The moment.
    at: OffsetDateTime,
) -> impl IntoView {
    view! {
        <p class="as-of">
            "As of "
            <time datetime=format::machine_instant(at)>{format::instant_to_the_second(at)}</time>
        </p>
    }
}
