//! Forms that act are taken from our own pages alone.
//!
//! The browser says where a form comes from (`Sec-Fetch-Site`, `Origin`), so no token is needed.
//! Notifications of processors and the shopper's way back from their pages are outside of this: the
//! ones are signed, the other carries an access key and only reads.

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::plain_page;

/// Refuses forms that come from other sites.
pub fn protect(router: Router) -> Router {
    router.layer(CsrfLayer::new().with_rejection_response(refuse))
}

fn refuse(_: ProtectionError) -> Response<Body> {
    plain_page(
        StatusCode::FORBIDDEN,
        "This form came from another site",
        "For your safety nothing was done. Open the page again and use the form there.",
    )
}
