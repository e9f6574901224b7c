//! The rules of a payment: what may happen to it, and what follows from it. No IO, no clock.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    alarms::Kind,
    answer::ApiError,
    cards::{Behaviour, Disputes},
    money::{Tariff, format_amount},
    payments::payment::{Payment, Status},
};

mod money_back;
#[cfg(test)]
mod tests;

pub(crate) use money_back::{NewDispute, NewRefund};

/// How long a reviewer takes.
const REVIEW: Duration = Duration::hours(1);
/// How long the bank waits for the shopper.
const CHALLENGE: Duration = Duration::minutes(15);
/// How long a shopper takes to find the charge strange.
const SECOND_THOUGHTS: Duration = Duration::hours(1);

/// When something happens, and what the processor takes for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: OffsetDateTime,
    pub(crate) tariff: Tariff,
}

/// What a change to a payment brings with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The name of the webhook that tells of it.
    pub(crate) event: &'static str,
    /// The line it adds to the PSP's book, if money moved.
    pub(crate) line: Option<Line>,
    /// What will happen by itself.
    pub(crate) wakes: Vec<Wake>,
    pub(crate) touched: Touched,
}

impl Change {
    fn of(event: &'static str) -> Self {
        Self { event, line: None, wakes: Vec::new(), touched: Touched::Payment }
    }

    fn with_line(self, line: Line) -> Self {
        Self { line: Some(line), ..self }
    }

    fn with_wake(mut self, kind: Kind, subject: Option<Uuid>, after: Duration) -> Self {
        self.wakes.push(Wake { kind, subject, after });
        self
    }
}

/// What is to be written besides the payment itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touched {
    Payment,
    Refund(Uuid),
    Dispute(Uuid),
}

/// Something that happens by itself, so long after the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wake {
    pub(crate) kind: Kind,
    /// The refund or dispute that is meant.
    pub(crate) subject: Option<Uuid>,
    pub(crate) after: Duration,
}

/// One movement of money, in minor units. What the merchant loses is below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) kind: &'static str,
    pub(crate) gross_minor: i64,
    pub(crate) fee_minor: i64,
}

impl Payment {
    /// Answers a new payment as its card wants it. The status until now means nothing.
    pub(crate) fn open(&mut self, moment: &Moment) -> Change {
        match self.card().behaviour {
            Behaviour::Decline(code) => self.decline(code),
            Behaviour::Challenge => self
                .wait(Status::RequiresAction, "payment.requires_action")
                .with_wake(Kind::LeaveChallenge, None, CHALLENGE),
            Behaviour::Review(verdict) => {
                let change = self.wait(Status::InReview, "payment.in_review");
                match verdict {
                    Some(_) => change.with_wake(Kind::EndReview, None, REVIEW),
                    None => change,
                }
            }
            Behaviour::AwaitFunds { after, .. } => self
                .wait(Status::AwaitingFunds, "payment.awaiting_funds")
                .with_wake(Kind::EndFunds, None, after),
            Behaviour::Approve | Behaviour::SecureOnPage => self.approve(moment),
        }
    }

    /// Refuses a new payment, whatever its card.
    pub(crate) fn refuse(&mut self, code: &str) -> Change {
        self.decline(code)
    }

