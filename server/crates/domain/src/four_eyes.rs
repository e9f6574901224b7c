//! Four eyes: when a pay-out needs a second person, and who that may be.

use serde::{Deserialize, Serialize};

use crate::id::{ApiKeyId, PayeeAccountId, StaffId};
use crate::money::{Money, MoneyError};
use crate::words::words;

words! {
    /// Why a second person is needed.
    Reason {
        /// It is more than one person may decide on.
        AboveLimit = "above_limit",
        /// The seller was never paid.
        FirstPayout = "first_payout",
        /// It goes to another bank account than the last one that was paid.
        AccountChanged = "account_changed",
    }
}

/// Who makes or approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The seller's schedule, by itself.
    Schedule,
    /// The shop's own system, by this key.
    Shop(ApiKeyId),
    /// A person.
    Staff(StaffId),
}

/// What decides whether a second person is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// How much is to be paid.
    pub amount: Money,
    /// Up to how much one person may decide; `None` if nobody has set that for the currency, and
    /// then no amount is below it.
    pub limit: Option<Money>,
    /// Where the seller's last paid pay-out went; `None` if there was none.
    pub last_paid_to: Option<PayeeAccountId>,
    /// Where this one goes.
    pub pays_to: PayeeAccountId,
}

/// Why a second person is needed, for whatever reasons there are; none if there is no need.
///
/// # Errors
/// [`MoneyError::CurrencyMismatch`] if the limit is in another currency.
pub fn reasons(circumstances: &Circumstances) -> Result<Vec<Reason>, MoneyError> {
    let Circumstances { amount, limit, last_paid_to, pays_to } = *circumstances;
    let above = match limit {
        None => true,
        Some(limit) if limit.currency() == amount.currency() => amount.minor() > limit.minor(),
        Some(limit) => {
            let (left, right) = (limit.currency(), amount.currency());
            return Err(MoneyError::CurrencyMismatch { left, right });
        }
    };
    let of_account = match last_paid_to {
        None => Some(Reason::FirstPayout),
        Some(last) => (last != pays_to).then_some(Reason::AccountChanged),
    };
    Ok(above.then_some(Reason::AboveLimit).into_iter().chain(of_account).collect())
}

/// Whether `checker` may approve what `maker` made; `verifier` is whoever said that the bank account
/// is the seller's, if money goes there for the first time.
///
/// # Errors
/// [`Objection`], only if a second person is needed.
pub fn may_approve(
    maker: Actor,
    verifier: Option<StaffId>,
    checker: Actor,
    needs_second: bool,
) -> Result<(), Objection> {
    if !needs_second {
        return Ok(());
    }
    match checker {
        Actor::Schedule | Actor::Shop(_) => Err(Objection::NotAPerson),
        Actor::Staff(_) if maker == checker => Err(Objection::MakerIsChecker),
        Actor::Staff(person) if verifier == Some(person) => Err(Objection::VerifierIsChecker),
        Actor::Staff(_) => Ok(()),
    }
}

/// Why somebody may not approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Objection {
    /// They made it themselves.
    #[error("whoever made it cannot approve it")]
    MakerIsChecker,
    /// They verified the bank account that it is the first to go to: alone they could pay anybody.
    #[error("whoever verified the bank account cannot approve the first pay-out to it")]
    VerifierIsChecker,
    /// A program cannot be the second person.
    #[error("only a person can approve it")]
    NotAPerson,
}
