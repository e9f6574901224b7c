//! Opening mismatches, and resolving those that files and procedures explain by themselves.

use domain::currency::Currency;
use domain::id::{
    AdjustmentId, MismatchId, PaymentId, ProcessorAccountId, SettlementFileId, SettlementLineId,
    ShopId, kind,
};
use domain::matching::{MismatchKind, MismatchState};
use domain::money::Money;
use serde_json::json;

use crate::db::{Fault, Tx, new_id};
use crate::reconciliation::actor::log;
use crate::reconciliation::mismatches::store;
use crate::reconciliation::take_in::Intake;

/// Who acts in the log when no person does.
const SYSTEM: &str = "Paydesk";

/// A difference that was found.
#[derive(Debug, Clone)]
pub(in crate::reconciliation) struct NewMismatch {
    pub(in crate::reconciliation) id: MismatchId,
    pub(in crate::reconciliation) kind: MismatchKind,
    pub(in crate::reconciliation) line: Option<SettlementLineId>,
    pub(in crate::reconciliation) payment: Option<PaymentId>,
    pub(in crate::reconciliation) currency: Currency,
    pub(in crate::reconciliation) ours_minor: Option<i64>,
    pub(in crate::reconciliation) theirs_minor: Option<i64>,
    pub(in crate::reconciliation) held_minor: i64,
    pub(in crate::reconciliation) detail: String,
    /// What has fixed it already.
    pub(in crate::reconciliation) procedure: Option<Procedure>,
}

/// A named procedure that fixes a mismatch without a person.
#[derive(Debug, Clone, Copy)]
pub(in crate::reconciliation) struct Procedure {
    pub(in crate::reconciliation) name: &'static str,
    pub(in crate::reconciliation) reason: &'static str,
    /// How much it is about.
    pub(in crate::reconciliation) amount: Money,
}

/// The place where differences were found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) shop: ShopId,
    pub(super) account: ProcessorAccountId,
    pub(super) file: SettlementFileId,
}

/// Stores mismatches; those that a procedure has fixed are resolved from the start.
pub(in crate::reconciliation) async fn open(
    tx: &mut Tx,
    intake: &Intake,
    mismatches: &[NewMismatch],
) -> Result<(), Fault> {
    let place = Place { shop: intake.shop, account: intake.account.id, file: intake.id };
    store::insert(tx, place, mismatches).await?;
    for mismatch in mismatches {
        if let Some(procedure) = mismatch.procedure {
            note_procedure(tx, intake.shop, mismatch.id, procedure).await?;
        }
    }
    Ok(())
}

/// Resolves the mismatches of captures that earlier files had left unsettled: a line of this file
/// names their payment again, and whatever is then still missing becomes a mismatch of its own.
pub(in crate::reconciliation) async fn resolve_settled(
    tx: &mut Tx,
    intake: &Intake,
    payments: &[PaymentId],
) -> Result<(), Fault> {
    let resolved = store::resolve_settled(tx, intake.id, payments).await?;
    resolve(tx, intake, resolved, "settled_by_later_file", "a later file reports it").await
}

/// Resolves the balance mismatches of a currency in which the balances tie again.
pub(in crate::reconciliation) async fn resolve_balances(
    tx: &mut Tx,
    intake: &Intake,
    currency: Currency,
) -> Result<(), Fault> {
    let resolved = store::resolve_balances(tx, intake.account.id, currency).await?;
    resolve(tx, intake, resolved, "balances_tie_again", "the balances of a later file tie").await
}

/// Records how mismatches that the store has marked as resolved were resolved.
async fn resolve(
    tx: &mut Tx,
    intake: &Intake,
    resolved: Vec<(MismatchId, Money)>,
    name: &'static str,
    reason: &'static str,
) -> Result<(), Fault> {
    for (id, amount) in resolved {
        store::withdraw_proposals(tx, id).await?;
        note_procedure(tx, intake.shop, id, Procedure { name, reason, amount }).await?;
    }
    Ok(())
}

async fn note_procedure(
    tx: &mut Tx,
    shop: ShopId,
    id: MismatchId,
    procedure: Procedure,
) -> Result<(), Fault> {
    let adjustment: AdjustmentId = new_id::<kind::Adjustment>(id.bucket());
    store::insert_procedure(tx, adjustment, id, procedure).await?;
    let state = MismatchState::Resolved.as_str();
    let detail = json!({ "procedure": procedure.name, "reason": procedure.reason, "state": state });
    log(tx, shop, (SYSTEM, None), "mismatch.resolved", ("mismatch", &id.to_string()), detail).await
}