    /// Ends the wait for the shopper's challenge; an error code says why it was not passed.
    pub(crate) fn finish_challenge(
        &mut self,
        outcome: Result<(), &str>,
        moment: &Moment,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::RequiresAction])?;
        self.touch(moment.at);
        Ok(match outcome {
            Ok(()) => self.approve(moment),
            Err(code) => self.decline(code),
        })
    }

    /// Ends the wait for the reviewer.
    pub(crate) fn finish_review(
        &mut self,
        released: bool,
        moment: &Moment,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::InReview])?;
        self.touch(moment.at);
        Ok(if released { self.approve(moment) } else { self.decline("review_declined") })
    }

    /// Ends the wait for the shopper's money, which is captured as it comes.
    pub(crate) fn finish_funds(
        &mut self,
        arrived: bool,
        moment: &Moment,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::AwaitingFunds])?;
        self.touch(moment.at);
        if !arrived {
            return Ok(self.decline("funds_never_came"));
        }
        self.capture = true;
        Ok(self.approve(moment))
    }

    /// Takes `amount_minor` of what is authorised and not yet captured, or all of it.
    pub(crate) fn take(
        &mut self,
        amount_minor: Option<i64>,
        moment: &Moment,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::Authorized, Status::Captured, Status::PartiallyRefunded])?;
        let left = self.authorized_minor - self.captured_minor;
        if left > 0 && self.hold_expires_at.is_some_and(|expires_at| expires_at <= moment.at) {
            return Err(ApiError::conflict("the hold has expired"));
        }
        let amount_minor = amount_minor.unwrap_or(left);
        self.at_most(amount_minor, left, "capture")?;
        self.touch(moment.at);
        Ok(self.capture_now(amount_minor, moment))
    }

    /// Gives up a payment of which nothing was captured.
    pub(crate) fn cancel(&mut self, moment: &Moment) -> Result<Change, ApiError> {
        self.must_be(&[
            Status::Authorized,
            Status::RequiresAction,
            Status::InReview,
            Status::AwaitingFunds,
        ])?;
        self.touch(moment.at);
        self.status = Status::Cancelled;
        Ok(Change::of("payment.cancelled"))
    }

    /// Lets the hold go of which nothing was captured.
    pub(crate) fn expire(&mut self, moment: &Moment) -> Result<Change, ApiError> {
        self.must_be(&[Status::Authorized])?;
        self.touch(moment.at);
        self.status = Status::Expired;
        Ok(Change::of("payment.expired"))
    }

    fn approve(&mut self, moment: &Moment) -> Change {
        self.authorized_minor = self.amount_minor;
        if self.capture {
            return self.capture_now(self.amount_minor, moment);
        }
        self.status = Status::Authorized;
        let hold = self.card().hold;
        self.hold_expires_at = Some(moment.at + hold);
        Change::of("payment.authorized").with_wake(Kind::ExpireHold, None, hold)
    }

    fn capture_now(&mut self, amount_minor: i64, moment: &Moment) -> Change {
        let is_first = self.captured_minor == 0;
        let fee_minor = moment.tariff.fee(amount_minor, is_first);
        self.captured_minor += amount_minor;
        self.settle_status();
        let line = Line { kind: "payment", gross_minor: amount_minor, fee_minor };
        let change = Change::of("payment.captured").with_line(line);
        if is_first && self.card().disputes != Disputes::Never {
            return change.with_wake(Kind::OpenDispute, None, SECOND_THOUGHTS);
        }
        change
    }

    fn settle_status(&mut self) {
        self.status = match self.refunded_minor {
            0 => Status::Captured,
            refunded if refunded == self.captured_minor => Status::Refunded,
            _ => Status::PartiallyRefunded,
        };
    }

    fn decline(&mut self, code: &str) -> Change {
        self.status = Status::Declined;
        self.decline_code = Some(code.to_owned());
        Change::of("payment.declined")
    }

    fn wait(&mut self, status: Status, event: &'static str) -> Change {
        self.status = status;
        Change::of(event)
    }

    fn touch(&mut self, at: OffsetDateTime) {
        self.updated_at = at;
        self.version += 1;
    }

    fn must_be(&self, allowed: &[Status]) -> Result<(), ApiError> {
        if allowed.contains(&self.status) {
            return Ok(());
        }
        Err(ApiError::conflict(format!("the payment is {}", self.status.name())))
    }

    fn at_most(&self, amount_minor: i64, left: i64, what: &str) -> Result<(), ApiError> {
        if (1..=left).contains(&amount_minor) {
            return Ok(());
        }
        let left = format_amount(left, &self.currency);
        Err(ApiError::conflict(format!("only {left} {} is left to {what}", self.currency)))
    }
}
