//! The rules of a payment: what may happen to it, and what follows from it. No IO, no clock.

use time::OffsetDateTime;

use crate::{
    answer::ApiError,
    cards::{Behaviour, behaviour_of},
    money::{self, format_amount},
    payments::payment::{Payment, Status},
};

/// What a change to a payment brings with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The name of the webhook that tells of it.
    pub(crate) event: &'static str,
    /// The line it adds to the PSP's book, if money moved.
    pub(crate) line: Option<Line>,
}

/// Gross and fee of one movement, in minor units. A refund's gross is below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) gross_minor: i64,
    pub(crate) fee_minor: i64,
}

impl Payment {
    /// Answers a new payment as its card wants it. The status until now means nothing.
    pub(crate) fn open(&mut self) -> Change {
        match behaviour_of(&self.behaviour) {
            Behaviour::Decline(code) => self.decline(code),
            Behaviour::Challenge => self.wait(Status::RequiresAction, "payment.requires_action"),
            Behaviour::Review => self.wait(Status::InReview, "payment.in_review"),
            // The last two never come here: nothing happens for them.
            Behaviour::Approve
            | Behaviour::SecureOnPage
            | Behaviour::Slow
            | Behaviour::LostAnswer
            | Behaviour::RefundFails
            | Behaviour::TimeoutBefore
            | Behaviour::ServerError => self.approve(),
        }
    }

