//! Tests of the whole service, in one binary: one link, one process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alerts;
mod api;
mod bad_input;
mod bad_operations;
mod books;
mod card_data;
mod console;
mod console_books;
mod console_forms;
mod crash;
mod dead_letters;
mod disputes;
mod embedded;
mod exchange;
mod hooks;
mod idempotency;
mod inbound;
mod key_races;
mod lifecycle;
mod lost_commits;
mod names;
mod openapi;
mod outage;
mod pages;
mod payouts;
mod processors;
mod shares;
mod shopper;
mod support;
mod tidy;
mod waiting;
mod webhook_endpoints;
mod webhooks_discarded;
mod webhooks_in;
mod why;
