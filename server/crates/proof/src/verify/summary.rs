//! What a file holds, in numbers.

use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::id::ShopId;
use time::Date;

use crate::record::{Posting, Total};
use crate::signature::PublicKey;

/// What was read of a file, good or bad.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Whose books they are; `None` if the header could not be read.
    pub shop: Option<ShopId>,
    /// How many lines the file has.
    pub lines: u64,
    /// How many records, with postings, lines of the audit log, accounts, balances and closes.
    pub records: u64,
    /// How many accounts were opened.
    pub accounts: u64,
    /// How many postings.
    pub postings: u64,
    /// How many entries they have.
    pub entries: u64,
    /// How many lines of the audit log.
    pub audits: u64,
    /// How many days were closed, without the anchor.
    pub days: u64,
    /// The last day that was closed.
    pub closed_on: Option<Date>,
    /// How many records after the last close: no signature vouches for them yet.
    pub unsigned: u64,
    /// How many postings are later than their fact, because its day was closed.
    pub late: u64,
    /// How many corrections name a posting before the beginning of the file.
    pub corrects_before: u64,
    /// The keys whose signatures were good, in the order of their appearance.
    pub keys: Vec<PublicKey>,
    sums: BTreeMap<Currency, (i128, i128)>,
}

impl Summary {
    /// The debits and credits of all postings, per currency in the order of the codes.
    pub fn totals(&self) -> Vec<Total> {
        let total = |(&currency, &(debits_minor, credits_minor)): (&Currency, &(i128, i128))| {
            Total { currency, debits_minor, credits_minor }
        };
        self.sums.iter().map(total).collect()
    }

    pub(super) fn count(&mut self, posting: &Posting) {
        self.postings += 1;
        self.late += u64::from(posting.effective_on < posting.booked_on);
        for entry in &posting.entries {
            self.entries += 1;
            let minor = i128::from(entry.amount.minor());
            let (debits, credits) = self.sums.entry(entry.amount.currency()).or_default();
            *(if minor > 0 { debits } else { credits }) += minor.abs();
        }
    }
}
