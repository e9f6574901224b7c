//! Bank files, from the outside: what is written, what is read, and what is made of it.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on should end its test")]

mod camt;
mod corpus;
mod ecb;
mod examples;
mod initiation;
mod pain001;
mod pain002;
mod properties;
mod unreadable;
mod verdicts;
