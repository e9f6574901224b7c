//! Who is looking: read from the request, where the server's middleware has put it.

use http::request::Parts;
use leptos::prelude::use_context;

use crate::error::AppError;
use crate::view::staff::Operator;

/// The signed-in person.
///
/// # Errors
/// [`AppError::SignedOut`] if nobody is.
pub fn operator() -> Result<Operator, AppError> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Operator>().cloned())
        .ok_or(AppError::SignedOut)
}

/// Answers with a redirect to the sign-in page, which leads back to the page that was asked for.
pub fn redirect_to_sign_in() {
    let here = use_context::<Parts>()
        .and_then(|parts| parts.uri.path_and_query().map(ToString::to_string))
        .unwrap_or_else(|| "/console".to_owned());
    let next: String = here
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    leptos_axum::redirect(&format!("/console/sign-in?next={next}"));
}
