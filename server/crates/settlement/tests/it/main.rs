//! The readers of settlement files, from the outside.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on should end its test")]

mod files;
mod properties;
mod refusals;
mod unreadable;
