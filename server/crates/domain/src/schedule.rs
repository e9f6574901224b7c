//! Pay-out schedules: on which days a seller is paid, and from how much on.

use serde::{Deserialize, Serialize};
use time::{Date, Weekday};

use crate::money::{Money, MoneyError};

/// The longest that a rhythm pauses, and some: the days of two long months.
const LONGEST_PAUSE_DAYS: usize = 62;

/// On which days a seller is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// Only when somebody asks.
    Manual,
    /// Every day.
    Daily,
    /// Every week on this day.
    Weekly(Weekday),
    /// Every month on this day.
    Monthly(MonthDay),
}

impl Rhythm {
    /// Whether sellers of this rhythm are paid on `date`.
    pub fn falls_on(self, date: Date) -> bool {
        match self {
            Self::Manual => false,
            Self::Daily => true,
            Self::Weekly(weekday) => date.weekday() == weekday,
            Self::Monthly(MonthDay(day)) => date.day() == day.min(date.month().length(date.year())),
        }
    }

    /// The next day of the rhythm after `date`; `None` if it has none, or the calendar ends.
    pub fn next_after(self, date: Date) -> Option<Date> {
        std::iter::successors(date.next_day(), |day| day.next_day())
            .take(LONGEST_PAUSE_DAYS)
            .find(|&day| self.falls_on(day))
    }

    /// Whether a day of the rhythm has come since `last`, the day of the last run, up to `today`.
    ///
    /// A day on which nobody ran is made up for on the next one, once. Without a last run only
    /// `today` itself counts.
    pub fn is_due(self, last: Option<Date>, today: Date) -> bool {
        match last {
            None => self.falls_on(today),
            Some(last) => self.next_after(last).is_some_and(|next| next <= today),
        }
    }
}

/// A day of the month, 1 to 31; in a month that is too short, its last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct MonthDay(u8);

impl MonthDay {
    /// The day, 1 to 31.
    pub const fn day(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for MonthDay {
    type Error = NoSuchDay;

    fn try_from(day: u8) -> Result<Self, Self::Error> {
        if (1..=31).contains(&day) { Ok(Self(day)) } else { Err(NoSuchDay(day)) }
    }
}

impl From<MonthDay> for u8 {
    fn from(day: MonthDay) -> Self {
        day.0
    }
}

/// When a seller is paid in one currency, and from how much on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// On which days.
    pub rhythm: Rhythm,
    /// What has to be there at least; its currency is the schedule's.
    pub minimum: Money,
}

impl Schedule {
    /// What is paid on `today` of what is `available`: all of it or nothing.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] if the money is not in the schedule's currency.
    pub fn due(
        &self,
        last: Option<Date>,
        today: Date,
        available: Money,
    ) -> Result<Option<Money>, MoneyError> {
        if available.currency() != self.minimum.currency() {
            let (left, right) = (self.minimum.currency(), available.currency());
            return Err(MoneyError::CurrencyMismatch { left, right });
        }
        let enough = available.is_positive() && available.minor() >= self.minimum.minor();
        Ok((enough && self.rhythm.is_due(last, today)).then_some(available))
    }
}

/// No month has this day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a day of a month (1 to 31)")]
pub struct NoSuchDay(pub u8);
