//! Who is looking: read from the request, where the server's middleware has put it.

use http::request::Parts;
use leptos::prelude::use_context;

use crate::error::AppError;
use crate::ports::Ports;
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
    let next = percent_encoded(&here);
    leptos_axum::redirect(&format!("/console/sign-in?next={next}"));
}

/// The back end.
///
/// # Errors
/// [`AppError::Unavailable`] if the server provided none.
pub fn ports() -> Result<Ports, AppError> {
    use_context::<Ports>().ok_or(AppError::Unavailable)
}

/// `text` as the value of a query parameter.
pub(crate) fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;

    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                encoded.push(char::from(byte));
            }
            other => write!(encoded, "%{other:02X}").expect("writing to a string cannot fail"),
        }
    }
    encoded
}
