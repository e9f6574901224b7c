//! The browser's side: the islands of [`app`], and the one function that wakes them.

use wasm_bindgen::prelude::wasm_bindgen;

// The islands are called by name from the page; this keeps them in the binary.
pub use app::components;

/// Prepares the page for its islands. The page's script calls it once, before the islands.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
