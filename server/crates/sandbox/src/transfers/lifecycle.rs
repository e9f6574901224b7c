//! The rules of a transfer: what may happen to it, and what follows from it. No IO, no clock.

use time::{Duration, OffsetDateTime};

use crate::{
    alarms::Kind,
    answer::ApiError,
    transfers::{
        scenarios::{Fate, Pace},
        transfer::{State, Transfer},
    },
};

/// How long it takes to see that a transfer cannot be begun.
const LOOK: Duration = Duration::seconds(1);
/// How long the payee's bank takes to send money back.
const SECOND_THOUGHTS: Duration = Duration::days(2);
/// How long a slow transfer is on its way.
const DAWDLE: Duration = Duration::days(30);

/// Something that happens to an accepted transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Start,
    Pay,
    /// For the reason of this code.
    Fail(&'static str),
    /// For the reason of this code.
    Return(&'static str),
}

/// One movement of money, in minor units. What leaves the merchant's account is below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) kind: &'static str,
    pub(crate) amount_minor: i64,
}

impl Transfer {
    /// Takes a step, where it may be taken. What follows, [`Self::line`] and [`Self::wake`] say.
    pub(crate) fn take(&mut self, step: Step, at: OffsetDateTime) -> Result<(), ApiError> {
        let (state, reason) = match (self.state, step) {
            (State::Accepted, Step::Start) => (State::InTransit, None),
            (State::InTransit, Step::Pay) => (State::Paid, None),
            (State::Accepted | State::InTransit, Step::Fail(code)) => (State::Failed, Some(code)),
            (State::Paid, Step::Return(code)) => (State::Returned, Some(code)),
            (
                State::Accepted | State::InTransit | State::Paid | State::Failed | State::Returned,
                Step::Start | Step::Pay | Step::Fail(_) | Step::Return(_),
            ) => {
                return Err(ApiError::conflict(format!("the transfer is {}", self.state.name())));
            }
        };
        self.state = state;
        self.reason = reason.map(str::to_owned);
        match state {
            State::Accepted => {}
            State::InTransit => self.in_transit_at = Some(at),
            State::Paid => self.paid_at = Some(at),
            State::Failed => self.failed_at = Some(at),
            State::Returned => self.returned_at = Some(at),
        }
        self.updated_at = at;
        self.version += 1;
        Ok(())
    }

    /// The step that an alarm stands for.
    ///
    /// # Errors
    /// A conflict where somebody else took it: the alarm comes too late.
    pub(crate) fn next(&self, kind: Kind) -> Result<Step, ApiError> {
        let step = match (self.state, kind, self.scenario().fate) {
            (State::Accepted, Kind::StartTransfer, Fate::FailAtOnce(code))
            | (State::InTransit, Kind::EndTransfer, Fate::FailOnTheWay(code)) => Step::Fail(code),
            (State::Accepted, Kind::StartTransfer, _) => Step::Start,
            (State::InTransit, Kind::EndTransfer, _) => Step::Pay,
            (State::Paid, Kind::ReturnTransfer, Fate::Return(code)) => Step::Return(code),
            _ => return Err(ApiError::conflict(format!("the transfer is {}", self.state.name()))),
        };
        Ok(step)
    }

    /// What will happen by itself, and how long after the last change.
    pub(crate) fn wake(&self, pace: Pace) -> Option<(Kind, Duration)> {
        let paced =
            |wait: std::time::Duration| Duration::try_from(wait).expect("a pace is a day at most");
        match (self.state, self.scenario().fate) {
            (State::Accepted, Fate::FailAtOnce(_)) => Some((Kind::StartTransfer, LOOK)),
            (State::Accepted, _) => Some((Kind::StartTransfer, paced(pace.start))),
            (State::InTransit, Fate::Dawdle) => Some((Kind::EndTransfer, DAWDLE)),
            (State::InTransit, _) => Some((Kind::EndTransfer, paced(pace.end))),
            (State::Paid, Fate::Return(_)) => Some((Kind::ReturnTransfer, SECOND_THOUGHTS)),
            (State::Paid | State::Failed | State::Returned, _) => None,
        }
    }

    /// The line that the last change adds to the processor's book, if money moved.
    pub(crate) fn line(&self) -> Option<Line> {
        match self.state {
            State::Paid => Some(Line { kind: "paid", amount_minor: -self.amount_minor }),
            State::Returned => Some(Line { kind: "returned", amount_minor: self.amount_minor }),
            State::Accepted | State::InTransit | State::Failed => None,
        }
    }
}
