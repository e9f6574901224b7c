//! What the pages show: plain structs, one file per area, made by the server and only read here.
//!
//! They hold facts (money, ids, instants, states); the words for them are chosen by
//! [`crate::words`] and [`crate::format`].

pub mod alerts;
pub mod bank_files;
pub mod checkouts;
pub mod dead_letters;
pub mod exchanges;
pub mod files;
pub mod ledger;
pub mod mismatches;
pub mod payments;
pub mod payouts;
pub mod processors;
pub mod proof;
pub mod revenue;
pub mod rulings;
pub mod seller_history;
pub mod sellers;
pub mod staff;
pub mod webhooks;
pub mod why;
