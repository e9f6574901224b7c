//! The use cases: what the service can do, and all of its SQL.
//!
//! One folder per area: `mod.rs` holds what one can do, `store.rs` the SQL, `jobs.rs` what happens
//! later. Only commands begin and commit transactions; `&mut Tx` in a signature means "part of the
//! caller's unit of work".
#![warn(missing_docs)]

pub mod api_keys;
pub mod audit;
pub mod batch;
pub mod books;
pub mod checkouts;
pub mod checks;
mod columns;
pub mod db;
pub mod dead_letters;
pub mod disputes;
pub mod exchange;
pub mod failpoint;
pub mod idempotency;
pub mod inbound;
pub mod installation;
pub mod janitor;
pub mod ledger;
pub mod payments;
pub mod payouts;
pub mod poll;
pub mod processors;
mod reads;
pub mod reconciliation;
pub mod routing;
pub mod service;
pub mod shops;
pub mod staff;
pub mod statistics;
pub mod timeline;
pub mod wallets;
pub mod watch;
pub mod webhooks;
pub mod why;
pub mod workers;
