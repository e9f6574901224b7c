//! The sandbox as its clients see it: the real router over TCP, on a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod books;
mod control_room;
mod dashboard;
mod faults;
mod harness;
mod later;
mod outages;
mod pages;
mod payments;
mod processors;
mod seed;
mod settlement;
mod transfers;
mod volatile;
mod webhook_faults;
mod webhooks;
