//! The state of a check between two lines.
//!
//! After a bad line the check goes on from what the line claims, so that one change is one finding
//! as far as possible; where a record is lost, nothing of its day is counted.

mod closing;
mod posting;

use time::Date;

use crate::books::Books;
use crate::chain::{Broken, Link, encode};
use crate::digest::Digest;
use crate::export::{END, End, HEADER, Header, Line, RawLine, Sealed, encode_seal};
use crate::line::Encoder;
use crate::record::Record;
use crate::verify::day::Day;
use crate::verify::seen::Seen;
use crate::verify::{Options, Reason, Summary};

/// Checks line after line.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    options: &'a Options,
    encoder: Encoder,
    header: Option<Header>,
    /// The place of the last record; `None` if it cannot be known.
    tip: Option<Link>,
    /// The place before that.
    before: Option<Link>,
    books: Books,
    seen: Seen,
    day: Day,
    closed_on: Option<Date>,
    summary: Summary,
    /// The line that is being checked: its sequence number and kind.
    place: (Option<u64>, Option<&'static str>),
    is_first: bool,
    is_ended: bool,
    /// Whether a line could not be read, so that the file's records cannot be counted.
    is_lossy: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self {
            options,
            encoder: Encoder::default(),
            header: None,
            tip: None,
            before: None,
            books: Books::default(),
            seen: Seen::new(),
            day: Day::default(),
            closed_on: None,
            summary: Summary::default(),
            place: (None, None),
            is_first: true,
            is_ended: false,
            is_lossy: false,
        }
    }

    /// Which line was checked last: its sequence number and kind.
    pub(super) fn place(&self) -> (Option<u64>, Option<&'static str>) {
        self.place
    }

    pub(super) fn into_summary(mut self) -> Summary {
        self.summary.closed_on = self.closed_on;
        self.summary
    }

    /// Checks the next line.
    pub(super) fn take(&mut self, raw: &RawLine<'_>) -> Result<(), Reason> {
        let is_first = std::mem::take(&mut self.is_first);
        self.place = (self.tip.map(|tip| tip.sequence + 1), None);
        if self.is_ended {
            self.place.0 = None;
            return Err(Reason::AfterEnd);
        }
        let read = match raw {
            RawLine::Text(text) => Line::read(text).map(|line| (line, *text)).map_err(Reason::from),
            RawLine::NotUtf8 => Err(Reason::NotUtf8),
            RawLine::TooLong => Err(Reason::TooLong),
            RawLine::CutOff | RawLine::End => {
                // What is missing after it needs no finding of its own.
                self.is_ended = true;
                Err(Reason::CutOff)
            }
        };
        match read {
            Ok((Line::Header(header, hash), text)) if is_first => self.header(header, hash, text),
            _ if is_first => Err(self.lose(Reason::NoHeader)),
            Ok((Line::Header(..), _)) => {
                self.place = (None, Some(HEADER));
                Err(Reason::SecondHeader)
            }
            Ok((Line::Record(sealed), text)) => self.record(&sealed, text),
            Ok((Line::End(end), text)) => self.end_record(&end, text),
            Err(reason) => Err(self.lose(reason)),
        }
    }

    /// Checks that the file could end here.
    pub(super) fn end(&mut self) -> Result<(), Reason> {
        self.place = (None, None);
        if self.is_ended { Ok(()) } else { Err(Reason::NoEnd) }
    }

    fn lose(&mut self, reason: Reason) -> Reason {
        self.tip = None;
        self.day.is_incomplete = true;
        self.is_lossy = true;
        reason
    }

    fn header(&mut self, header: Header, claimed: Digest, text: &str) -> Result<(), Reason> {
        self.place = (None, Some(HEADER));
        let hash = header.encode(&mut self.encoder);
        let is_canonical = self.encoder.line() == text.as_bytes();
        let genesis = Link::genesis(header.shop);
        let verdict = if hash != claimed {
            Err(Reason::HeaderHash)
        } else if !is_canonical {
            Err(Reason::NotCanonical)
        } else if header.from > header.to {
            Err(Reason::HeaderDays)
        } else if header.previous.sequence == 0 && header.previous != genesis {
            Err(Reason::Genesis(header.shop))
        } else {
            Ok(())
        };
        self.day.is_anchor = header.previous.sequence != 0;
        self.tip = Some(header.previous);
        self.summary.shop = Some(header.shop);
        self.header = Some(header);
        verdict
    }

    fn record(&mut self, sealed: &Sealed, text: &str) -> Result<(), Reason> {
        self.place = (Some(sealed.link.sequence), Some(sealed.record.kind().as_str()));
        self.summary.records += 1;
        self.summary.unsigned += 1;
        let followed = self.follow(sealed, text);
        let begun = self.begin(&sealed.record);
        self.day.first_sequence.get_or_insert(sealed.link.sequence);
        let checked = match &sealed.record {
            Record::Account(account) => {
                self.summary.accounts += 1;
                if self.books.open(account.clone()) || self.day.is_incomplete {
                    Ok(())
                } else {
                    Err(Reason::OpenAlready(account.id))
                }
            }
            Record::Posting(posting) => self.posting(posting),
            Record::Audit(_) => {
                self.summary.audits += 1;
                self.day.audits += 1;
                Ok(())
            }
            Record::Balance(balance) => self.balance(balance),
            Record::Close(close) => self.close(close, sealed),
        };
        followed.and(begun).and(checked)
    }

    /// Checks the record's place in the chain, and that its line is the only one it can have.
    fn follow(&mut self, sealed: &Sealed, text: &str) -> Result<(), Reason> {
        let Link { sequence, hash } = sealed.link;
        let tip = self.tip.replace(sealed.link);
        self.before = tip;
        let previous = tip.map_or(Digest::from_bytes([0; 32]), |tip| tip.hash);
        encode(&mut self.encoder, previous, sequence, &sealed.record);
        let actual = self.encoder.digest();
        encode_seal(&mut self.encoder, hash, sealed.signature);
        if self.encoder.line() != text.as_bytes() {
            return Err(Reason::NotCanonical);
        }
        let Some(tip) = tip else { return Ok(()) };
        if sequence != tip.sequence + 1 {
            self.day.is_incomplete = true;
            return Err(Broken::Sequence { expected: tip.sequence + 1 }.into());
        }
        if hash == actual { Ok(()) } else { Err(Broken::Hash.into()) }
    }

    /// Checks that a record of this kind may stand here.
    fn begin(&mut self, record: &Record) -> Result<(), Reason> {
        let is_closing = matches!(record, Record::Balance(_) | Record::Close(_));
        if is_closing {
            return Ok(());
        }
        if self.day.listing.is_some() {
            // The close is missing. The next day begins here.
            let was_incomplete = self.day.is_incomplete;
            self.books.roll();
            self.day = Day { is_incomplete: true, ..Day::default() };
            return if was_incomplete { Ok(()) } else { Err(Reason::AmongBalances) };
        }
        if self.day.is_anchor {
            let was_incomplete = self.day.is_incomplete;
            self.day = Day { is_incomplete: true, ..Day::default() };
            return if was_incomplete { Ok(()) } else { Err(Reason::NoAnchor) };
        }
        Ok(())
    }

    fn end_record(&mut self, end: &End, text: &str) -> Result<(), Reason> {
        self.place = (None, Some(END));
        self.is_ended = true;
        end.encode(&mut self.encoder);
        if self.encoder.line() != text.as_bytes() {
            return Err(Reason::NotCanonical);
        }
        let records = self.summary.records;
        match self.tip {
            Some(last) if !self.is_lossy && *end != (End { records, last }) => {
                Err(Reason::WrongEnd { records, last: last.sequence })
            }
            _ => Ok(()),
        }
    }
}
