//! The books export: a text file with one line per record, in the order of the chain.
//!
//! ```text
//! header                      which books, which days, and the place before the first record
//! account | posting | audit   the records of a day, as they come
//! balance …                   what each open account did on the day, by account id
//! close                       the day's close, signed
//! …                           more days; the last may still be open, and is not signed then
//! end                         how many records there were: without it the file was cut off
//! ```
//!
//! A file begins with the first record of the chain, or with the balances of a close: that close
//! then is the file's anchor, its balances are what the first day opens with, and its signature
//! vouches for them. Each line ends with one line feed, the last one too, and nothing follows it.

mod lines;

use std::io::{self, BufRead, Write};

use domain::id::ShopId;
use time::Date;

use crate::chain::{Link, encode};
use crate::digest::{Digest, FORMAT};
pub use crate::line::BadLine;
use crate::line::{Decoder, Encoder};
use crate::record::{Kind, Record};
use crate::signature::Signature;
pub(crate) use lines::{Lines, RawLine};

/// How long a line may be, in bytes: a posting of ten thousand entries fits.
pub const LINE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The word at the beginning of the first line.
pub(crate) const HEADER: &str = "header";
/// The word at the beginning of the last line.
pub(crate) const END: &str = "end";

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Whose books they are.
    pub shop: ShopId,
    /// The first day that postings may be booked on.
    pub from: Date,
    /// The last day that postings may be booked on.
    pub to: Date,
    /// The place before the first record of the file; [`Link::genesis`] if it has the whole chain.
    pub previous: Link,
}

impl Header {
    /// Writes the line. It has a hash of its own, over its fields, since no chain covers it.
    pub(crate) fn encode(&self, encoder: &mut Encoder) -> Digest {
        encoder.begin(HEADER);
        encoder.word("format", FORMAT);
        encoder.word("shop", self.shop);
        encoder.date("from", self.from);
        encoder.date("to", self.to);
        encoder.number("first_sequence", i128::from(self.previous.sequence) + 1);
        encoder.word("previous_hash", self.previous.hash);
        let hash = encoder.digest();
        encoder.word("hash", hash);
        encoder.end();
        hash
    }

    fn read(decoder: &mut Decoder<'_>) -> Result<(Self, Digest), BadLine> {
        if decoder.text("format")? != FORMAT {
            return Err(BadLine { field: "format", expected: FORMAT });
        }
        let shop = decoder.word("shop", "the id of a shop")?;
        let from = decoder.date("from")?;
        let to = decoder.date("to")?;
        let field = "first_sequence";
        let sequence = decoder.count(field)?.checked_sub(1);
        let sequence = sequence.ok_or(BadLine { field, expected: "a number from 1" })?;
        let hash = decoder.word("previous_hash", "a SHA-256")?;
        let header = Self { shop, from, to, previous: Link { sequence, hash } };
        Ok((header, decoder.word("hash", "a SHA-256")?))
    }
}

/// A record with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What happened.
    pub record: Record,
    /// Its place.
    pub link: Link,
    /// Who vouches for it: there for closes, and only for them.
    pub signature: Option<Signature>,
}

/// The last line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// How many records the file has.
    pub records: u64,
    /// The place of the last one, or the one before the first if there is none.
    pub last: Link,
}

impl End {
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.begin(END);
        encoder.number("records", self.records);
        encoder.number("last_sequence", self.last.sequence);
        encoder.word("last_hash", self.last.hash);
        encoder.end();
    }

    fn read(decoder: &mut Decoder<'_>) -> Result<Self, BadLine> {
        let records = decoder.count("records")?;
        let sequence = decoder.count("last_sequence")?;
        let hash = decoder.word("last_hash", "a SHA-256")?;
        Ok(Self { records, last: Link { sequence, hash } })
    }
}

/// One line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// The first, and the hash that it gives itself.
    Header(Header, Digest),
    /// All others.
    Record(Sealed),
    /// The last.
    End(End),
}

