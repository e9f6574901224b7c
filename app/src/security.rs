//! The headers of a page: its content security policy, and who may keep or learn of it.
//!
//! Nothing comes from a foreign origin, scripts run by nonce alone, and only faces with islands may
//! compile wasm. The pages of a checkout hold their access key in the address, so no other origin
//! is told the address, and nobody keeps a copy.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::ports::Ports;

/// Which face a page belongs to; decides what the page may load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Where the shopper pays: no scripts at all.
    Checkout,
    /// Where the shopper sees how it went: one island.
    Status,
    /// Where staff work: islands that help.
    Console,
    /// Anything else, such as a page that does not exist.
    Other,
}

impl Face {
    /// The face of the page that is being rendered.
    pub fn current() -> Self {
        let parts = use_context::<Parts>();
        Self::of_path(parts.as_ref().map_or("", |parts| parts.uri.path()))
    }

    /// The face of the page at `path`.
    pub fn of_path(path: &str) -> Self {
        match path.split('/').nth(1) {
            Some("checkout") => Self::Checkout,
            Some("status") => Self::Status,
            Some("console") => Self::Console,
            _ => Self::Other,
        }
    }

    /// Whether the face's pages have islands, and so load scripts.
    pub fn has_islands(self) -> bool {
        matches!(self, Self::Status | Self::Console)
    }
}

/// Sets the headers of the page that is being rendered.
pub fn set_headers(face: Face) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    let set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.insert_header(name, value);
        }
    };
    let origins = use_context::<Ports>().map(|ports| ports.processor_origins);
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    set(CONTENT_SECURITY_POLICY, &policy(face, &nonce, origins.as_deref().unwrap_or_default()));
    set(REFERRER_POLICY, "same-origin");
    set(CACHE_CONTROL, "private, no-store");
}

/// The content security policy of a face.
///
/// The pay form answers with a redirect to the processor's page, and browsers hold such a redirect
/// against `form-action` too; hence the origins.
fn policy(face: Face, nonce: &str, processor_origins: &[String]) -> String {
    let scripts = if face.has_islands() {
        format!("script-src 'nonce-{nonce}' 'wasm-unsafe-eval'; connect-src 'self'; ")
    } else {
        format!("script-src 'nonce-{nonce}'; ")
    };
    let mut form_targets = vec!["'self'"];
    if face == Face::Checkout {
        form_targets.extend(processor_origins.iter().map(String::as_str));
    }
    let form_targets = form_targets.join(" ");
    format!(
        "default-src 'none'; {scripts}style-src 'self'; img-src 'self'; \
         form-action {form_targets}; base-uri 'none'; frame-ancestors 'none'"
    )
}
