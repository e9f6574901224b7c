//! Matching: joins a file's lines with our payments and refunds, and judges each pair.
//!
//! The joins are SQL over all lines at once. The judgement of a joined row is plain arithmetic on
//! the figures of both sides. What follows from it is written set by set.

mod books;
mod findings;
mod judge;
mod refunds;
pub(super) mod store;

use crate::db::{Fault, Tx};
use crate::reconciliation::take_in::Intake;
use findings::Findings;

/// What became of the lines of a file.
pub(super) struct Found {
    pub(super) matched: usize,
    pub(super) mismatched: usize,
}

/// Matches every stored line of the file, and books what follows.
pub(super) async fn run(tx: &mut Tx, intake: &Intake) -> Result<Found, Fault> {
    let repeated = store::match_repeated(tx, intake).await?;
    store::match_by_processor_reference(tx, intake).await?;
    store::lock_payments(tx, intake).await?;

    let mut findings = Findings::new(intake);
    for row in store::join_payments(tx, intake).await? {
        judge::payment(&mut findings, &row)?;
    }
    judge::close(&mut findings)?;
    for row in store::join_refunds(tx, intake).await? {
        refunds::refund(&mut findings, &row)?;
    }
    let (matched, mismatched) = findings.line_counts();
    books::write(tx, findings).await?;
    Ok(Found { matched: matched + repeated, mismatched })
}
