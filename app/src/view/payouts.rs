//! Pay-outs as staff see them: the queue, one of them with all that is known, and what a seller can
//! be paid.

use domain::currency::Currency;
use domain::four_eyes::{Objection, Reason};
use domain::id::{PayeeAccountId, PayoutFileId, PayoutId, SellerId};
use domain::money::Money;
use domain::payout::Phase;
use domain::payout::ruling::Ending;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use crate::view::payments::EntryView;
use crate::view::rulings::{DoubtView, RuledView};

/// What the queue is narrowed to. Comes from the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutFilter {
    /// Only those in this state.
    pub state: Option<PayoutState>,
    /// Only those of this seller.
    pub seller: Option<SellerId>,
    /// Only those in this currency.
    pub currency: Option<Currency>,
    /// Only those made before this one.
    pub after: Option<PayoutId>,
}

/// A state as the filter of the queue offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayoutState {
    /// Waits for a second person.
    SecondPerson,
    /// Its outcome is unknown.
    InDoubt,
    /// In this phase.
    In(Phase),
}

impl PayoutState {
    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SecondPerson => "second_person",
            Self::InDoubt => "in_doubt",
            Self::In(phase) => phase.as_str(),
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::all().find(|state| state.as_str() == word)
    }

    /// Every state, in the order in which they are offered.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::SecondPerson, Self::InDoubt]
            .into_iter()
            .chain(Phase::ALL.iter().copied().map(Self::In))
    }
}

/// Some pay-outs that fit the filter, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayoutListView {
    /// The pay-outs.
    pub rows: Vec<PayoutRow>,
    /// The sellers that the filter offers, with their names.
    pub sellers: Vec<(SellerId, String)>,
    /// The currencies that the filter offers.
    pub currencies: Vec<Currency>,
    /// Where the next page starts, if there is one.
    pub next: Option<PayoutId>,
    /// The moment that the page is of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One pay-out in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayoutRow {
    /// Its id.
    pub id: PayoutId,
    /// Who is paid.
    pub seller: SellerId,
    /// What people know them as.
    pub seller_name: String,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub phase: Phase,
    /// Whether its outcome is unknown.
    pub is_in_doubt: bool,
    /// Why a second person has to approve it; empty if nobody has to.
    pub reasons: Vec<Reason>,
    /// Why it was not submitted when that was last tried, as a code.
    pub refusal: Option<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One pay-out with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayoutView {
    /// What a list says of it.
    pub row: PayoutRow,
    /// How many changes it has seen.
    pub version: i32,
    /// Where it goes.
    pub payee: PayeeView,
    /// Who made it.
    pub maker: String,
    /// Who approved it, if somebody has.
    pub approver: Option<String>,
    /// How often it was submitted.
    pub submissions: u16,
    /// How far it is on its way into a bank's hands, if it leaves by bank file.
    pub bank_file: Option<BankFileView>,
    /// The provider's id of it.
    pub provider_reference: Option<String>,
    /// Why it failed or came again: the provider's code, and its text.
    pub failure: Option<(String, String)>,
    /// When it ended, if it has.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// What it will take; none once it was submitted.
    pub coverage: Option<CoverageView>,
    /// Every change, the oldest first.
    pub history: Vec<PayoutChange>,
    /// What it has posted, in the order of recording.
    pub postings: Vec<PayoutPosting>,
    /// What it pays for; none if it was given up.
    pub advice: Option<AdviceView>,
    /// What people can say became of it, if nothing certain is said.
    pub doubt: Option<DoubtView>,
    /// What people have said became of it.
    pub ruled: Option<RuledView>,
    /// What this person may do about it.
    pub may: PayoutMay,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// How far a submitted pay-out is on its way into a bank's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BankFileView {
    /// It will be in the next file.
    Waits,
    /// It is in this one, which was made on that day.
    In(PayoutFileId, Date),
}

/// What a seller has, and what a pay-out leaves of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoverageView {
    /// What the seller can be paid now.
    pub available: Money,
    /// What their other pay-outs will take of it that are not submitted.
    pub waiting: Money,
    /// What they can be paid once this one is submitted.
    pub after: Money,
}

/// One change of a pay-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutChange {
    /// What happened, as it is stored.
    pub event: String,
    /// Who asked for it, or how we know.
    pub by: String,
    /// The phase since.
    pub to: Phase,
    /// What was said to have become of it, if that was it.
    pub ruling: Option<Ending>,
    /// Why, if a reason was given.
    pub reason: Option<String>,
    /// The pay-out because of which it happened, if it was one.
    pub because_of: Option<PayoutId>,
    /// How it breaks our rules, if it does.
    pub irregular: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// One posting of a pay-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayoutPosting {
    /// The fact behind it, as it is stored.
    pub cause: String,
    /// When it was recorded.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Its entries, debits first.
    pub entries: Vec<EntryView>,
}

