//! Webhooks to shops: each event of the outbox, signed, until the shop's server has taken it.
//!
//! Signatures follow Standard Webhooks. Events of one object carry a rising sequence and may arrive
//! out of order; a shop ignores those that are older than what it knows.

mod deliver;
mod slots;
mod store;
mod target;

pub use deliver::{DELIVER_WEBHOOK, Deliver, lane};
