//! The records since the last close, counted.

use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::id::AccountId;
use time::Date;

use crate::record::{Balance, Total};

/// What is known of the day that is not closed yet.
#[derive(Debug, Default)]
pub(super) struct Day {
    /// The number of its first record; `None` if it has none yet.
    pub(super) first_sequence: Option<u64>,
    /// The day that its postings are booked on.
    pub(super) booked_on: Option<Date>,
    pub(super) postings: u64,
    pub(super) entries: u64,
    pub(super) audits: u64,
    /// The balances of its close, once they have begun.
    pub(super) listing: Option<Listing>,
    /// Whether a record of it is missing or cannot be read, so that nothing can be counted.
    pub(super) is_incomplete: bool,
    /// Whether it is the close that the file begins with, whose records are not in the file.
    pub(super) is_anchor: bool,
}

/// The balances of a close so far.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) date: Date,
    pub(super) last: AccountId,
    pub(super) accounts: u64,
    sums: BTreeMap<Currency, Sums>,
}

/// Sums over the accounts of one currency, in minor units.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    debits: i128,
    credits: i128,
    closings: i128,
}

impl Listing {
    /// Adds a balance to `listing`, which it begins if there is none.
    pub(super) fn add(listing: &mut Option<Self>, balance: &Balance) {
        let id = balance.account.id;
        let listing = listing.get_or_insert_with(|| Self {
            date: balance.date,
            last: id,
            accounts: 0,
            sums: BTreeMap::new(),
        });
        listing.last = id;
        listing.accounts += 1;
        let sums = listing.sums.entry(balance.account.currency).or_default();
        sums.debits += balance.debits_minor;
        sums.credits += balance.credits_minor;
        sums.closings += balance.closing_minor;
    }

    /// What the close must say of each currency.
    pub(super) fn totals(&self) -> Vec<Total> {
        let total = |(&currency, sums): (&Currency, &Sums)| Total {
            currency,
            debits_minor: sums.debits,
            credits_minor: sums.credits,
        };
        self.sums.iter().map(total).collect()
    }

    /// The first currency whose accounts do not balance, with what, and by how much.
    pub(super) fn uneven(&self) -> Option<(&'static str, Currency, i128)> {
        self.sums.iter().find_map(|(&currency, sums)| {
            let excess = sums.debits - sums.credits;
            if excess != 0 {
                return Some(("debits and credits", currency, excess));
            }
            (sums.closings != 0).then_some(("closings", currency, sums.closings))
        })
    }
}
