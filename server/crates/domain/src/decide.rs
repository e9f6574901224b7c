//! The one decision: what an event does to a payment.
//!
//! [`decide`] is total and deterministic: every pair of phase and event is answered, without IO,
//! clock or chance. Commands may be refused. Facts are not: what our rules would not have allowed
//! is recorded all the same and marked [`Decision::irregular`], so that a person looks at it.

mod answer;
mod command;
mod dispute;
mod fact;
mod refund;

use crate::event::{Announcement, Event};
use crate::money::{Money, MoneyError};
use crate::operation::Operation;
use crate::payment::{Payment, Phase};
use crate::posting::Movement;

/// What `event` does to `state`.
///
/// # Errors
/// [`Refused`]; nothing is half done, since `state` is only read.
pub fn decide(state: &Payment, event: &Event) -> Result<Outcome, Refused> {
    match event {
        Event::Command(command) => command::decide(state, *command),
        Event::Fact(fact) => fact::decide(state, *fact),
        Event::Answer(of, fact) => answer::decide(state, *of, *fact),
    }
}

/// What an event leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Something changes.
    Changed(Box<Decision>),
    /// Nothing changes, for this reason.
    Nothing(Why),
}

/// Everything that has to be written together when a payment changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The state from now on.
    pub next: Payment,
    /// How much it is about, whether money moves for it or not.
    pub amount: Option<Money>,
    /// The money that moves in the ledger.
    pub movement: Option<Movement>,
    /// What the shop is told.
    pub announcement: Option<Announcement>,
    /// What has to be done at the processor.
    pub follow: Option<Follow>,
    /// How the fact breaks our rules, in words for staff.
    pub irregular: Option<&'static str>,
}

impl Decision {
    /// To `next`, which is in doubt if its newest authorisation or one of its operations is.
    fn to(mut next: Payment) -> Self {
        let is_executing = next.phase == Phase::Executing;
        next.in_doubt = (is_executing && next.in_doubt) || next.operations.any_unknown();
        Self {
            next,
            amount: None,
            movement: None,
            announcement: None,
            follow: None,
            irregular: None,
        }
    }

    fn about(self, amount: Money) -> Self {
        Self { amount: Some(amount), ..self }
    }

    fn announcing(self, announcement: Announcement) -> Self {
        Self { announcement: Some(announcement), ..self }
    }

    fn moving(self, movement: Movement) -> Self {
        Self { amount: Some(movement.amount()), movement: Some(movement), ..self }
    }

    fn following(self, follow: Follow) -> Self {
        Self { follow: Some(follow), ..self }
    }

    fn irregular(self, irregular: Option<&'static str>) -> Self {
        Self { irregular, ..self }
    }

    fn changed(self) -> Outcome {
        Outcome::Changed(Box::new(self))
    }
}

/// Work at the processor that a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Authorise the payment.
    Authorize,
    /// Carry this operation out.
    Operate(Operation),
}

/// Why an event changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It says what is known already.
    Known,
    /// Something later is known already.
    OutOfOrder,
    /// An attempt is under way.
    UnderWay,
    /// It names a refund that the payment does not have.
    UnknownRefund,
    /// It says "no" to a try that has ended.
    Late,
}

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The outcome of an attempt is unknown; nothing may move until it is known.
    #[error("the outcome of an attempt at the processor is not known yet")]
    InDoubt,
    /// An attempt is under way.
    #[error("an attempt is under way")]
    UnderWay,
    /// The money was taken already.
    #[error("the payment was captured already")]
    AlreadyPaid,
    /// Nothing was captured that could go back.
    #[error("nothing was captured")]
    NotCaptured,
    /// Nothing is held that could be taken.
    #[error("nothing is authorized")]
    NotAuthorized,
    /// The payment has ended.
    #[error("the payment has ended")]
    Ended,
    /// The amount is zero or negative.
    #[error("the amount must be above zero")]
    NotPositive,
    /// The amount is above what is left.
    #[error("{requested} is more than the {available} that is left")]
    TooMuch {
        /// How much was asked for.
        requested: Money,
        /// How much is left.
        available: Money,
    },
    /// The amounts do not fit together.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Refused {
    /// The word that stands in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InDoubt => "in_doubt",
            Self::UnderWay => "under_way",
            Self::AlreadyPaid => "already_captured",
            Self::NotCaptured => "not_captured",
            Self::NotAuthorized => "not_authorized",
            Self::Ended => "payment_ended",
            Self::NotPositive => "amount_not_positive",
            Self::TooMuch { .. } => "amount_too_large",
            Self::Money(MoneyError::CurrencyMismatch { .. }) => "currency_mismatch",
            Self::Money(_) => "amount_out_of_range",
        }
    }
}
