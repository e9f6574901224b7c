//! Tests of the whole service, in one binary: one link, one process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod bad_input;
mod console;
mod crash;
mod embedded;
mod hooks;
mod idempotency;
mod inbound;
mod pages;
mod shopper;
mod support;
mod tidy;
mod why;
