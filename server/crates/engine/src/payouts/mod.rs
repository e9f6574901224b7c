//! Pay-outs, and the one place where they change.
//!
//! Whatever happens to a pay-out (a command, a provider's answer, a poll, a bank's file) goes
//! through [`change`], which writes the new state, its history row, the ledger postings, the
//! outgoing events and the job that follows, in one transaction. Everything is done under the lock
//! of the seller's wallet, so that no two pay-outs ever count on the same money.

pub mod accounts;
pub mod actor;
mod announce;
pub mod bank_files;
pub(crate) mod change;
pub mod commands;
pub mod create;
pub mod inquire;
mod learn;
mod lists;
pub mod notices;
pub mod payees;
pub mod preview;
pub mod providers;
pub mod remittance;
pub(crate) mod row;
pub mod rulings;
pub mod schedules;
pub(crate) mod store;
pub mod submit;

pub use lists::{Change, Filter, PAGE_MAX, Page, find, history, list};
pub use row::PayoutRecord;
