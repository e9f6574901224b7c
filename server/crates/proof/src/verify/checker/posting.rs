//! Checks of a posting.

use domain::currency::Currency;
use time::Date;

use crate::record::Posting;
use crate::verify::Reason;
use crate::verify::checker::Checker;

impl Checker<'_> {
    /// Checks a posting and books it, good or bad.
    pub(super) fn posting(&mut self, posting: &Posting) -> Result<(), Reason> {
        let entries = self.entries(posting);
        let balanced = balanced(posting);
        let once = self.once(posting);
        let dated = self.booked(posting);

        for entry in &posting.entries {
            self.books.apply(entry.account, entry.amount);
        }
        self.summary.count(posting);
        self.day.postings += 1;
        self.day.entries += posting.entries.len() as u64;
        entries.and(balanced).and(once).and(dated)
    }

    fn entries(&self, posting: &Posting) -> Result<(), Reason> {
        if posting.entries.is_empty() {
            return Err(Reason::NoEntries);
        }
        for entry in &posting.entries {
            let account = entry.account;
            if entry.amount.is_zero() {
                return Err(Reason::ZeroEntry(account));
            }
            let Some(open) = self.books.find(account) else {
                // Its opening may be the record that is lost.
                if self.day.is_incomplete {
                    continue;
                }
                return Err(Reason::NotOpen(account));
            };
            let (expected, found) = (open.account.currency, entry.amount.currency());
            if expected != found {
                return Err(Reason::OtherCurrency { account, expected, found });
            }
        }
        Ok(())
    }

    /// Checks that neither the posting nor its cause was there before, but what it corrects was.
    fn once(&mut self, posting: &Posting) -> Result<(), Reason> {
        let corrected = match posting.corrects {
            Some(corrected) if !self.seen.has_posting(corrected) => {
                let is_before = self
                    .header
                    .as_ref()
                    .is_some_and(|header| header.previous.sequence != 0 && corrected != posting.id);
                self.summary.corrects_before += u64::from(is_before);
                let may_be_lost = self.is_lossy || is_before;
                if may_be_lost { Ok(()) } else { Err(Reason::CorrectsUnknown(corrected)) }
            }
            _ => Ok(()),
        };
        let is_new = self.seen.insert_posting(posting.id);
        let is_new_cause = self.seen.insert_cause(posting.object, &posting.cause);
        if !is_new {
            return Err(Reason::RepeatedPosting(posting.id));
        }
        if !is_new_cause {
            return Err(Reason::RepeatedCause);
        }
        corrected
    }

    fn booked(&mut self, posting: &Posting) -> Result<(), Reason> {
        let Posting { booked_on, effective_on, .. } = *posting;
        let day = self.same_day(booked_on);
        self.day.booked_on = Some(booked_on);
        if effective_on > booked_on {
            return Err(Reason::BookedTooEarly { booked_on, effective_on });
        }
        day
    }

    /// Checks that `found` is the day that is open, and one of those that the header announces.
    pub(super) fn same_day(&self, found: Date) -> Result<(), Reason> {
        if let Some(closed) = self.closed_on.filter(|closed| *closed >= found) {
            return Err(Reason::ClosedDay { found, closed });
        }
        if let Some(expected) = self.day.booked_on.filter(|day| *day != found) {
            return Err(Reason::OtherDay { found, expected });
        }
        let days = self.header.as_ref().map(|header| (header.from, header.to));
        let is_announced = match days {
            Some((from, _)) if self.day.is_anchor => found < from,
            Some((from, to)) => (from..=to).contains(&found),
            None => true,
        };
        if is_announced { Ok(()) } else { Err(Reason::NotAnnounced(found)) }
    }
}

/// Checks that debits equal credits in each currency.
fn balanced(posting: &Posting) -> Result<(), Reason> {
    let mut excesses: Vec<(Currency, i128)> = Vec::with_capacity(1);
    for entry in &posting.entries {
        let (currency, minor) = (entry.amount.currency(), i128::from(entry.amount.minor()));
        match excesses.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, excess)) => *excess += minor,
            None => excesses.push((currency, minor)),
        }
    }
    match excesses.into_iter().find(|(_, excess)| *excess != 0) {
        None => Ok(()),
        Some((currency, excess_minor)) => Err(Reason::Unbalanced { currency, excess_minor }),
    }
}
