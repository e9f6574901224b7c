//! The records of the books: what a chain is made of.
//!
//! A record says what happened and nothing of its place; its sequence number and hash are its
//! [`crate::chain::Link`]. Each kind writes its fields in one place, which serves both the line of
//! the export and the bytes that are hashed.

mod account;
mod audit;
mod close;
mod posting;

pub use account::{Account, Balance};
pub use audit::Audit;
pub use close::{Close, Total};
pub use posting::{Entry, Posting};

use crate::line::{BadLine, Decoder, Encoder};

/// One record of the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An account is opened.
    Account(Account),
    /// Money moves between accounts.
    Posting(Posting),
    /// Somebody decided or did something.
    Audit(Audit),
    /// What one account did on a day that is being closed.
    Balance(Balance),
    /// A day is closed.
    Close(Close),
}

impl Record {
    /// What kind of record it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Account(_) => Kind::Account,
            Self::Posting(_) => Kind::Posting,
            Self::Audit(_) => Kind::Audit,
            Self::Balance(_) => Kind::Balance,
            Self::Close(_) => Kind::Close,
        }
    }

    pub(crate) fn write(&self, encoder: &mut Encoder) {
        match self {
            Self::Account(account) => account.write(encoder),
            Self::Posting(posting) => posting.write(encoder),
            Self::Audit(audit) => audit.write(encoder),
            Self::Balance(balance) => balance.write(encoder),
            Self::Close(close) => close.write(encoder),
        }
    }

    pub(crate) fn read(kind: Kind, decoder: &mut Decoder<'_>) -> Result<Self, BadLine> {
        match kind {
            Kind::Account => Account::read(decoder).map(Self::Account),
            Kind::Posting => Posting::read(decoder).map(Self::Posting),
            Kind::Audit => Audit::read(decoder).map(Self::Audit),
            Kind::Balance => Balance::read(decoder).map(Self::Balance),
            Kind::Close => Close::read(decoder).map(Self::Close),
        }
    }
}

/// The kinds of record. The kind is hashed before all other fields, so that no record of one kind
/// can pass for one of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each kind is explained at the variant of Record")]
pub enum Kind {
    Account,
    Posting,
    Audit,
    Balance,
    Close,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Account, Self::Posting, Self::Audit, Self::Balance, Self::Close];

    /// The word that stands in exports and in hashes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Posting => "posting",
            Self::Audit => "audit",
            Self::Balance => "balance",
            Self::Close => "close",
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
