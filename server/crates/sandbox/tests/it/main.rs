//! The sandbox as its clients see it: the real router over TCP, on a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod books;
mod dashboard;
mod harness;
mod pages;
mod payments;
mod settlement;
mod webhooks;
