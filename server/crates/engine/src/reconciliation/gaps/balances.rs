//! The balances that a file claims: against its own lines, and against our ledger.

use domain::id::SettlementFileId;
use domain::matching::MismatchKind;
use domain::money::Money;
use settlement::file::Balance;

use crate::db::{Fault, Tx, new_id};
use crate::reconciliation::gaps::store;
use crate::reconciliation::mismatches::opening::{self, NewMismatch};
use crate::reconciliation::take_in::Intake;

/// Opens a mismatch for each currency in which the file's balance does not tie, unless a live one
/// says so already; and resolves the live ones of a currency in which it ties again.
///
/// A file of a day before one that was taken in already is compared with its own lines alone.
pub(in crate::reconciliation) async fn compare_balances(
    tx: &mut Tx,
    intake: &Intake,
) -> Result<(), Fault> {
    let is_newest = store::is_newest(tx, intake).await?;
    let mut mismatches = Vec::new();
    for balance in &intake.file.balances {
        let mut gaps = inner_gaps(intake, balance)?;
        if is_newest {
            let ledger = store::ledger_balance(tx, intake, balance.currency).await?;
            let words = "closing balance against our ledger";
            gaps.extend(Gap::between(words, ledger, balance.closing));
        }
        match gaps.last() {
            None if is_newest => opening::resolve_balances(tx, intake, balance.currency).await?,
            None => {}
            Some(gap) if store::is_known(tx, intake, balance.currency, gap.size()?).await? => {}
            Some(gap) => mismatches.push(mismatch(intake.id, balance, gap, &gaps)),
        }
    }
    opening::open(tx, intake, &mismatches).await
}

/// Two figures that should be equal.
struct Gap {
    words: &'static str,
    ours: Money,
    theirs: Money,
}

impl Gap {
    fn between(words: &'static str, ours: Money, theirs: Money) -> Option<Self> {
        (ours != theirs).then_some(Self { words, ours, theirs })
    }

    fn size(&self) -> Result<i64, Fault> {
        self.theirs.checked_sub(self.ours).map(Money::minor).map_err(broken)
    }
}

/// Where the file contradicts itself.
fn inner_gaps(intake: &Intake, balance: &Balance) -> Result<Vec<Gap>, Fault> {
    let of_lines = intake.file.net(balance.currency).map_err(broken)?;
    let sum = balance.opening.checked_add(balance.movements).map_err(broken)?;
    let words = "movements against the sum of the usable lines";
    let movements = Gap::between(words, of_lines, balance.movements);
    let words = "closing balance against opening balance and movements";
    let closing = Gap::between(words, sum, balance.closing);
    Ok(movements.into_iter().chain(closing).collect())
}

fn mismatch(file: SettlementFileId, balance: &Balance, gap: &Gap, gaps: &[Gap]) -> NewMismatch {
    let words =
        |gap: &Gap| format!("{}: {}, and the file says {}", gap.words, gap.ours, gap.theirs);
    let sentences: Vec<String> = gaps.iter().map(words).collect();
    NewMismatch {
        id: new_id(file.bucket()),
        kind: MismatchKind::Balance,
        line: None,
        payment: None,
        currency: balance.currency,
        ours_minor: Some(gap.ours.minor()),
        theirs_minor: Some(gap.theirs.minor()),
        held_minor: 0,
        detail: format!("line {}: {}", balance.line, sentences.join("; ")),
        procedure: None,
    }
}

/// The reader refuses amounts so large that these sums could overflow.
fn broken(error: domain::money::MoneyError) -> Fault {
    Fault::Broken(format!("balances: {error}"))
}
