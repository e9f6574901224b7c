//! Claw-back: who pays for a refund or chargeback when the seller may have had the money already.
//!
//! One function serves the preview and the deed, so what was shown is what happens.

use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError};
use crate::words::words;

words! {
    /// Which of a seller's money.
    Source {
        /// What is pending of that payment.
        Pending = "pending",
        /// What can be paid out.
        Available = "available",
        /// What is kept back.
        Reserved = "reserved",
    }
}

words! {
    /// What becomes of that which no source covers.
    Remainder {
        /// The seller's debt at once: what can be paid out goes below zero, and blocks pay-outs.
        Debt = "debt",
        /// The seller's next sales: it stays on pending, and their releases are kept until it is
        /// covered. The first of them is what is still pending of the payment itself, whatever the
        /// order says.
        NextSales = "next_sales",
    }
}

/// From where a shop claws back, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    order: Vec<Source>,
    remainder: Remainder,
}

impl Policy {
    /// Takes from the sources of `order`, the first of them first; what is not named is not touched.
    ///
    /// # Errors
    /// [`RepeatedSource`] if one is named twice.
    pub fn new(order: Vec<Source>, remainder: Remainder) -> Result<Self, RepeatedSource> {
        let repeated = order.iter().enumerate().find(|(at, source)| order[..*at].contains(source));
        match repeated {
            Some((_, &source)) => Err(RepeatedSource(source)),
            None => Ok(Self { order, remainder }),
        }
    }

    /// The sources, the first of them first.
    pub fn order(&self) -> &[Source] {
        &self.order
    }

    /// What becomes of the rest.
    pub const fn remainder(&self) -> Remainder {
        self.remainder
    }
}

impl Default for Policy {
    /// Pending, then available, then reserved, and the rest as a debt.
    fn default() -> Self {
        let order = vec![Source::Pending, Source::Available, Source::Reserved];
        Self { order, remainder: Remainder::Debt }
    }
}

/// What a seller has, from which it could be taken; what is below zero gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balances {
    /// Pending of that payment.
    pub pending: Money,
    /// Can be paid out.
    pub available: Money,
    /// Kept back, of all payments.
    pub reserved: Money,
}

/// What is taken from where: none below zero, and together exactly what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// From what is pending of that payment.
    pub pending: Money,
    /// From what can be paid out.
    pub available: Money,
    /// From what is kept back.
    pub reserved: Money,
    /// Owed by the seller.
    pub debt: Money,
    /// Left to the next sales.
    pub next_sales: Money,
}

/// Says what is taken from where to cover `amount`, the seller's part of what went back.
///
/// # Errors
/// [`ClawbackError::NotPositive`] for zero or less; [`ClawbackError::Money`] if a balance is in
/// another currency.
pub fn plan(amount: Money, balances: Balances, policy: &Policy) -> Result<Taken, ClawbackError> {
    if !amount.is_positive() {
        return Err(ClawbackError::NotPositive);
    }
    for balance in [balances.pending, balances.available, balances.reserved] {
        if balance.currency() != amount.currency() {
            let (left, right) = (amount.currency(), balance.currency());
            return Err(MoneyError::CurrencyMismatch { left, right }.into());
        }
    }
    let zero = Money::zero(amount.currency());
    let [pending, available, reserved, debt, next_sales] = [zero; 5];
    let mut taken = Taken { pending, available, reserved, debt, next_sales };
    let mut rest = amount;
    for source in &policy.order {
        let (has, part) = match source {
            Source::Pending => (balances.pending, &mut taken.pending),
            Source::Available => (balances.available, &mut taken.available),
            Source::Reserved => (balances.reserved, &mut taken.reserved),
        };
        let minor = has.minor().clamp(0, rest.minor());
        *part = Money::from_minor(minor, amount.currency());
        rest = rest.checked_sub(*part)?;
    }
    match policy.remainder {
        Remainder::Debt => taken.debt = rest,
        Remainder::NextSales => {
            // Left in whole to later sales, it would be taken from this one's release as well.
            let left = balances.pending.minor().max(0) - taken.pending.minor();
            let own = Money::from_minor(left.min(rest.minor()), amount.currency());
            taken.pending = taken.pending.checked_add(own)?;
            taken.next_sales = rest.checked_sub(own)?;
        }
    }
    Ok(taken)
}

/// A policy names a source twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the policy names {} twice", .0.as_str())]
pub struct RepeatedSource(pub Source);

/// Why nothing can be clawed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClawbackError {
    /// The amount is zero or negative.
    #[error("the amount must be above zero")]
    NotPositive,
    /// A balance is in another currency.
    #[error(transparent)]
    Money(#[from] MoneyError),
}
