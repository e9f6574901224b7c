//! Webhooks to shops: each event of the outbox, signed, to each endpoint that wants it, until that
//! has taken it. Endpoints know nothing of each other: every delivery has tries of its own.
//!
//! Signatures follow Standard Webhooks. Events of one object carry a rising sequence and may arrive
//! out of order; a shop ignores those that are older than what it knows.

mod deliver;
pub mod endpoints;
pub mod event_types;
mod slots;
mod store;
mod target;

pub use deliver::{DELIVER_WEBHOOK, Deliver, lane};
