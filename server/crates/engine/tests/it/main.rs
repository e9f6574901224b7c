//! The engine's use cases on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on should end its test")]
#![expect(clippy::inconsistent_digit_grouping, reason = "amounts are grouped at the cents")]

mod baskets;
mod buffered;
mod checkouts;
mod dead_letters;
mod desk;
mod doubt;
mod fake_processor;
mod invariants;
mod janitor;
mod known_elsewhere;
mod ledger;
mod lifecycle;
mod lost_answers;
mod operator;
mod payments;
mod polling;
mod queue;
mod races;
mod reconciliation;
mod routing;
mod settlement_file;
mod slow_shop;
mod watching;
mod world;
