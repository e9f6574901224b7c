//! The rules, from the outside: examples that people can check by hand, and laws that hold for
//! whatever a generator thinks of.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bank_corpus;
mod basket;
mod bic;
mod card_number;
mod chart_of_accounts;
mod checkout;
mod decide;
mod document;
mod every_small_history;
mod examples;
mod fees;
mod iban;
mod ids;
mod laws;
mod matching;
mod model;
mod money;
mod postings;
mod routing;
mod states;
mod support_codes;
mod why;
