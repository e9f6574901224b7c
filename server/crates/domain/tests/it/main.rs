//! The rules, from the outside: examples that people can check by hand, and laws that hold for
//! whatever a generator thinks of.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bank_corpus;
mod basket;
mod bic;
mod card_number;
mod chart_of_accounts;
mod checkout;
mod clawback;
mod decide;
mod document;
mod every_small_history;
mod every_small_payout;
mod examples;
mod exchange;
mod fees;
mod four_eyes;
mod iban;
mod ids;
mod laws;
mod matching;
mod model;
mod money;
mod payout_laws;
mod payout_model;
mod payout_rulings;
mod payout_states;
mod payouts;
mod period;
mod postings;
mod release;
mod roles;
mod rounding;
mod routing;
mod schedule;
mod states;
mod support_codes;
mod wallet_accounts;
mod wallet_histories;
mod why;
