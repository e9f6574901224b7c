//! Why a record is bad, in one sentence.

use domain::currency::Currency;
use domain::id::{AccountId, PostingId, ShopId};
use time::Date;

use crate::chain::Broken;
use crate::digest::FORMAT;
use crate::line::BadLine;
use crate::signature::PublicKey;

/// What is wrong with a line, the record on it, or the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum Reason {
    // The form of a line.
    #[error("the line is longer than {} bytes", crate::export::LINE_BYTES_MAX)]
    TooLong,
    #[error("the line is not text in UTF-8")]
    NotUtf8,
    #[error("the line has no line feed at its end: the file was cut off")]
    CutOff,
    #[error("the line cannot be read: {0}")]
    Malformed(#[from] BadLine),
    #[error("the line is not written as the format wants it, letter by letter")]
    NotCanonical,

    // The frame of the file.
    #[error("the file does not begin with a header of {FORMAT}")]
    NoHeader,
    #[error("there is a second header")]
    SecondHeader,
    #[error("the hash of the header is not that of its fields")]
    HeaderHash,
    #[error("the header's first day is after its last")]
    HeaderDays,
    #[error("the hash before the first record is not that of the books of {0}")]
    Genesis(ShopId),
    #[error("the file begins in the middle of a day, not with the balances of a close")]
    NoAnchor,
    #[error("the file ends without an end record: it was cut off")]
    NoEnd,
    #[error("the end record does not fit: the file has {records} records up to number {last}")]
    WrongEnd { records: u64, last: u64 },
    #[error("there is something after the end record")]
    AfterEnd,

    // The chain.
    #[error(transparent)]
    Broken(#[from] Broken),

    // Accounts and postings.
    #[error("the account {0} is open already")]
    OpenAlready(AccountId),
    #[error("the posting has no entries")]
    NoEntries,
    #[error("an entry of account {0} moves nothing")]
    ZeroEntry(AccountId),
    #[error("the account {0} was not opened")]
    NotOpen(AccountId),
    #[error("an entry in {found} stands in account {account}, which counts in {expected}")]
    OtherCurrency { account: AccountId, expected: Currency, found: Currency },
    #[error("its entries in {currency} do not sum to zero but to {excess_minor} minor units")]
    Unbalanced { currency: Currency, excess_minor: i128 },
    #[error("the posting {0} was there before")]
    RepeatedPosting(PostingId),
    #[error("its cause was posted before for the same object")]
    RepeatedCause,
    #[error("it corrects {0}, which is no earlier posting")]
    CorrectsUnknown(PostingId),
    #[error("it is booked on {booked_on}, before the fact on {effective_on}")]
    BookedTooEarly { booked_on: Date, effective_on: Date },
    #[error("it is of {found}, among records of {expected}")]
    OtherDay { found: Date, expected: Date },
    #[error("it is of {found}, and {closed} is closed")]
    ClosedDay { found: Date, closed: Date },
    #[error("it is of {0}, which the header does not announce")]
    NotAnnounced(Date),

    // Balances and closes.
    #[error("it stands between the balances of a day and their close")]
    AmongBalances,
    #[error("the balances are not in the order of their accounts")]
    BalanceOrder,
    #[error("the account {0} was opened with another kind, type, owner or currency")]
    OtherAccount(AccountId),
    #[error("the {what} of account {account} is {found} where the entries make {expected}")]
    Balance { account: AccountId, what: Sum, found: i128, expected: i128 },
    #[error("the balance of the open account {0} is missing")]
    BalanceMissing(AccountId),
    #[error("it is the close of {found}, not of {expected}")]
    OtherShop { found: ShopId, expected: ShopId },
    #[error("the {what} is {found} where the records make {expected}")]
    Count { what: &'static str, found: u64, expected: u64 },
    #[error("the last hash is not that of the record before")]
    LastHash,
    #[error("the totals are not those of the balances")]
    Totals,
    #[error("the {what} of all accounts in {currency} differ by {excess_minor} minor units")]
    Uneven { what: &'static str, currency: Currency, excess_minor: i128 },
    #[error("it is signed with the key {}, which is not to be trusted", .0.id())]
    UntrustedKey(PublicKey),
    #[error("the signature is not that of this close by the key {}", .0.id())]
    BadSignature(PublicKey),
}

/// The sums of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum Sum {
    #[error("opening")]
    Opening,
    #[error("sum of debits")]
    Debits,
    #[error("sum of credits")]
    Credits,
    #[error("closing")]
    Closing,
}
