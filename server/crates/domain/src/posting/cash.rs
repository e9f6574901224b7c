//! What our own cash posts on its way from a processor to a bank.

use crate::account::Account;
use crate::id::{PayoutAccountId, ProcessorAccountId};
use crate::money::Money;
use crate::posting::{Posting, PostingError, transfer};

/// The processor has paid `amount` out to us, and no statement of the bank shows it yet.
///
/// # Errors
/// [`PostingError`] if nothing moves, or the amount has no opposite.
pub fn sent(
    cause: String,
    processor: ProcessorAccountId,
    amount: Money,
) -> Result<Posting, PostingError> {
    let (from, to) = (Account::ProcessorBalance(processor), Account::CashInTransit(processor));
    transfer(cause, from, to, amount)
}

/// A line of the bank's statement shows what the processor sent.
///
/// # Errors
/// As [`sent`].
pub fn arrived(
    cause: String,
    processor: ProcessorAccountId,
    bank: PayoutAccountId,
    amount: Money,
) -> Result<Posting, PostingError> {
    transfer(cause, Account::CashInTransit(processor), Account::Bank(bank), amount)
}
