//! The queue on a real Postgres.

mod claims;
mod failures;
mod leases;
mod running;
mod world;
