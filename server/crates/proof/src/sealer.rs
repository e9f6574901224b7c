//! Seals records: numbers them, links them, and closes days.
//!
//! One sealer per shop, in the order in which records were committed or any other: what counts is
//! that each is sealed once. It keeps the open accounts in memory, and nothing else.

use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::id::{AccountId, ShopId};
use time::Date;

use crate::books::Books;
use crate::chain::Link;
use crate::export::Sealed;
use crate::record::{Account, Audit, Balance, Close, Posting, Record, Total};
use crate::signature::Signer;

/// The end of a shop's chain.
#[derive(Debug)]
pub struct Sealer {
    shop: ShopId,
    tip: Link,
    books: Books,
    first_sequence: u64,
    postings: u64,
    entries: u64,
    audits: u64,
}

impl Sealer {
    /// Begins the chain of a shop.
    pub fn new(shop: ShopId) -> Self {
        Self::resume(shop, Link::genesis(shop), &[])
    }

    /// Goes on after a close, whose link and balances are given. Whatever was sealed since then has
    /// to be sealed again, which gives the same links.
    pub fn resume(shop: ShopId, close: Link, balances: &[Balance]) -> Self {
        let mut books = Books::default();
        for balance in balances {
            books.adopt(balance);
        }
        books.roll();
        let first_sequence = close.sequence + 1;
        Self { shop, tip: close, books, first_sequence, postings: 0, entries: 0, audits: 0 }
    }

    /// The place of the last record.
    pub const fn tip(&self) -> Link {
        self.tip
    }

    /// Whether an entry may name the account. An account has to be opened again after a day that it
    /// closed at zero.
    pub fn is_open(&self, account: AccountId) -> bool {
        self.books.find(account).is_some()
    }

    /// Opens an account; `None` if it is open.
    pub fn account(&mut self, account: Account) -> Option<Sealed> {
        self.books.open(account.clone()).then(|| self.link(Record::Account(account)))
    }

    /// Seals a posting.
    ///
    /// # Errors
    /// [`NotOpen`], and nothing has changed.
    pub fn posting(&mut self, posting: Posting) -> Result<Sealed, NotOpen> {
        if let Some(entry) = posting.entries.iter().find(|entry| !self.is_open(entry.account)) {
            return Err(NotOpen(entry.account));
        }
        for entry in &posting.entries {
            self.books.apply(entry.account, entry.amount);
        }
        self.postings += 1;
        self.entries += posting.entries.len() as u64;
        Ok(self.link(Record::Posting(posting)))
    }

    /// Seals a line of the audit log.
    pub fn audit(&mut self, audit: Audit) -> Sealed {
        self.audits += 1;
        self.link(Record::Audit(audit))
    }

    /// Closes `date`: the balances of all open accounts, and the close itself, signed.
    pub fn close(&mut self, date: Date, signer: &Signer) -> Vec<Sealed> {
        let balances = self.books.balances(date);
        let totals = totals(&balances);
        let accounts = self.books.count();
        let mut sealed: Vec<Sealed> =
            balances.into_iter().map(|balance| self.link(Record::Balance(balance))).collect();

        let close = Close {
            shop: self.shop,
            date,
            first_sequence: self.first_sequence,
            last_sequence: self.tip.sequence,
            last_hash: self.tip.hash,
            postings: std::mem::take(&mut self.postings),
            entries: std::mem::take(&mut self.entries),
            audits: std::mem::take(&mut self.audits),
            accounts,
            totals,
            key: signer.public_key(),
        };
        let mut close = self.link(Record::Close(close));
        close.signature = Some(signer.sign(self.shop, date, &close.link));
        sealed.push(close);

        self.books.roll();
        self.first_sequence = self.tip.sequence + 1;
        sealed
    }

    fn link(&mut self, record: Record) -> Sealed {
        self.tip = self.tip.next(&record);
        Sealed { record, link: self.tip, signature: None }
    }
}

fn totals(balances: &[Balance]) -> Vec<Total> {
    let mut sums = BTreeMap::<Currency, (i128, i128)>::new();
    for balance in balances {
        let (debits, credits) = sums.entry(balance.account.currency).or_default();
        *debits += balance.debits_minor;
        *credits += balance.credits_minor;
    }
    let total =
        |(currency, (debits_minor, credits_minor))| Total { currency, debits_minor, credits_minor };
    sums.into_iter().map(total).collect()
}

/// The posting has an entry in an account that was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the account {0} was not opened")]
pub struct NotOpen(pub AccountId);
