//! Posting templates: for each fact, which accounts move, always in balance.
//!
//! Debits are positive, credits negative. Each template is a row of the table in the chart of
//! accounts; a [`Posting`] cannot be made unless it sums to zero in each currency. Here stand those
//! of payments, and in the modules below those of wallets, pay-outs, exchanges and our own cash.

pub mod cash;
pub mod exchange;
pub mod payout;
pub mod wallet;

use std::collections::BTreeMap;

use crate::account::Account;
use crate::currency::Currency;
use crate::id::{DisputeId, ProcessorAccountId, RefundId, SellerId};
use crate::money::Money;

/// One signed line of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The account that moves.
    pub account: Account,
    /// By how much: debit positive, credit negative, never zero.
    pub amount: Money,
}

/// One balanced transaction of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    cause: String,
    entries: Vec<Entry>,
}

impl Posting {
    /// Makes a posting of the entries that are not zero.
    ///
    /// `cause` names the business fact, unique for the payment or object that it belongs to, so
    /// that the same fact can never be posted twice.
    ///
    /// # Errors
    /// [`PostingError::Unbalanced`] unless debits equal credits in each currency;
    /// [`PostingError::Empty`] if nothing moves.
    pub fn new(cause: impl Into<String>, entries: Vec<Entry>) -> Result<Self, PostingError> {
        let entries: Vec<Entry> =
            entries.into_iter().filter(|entry| !entry.amount.is_zero()).collect();
        if entries.is_empty() {
            return Err(PostingError::Empty);
        }
        let mut excess = BTreeMap::<Currency, i128>::new();
        for entry in &entries {
            *excess.entry(entry.amount.currency()).or_default() += i128::from(entry.amount.minor());
        }
        match excess.into_iter().find(|&(_, excess_minor)| excess_minor != 0) {
            None => Ok(Self { cause: cause.into(), entries }),
            Some((currency, excess_minor)) => {
                Err(PostingError::Unbalanced { currency, excess_minor })
            }
        }
    }

    /// The business fact behind the posting.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The lines, none of them zero.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// Whose accounts a payment moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties {
    /// The processor account that took the money.
    pub processor: ProcessorAccountId,
    /// The seller it is for.
    pub seller: SellerId,
}

/// The money that a change of a payment moves; [`Movement::posting`] says between which accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// The processor owes us `amount`; we owe the seller all of it but our `fee`.
    Captured {
        /// Captured in total, with this.
        total: Money,
        /// Captured now.
        amount: Money,
        /// Our fee on it.
        fee: Money,
    },
    /// The processor settled a capture and kept `fee`, of which `expected_fee` was agreed.
    ///
    /// What it keeps beyond the tariff waits on suspense until somebody explains it.
    Settled {
        /// Settled in total, with this.
        total: Money,
        /// The capture that the line reports.
        gross: Money,
        /// What the processor kept.
        fee: Money,
        /// What it should have kept.
        expected_fee: Money,
    },
    /// A refund that we asked for: the seller and our fee carry it.
    Refunded {
        /// Which refund.
        refund: RefundId,
        /// How much went back.
        amount: Money,
        /// How much of it we give back of our fee.
        fee_given_back: Money,
    },
    /// A refund came back to us.
    RefundReturned {
        /// Which refund.
        refund: RefundId,
        /// How much came back.
        amount: Money,
        /// How much of it is our fee again.
        fee_kept: Money,
    },
    /// A refund that somebody made at the processor.
    RefundedElsewhere {
        /// Refunded in total in this way, with this.
        total: Money,
        /// How much went back now.
        amount: Money,
        /// How much of it we give back of our fee.
        fee_given_back: Money,
    },
    /// A refund that somebody made at the processor came back to us.
    ReturnedElsewhere {
        /// Come back in total in this way, with this.
        total: Money,
        /// How much came back.
        amount: Money,
        /// How much of it is our fee again.
        fee_kept: Money,
    },
    /// The holder's bank took money back.
    ChargedBack {
        /// Charged back in total, with this.
        total: Money,
        /// Charged back now.
        amount: Money,
        /// How much of it we give back of our fee.
        fee_given_back: Money,
    },
    /// The holder's bank took money back for a dispute.
    Disputed {
        /// Which dispute.
        dispute: DisputeId,
        /// Charged back now.
        amount: Money,
        /// How much of it we give back of our fee.
        fee_given_back: Money,
    },
    /// A dispute was won: the money came again.
    DisputeWon {
        /// Which dispute.
        dispute: DisputeId,
        /// How much came again.
        amount: Money,
        /// How much of it is our fee again.
        fee_kept: Money,
    },
    /// The processor settled a refund: it has kept `amount` back.
    RefundSettled {
        /// Settled in total in this way, with this.
        total: Money,
        /// Settled now.
        amount: Money,
    },
}

impl Movement {
    /// The fact behind the movement, unique within its payment.
    pub fn cause(&self) -> String {
        match self {
            Self::Captured { total, .. } => format!("captured/{}", total.minor()),
            Self::Settled { total, .. } => format!("settled/{}", total.minor()),
            Self::Refunded { refund, .. } => format!("refunded/{refund}"),
            Self::RefundReturned { refund, .. } => format!("refund_returned/{refund}"),
            Self::RefundedElsewhere { total, .. } => {
                format!("refunded_elsewhere/{}", total.minor())
            }
            Self::ReturnedElsewhere { total, .. } => {
                format!("returned_elsewhere/{}", total.minor())
            }
            Self::ChargedBack { total, .. } => format!("charged_back/{}", total.minor()),
            Self::Disputed { dispute, .. } => format!("disputed/{dispute}"),
            Self::DisputeWon { dispute, .. } => format!("dispute_won/{dispute}"),
            Self::RefundSettled { total, .. } => format!("refund_settled/{}", total.minor()),
        }
    }

