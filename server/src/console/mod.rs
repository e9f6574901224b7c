//! The console: who is signed in, what the pages ask, and the forms that act.

pub mod actions;
mod bank_files;
mod books;
mod downloads;
pub mod ports;
mod remittance;
mod revenue;
pub mod session;

use axum::Router;

use crate::wiring::Services;

/// The console's addresses that are not pages.
pub fn router(services: &Services) -> Router {
    let router = actions::router(services).merge(downloads::router(services));
    session::around(services, router)
}
