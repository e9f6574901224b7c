//! What people see: the hosted payment page, challenges, and the files they need.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

pub(crate) mod challenge;
pub(crate) mod entry;
pub(crate) mod form;
pub(crate) mod hosted;
pub(crate) mod html;
pub(crate) mod scenarios;

/// `GET /assets/sandbox.css`.
pub(crate) async fn stylesheet() -> Response {
    let sheet = concat!(
        include_str!("../../assets/sandbox.css"),
        include_str!("../../assets/dashboard.css"),
    );
    asset("text/css; charset=utf-8", sheet)
}

/// `GET /favicon.svg` and `GET /favicon.ico`.
pub(crate) async fn favicon() -> Response {
    asset("image/svg+xml", include_str!("../../assets/favicon.svg"))
}

fn asset(content_type: &'static str, body: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, body).into_response()
}

/// Appends what became of it to the address of the shop.
pub(crate) fn way_back(return_url: &str, token_name: &str, token: &str, result: &str) -> String {
    let (address, fragment) = return_url.split_once('#').unwrap_or((return_url, ""));
    let joint = if address.contains('?') { '&' } else { '?' };
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    format!("{address}{joint}{token_name}={token}&result={result}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::way_back;

    #[test]
    fn the_way_back_keeps_the_shops_query() {
        assert_eq!(
            way_back("http://shop/return", "token", "reg_1", "completed"),
            "http://shop/return?token=reg_1&result=completed"
        );
        assert_eq!(
            way_back("http://shop/return?c=1#top", "token", "reg_1", "failed"),
            "http://shop/return?c=1&token=reg_1&result=failed#top"
        );
    }
}
