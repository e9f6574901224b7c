//! What a pay-out posts: money leaves the seller's wallet, waits in transit, and leaves the bank.

use crate::account::Account;
use crate::id::{PayoutAccountId, SellerId};
use crate::money::Money;
use crate::posting::{Posting, PostingError, transfer};

/// Whose accounts a pay-out moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutParties {
    /// The seller who is paid.
    pub seller: SellerId,
    /// The account of ours that it leaves from.
    pub account: PayoutAccountId,
}

/// Money that a pay-out moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PayoutMovement {
    /// From where to where.
    pub step: Step,
    /// The how many-th time the money is on its way, from 1: no step happens twice in one of them.
    pub number: u16,
    /// How much, the whole pay-out: always above zero.
    pub amount: Money,
}

/// One step of money on its way to a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// It was submitted: out of what the seller can be paid, into transit.
    Begun,
    /// It was paid: out of transit, out of the bank.
    Paid,
    /// It was not paid: out of transit, back to what the seller can be paid.
    Failed,
    /// It was paid and came again: into the bank, back to what the seller can be paid.
    Returned,
}

impl PayoutMovement {
    /// The fact behind the movement, unique within its pay-out.
    pub fn cause(&self) -> String {
        let step = match self.step {
            Step::Begun => "begun",
            Step::Paid => "paid",
            Step::Failed => "failed",
            Step::Returned => "returned",
        };
        format!("{step}/{}", self.number)
    }

    /// The entries between the accounts of `parties`.
    ///
    /// # Errors
    /// [`PostingError`] if the amount moves nothing or has no opposite.
    pub fn posting(&self, parties: PayoutParties) -> Result<Posting, PostingError> {
        let available = Account::SellerAvailable(parties.seller);
        let in_transit = Account::PayoutsInTransit(parties.account);
        let bank = Account::Bank(parties.account);
        let (debited, credited) = match self.step {
            Step::Begun => (available, in_transit),
            Step::Paid => (in_transit, bank),
            Step::Failed => (in_transit, available),
            Step::Returned => (bank, available),
        };
        transfer(self.cause(), credited, debited, self.amount)
    }
}