    /// Ends the wait for the shopper's challenge.
    pub(crate) fn finish_challenge(
        &mut self,
        passed: bool,
        at: OffsetDateTime,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::RequiresAction])?;
        self.touch(at);
        Ok(if passed { self.approve() } else { self.decline("authentication_failed") })
    }

    /// Ends the wait for the reviewer.
    pub(crate) fn finish_review(
        &mut self,
        released: bool,
        at: OffsetDateTime,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::InReview])?;
        self.touch(at);
        Ok(if released { self.approve() } else { self.decline("review_declined") })
    }

    /// Takes `amount_minor` of what is authorised and not yet captured, or all of it.
    pub(crate) fn take(
        &mut self,
        amount_minor: Option<i64>,
        at: OffsetDateTime,
    ) -> Result<Change, ApiError> {
        self.must_be(&[Status::Authorized, Status::Captured, Status::PartiallyRefunded])?;
        let left = self.authorized_minor - self.captured_minor;
        let amount_minor = amount_minor.unwrap_or(left);
        self.at_most(amount_minor, left, "capture")?;
        self.touch(at);
        Ok(self.capture_now(amount_minor))
    }

    /// Gives up a payment of which nothing was captured.
    pub(crate) fn cancel(&mut self, at: OffsetDateTime) -> Result<Change, ApiError> {
        self.must_be(&[Status::Authorized, Status::RequiresAction, Status::InReview])?;
        self.touch(at);
        self.status = Status::Cancelled;
        Ok(Change { event: "payment.cancelled", line: None })
    }

    /// Gives `amount_minor` of what was captured back, or all of it; says how much.
    ///
    /// Where the card cannot take it, the payment stays as it was and the change says so.
    pub(crate) fn give_back(
        &mut self,
        amount_minor: Option<i64>,
        at: OffsetDateTime,
    ) -> Result<(i64, Change), ApiError> {
        self.must_be(&[Status::Captured, Status::PartiallyRefunded])?;
        let left = self.captured_minor - self.refunded_minor;
        let amount_minor = amount_minor.unwrap_or(left);
        self.at_most(amount_minor, left, "refund")?;
        if behaviour_of(&self.behaviour) == Behaviour::RefundFails {
            return Ok((amount_minor, Change { event: "refund.failed", line: None }));
        }
        self.touch(at);
        self.refunded_minor += amount_minor;
        self.status = if self.refunded_minor == self.captured_minor {
            Status::Refunded
        } else {
            Status::PartiallyRefunded
        };
        let line = Line { gross_minor: -amount_minor, fee_minor: 0 };
        Ok((amount_minor, Change { event: "refund.succeeded", line: Some(line) }))
    }

    fn approve(&mut self) -> Change {
        self.authorized_minor = self.amount_minor;
        if self.capture {
            return self.capture_now(self.amount_minor);
        }
        self.status = Status::Authorized;
        Change { event: "payment.authorized", line: None }
    }

    fn capture_now(&mut self, amount_minor: i64) -> Change {
        let fee_minor = money::fee(amount_minor, self.captured_minor == 0);
        self.captured_minor += amount_minor;
        self.status =
            if self.refunded_minor == 0 { Status::Captured } else { Status::PartiallyRefunded };
        let line = Line { gross_minor: amount_minor, fee_minor };
        Change { event: "payment.captured", line: Some(line) }
    }

    fn decline(&mut self, code: &str) -> Change {
        self.status = Status::Declined;
        self.decline_code = Some(code.to_owned());
        Change { event: "payment.declined", line: None }
    }

    fn wait(&mut self, status: Status, event: &'static str) -> Change {
        self.status = status;
        Change { event, line: None }
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

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::{Change, Line};
    use crate::payments::payment::{Payment, Status};

    const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn payment(behaviour: &str, capture: bool) -> (Payment, Change) {
        let mut payment = Payment {
            payment_id: Uuid::nil(),
            account_id: 1,
            reference: "pay_1".into(),
            registration: None,
            status: Status::Declined,
            currency: "EUR".into(),
            amount_minor: 4999,
            authorized_minor: 0,
            captured_minor: 0,
            refunded_minor: 0,
            capture,
            decline_code: None,
            brand: "visa".into(),
            last4: "4242".into(),
            behaviour: behaviour.into(),
            return_url: None,
            created_at: AT,
            updated_at: AT,
            version: 1,
        };
        let change = payment.open();
        (payment, change)
    }

    #[test]
    fn captures_never_exceed_what_was_authorized() {
        let (mut payment, _) = payment("visa", false);
        assert_eq!((payment.status, payment.authorized_minor), (Status::Authorized, 4999));

        payment.take(Some(2000), AT).unwrap();
        assert!(payment.take(Some(3000), AT).is_err());
        assert!(payment.take(Some(0), AT).is_err());
        let last = payment.take(None, AT).unwrap();

        assert_eq!(last.line, Some(Line { gross_minor: 2999, fee_minor: 42 }), "25 only once");
        assert_eq!((payment.captured_minor, payment.version), (4999, 3));
        assert!(payment.cancel(AT).is_err());
    }

    #[test]
    fn refunds_never_exceed_what_was_captured() {
        let (mut payment, change) = payment("visa", true);
        assert_eq!(change.event, "payment.captured");

        assert!(payment.give_back(Some(5000), AT).is_err());
        payment.give_back(Some(1000), AT).unwrap();
        assert_eq!(payment.status, Status::PartiallyRefunded);
        let (amount, _) = payment.give_back(None, AT).unwrap();

        assert_eq!((amount, payment.status), (3999, Status::Refunded));
        assert!(payment.give_back(None, AT).is_err());
    }

    #[test]
    fn a_card_that_waits_moves_no_money_until_it_is_decided() {
        let (mut challenged, change) = payment("challenge", true);
        assert_eq!((change.event, change.line), ("payment.requires_action", None));
        assert!(challenged.finish_review(true, AT).is_err());
        assert_eq!(challenged.finish_challenge(true, AT).unwrap().event, "payment.captured");

        let (mut reviewed, _) = payment("review", false);
        reviewed.finish_review(false, AT).unwrap();
        assert_eq!(reviewed.decline_code.as_deref(), Some("review_declined"));
        assert_eq!(reviewed.authorized_minor, 0);
    }

    #[test]
    fn a_refund_that_fails_changes_nothing() {
        let (mut payment, _) = payment("refund_fails", true);
        let (_, change) = payment.give_back(None, AT).unwrap();
        assert_eq!((change.event, change.line), ("refund.failed", None));
        assert_eq!((payment.refunded_minor, payment.version), (0, 1));
    }
}
