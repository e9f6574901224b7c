//! A bank's file, parsed as a whole before anything is made of it.

use aws_lc_rs::digest::{SHA256, digest};
use bank::camt::{self, BankEntries};
use bank::file::{Unreadable, UnreadableReason, Warning};
use bank::pain002::{self, StatusReport};

/// A bank's file that can be read.
#[derive(Debug, Clone)]
pub struct Parsed {
    report: Report,
    sha256: Vec<u8>,
}

/// What it is.
#[derive(Debug, Clone)]
pub(super) enum Report {
    Status(StatusReport),
    Entries(BankEntries),
}

impl Parsed {
    /// The name of the format, such as `camt.053`.
    pub const fn format(&self) -> &'static str {
        match &self.report {
            Report::Status(_) => "pain.002",
            Report::Entries(read) => read.message.name(),
        }
    }

    /// What is odd about the file.
    pub fn warnings(&self) -> &[Warning] {
        match &self.report {
            Report::Status(report) => &report.warnings,
            Report::Entries(read) => &read.warnings,
        }
    }

    pub(super) const fn report(&self) -> &Report {
        &self.report
    }

    pub(crate) fn sha256(&self) -> &[u8] {
        &self.sha256
    }
}

/// Reads a `pain.002`, `camt.053` or `camt.054` file, and writes nothing.
///
/// # Errors
/// [`Unreadable`] if nothing of it may be used.
pub fn parse(content: &[u8]) -> Result<Parsed, Unreadable> {
    let report = match pain002::read(content) {
        Ok(report) => Report::Status(report),
        Err(Unreadable { reason: UnreadableReason::NoMessage(_), .. }) => {
            Report::Entries(camt::read(content).map_err(of_all)?)
        }
        Err(unreadable) => return Err(unreadable),
    };
    Ok(Parsed { report, sha256: digest(&SHA256, content).as_ref().to_vec() })
}

/// What is missing, if it is none of the messages.
fn of_all(unreadable: Unreadable) -> Unreadable {
    let reason = match unreadable.reason {
        UnreadableReason::NoMessage(_) => {
            UnreadableReason::NoMessage("pain.002, camt.053 or camt.054")
        }
        other => other,
    };
    Unreadable { reason, ..unreadable }
}
