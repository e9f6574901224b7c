//! What wallets post: releases, reserves, claw-backs, and what a buyer pays from their own.

use crate::account::Account;
use crate::clawback::Taken;
use crate::id::{BuyerId, RefundId, SellerId};
use crate::money::Money;
use crate::posting::{Posting, PostingError, credit, debit, minus};

/// Money that moves in a seller's wallet because of one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletMovement {
    /// The seller may have it now, but for what the rolling reserve keeps.
    Released {
        /// Released of the payment in total, with this.
        total: Money,
        /// What can be paid out.
        available: Money,
        /// What is kept back.
        reserved: Money,
    },
    /// The reserve's time is over.
    ReserveReleased {
        /// Released of the payment's reserve in total, with this.
        total: Money,
        /// Released now.
        amount: Money,
    },
    /// The shopper paid with what they have with the shop; no processor is concerned.
    PaidFromWallet {
        /// Whose wallet.
        buyer: BuyerId,
        /// Paid in total in this way, with this.
        total: Money,
        /// Paid now.
        amount: Money,
        /// Our fee on it.
        fee: Money,
    },
    /// A refund went to the buyer's wallet and not back to where they had paid from.
    ToppedUp {
        /// Whose wallet.
        buyer: BuyerId,
        /// Which refund.
        refund: RefundId,
        /// How much went back.
        amount: Money,
        /// How much of it we give back of our fee.
        fee_given_back: Money,
    },
    /// A refund or chargeback, which is posted against what is pending, is made good from the
    /// seller's other money. What is taken from pending, or waits for the next sales, stands there
    /// already and moves nothing; a debt takes what can be paid out below zero.
    ClawedBack {
        /// The cause of the posting that it makes good, such as `refunded/ref_…`.
        of: String,
        /// What is taken from where.
        taken: Taken,
    },
}

impl WalletMovement {
    /// The fact behind the movement, unique within its payment.
    pub fn cause(&self) -> String {
        match self {
            Self::Released { total, .. } => format!("released/{}", total.minor()),
            Self::ReserveReleased { total, .. } => format!("reserve_released/{}", total.minor()),
            Self::PaidFromWallet { total, .. } => format!("paid_from_wallet/{}", total.minor()),
            Self::ToppedUp { refund, .. } => format!("topped_up/{refund}"),
            Self::ClawedBack { of, .. } => format!("clawed_back/{of}"),
        }
    }

    /// The entries between the accounts of the seller and the buyer.
    ///
    /// # Errors
    /// [`PostingError::Empty`] if nothing moves, as when a claw-back takes all from pending;
    /// [`PostingError`] else if the amounts do not fit together.
    pub fn posting(&self, seller: SellerId) -> Result<Posting, PostingError> {
        let pending = Account::SellerPending(seller);
        let available = Account::SellerAvailable(seller);
        let reserved = Account::SellerReserved(seller);
        let entries = match *self {
            Self::Released { available: free, reserved: kept, .. } => vec![
                debit(pending, plus(free, kept)?),
                credit(available, free)?,
                credit(reserved, kept)?,
            ],
            Self::ReserveReleased { amount, .. } => {
                vec![debit(reserved, amount), credit(available, amount)?]
            }
            Self::PaidFromWallet { buyer, amount, fee, .. } => vec![
                debit(Account::BuyerWallet(buyer), amount),
                credit(pending, minus(amount, fee)?)?,
                credit(Account::PlatformFees, fee)?,
            ],
            Self::ToppedUp { buyer, amount, fee_given_back, .. } => vec![
                debit(pending, minus(amount, fee_given_back)?),
                debit(Account::PlatformFees, fee_given_back),
                credit(Account::BuyerWallet(buyer), amount)?,
            ],
            Self::ClawedBack { taken, .. } => {
                let from_available = plus(taken.available, taken.debt)?;
                vec![
                    debit(available, from_available),
                    debit(reserved, taken.reserved),
                    credit(pending, plus(from_available, taken.reserved)?)?,
                ]
            }
        };
        Posting::new(self.cause(), entries)
    }
}

fn plus(left: Money, right: Money) -> Result<Money, PostingError> {
    left.checked_add(right).map_err(|_| PostingError::OutOfRange)
}
