//! Writes what the judgement of the lines leads to, set by set.

use domain::id::PaymentId;

use crate::db::{Fault, Tx};
use crate::ledger;
use crate::payments::{self, Applied, Input};
use crate::reconciliation::matching::findings::Findings;
use crate::reconciliation::matching::store;
use crate::reconciliation::mismatches::opening;

/// How many payments change together.
const BATCH: usize = 500;

pub(super) async fn write(tx: &mut Tx, findings: Findings<'_>) -> Result<(), Fault> {
    store::save_states(tx, &findings.lines_that_differ(false), "matched").await?;
    store::save_states(tx, &findings.lines_that_differ(true), "mismatched").await?;
    store::insert_matches(tx, &findings.matches).await?;

    let settled: Vec<PaymentId> = (findings.running.iter())
        .filter(|(_, running)| running.has_settled())
        .map(|(id, _)| *id)
        .collect();
    opening::resolve_settled(tx, findings.intake, &settled).await?;
    store::plan_for_many_rows(tx).await?;
    apply(tx, findings.inputs).await?;
    ledger::write(tx, &findings.drafts).await?;
    store::plan_as_usual(tx).await?;
    opening::open(tx, findings.intake, &findings.mismatches).await
}

/// Applies what the lines report, in the order of the payments, which are locked; within a payment
/// in the order of the file. Each must change something: the lines were judged on these rows.
async fn apply(tx: &mut Tx, mut inputs: Vec<Input>) -> Result<(), Fault> {
    inputs.sort_by_key(|input| input.payment);
    for batch in inputs.chunks(BATCH) {
        let answers = payments::apply(tx, batch).await?;
        for (input, answer) in batch.iter().zip(answers) {
            if !matches!(answer, Applied::Changed { .. }) {
                let name = input.event.name();
                let why = format!("{name} of {} by a file gave {answer:?}", input.payment);
                return Err(Fault::Broken(why));
            }
        }
    }
    Ok(())
}
