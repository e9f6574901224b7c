//! What shoppers do: pay, come back, and follow how it goes. The pages themselves are the app's.

mod events;
mod pay;
mod returned;
pub mod view;

use axum::Router;
use axum::routing::{get, post};
use domain::id::CheckoutId;

use crate::web::csrf;
use crate::wiring::Services;

/// The shopper's addresses that are not pages.
pub fn router(services: &Services) -> Router {
    let forms = Router::new()
        .route("/checkout/{checkout}/{key}/pay", post(pay::pay))
        .with_state(services.clone());
    Router::new()
        .route("/return/{checkout}/{key}", get(returned::returned))
        .route("/status/{checkout}/{key}/events", get(events::follow))
        .with_state(services.clone())
        .merge(csrf::protect(forms))
}

/// The checkout that an address names, if the key in it opens its pages.
fn opened(services: &Services, (checkout, key): &(String, String)) -> Option<CheckoutId> {
    let id = checkout.parse().ok()?;
    services.engine.links().opens(id, key).then_some(id)
}
