//! Pay-outs by bank file: orders out, reports and entries in.
//!
//! An [`initiation::Order`] of pay-outs becomes a `pain.001` file for the bank; the bank answers
//! with `pain.002` reports ([`pain002`]) and, once money has moved, with entries of the account
//! ([`camt`]). What either says of a pay-out is a [`verdict::Verdict`]; what it means for our books
//! is the engine's business. Beside them, [`ecb`] reads what the European Central Bank says that
//! currencies are worth. Nothing here does IO of its own, and no bytes make a reader panic.
//!
//! Source of the formats: ISO 20022 (`pain.001`, `pain.002`, `camt.053`, `camt.054`) and the
//! implementation guidelines of the European Payments Council (EPC132-08, EPC217-08).
#![warn(missing_docs)]

pub mod camt;
pub mod ecb;
mod field;
pub mod file;
pub mod initiation;
pub mod pain001;
pub mod pain002;
pub mod status;
pub mod text;
pub mod verdict;
mod xml;

/// How large a file may be, in bytes.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
