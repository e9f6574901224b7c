//! The engine's use cases on a real Postgres.

mod invariants;
mod reconciliation;
mod settlement_file;
mod world;
