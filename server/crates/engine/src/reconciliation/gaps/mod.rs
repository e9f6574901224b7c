//! What a file does not say: payments that it should have, and balances that do not tie.

mod balances;
mod store;

use domain::currency::Currency;
use domain::id::PaymentId;
use domain::matching::MismatchKind;
use domain::money::Money;

use crate::db::{Fault, Tx, new_id};
use crate::reconciliation::mismatches::opening::{self, NewMismatch};
use crate::reconciliation::take_in::Intake;
pub(super) use balances::compare_balances;

/// Opens a mismatch for each payment that was captured on the file's day, is not settled in full,
/// and has no line in the file. Returns how many there are.
pub(super) async fn open_missing(tx: &mut Tx, intake: &Intake) -> Result<usize, Fault> {
    let mut mismatches = Vec::new();
    for row in store::find_missing(tx, intake).await? {
        let corrupt = || Fault::CorruptRow(format!("payment {}", row.payment_id));
        let currency: Currency = row.currency.parse().map_err(|_| corrupt())?;
        let payment = PaymentId::from_uuid(row.payment_id);
        let left = Money::from_minor(row.left_minor, currency);
        mismatches.push(NewMismatch {
            id: new_id(payment.bucket()),
            kind: MismatchKind::MissingAtProcessor,
            line: None,
            payment: Some(payment),
            currency,
            ours_minor: Some(row.left_minor),
            theirs_minor: None,
            held_minor: row.left_minor,
            detail: format!("our books say {left} was captured, the file of that day says nothing"),
            procedure: None,
        });
    }
    opening::open(tx, intake, &mismatches).await?;
    Ok(mismatches.len())
}
