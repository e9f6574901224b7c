//! The engine's use cases on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on should end its test")]
#![expect(clippy::inconsistent_digit_grouping, reason = "amounts are grouped at the cents")]

mod asked_to_wait;
mod baskets;
mod buffered;
mod chain;
mod checkouts;
mod checks;
mod dead_letters;
mod desk;
mod doubt;
mod exchange;
mod exports;
mod fake_processor;
mod fake_provider;
mod full_tables;
mod invariants;
mod janitor;
mod keys;
mod known_elsewhere;
mod ledger;
mod lifecycle;
mod lost_answers;
mod moved_addresses;
mod operator;
mod parents;
mod payments;
mod payouts;
mod polling;
mod queue;
mod races;
mod receivers;
mod reconciliation;
mod revenue;
mod routing;
mod sealing;
mod settlement_file;
mod shares;
mod slow_shop;
mod transactions;
mod watched_money;
mod watching;
mod world;
