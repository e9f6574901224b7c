//! The proof of the books, from the outside.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on should end its test")]

mod changes;
mod closes;
mod plain;
mod round_trip;
mod rules;
mod story;
mod tampering;
mod tools;
mod vectors;
