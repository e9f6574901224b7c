//! Checks of the balances and the close of a day.

use crate::export::Sealed;
use crate::record::{Balance, Close};
use crate::verify::checker::Checker;
use crate::verify::day::{Day, Listing};
use crate::verify::{Reason, Sum};

impl Checker<'_> {
    /// Checks a balance, and goes on from what it says.
    pub(super) fn balance(&mut self, balance: &Balance) -> Result<(), Reason> {
        let dated = self.same_day(balance.date);
        let ordered = match &self.day.listing {
            Some(listing) if listing.date != balance.date => {
                Err(Reason::OtherDay { found: balance.date, expected: listing.date })
            }
            Some(listing) if listing.last >= balance.account.id => Err(Reason::BalanceOrder),
            _ => Ok(()),
        };
        let opened = self.opened(balance);
        let summed = self.summed(balance);

        Listing::add(&mut self.day.listing, balance);
        self.books.adopt(balance);
        dated.and(ordered).and(opened).and(summed)
    }

    fn opened(&self, balance: &Balance) -> Result<(), Reason> {
        let account = &balance.account;
        match self.books.find(account.id) {
            Some(open) if open.account != *account => Err(Reason::OtherAccount(account.id)),
            None if !self.day.is_anchor && !self.day.is_incomplete => {
                Err(Reason::NotOpen(account.id))
            }
            _ => Ok(()),
        }
    }

    fn summed(&self, balance: &Balance) -> Result<(), Reason> {
        let account = balance.account.id;
        let open = self.books.find(account);
        let open = open.filter(|_| !self.day.is_anchor && !self.day.is_incomplete);
        let movements = balance.debits_minor - balance.credits_minor;
        let closing = Some(balance.opening_minor + movements);
        let sums = [
            (Sum::Opening, balance.opening_minor, open.map(|open| open.opening_minor)),
            (Sum::Debits, balance.debits_minor, open.map(|open| open.debits_minor)),
            (Sum::Credits, balance.credits_minor, open.map(|open| open.credits_minor)),
            (Sum::Closing, balance.closing_minor, closing),
        ];
        for (what, found, expected) in sums {
            if let Some(expected) = expected.filter(|expected| *expected != found) {
                return Err(Reason::Balance { account, what, found, expected });
            }
        }
        Ok(())
    }

    /// Checks a close and begins the next day.
    pub(super) fn close(&mut self, close: &Close, sealed: &Sealed) -> Result<(), Reason> {
        let framed = self.framed(close);
        let counted = if self.day.is_incomplete { Ok(()) } else { self.counted(close, sealed) };
        let signed = self.signed(close, sealed);

        self.books.roll();
        self.summary.days += u64::from(!self.day.is_anchor);
        self.summary.unsigned = 0;
        self.closed_on = Some(close.date);
        self.day = Day::default();
        framed.and(counted).and(signed)
    }

    fn framed(&self, close: &Close) -> Result<(), Reason> {
        if let Some(header) = self.header.as_ref().filter(|header| header.shop != close.shop) {
            return Err(Reason::OtherShop { found: close.shop, expected: header.shop });
        }
        if let Some(listing) = self.day.listing.as_ref().filter(|known| known.date != close.date) {
            return Err(Reason::OtherDay { found: close.date, expected: listing.date });
        }
        self.same_day(close.date)
    }

    /// Checks what the close says of its day, as far as the file shows that.
    fn counted(&self, close: &Close, sealed: &Sealed) -> Result<(), Reason> {
        if let Some(account) = self.books.first_unlisted() {
            return Err(Reason::BalanceMissing(account));
        }
        let day = &self.day;
        let last_sequence = sealed.link.sequence.saturating_sub(1);
        let listed = day.listing.as_ref().map_or(0, |listing| listing.accounts);
        let always = [
            ("last sequence number", close.last_sequence, last_sequence),
            ("number of open accounts", close.accounts, listed),
        ];
        let first_sequence = day.first_sequence.unwrap_or(sealed.link.sequence);
        let of_records = [
            ("first sequence number", close.first_sequence, first_sequence),
            ("number of postings", close.postings, day.postings),
            ("number of entries", close.entries, day.entries),
            ("number of lines of the audit log", close.audits, day.audits),
        ];
        let of_records = of_records.into_iter().filter(|_| !day.is_anchor);
        for (what, found, expected) in always.into_iter().chain(of_records) {
            if found != expected {
                return Err(Reason::Count { what, found, expected });
            }
        }
        if self.before.is_some_and(|before| before.hash != close.last_hash) {
            return Err(Reason::LastHash);
        }
        if day.listing.as_ref().map_or_else(Vec::new, Listing::totals) != close.totals {
            return Err(Reason::Totals);
        }
        match day.listing.as_ref().and_then(Listing::uneven) {
            None => Ok(()),
            Some((what, currency, excess_minor)) => {
                Err(Reason::Uneven { what, currency, excess_minor })
            }
        }
    }

    fn signed(&mut self, close: &Close, sealed: &Sealed) -> Result<(), Reason> {
        let trusted =
            if self.options.keys.is_empty() { &self.summary.keys } else { &self.options.keys };
        let trusts_first = self.options.keys.is_empty() && self.summary.keys.is_empty();
        if !trusts_first && !trusted.contains(&close.key) {
            return Err(Reason::UntrustedKey(close.key));
        }
        let is_signed = sealed.signature.is_some_and(|signature| {
            close.key.has_signed(&signature, close.shop, close.date, &sealed.link)
        });
        if !is_signed {
            return Err(Reason::BadSignature(close.key));
        }
        if !self.summary.keys.contains(&close.key) {
            self.summary.keys.push(close.key);
        }
        Ok(())
    }
}
