//! Mismatches: what differs, who fixes it, and which postings fix it.

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::fee;
use crate::id::{ProcessorAccountId, SellerId};
use crate::money::Money;
use crate::posting::{self, Entry, Posting, PostingError};
use crate::words::words;

words! {
    /// What differs between our books and the processor's.
    MismatchKind {
        /// We captured it; the processor's file for that day does not have it.
        MissingAtProcessor = "missing_at_processor",
        /// The file has it; our books do not.
        MissingInOurBooks = "missing_in_our_books",
        /// Both have it, with different amounts.
        Amount = "amount",
        /// Both have it, in different currencies.
        Currency = "currency",
        /// The processor kept another fee than agreed.
        Fee = "fee",
        /// The processor captured it; our payment stands elsewhere.
        Status = "status",
        /// The file has it twice, or it was settled before.
        Duplicate = "duplicate",
        /// The file gives a refund back that we do not know.
        OrphanRefund = "orphan_refund",
        /// The file's balances do not tie with its lines or with our ledger.
        Balance = "balance",
    }
}

words! {
    /// Who fixes a mismatch.
    MismatchClass {
        /// A named procedure.
        Automatic = "automatic",
        /// A person: the cause is known.
        Manual = "manual",
        /// A person has to find the cause first.
        Investigate = "investigate",
    }
}

words! {
    /// Where a mismatch stands.
    MismatchState {
        /// Nobody works on it.
        Open = "open",
        /// Somebody works on it.
        Claimed = "claimed",
        /// A resolution waits for a second person.
        Proposed = "proposed",
        /// Done.
        Resolved = "resolved",
        /// Left as it is, with a reason.
        Ignored = "ignored",
    }
}

words! {
    /// How a person resolves a mismatch.
    Resolution {
        /// Take the difference as our loss or gain.
        WriteOff = "write_off",
        /// Accept what the processor kept as a fee.
        AcceptFee = "accept_fee",
        /// The seller carries it, and gets our fee on it back.
        ChargeSeller = "charge_seller",
        /// The processor owes it, or we owe it to the processor; the next files will settle it.
        ClaimFromProcessor = "claim_from_processor",
        /// Nothing to book.
        Ignore = "ignore",
    }
}

impl MismatchKind {
    /// Who fixes this kind.
    pub const fn class(self) -> MismatchClass {
        match self {
            Self::Status => MismatchClass::Automatic,
            Self::MissingAtProcessor | Self::Amount | Self::Fee | Self::Duplicate => {
                MismatchClass::Manual
            }
            Self::MissingInOurBooks | Self::Currency | Self::OrphanRefund | Self::Balance => {
                MismatchClass::Investigate
            }
        }
    }

    /// The resolutions that make sense for this kind, the usual one first.
    pub const fn resolutions(self) -> &'static [Resolution] {
        use Resolution::{AcceptFee, ChargeSeller, ClaimFromProcessor, Ignore, WriteOff};
        match self {
            Self::Fee => &[AcceptFee, ClaimFromProcessor, WriteOff],
            Self::Amount | Self::MissingAtProcessor => &[WriteOff, ChargeSeller, Ignore],
            Self::Duplicate | Self::MissingInOurBooks | Self::Currency | Self::OrphanRefund => {
                &[ClaimFromProcessor, WriteOff]
            }
            Self::Status | Self::Balance => &[Ignore],
        }
    }

    /// Where the difference stands in the ledger until it is resolved.
    const fn holding(self, processor: ProcessorAccountId) -> Account {
        match self {
            // Settled at the line's own amount, so the rest is still owed.
            Self::MissingAtProcessor | Self::Amount => Account::ProcessorReceivable(processor),
            Self::Fee
            | Self::Duplicate
            | Self::MissingInOurBooks
            | Self::Currency
            | Self::OrphanRefund
            | Self::Status
            | Self::Balance => Account::Suspense(processor),
        }
    }
}

/// A mismatch as the rules for its resolution see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub kind: MismatchKind,
    /// The processor account it was found at.
    pub processor: ProcessorAccountId,
    /// The seller of our payment, if we have one.
    pub seller: Option<SellerId>,
    /// Our fee, in hundredths of a percent.
    pub fee_basis_points: u32,
    /// What stands on the holding account because of it: debit positive.
    pub held: Money,
}

impl Difference {
    /// The posting that resolves the difference; `None` if nothing has to be booked.
    ///
    /// # Errors
    /// [`ResolutionError`] if the resolution does not fit the mismatch.
    pub fn resolve(
        &self,
        resolution: Resolution,
        cause: String,
    ) -> Result<Option<Posting>, ResolutionError> {
        if !self.kind.resolutions().contains(&resolution) {
            return Err(ResolutionError::NotForThisKind);
        }
        let holding = self.kind.holding(self.processor);
        let to = match resolution {
            Resolution::Ignore => return Ok(None),
            Resolution::WriteOff => Account::WriteOffs,
            Resolution::AcceptFee => Account::ProcessorFees(self.processor),
            Resolution::ClaimFromProcessor => Account::ProcessorReceivable(self.processor),
            Resolution::ChargeSeller => return self.charge_seller(holding, cause).map(Some),
        };
        if self.held.is_zero() {
            return Ok(None);
        }
        Ok(Some(posting::transfer(cause, holding, to, self.held)?))
    }

    fn charge_seller(&self, holding: Account, cause: String) -> Result<Posting, ResolutionError> {
        let seller = self.seller.ok_or(ResolutionError::NoSeller)?;
        let fee = fee::share(self.held, self.fee_basis_points);
        let net = self.held.checked_sub(fee).map_err(|_| PostingError::OutOfRange)?;
        let negated = self.held.checked_neg().map_err(|_| PostingError::OutOfRange)?;
        Ok(Posting::new(
            cause,
            vec![
                Entry { account: Account::SellerPending(seller), amount: net },
                Entry { account: Account::PlatformFees, amount: fee },
                Entry { account: holding, amount: negated },
            ],
        )?)
    }
}

/// Why a resolution does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResolutionError {
    /// The kind of mismatch cannot be resolved in this way.
    #[error("this kind of mismatch cannot be resolved in this way")]
    NotForThisKind,
    /// There is no seller to charge.
    #[error("no seller of ours is concerned")]
    NoSeller,
    /// The amounts do not fit together.
    #[error(transparent)]
    Posting(#[from] PostingError),
}
