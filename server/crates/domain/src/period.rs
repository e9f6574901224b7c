//! The periods that reports are cut into.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::words::words;

words! {
    /// How long a period is.
    Grain {
        /// One day.
        Day = "day",
        /// One month of the calendar.
        Month = "month",
    }
}

/// Days in a row, the first and the last included, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// The days from `from` to `to`; `None` if they are in the wrong order.
    pub fn new(from: Date, to: Date) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// The day or the month of `day`, cut to the days of `self`; `None` if they have none in common.
    pub fn part(self, grain: Grain, day: Date) -> Option<Self> {
        let whole = grain.around(day);
        Self::new(whole.from.max(self.from), whole.to.min(self.to))
    }

    /// Into how many parts it falls.
    pub fn parts(self, grain: Grain) -> i64 {
        let months = |day: Date| i64::from(day.year()) * 12 + i64::from(u8::from(day.month()));
        match grain {
            Grain::Day => (self.to - self.from).whole_days() + 1,
            Grain::Month => months(self.to) - months(self.from) + 1,
        }
    }
}

impl Grain {
    /// The whole day or month that `day` is in.
    fn around(self, day: Date) -> Period {
        match self {
            Self::Day => Period { from: day, to: day },
            Self::Month => {
                let last = day.month().length(day.year());
                // Every month has a first day and a last one.
                let of = |number| day.replace_day(number).unwrap_or(day);
                Period { from: of(1), to: of(last) }
            }
        }
    }
}
