//! What exchanges post: one balanced leg per currency, through the positions of the pair.

use crate::account::Account;
use crate::currency::Currency;
use crate::exchange::Exchange;
use crate::id::PayoutAccountId;
use crate::money::Money;
use crate::posting::{Posting, PostingError, credit, debit, transfer};

/// The owner of `from` gives what is sold, and the owner of `to` gets what is bought.
///
/// Both are what we owe: parts of a seller's wallet, or a buyer's. The spread is our income, and
/// what its rounding leaves stands on `rounding`.
///
/// # Errors
/// [`PostingError`] if the amounts do not fit together.
pub fn exchanged(
    cause: String,
    exchange: &Exchange,
    from: Account,
    to: Account,
) -> Result<Posting, PostingError> {
    let (sold, worth) = (exchange.sold, exchange.worth);
    let entries = vec![
        debit(from, sold),
        credit(Account::ExchangePosition(worth.currency()), sold)?,
        debit(Account::ExchangePosition(sold.currency()), worth),
        credit(to, exchange.bought)?,
        credit(Account::ExchangeSpread, exchange.spread)?,
        credit(Account::Rounding, exchange.rounding)?,
    ];
    Posting::new(cause, entries)
}

/// We exchanged money of our own at the bank: what the wallets have exchanged is covered.
///
/// # Errors
/// As [`exchanged`].
pub fn covered(
    cause: String,
    bank: PayoutAccountId,
    sold: Money,
    bought: Money,
) -> Result<Posting, PostingError> {
    let entries = vec![
        debit(Account::ExchangePosition(bought.currency()), sold),
        credit(Account::Bank(bank), sold)?,
        debit(Account::Bank(bank), bought),
        credit(Account::ExchangePosition(sold.currency()), bought)?,
    ];
    Posting::new(cause, entries)
}

/// What is left of a position once its other side is closed is our gain (a position below zero:
/// credit) or our loss (above).
///
/// `position` is its balance, debit positive.
///
/// # Errors
/// [`PostingError::Empty`] if nothing is left.
pub fn realised(
    cause: String,
    against: Currency,
    position: Money,
) -> Result<Posting, PostingError> {
    transfer(cause, Account::ExchangePosition(against), Account::ExchangeGains, position)
}
