//! Checks an export, line by line, in memory that does not grow with its lines.
//!
//! Kept are the open accounts with their balances, 24 bytes of hashes for each posting (so that no
//! fact is posted twice and corrections name something), and one line.
//!
//! What is proven: every record is the one that was sealed at its place, none is missing or there
//! twice, each posting balances, each close is the sum of its day, and whoever has the key has
//! signed it. What is not: records after the last close are vouched for by nobody; whoever cuts off
//! whole days at the end is found out only by somebody who knows a later close; and a file that
//! brings its own key proves only that all of it was signed with one key. So compare the key, or
//! better give it in [`Options::keys`].

mod checker;
mod day;
mod reason;
mod seen;
mod summary;

use std::fmt;
use std::io::{self, BufRead};

pub use reason::{Reason, Sum};
pub use summary::Summary;

use crate::export::{Lines, RawLine};
use crate::signature::PublicKey;
use checker::Checker;

/// How many findings are kept; more are only counted.
pub const FINDINGS_MAX: usize = 100;

/// How to check.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The keys whose signatures are trusted. If there are none, the first key of the file is.
    pub keys: Vec<PublicKey>,
    /// Whether to stop at the first bad line, or to go on and find what else is wrong.
    pub stops_at_first: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first [`FINDINGS_MAX`] bad lines, in their order. What is found after the first may be
    /// its consequence.
    pub findings: Vec<Finding>,
    /// How many bad lines there are.
    pub bad_lines: u64,
    /// What the file holds.
    pub summary: Summary,
}

impl Report {
    /// Whether nothing is wrong.
    pub const fn is_good(&self) -> bool {
        self.bad_lines == 0
    }

    /// The first bad line.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }

    fn add(&mut self, finding: Finding) {
        self.bad_lines += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

/// One bad line, and the first thing that is wrong with it. Its text is one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which, from 1; the one after the last if something is missing there.
    pub line: u64,
    /// The sequence number that it has or, if it cannot be read, that it should have.
    pub sequence: Option<u64>,
    /// What it is, by the word in the file; `None` if it cannot be read.
    pub kind: Option<&'static str>,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.line)?;
        if let Some(sequence) = self.sequence {
            write!(formatter, ", record {sequence}")?;
        }
        if let Some(kind) = self.kind {
            write!(formatter, " ({kind})")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

/// Checks a whole export.
///
/// # Errors
/// Only if `input` cannot be read; what is wrong with the books is in the [`Report`].
pub fn verify(input: impl BufRead, options: &Options) -> io::Result<Report> {
    let mut lines = Lines::new(input);
    let mut checker = Checker::new(options);
    let mut report = Report { findings: Vec::new(), bad_lines: 0, summary: Summary::default() };
    loop {
        let (is_end, verdict) = match lines.next()? {
            RawLine::End => (true, checker.end()),
            raw => (false, checker.take(&raw)),
        };
        if let Err(reason) = verdict {
            let line = lines.number() + u64::from(is_end);
            let (sequence, kind) = checker.place();
            report.add(Finding { line, sequence, kind, reason });
        }
        if is_end || (options.stops_at_first && !report.is_good()) {
            break;
        }
    }
    report.summary = checker.into_summary();
    report.summary.lines = lines.number();
    Ok(report)
}
