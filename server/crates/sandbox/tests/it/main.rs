//! The sandbox as its clients see it: the real router over TCP, on a real Postgres.

mod books;
mod dashboard;
mod harness;
mod pages;
mod payments;
mod settlement;
mod webhooks;
