//! The pages, rendered through a real router from fake ports.
#![expect(clippy::unwrap_used, reason = "what fails in a test may panic")]

mod console;
mod exchanges;
mod fakes;
mod format;
mod payouts;
mod proof;
mod revenue;
mod samples;
mod seller_history;
mod shopper;
mod site;
