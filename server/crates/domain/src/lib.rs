//! The rules of Paydesk: money, states, postings, fees and matching, as plain functions.
//!
//! Nothing here reads a clock, draws a random number, waits or talks to anyone, so the same code
//! runs in the service, in a browser and under a property test. What happens with a decision
//! (storing, posting, sending) is the engine's business.
#![warn(missing_docs)]

pub mod account;
pub mod bic;
pub mod card_number;
pub mod checkout;
pub mod clawback;
pub mod currency;
pub mod decide;
pub mod dispute;
pub mod event;
pub mod exchange;
pub mod fee;
pub mod four_eyes;
pub mod iban;
pub mod id;
pub mod matching;
pub mod money;
pub mod operation;
pub mod payment;
pub mod payout;
pub mod period;
pub mod permission;
pub mod posting;
pub mod refund;
pub mod release;
pub mod reserve;
pub mod rounding;
pub mod routing;
pub mod schedule;
pub mod support_code;
pub mod typeid;
pub mod why;
mod words;
