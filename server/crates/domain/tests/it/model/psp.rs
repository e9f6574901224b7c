//! A small model of a processor: it keeps its book, and answers the same key with the same answer.

use domain::event::{Event, Fact};
use domain::id::RefundId;
use domain::operation::{Operation, Order, Try};

use crate::examples::{dispute, eur};

/// What the processor has of one authorisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) state: State,
    pub(super) authorized: i64,
    pub(super) captured: i64,
    /// Refunds with our id or without, their amount, and where they stand.
    pub(super) refunds: Vec<(Option<RefundId>, i64, Back)>,
    pub(super) dispute: Option<Contest>,
    /// What was answered under which key.
    answered: Vec<(u16, Fact)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    ActionRequired,
    Authorized,
    Captured,
    Declined,
    Cancelled,
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Back {
    Pending,
    Succeeded,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contest {
    Opened,
    Won,
    Lost,
}

impl Held {
    /// A new authorisation of `amount` that ends up in `state`.
    pub(super) fn new(state: State, amount: i64) -> Self {
        let mut held = Self {
            state,
            authorized: 0,
            captured: 0,
            refunds: Vec::new(),
            dispute: None,
            answered: Vec::new(),
        };
        held.reach(state, amount);
        held
    }

    /// Gets to `state`, for instance because the shopper passed a challenge.
    pub(super) fn reach(&mut self, state: State, amount: i64) {
        self.state = state;
        if matches!(state, State::Authorized | State::Captured) {
            self.authorized = amount;
        }
        if state == State::Captured {
            self.captured = amount;
        }
    }

    /// What went back, or is on its way.
    pub(super) fn gone(&self) -> i64 {
        let refunds = self.refunds.iter().filter(|(_, _, back)| *back != Back::Failed);
        refunds.map(|(_, amount, _)| amount).sum::<i64>() + self.charged_back()
    }

    pub(super) fn refunded(&self) -> i64 {
        let refunds = self.refunds.iter().filter(|(_, _, back)| *back == Back::Succeeded);
        refunds.map(|(_, amount, _)| amount).sum()
    }

    pub(super) fn charged_back(&self) -> i64 {
        if matches!(self.dispute, Some(Contest::Opened | Contest::Lost)) {
            self.captured
        } else {
            0
        }
    }

    /// Whether it could do what is asked for; the first time it is asked.
    pub(super) fn can(&self, operation: Operation, amount: i64) -> bool {
        match operation.order {
            Order::Capture(_) => {
                matches!(self.state, State::Authorized | State::Captured)
                    && self.captured + amount <= self.authorized
            }
            Order::Cancel(_) => matches!(self.state, State::Authorized | State::ActionRequired),
            Order::Refund(_) => {
                self.state == State::Captured && self.gone() + amount <= self.captured
            }
        }
    }

    pub(super) fn knows(&self, operation: Operation) -> bool {
        self.answered.iter().any(|(number, _)| *number == operation.number)
    }

    /// Does what is asked for, or repeats what it answered; a refund is on its way if `slowly`.
    pub(super) fn operate(&mut self, operation: Operation, amount: i64, slowly: bool) -> Fact {
        if let Some((_, fact)) = self.answered.iter().find(|(key, _)| *key == operation.number) {
            return *fact;
        }
        let can = self.can(operation, amount);
        let fact = match operation.order {
            Order::Capture(_) if can => {
                self.state = State::Captured;
                self.captured += amount;
                Fact::Captured { total: eur(self.captured) }
            }
            Order::Capture(_) => Fact::CaptureFailed,
            Order::Cancel(_) if can => {
                self.state = State::Cancelled;
                Fact::Cancelled
            }
            Order::Cancel(_) => Fact::CancelFailed,
            Order::Refund(refund) if can => {
                let back = if slowly { Back::Pending } else { Back::Succeeded };
                self.refunds.push((Some(refund), amount, back));
                if slowly {
                    Fact::RefundPending { refund }
                } else {
                    Fact::RefundSucceeded { refund }
                }
            }
            Order::Refund(refund) => Fact::RefundFailed { refund },
        };
        self.answered.push((operation.number, fact));
        fact
    }

    /// How the authorisation number `number` stands, as its answer or an inquiry tells it.
    pub(super) fn fact(&self, last: bool) -> Fact {
        match self.state {
            State::ActionRequired => Fact::ActionRequired,
            State::Authorized => Fact::Authorized { total: eur(self.authorized) },
            State::Captured => Fact::Captured { total: eur(self.captured) },
            State::Declined => Fact::Declined { last },
            State::Cancelled => Fact::Cancelled,
            State::Expired => Fact::HoldExpired,
        }
    }

    /// Everything that an inquiry tells.
    pub(super) fn report(&self, number: u16, last: bool) -> Vec<Event> {
        let mut told = vec![Event::Answer(Try::Authorization(number), self.fact(last))];
        let mut elsewhere = 0;
        for &(id, amount, back) in &self.refunds {
            match (id, back) {
                (Some(refund), Back::Pending) => {
                    told.push(Event::Fact(Fact::RefundPending { refund }));
                }
                (Some(refund), Back::Succeeded) => {
                    told.push(Event::Fact(Fact::RefundSucceeded { refund }));
                }
                (Some(refund), Back::Failed) => {
                    told.push(Event::Fact(Fact::RefundFailed { refund }));
                }
                (None, _) => elsewhere += amount,
            }
        }
        if elsewhere > 0 {
            told.push(Event::Fact(Fact::RefundedElsewhere { total: eur(elsewhere) }));
        }
        let (dispute, amount) = (dispute(1), eur(self.captured));
        told.extend(self.dispute.map(|contest| {
            Event::Fact(match contest {
                Contest::Opened => Fact::DisputeOpened { dispute, amount },
                Contest::Won => Fact::DisputeWon { dispute, amount },
                Contest::Lost => Fact::DisputeLost { dispute, amount },
            })
        }));
        told
    }
}
