//! The rolling reserve: a share of each release that is kept back for some days.

use time::{Date, Duration};

use crate::fee::share;
use crate::money::{Money, MoneyError};

/// How much of each release is kept back, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollingReserve {
    basis_points: u32,
    days: u16,
}

impl RollingReserve {
    /// Nothing is kept back.
    pub const NONE: Self = Self { basis_points: 0, days: 0 };

    /// Keeps `basis_points` hundredths of a percent for `days` days.
    ///
    /// # Errors
    /// [`AboveTheWhole`] for more than 10 000 basis points.
    pub const fn new(basis_points: u32, days: u16) -> Result<Self, AboveTheWhole> {
        if basis_points > 10_000 {
            return Err(AboveTheWhole { basis_points });
        }
        Ok(Self { basis_points, days })
    }

    /// The share, in hundredths of a percent, at most 10 000.
    pub const fn basis_points(self) -> u32 {
        self.basis_points
    }

    /// For how many days it is kept.
    pub const fn days(self) -> u16 {
        self.days
    }

    /// Parts a release of `amount` of a payment of which `before` was released already.
    ///
    /// Cumulative: many small releases keep back exactly what one large one does. The share is
    /// rounded half away from zero; both parts are zero or above and make `amount`.
    ///
    /// # Errors
    /// [`MoneyError`] if the amounts do not fit together.
    ///
    /// # Panics
    /// If an amount is negative: nobody releases less than nothing.
    pub fn part(self, before: Money, amount: Money) -> Result<Parts, MoneyError> {
        assert!(before.minor() >= 0 && amount.minor() >= 0, "a release is zero or above");
        let total = before.checked_add(amount)?;
        let kept = share(total, self.basis_points);
        let reserved = kept.checked_sub(share(before, self.basis_points))?;
        Ok(Parts { available: amount.checked_sub(reserved)?, reserved })
    }

    /// The day on which what was kept on `kept_on` is released; the last day of the calendar if
    /// that is beyond it.
    pub fn due_on(self, kept_on: Date) -> Date {
        kept_on.saturating_add(Duration::days(self.days.into()))
    }
}

/// The two parts of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// What can be paid out.
    pub available: Money,
    /// What is kept back.
    pub reserved: Money,
}

/// A reserve would keep more than the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reserve of {basis_points} basis points is above the whole")]
pub struct AboveTheWhole {
    /// How much was asked for, in hundredths of a percent.
    pub basis_points: u32,
}
