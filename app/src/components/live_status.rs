//! The status of a checkout that follows by server-sent events. An island: without scripts the page
//! reloads itself instead.

use leptos::prelude::*;

use crate::components::status_panel::StatusPanel;
use crate::view::checkouts::StatusView;

/// How a checkout stands, kept up to date until nothing more changes.
#[island]
pub fn LiveStatus(
    /// How it stands when the page is made.
    view: StatusView,
) -> impl IntoView {
    let (view, set_view) = signal(view);
    #[cfg(feature = "hydrate")]
    follow(view, set_view);
    #[cfg(not(feature = "hydrate"))]
    let _ = set_view;

    move || view! { <StatusPanel view=view.get() /> }
}

/// Takes over every message that is newer than what is shown, and stops at the last one.
#[cfg(feature = "hydrate")]
fn follow(view: ReadSignal<StatusView>, set_view: WriteSignal<StatusView>) {
    use wasm_bindgen::JsCast as _;
    use wasm_bindgen::prelude::Closure;
    use web_sys::{EventSource, MessageEvent};

    let shown = view.get_untracked();
    if shown.is_final {
        return;
    }
    let address = format!("/status/{}/{}/events", shown.id, shown.key);
    // Without a connection the page stays as the server made it, and can be reloaded by hand.
    let Ok(source) = EventSource::new(&address) else { return };
    let on_message = Closure::<dyn Fn(MessageEvent)>::new({
        let source = source.clone();
        move |message: MessageEvent| {
            let data = message.data().as_string().unwrap_or_default();
            let Ok(newer) = serde_json::from_str::<StatusView>(&data) else { return };
            if newer.version < view.with_untracked(|shown| shown.version) {
                return;
            }
            if newer.is_final {
                source.close();
            }
            if view.with_untracked(|shown| *shown != newer) {
                set_view.set(newer);
            }
        }
    });
    source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The subscription lives as long as the page.
    on_message.forget();
}
