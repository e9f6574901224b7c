//! The judgement of a line of a refund.

use domain::event::Fact;
use domain::id::{PaymentId, RefundId};
use domain::matching::MismatchKind;
use domain::money::Money;
use domain::refund::RefundState;

use crate::db::Fault;
use crate::reconciliation::matching::findings::{Difference, Findings, Line, broken};
use crate::reconciliation::matching::store::RefundRow;
use crate::reconciliation::mismatches::opening::Procedure;

/// Judges one line and notes what follows.
pub(super) fn refund(findings: &mut Findings<'_>, row: &RefundRow) -> Result<(), Fault> {
    let figures = [row.gross_minor, row.fee_minor, row.net_minor];
    let place = (row.settlement_line_id, row.line);
    let line = Line::new(place, &row.processor_reference, &row.currency, figures)?;
    findings.see(line.id);
    let payment = row.payment_id.map(PaymentId::from_uuid);
    let Some(refund) = known(row, line)? else {
        let reference = row.refund_reference.as_deref().unwrap_or_default();
        let detail = format!("no refund of this account has the reference {reference}");
        return findings.unexplained(line, MismatchKind::OrphanRefund, payment, (None, detail));
    };
    if row.our_currency.as_deref() != Some(row.currency.as_str()) {
        let detail = format!("the refund is in another currency than the line's {}", line.gross);
        return findings.unexplained(line, MismatchKind::Currency, payment, (None, detail));
    }
    let ours = Some(refund.amount);
    if row.settled {
        let detail = format!("the line reports {} again: it is settled", refund.id);
        return findings.unexplained(line, MismatchKind::Duplicate, payment, (ours, detail));
    }
    match refund.state {
        RefundState::Returned => {
            let detail = format!("{} had come back to us", refund.id);
            findings.unexplained(line, MismatchKind::OrphanRefund, payment, (ours, detail))
        }
        RefundState::Requested | RefundState::Processing | RefundState::Failed => {
            unheard(findings, line, refund);
            let fact = Fact::RefundSucceeded { refund: refund.id };
            findings.learn(line, refund.payment, fact);
            settle(findings, line, refund)
        }
        RefundState::Succeeded => settle(findings, line, refund),
    }
}

/// Our side of the line.
#[derive(Clone, Copy)]
struct Known {
    id: RefundId,
    payment: PaymentId,
    /// As a line would report it: below zero.
    amount: Money,
    state: RefundState,
}

fn known(row: &RefundRow, line: Line<'_>) -> Result<Option<Known>, Fault> {
    let (Some(id), Some(payment), Some(amount), Some(state)) =
        (row.refund_id, row.payment_id, row.amount_minor, &row.state)
    else {
        return Ok(None);
    };
    let corrupt = || Fault::CorruptRow(format!("refund {id}"));
    Ok(Some(Known {
        id: RefundId::from_uuid(id),
        payment: PaymentId::from_uuid(payment),
        amount: Money::from_minor(-amount, line.gross.currency()),
        state: RefundState::from_word(state).ok_or_else(corrupt)?,
    }))
}

/// Opens the mismatch that the procedure fixes at once.
fn unheard(findings: &mut Findings<'_>, line: Line<'_>, refund: Known) {
    let difference = Difference {
        kind: MismatchKind::Status,
        payment: Some(refund.payment),
        ours: Some(Money::zero(line.gross.currency())),
        theirs: line.gross,
        held: Money::zero(line.gross.currency()),
        detail: format!(
            "the processor made {}, and we had not heard of it: our books say {}",
            refund.id,
            refund.state.as_str()
        ),
    };
    let procedure = Procedure {
        name: "apply_refund_from_file",
        reason: "the refund was applied as the file reports it",
        amount: line.gross,
    };
    findings.differs(line.id, difference, Some(procedure));
}

/// Settles the refund at the line's own amount. No tariff has a fee on refunds: what is kept
/// beside the refund goes to suspense.
fn settle(findings: &mut Findings<'_>, line: Line<'_>, refund: Known) -> Result<(), Fault> {
    let amount = line.gross.checked_neg().map_err(broken)?;
    findings.learn(line, refund.payment, Fact::RefundSettled { amount });
    findings.matched(line, refund.id.uuid(), "reference");
    let difference = |kind, ours: Money, theirs: Money, held, detail| Difference {
        kind,
        payment: Some(refund.payment),
        ours: Some(ours),
        theirs,
        held,
        detail,
    };
    if !line.fee.is_zero() {
        let kept = line.fee.checked_neg().map_err(broken)?;
        let held = findings.suspend(line, MismatchKind::Fee, kept)?;
        let detail = format!("the processor kept {} on a refund", line.fee);
        let none = Money::zero(line.fee.currency());
        let fee = difference(MismatchKind::Fee, none, line.fee, held, detail);
        findings.differs(line.id, fee, None);
    }
    if line.gross != refund.amount {
        let held = refund.amount.checked_sub(line.gross).map_err(broken)?;
        let detail = format!("the line says {}, our books say {}", line.gross, refund.amount);
        let gap = difference(MismatchKind::Amount, refund.amount, line.gross, held, detail);
        findings.differs(line.id, gap, None);
    }
    Ok(())
}
