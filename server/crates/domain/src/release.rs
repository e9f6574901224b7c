//! Release: when a seller may have their share of a payment, and how much of it.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};

use crate::money::{Money, MoneyError};
use crate::reserve::RollingReserve;

/// When a captured payment's share is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// On the day of delivery.
    OnDelivery,
    /// This many days after the capture, delivered or not.
    AfterDays(u16),
    /// On the day of delivery, and at the latest this many days after the capture.
    OnDeliveryOrAfterDays(u16),
}

impl Rule {
    /// The day from which the share may be released, never before the capture; `None` as long as
    /// the rule waits for a delivery.
    pub fn due_on(self, captured_on: Date, delivered_on: Option<Date>) -> Option<Date> {
        let delivered = delivered_on.map(|delivered_on| delivered_on.max(captured_on));
        let after = |days: u16| captured_on.saturating_add(Duration::days(days.into()));
        match self {
            Self::OnDelivery => delivered,
            Self::AfterDays(days) => Some(after(days)),
            Self::OnDeliveryOrAfterDays(days) => {
                Some(delivered.map_or(after(days), |delivered| delivered.min(after(days))))
            }
        }
    }

    /// Whether the share may be released on the day `today`.
    pub fn is_due(self, captured_on: Date, delivered_on: Option<Date>, today: Date) -> bool {
        self.due_on(captured_on, delivered_on).is_some_and(|due_on| due_on <= today)
    }
}

/// What a release finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Pending of the payment; below zero there is nothing to release.
    pub pending: Money,
    /// Released of the payment before, in total, zero or above.
    pub before: Money,
    /// What claw-backs have left to the seller's next sales, zero or above.
    pub owed: Money,
}

/// What a release does with the share: all zero or above, and together what was pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// Stays on pending and covers what claw-backs left to the next sales: so much less is owed.
    pub covers: Money,
    /// Can be paid out.
    pub available: Money,
    /// Is kept back.
    pub reserved: Money,
}

/// Parts what is pending: first what is owed, then what the reserve keeps, and the rest is free.
///
/// # Errors
/// [`MoneyError`] if the amounts do not fit together.
///
/// # Panics
/// If `before` is negative.
pub fn release(share: Share, reserve: RollingReserve) -> Result<Release, MoneyError> {
    let zero = Money::zero(share.pending.currency());
    let pending = if share.pending.is_positive() { share.pending } else { zero };
    let after_owed = pending.checked_sub(share.owed)?;
    let free = if after_owed.is_positive() { after_owed } else { zero };
    // Nothing is owed below zero: that would release more than is pending.
    let free = if free.minor() > pending.minor() { pending } else { free };
    let parts = reserve.part(share.before, free)?;
    Ok(Release {
        covers: pending.checked_sub(free)?,
        available: parts.available,
        reserved: parts.reserved,
    })
}
