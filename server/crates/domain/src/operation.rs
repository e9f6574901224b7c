//! Operations: what was asked of a processor after the authorisation and has no answer yet.

use serde::{Deserialize, Serialize};

use crate::id::RefundId;
use crate::money::Money;

/// Which try at the processor an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Try {
    /// The authorisation of this number, from 1.
    Authorization(u16),
    /// The capture, cancellation or refund of this number, from 1.
    Operation(u16),
}

/// The operations of a payment.
///
/// An operation is here from the moment it is asked for until its outcome is known, so an answer
/// that comes later finds nothing that it could undo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operations {
    /// How many there have been.
    pub made: u16,
    /// Those without an answer, the oldest first.
    pub open: Vec<Operation>,
    /// Whether the processor refused to give the payment up where it stands, so that asking again
    /// when time is over makes no sense.
    pub cancel_refused: bool,
    /// Which tries have money, once an earlier one than the newest has some: the first of them is
    /// the one where the payment is carried. Empty otherwise, and then all of it is the newest's.
    pub takings: Vec<Taking>,
}

/// What one authorisation has come to at its processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Taking {
    /// Its number within the payment.
    pub number: u16,
    /// Held there, in total.
    pub authorized: Money,
    /// Taken there, in total.
    pub captured: Money,
}

/// One capture, cancellation or refund that has no answer yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operation {
    /// Its number within the payment.
    pub number: u16,
    /// What is asked for.
    pub order: Order,
    /// Whether an answer was lost: it may have been done.
    pub is_unknown: bool,
}

/// What is asked of the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Take this much.
    Capture(Money),
    /// Release the hold, or give up what waits.
    Cancel(Ending),
    /// Make this refund.
    Refund(RefundId),
}

/// What a payment becomes once it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Somebody asked for it.
    Cancelled,
    /// Its time was over.
    Expired,
}

impl Operations {
    /// The open operation of this number.
    pub fn find(&self, number: u16) -> Option<Operation> {
        self.open.iter().copied().find(|operation| operation.number == number)
    }

    /// How the payment ends if the cancellation that is under way succeeds; `None` if there is none.
    pub fn ending(&self) -> Option<Ending> {
        self.open.iter().find_map(|operation| match operation.order {
            Order::Cancel(ending) => Some(ending),
            Order::Capture(_) | Order::Refund(_) => None,
        })
    }

    /// Whether the outcome of one of them is unknown.
    pub fn any_unknown(&self) -> bool {
        self.open.iter().any(|operation| operation.is_unknown)
    }

    /// With one more, and its number.
    pub(crate) fn with(mut self, order: Order) -> (Self, u16) {
        self.made = self.made.saturating_add(1);
        self.open.push(Operation { number: self.made, order, is_unknown: false });
        let number = self.made;
        (self, number)
    }

    /// Without those that `is_over` picks.
    pub(crate) fn without(mut self, is_over: impl Fn(&Operation) -> bool) -> Self {
        self.open.retain(|operation| !is_over(operation));
        self
    }
}
