//! What a processor's report says beside how the payment stands: of refunds, by whomever they were
//! asked for, and of disputes.

use domain::event::Fact;
use domain::id::{Bucket, DisputeId, RefundId};
use domain::money::Money;
use psp::{DisputeReport, DisputeReportState, PaymentReport, RefundReport, RefundReportState};

use crate::db::new_id;
use crate::payments::{Details, DisputeNews};

/// What is learnt about refunds: of those that are `ours`, each; of all others, the total that came
/// back, and the total that went back before. Both only rise, so a late report says nothing new.
pub(crate) fn refunds(report: &PaymentReport, ours: &[RefundId]) -> Vec<(Fact, Details)> {
    let mut learnt = Vec::new();
    let (mut made, mut returned) = (Vec::new(), Vec::new());
    for refund in &report.refunds {
        match (our_id(refund, ours), refund.state) {
            (Some(id), _) => learnt.push(of_ours(id, refund)),
            (None, RefundReportState::Succeeded) => made.push(refund.amount),
            // It may have been made, and then come back.
            (None, RefundReportState::Failed) => {
                made.push(refund.amount);
                returned.push(refund.amount);
            }
            (None, RefundReportState::Pending) => {}
        }
    }
    // What came back first: of what was never booked, nothing is to be booked then.
    let sum = |amounts| {
        Money::sum(report.amount.currency(), amounts).ok().filter(|sum| sum.is_positive())
    };
    learnt
        .extend(sum(returned).map(|total| (Fact::ReturnedElsewhere { total }, Details::default())));
    learnt.extend(sum(made).map(|total| (Fact::RefundedElsewhere { total }, Details::default())));
    learnt
}

fn our_id(refund: &RefundReport, ours: &[RefundId]) -> Option<RefundId> {
    let id = refund.reference.as_ref()?.parse().ok()?;
    ours.contains(&id).then_some(id)
}

fn of_ours(refund: RefundId, report: &RefundReport) -> (Fact, Details) {
    let fact = match report.state {
        RefundReportState::Pending => Fact::RefundPending { refund },
        RefundReportState::Succeeded => Fact::RefundSucceeded { refund },
        RefundReportState::Failed => Fact::RefundFailed { refund },
    };
    let refund_reference = Some(report.processor_reference.clone());
    (fact, Details { refund_reference, ..Details::default() })
}

/// What is learnt about disputes. Which of ours it is, is known once the payment is locked; the id
/// that is given here is that of a new one.
pub(crate) fn disputes(
    report: &PaymentReport,
    bucket: Bucket,
) -> impl Iterator<Item = (Fact, Details)> {
    report.disputes.iter().map(move |told| of_dispute(new_id(bucket), told))
}

fn of_dispute(dispute: DisputeId, told: &DisputeReport) -> (Fact, Details) {
    let amount = told.amount;
    let fact = match told.state {
        DisputeReportState::Opened => Fact::DisputeOpened { dispute, amount },
        DisputeReportState::Won => Fact::DisputeWon { dispute, amount },
        DisputeReportState::Lost => Fact::DisputeLost { dispute, amount },
    };
    let news = DisputeNews {
        processor_reference: told.processor_reference.clone(),
        reason: told.reason.clone(),
        opened_at: told.opened_at,
        respond_by: told.respond_by,
    };
    (fact, Details { dispute: Some(news), ..Details::default() })
}
