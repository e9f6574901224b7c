//! The queue on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on should end its test")]

mod claims;
mod failures;
mod groups;
mod handed_over;
mod leases;
mod running;
mod world;