    /// How much money the movement is about.
    pub fn amount(&self) -> Money {
        match *self {
            Self::Captured { amount, .. }
            | Self::Settled { gross: amount, .. }
            | Self::Refunded { amount, .. }
            | Self::RefundReturned { amount, .. }
            | Self::RefundedElsewhere { amount, .. }
            | Self::ReturnedElsewhere { amount, .. }
            | Self::ChargedBack { amount, .. }
            | Self::Disputed { amount, .. }
            | Self::DisputeWon { amount, .. }
            | Self::RefundSettled { amount, .. } => amount,
        }
    }

    /// What it takes back of the seller's share, if it does: with the fee, it is the amount.
    ///
    /// # Errors
    /// [`PostingError`] if the amounts do not fit together.
    pub fn taken_back(&self) -> Result<Option<Money>, PostingError> {
        match *self {
            Self::Refunded { amount, fee_given_back, .. }
            | Self::RefundedElsewhere { amount, fee_given_back, .. }
            | Self::ChargedBack { amount, fee_given_back, .. }
            | Self::Disputed { amount, fee_given_back, .. } => {
                minus(amount, fee_given_back).map(Some)
            }
            Self::Captured { .. }
            | Self::Settled { .. }
            | Self::RefundReturned { .. }
            | Self::ReturnedElsewhere { .. }
            | Self::DisputeWon { .. }
            | Self::RefundSettled { .. } => Ok(None),
        }
    }

    /// The entries between the accounts of `parties`.
    ///
    /// # Errors
    /// [`PostingError`] if the amounts do not fit together.
    pub fn posting(&self, parties: Parties) -> Result<Posting, PostingError> {
        let receivable = Account::ProcessorReceivable(parties.processor);
        let pending = Account::SellerPending(parties.seller);
        let entries = match *self {
            Self::Captured { amount, fee, .. }
            | Self::RefundReturned { amount, fee_kept: fee, .. }
            | Self::ReturnedElsewhere { amount, fee_kept: fee, .. }
            | Self::DisputeWon { amount, fee_kept: fee, .. } => vec![
                debit(receivable, amount),
                credit(pending, minus(amount, fee)?)?,
                credit(Account::PlatformFees, fee)?,
            ],
            Self::Settled { gross, fee, expected_fee, .. } => vec![
                debit(Account::ProcessorBalance(parties.processor), minus(gross, fee)?),
                debit(Account::ProcessorFees(parties.processor), expected_fee),
                debit(Account::Suspense(parties.processor), minus(fee, expected_fee)?),
                credit(receivable, gross)?,
            ],
            Self::Refunded { amount, fee_given_back, .. }
            | Self::RefundedElsewhere { amount, fee_given_back, .. }
            | Self::ChargedBack { amount, fee_given_back, .. }
            | Self::Disputed { amount, fee_given_back, .. } => vec![
                debit(pending, minus(amount, fee_given_back)?),
                debit(Account::PlatformFees, fee_given_back),
                credit(receivable, amount)?,
            ],
            Self::RefundSettled { amount, .. } => vec![
                debit(receivable, amount),
                credit(Account::ProcessorBalance(parties.processor), amount)?,
            ],
        };
        Posting::new(self.cause(), entries)
    }
}

/// A line that no payment explains: the processor's balance moves, and suspense holds the rest.
pub fn unexplained(
    cause: String,
    processor: ProcessorAccountId,
    net: Money,
) -> Result<Posting, PostingError> {
    transfer(cause, Account::Suspense(processor), Account::ProcessorBalance(processor), net)
}

/// Moves `amount` out of `from` (credit) and into `to` (debit); a negative amount the other way.
pub fn transfer(
    cause: String,
    from: Account,
    to: Account,
    amount: Money,
) -> Result<Posting, PostingError> {
    Posting::new(cause, vec![debit(to, amount), credit(from, amount)?])
}

fn debit(account: Account, amount: Money) -> Entry {
    Entry { account, amount }
}

fn credit(account: Account, amount: Money) -> Result<Entry, PostingError> {
    let amount = amount.checked_neg().map_err(|_| PostingError::OutOfRange)?;
    Ok(Entry { account, amount })
}

fn minus(left: Money, right: Money) -> Result<Money, PostingError> {
    left.checked_sub(right).map_err(|_| PostingError::OutOfRange)
}

/// Why a posting cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PostingError {
    /// Debits and credits differ.
    #[error("the posting is out of balance by {excess_minor} minor units of {currency}")]
    Unbalanced {
        /// In which currency.
        currency: Currency,
        /// Debits minus credits.
        excess_minor: i128,
    },
    /// Nothing moves.
    #[error("the posting moves nothing")]
    Empty,
    /// Amounts are of several currencies, or beyond what fits.
    #[error("the amounts of the posting do not fit together")]
    OutOfRange,
}