impl Line {
    /// Reads a line without its line feed. Nothing but its form is checked.
    pub(crate) fn read(line: &str) -> Result<Self, BadLine> {
        let (word, mut decoder) = Decoder::begin(line)?;
        let decoder = &mut decoder;
        let line = match (&*word, Kind::from_word(&word)) {
            (_, Some(kind)) => Self::Record(read_sealed(kind, decoder)?),
            (HEADER, None) => {
                let (header, hash) = Header::read(decoder)?;
                Self::Header(header, hash)
            }
            (END, None) => Self::End(End::read(decoder)?),
            (_, None) => return Err(BadLine { field: "kind", expected: "a kind of record" }),
        };
        decoder.end()?;
        Ok(line)
    }
}

fn read_sealed(kind: Kind, decoder: &mut Decoder<'_>) -> Result<Sealed, BadLine> {
    let sequence = decoder.count("sequence")?;
    let record = Record::read(kind, decoder)?;
    let hash = decoder.word("hash", "a SHA-256")?;
    let signature = match kind {
        Kind::Close => Some(decoder.word("signature", "a signature of Ed25519")?),
        Kind::Account | Kind::Posting | Kind::Audit | Kind::Balance => None,
    };
    Ok(Sealed { record, link: Link { sequence, hash }, signature })
}

/// Ends the line that [`encode`] began, with the hash that the record claims.
pub(crate) fn encode_seal(encoder: &mut Encoder, hash: Digest, signature: Option<Signature>) {
    encoder.word("hash", hash);
    if let Some(signature) = signature {
        encoder.word("signature", signature);
    }
    encoder.end();
}

/// Writes an export, record by record, in the memory of one line.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    encoder: Encoder,
    end: End,
}

impl<W: Write> Writer<W> {
    /// Begins a file. `out` is written in small pieces and should be buffered.
    pub fn begin(out: W, header: &Header) -> io::Result<Self> {
        let end = End { records: 0, last: header.previous };
        let mut writer = Self { out, encoder: Encoder::default(), end };
        header.encode(&mut writer.encoder);
        writer.line()?;
        Ok(writer)
    }

    /// Adds the next record as it was sealed. Nothing is checked: an export of damaged books must
    /// show the damage.
    pub fn write(&mut self, sealed: &Sealed) -> io::Result<()> {
        let Link { sequence, hash } = sealed.link;
        encode(&mut self.encoder, self.end.last.hash, sequence, &sealed.record);
        encode_seal(&mut self.encoder, hash, sealed.signature);
        self.end = End { records: self.end.records + 1, last: sealed.link };
        self.line()
    }

    /// Ends the file.
    pub fn end(mut self) -> io::Result<W> {
        self.end.encode(&mut self.encoder);
        self.line()?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self) -> io::Result<()> {
        self.out.write_all(self.encoder.line())?;
        self.out.write_all(b"\n")
    }
}

/// The lines of an export, one by one, in the memory of one line; only their form is checked.
///
/// # Errors
/// Each line can be a [`ReadError`]; after one, the next line is tried.
pub fn read(input: impl BufRead) -> impl Iterator<Item = Result<Line, ReadError>> {
    let mut lines = Lines::new(input);
    std::iter::from_fn(move || {
        let number = lines.number() + 1;
        let line = match lines.next() {
            Ok(RawLine::Text(line)) => {
                Line::read(line).map_err(|why| ReadError::Bad { line: number, why })
            }
            Ok(RawLine::End) => return None,
            Ok(RawLine::TooLong | RawLine::NotUtf8 | RawLine::CutOff) => {
                let why = BadLine { field: "the line", expected: "UTF-8 up to a line feed" };
                Err(ReadError::Bad { line: number, why })
            }
            Err(error) => Err(ReadError::Io(error)),
        };
        Some(line)
    })
}

/// Why a line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not a line of this format.
    #[error("line {line}: {why}")]
    Bad {
        /// Which, from 1.
        line: u64,
        /// What is wrong.
        why: BadLine,
    },
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}
