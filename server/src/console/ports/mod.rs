//! What the pages ask, answered with the engine: one file per port.

pub mod alerts;
pub mod bank_files;
pub mod checkouts;
mod comparison;
pub mod dead_letters;
pub mod exchanges;
pub mod files;
pub mod ledger;
mod mismatch;
pub mod mismatches;
pub mod payments;
pub mod payout;
pub mod payouts;
pub mod processors;
pub mod proof;
pub mod revenue;
mod ruling;
pub mod sellers;
pub mod staff;
mod story;
pub mod webhooks;
pub mod why;
mod words;

use app::error::AppError;
use engine::db::Fault;

/// Tells the log what broke, and the page only that something did.
#[expect(clippy::needless_pass_by_value, reason = "this is how map_err hands it over")]
pub fn unavailable(fault: Fault) -> AppError {
    tracing::error!(error = ?fault, "a page could not be made");
    AppError::Unavailable
}