/// What somebody may do about a pay-out as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one form that is offered or not")]
pub struct PayoutMay {
    /// Let it be submitted.
    pub approve: bool,
    /// Why they, who might otherwise, may not let it be submitted or go on.
    pub objection: Option<Objection>,
    /// Stop it.
    pub hold: bool,
    /// Let it go on.
    pub resume: bool,
    /// Give it up.
    pub cancel: bool,
    /// Make another one in its place.
    pub make_again: bool,
}

/// What a pay-out pays for: opening + moved = paid + what stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdviceView {
    /// Whether the money has left; until then this is what the advice would be now.
    pub is_final: bool,
    /// What stood there after the pay-out before.
    pub opening: Money,
    /// What moved since.
    pub moved: AdviceParts,
    /// What was paid.
    pub paid: Money,
    /// What stands there afterwards.
    pub stays: Money,
    /// What moved, by what it is about: the first of them.
    pub rows: Vec<AdviceRow>,
    /// How many there are in all.
    pub total: u64,
}

/// What moved, by kind; what lowers the pay-out is below zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdviceParts {
    /// Shares of sales that were released.
    pub released: Money,
    /// Kept back, and given free again.
    pub reserve: Money,
    /// Taken back for refunds and chargebacks.
    pub clawed_back: Money,
    /// Exchanged from or into other currencies.
    pub exchanged: Money,
    /// Of pay-outs that were not paid or came again.
    pub came_again: Money,
    /// Everything else.
    pub other: Money,
    /// All of it.
    pub sum: Money,
}

/// One line of an advice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdviceRow {
    /// What it is about, in words.
    pub about: String,
    /// The page of that, if there is one.
    pub address: Option<String>,
    /// What moved.
    pub parts: AdviceParts,
}

/// A seller's bank account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeView {
    /// Its id.
    pub id: PayeeAccountId,
    /// What can be paid to it.
    pub currency: Currency,
    /// Its number, masked.
    pub iban: String,
    /// Who has the account.
    pub holder: String,
    /// Whether it is paid to.
    pub state: PayeeState,
    /// Who said that it is the seller's, if somebody has.
    pub verified_by: Option<String>,
    /// When it was given.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Whether a bank account is paid to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayeeState {
    /// Nobody has looked at it.
    New,
    /// It is paid to.
    Verified,
    /// Another one took its place.
    Retired,
}

/// What concerns pay-outs on a seller's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SellerPayoutsView {
    /// Their bank accounts, the newest first.
    pub accounts: Vec<PayeeView>,
    /// What a new pay-out can be of, one per currency that the shop pays out in.
    pub payable: Vec<Money>,
    /// The pay-out that the address asks for, as it would be.
    pub wish: Option<WishView>,
    /// Their newest pay-outs.
    pub rows: Vec<PayoutRow>,
    /// The newest of them that was not paid or came back, if the account that it went to is still
    /// paid to.
    pub setback: Option<SetbackView>,
    /// Their schedules, by currency.
    pub schedules: Vec<ScheduleView>,
    /// Whether this person may make a pay-out.
    pub may_make: bool,
    /// Whether this person may say that a bank account is the seller's.
    pub may_verify: bool,
}

/// A pay-out that was not paid or came back, and that somebody has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetbackView {
    /// Which one.
    pub payout: PayoutId,
    /// How much it was.
    pub amount: Money,
    /// Whether it has failed or came back.
    pub phase: Phase,
    /// How many of the seller's newest pay-outs are held in its currency.
    pub held: u64,
}

/// The pay-out that a page's address asks for. Typed by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// How much, as it was typed.
    pub amount: String,
    /// In which currency, as it was typed.
    pub currency: String,
}

/// What a new pay-out would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WishView {
    /// It can be made.
    Possible {
        /// How much.
        amount: Money,
        /// What can be paid now.
        payable: Money,
        /// What is left of it then.
        after: Money,
        /// The key under which it is made, once.
        idempotency_key: String,
    },
    /// It cannot, for the reason of this code of [`crate::words::notice::problem`].
    Refused(String),
}

/// When a seller is paid in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduleView {
    /// On which days, in words.
    pub rhythm: String,
    /// What has to be there at least.
    pub minimum: Money,
    /// The day of the last run, and what came of it.
    pub last: Option<(Date, String)>,
}
