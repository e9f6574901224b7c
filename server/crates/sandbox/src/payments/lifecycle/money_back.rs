//! The rules of money that goes back: refunds, which the merchant makes, and disputes, which the
//! shopper's bank makes.

use time::Duration;
use uuid::Uuid;

use crate::{
    alarms::Kind,
    answer::ApiError,
    cards::{Disputes, Refunds},
    payments::{
        lifecycle::{Change, Line, Moment, Touched},
        payment::{Dispute, DisputeStatus, Payment, Refund, RefundStatus, Status},
    },
};

/// How long a refund is pending that does not succeed at once.
const REFUND: Duration = Duration::days(1);
/// How long a refund stays away that comes back.
const RETURN: Duration = Duration::days(3);
/// How long a bank takes to decide a dispute.
const DECISION: Duration = Duration::days(1);
/// How long a merchant may take to answer one.
const RESPONSE: Duration = Duration::days(7);

/// A refund that is asked for. Without an amount, all that is left is meant.
#[derive(Debug)]
pub(crate) struct NewRefund<'a> {
    pub(crate) refund_id: Uuid,
    pub(crate) reference: &'a str,
    pub(crate) amount_minor: Option<i64>,
}

/// A dispute that a bank opens. Without an amount, all that is left is meant.
#[derive(Debug)]
pub(crate) struct NewDispute {
    pub(crate) dispute_id: Uuid,
    pub(crate) amount_minor: Option<i64>,
    pub(crate) reason: String,
}

impl Payment {
    /// Gives some of what was captured back, now, later, or not at all, as the card wants it.
    pub(crate) fn give_back(
        &mut self,
        new: &NewRefund<'_>,
        moment: &Moment,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::Captured, Status::PartiallyRefunded])?;
        let left = self.left_minor();
        let amount_minor = new.amount_minor.unwrap_or(left);
        self.at_most(amount_minor, left, "refund")?;
        self.touch(moment.at);
        let (status, wake) = match self.card().refunds {
            Refunds::Succeed => (RefundStatus::Succeeded, None),
            Refunds::Fail => (RefundStatus::Failed, None),
            Refunds::SucceedLater | Refunds::FailLater => {
                (RefundStatus::Pending, Some((Kind::EndRefund, REFUND)))
            }
            Refunds::ComeBack => (RefundStatus::Succeeded, Some((Kind::ReturnRefund, RETURN))),
        };
        self.has_refunds = true;
        self.refunds.push(Refund {
            refund_id: new.refund_id,
            account_id: self.account_id,
            payment_id: self.payment_id,
            reference: new.reference.to_owned(),
            amount_minor,
            status,
            created_at: moment.at,
        });
        let mut change = refund_change(new.refund_id);
        match status {
            RefundStatus::Pending => self.refunding_minor += amount_minor,
            RefundStatus::Succeeded => {
                self.refunded_minor += amount_minor;
                change.line = Some(moved("refund", -amount_minor));
            }
            RefundStatus::Failed => {}
        }
        self.settle_status();
        Ok(match wake {
            Some((kind, after)) => change.with_wake(kind, Some(new.refund_id), after),
            None => change,
        })
    }

    /// Ends a pending refund, or brings one back that had succeeded.
    pub(crate) fn end_refund(
        &mut self,
        refund_id: Uuid,
        succeeded: bool,
        moment: &Moment,
    ) -> Result<Change, ApiError> {
        let found = self.refunds.iter_mut().find(|refund| refund.refund_id == refund_id);
        let refund = found.ok_or_else(ApiError::not_found)?;
        let amount_minor = refund.amount_minor;
        let mut change = refund_change(refund_id);
        match (refund.status, succeeded) {
            (RefundStatus::Pending, true) => {
                refund.status = RefundStatus::Succeeded;
                self.refunding_minor -= amount_minor;
                self.refunded_minor += amount_minor;
                change.line = Some(moved("refund", -amount_minor));
            }
            (RefundStatus::Pending, false) => {
                refund.status = RefundStatus::Failed;
                self.refunding_minor -= amount_minor;
            }
            (RefundStatus::Succeeded, false) => {
                refund.status = RefundStatus::Failed;
                self.refunded_minor -= amount_minor;
                change.line = Some(moved("refund_return", amount_minor));
            }
            (RefundStatus::Succeeded, true) | (RefundStatus::Failed, _) => {
                return Err(ApiError::conflict("the refund has ended already"));
            }
        }
        self.touch(moment.at);
        self.settle_status();
        Ok(change)
    }

    /// Takes some of what was captured back for the shopper's bank.
    pub(crate) fn open_dispute(
        &mut self,
        new: &NewDispute,
        moment: &Moment,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::Captured, Status::PartiallyRefunded])?;
        let left = self.left_minor();
        let amount_minor = new.amount_minor.unwrap_or(left);
        self.at_most(amount_minor, left, "charge back")?;
        self.touch(moment.at);
        self.charged_back_minor += amount_minor;
        self.has_disputes = true;
        self.disputes.push(Dispute {
            dispute_id: new.dispute_id,
            account_id: self.account_id,
            payment_id: self.payment_id,
            amount_minor,
            reason: new.reason.clone(),
            status: DisputeStatus::Opened,
            opened_at: moment.at,
            respond_by: moment.at + RESPONSE,
        });
        let change = Change {
            touched: Touched::Dispute(new.dispute_id),
            ..Change::of("dispute.opened").with_line(moved("chargeback", -amount_minor))
        };
        Ok(match self.card().disputes {
            Disputes::End(_) => change.with_wake(Kind::EndDispute, Some(new.dispute_id), DECISION),
            Disputes::Never | Disputes::StayOpen => change,
        })
    }

    /// Decides a dispute: one that is won brings the money back.
    pub(crate) fn end_dispute(
        &mut self,
        dispute_id: Uuid,
        won: bool,
        moment: &Moment,
    ) -> Result<Change, ApiError> {
        let found = self.disputes.iter_mut().find(|dispute| dispute.dispute_id == dispute_id);
        let dispute = found.ok_or_else(ApiError::not_found)?;
        if dispute.status != DisputeStatus::Opened {
            return Err(ApiError::conflict("the dispute is decided already"));
        }
        let amount_minor = dispute.amount_minor;
        dispute.status = if won { DisputeStatus::Won } else { DisputeStatus::Lost };
        self.touch(moment.at);
        let touched = Touched::Dispute(dispute_id);
        if !won {
            return Ok(Change { touched, ..Change::of("dispute.lost") });
        }
        self.charged_back_minor -= amount_minor;
        let line = moved("chargeback_reversal", amount_minor);
        Ok(Change { touched, ..Change::of("dispute.won").with_line(line) })
    }
}

fn refund_change(refund_id: Uuid) -> Change {
    Change { touched: Touched::Refund(refund_id), ..Change::of("refund.updated") }
}

fn moved(kind: &'static str, gross_minor: i64) -> Line {
    Line { kind, gross_minor, fee_minor: 0 }
}
