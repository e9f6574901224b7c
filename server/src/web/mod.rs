//! What all faces share: the pages' routes, static files, and the layers around every answer.

pub mod address;
pub mod csrf;
pub mod layers;
pub mod pages;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};

/// A page for the few answers that are given before the pages of the app are reached.
///
/// `title` and `sentence` are ours: nothing is escaped.
pub fn plain_page(status: StatusCode, title: &'static str, sentence: &'static str) -> Response {
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/pkg/checkout.css\"></head>\
         <body class=\"checkout\"><main class=\"checkout-page\" id=\"content\">\
         <h1>{title}</h1><p>{sentence}</p></main></body></html>"
    );
    (status, Html(page)).into_response()
}

/// Answers a form: the browser goes on to `address` with a GET.
///
/// `address` is a path of ours; what a person typed has been encoded by [`encoded`].
pub fn see_other(address: &str) -> Response {
    Redirect::to(address).into_response()
}

/// `text` as a value within the query of an address.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The page for an address that leads nowhere, where the pages of the app are not at hand.
pub fn not_found() -> Response {
    plain_page(
        StatusCode::NOT_FOUND,
        "There is nothing here",
        "The address is not complete, or what it led to is not there any more.",
    )
}
