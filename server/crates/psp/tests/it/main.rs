//! The adapter of the sandbox against a server that answers whatever the test says.
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on should end its test")]

mod answers;
mod reports;
