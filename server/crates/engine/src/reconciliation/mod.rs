//! Reconciliation: settlement files in, matched with our books, and what differs.
//!
//! [`take_in`] takes a file in once: it settles what agrees and opens a mismatch for each
//! difference. [`mismatches`] is the queue in which people resolve these; [`reports`] says what
//! became of a file. A file is never assumed right: what it reports is booked as reported, and
//! whatever our books do not explain waits on suspense or on the receivable.

pub mod actor;
mod gaps;
mod matching;
pub mod mismatches;
pub mod reports;
pub mod take_in;
