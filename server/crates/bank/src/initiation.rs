//! What is to be written for the bank: an order of pay-outs, checked, adapted and put into blocks.
//!
//! A [`Message`] can be written as it is: every pay-out in it has what a bank needs, all texts are
//! in the character set of SEPA and not too long, and counts and sums are right. What was changed
//! for that is listed; what cannot be mended is refused, with the pay-out and the reason.
//!
//! Source: ISO 20022 `pain.001` and EPC132-08.

mod blocks;

use domain::bic::Bic;
use domain::currency::Currency;
use domain::iban::Iban;
use domain::money::Money;
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};

use crate::text::{self, Reference};

/// How many pay-outs one message may have.
pub const TRANSFERS_MAX: usize = 100_000;
/// How long the id of a message may be: what its blocks are called has to fit as well.
pub const MESSAGE_ID_MAX: usize = 30;
/// How many blocks one message may have.
pub const BLOCKS_MAX: usize = 9_999;
/// The years that a day or a time of an order may be in.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=9998;
/// How long a name may be, in characters.
pub const NAME_MAX: usize = 70;
/// How long the words for the payee may be, in characters.
pub const REMITTANCE_MAX: usize = 140;

/// What to tell the bank to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// A reference that no other message has had: banks refuse a second one with it.
    pub message_id: Reference,
    /// When the message is made.
    pub created_at: OffsetDateTime,
    /// Who sends it.
    pub initiator: String,
    /// Whether the bank may book a block as one entry, and not each pay-out by itself.
    pub is_batch_booked: bool,
    /// The pay-outs.
    pub transfers: Vec<Transfer>,
}

/// One pay-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Our reference, which comes back in reports and entries; no other pay-out has it.
    pub end_to_end_id: Reference,
    /// On which day the bank shall carry it out.
    pub execution_on: Date,
    /// Whose account is debited.
    pub debtor: Party,
    /// Who is paid.
    pub creditor: Party,
    /// How much, above zero, in the currency in which it shall arrive.
    pub amount: Money,
    /// Words for the payee; may be empty.
    pub remittance: String,
}

/// One end of a pay-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name of the account's holder.
    pub name: String,
    /// The account.
    pub iban: Iban,
    /// Its bank; needed for a payee outside of SEPA, or in another currency than the euro.
    pub bic: Option<Bic>,
}

/// A message that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its reference.
    pub id: Reference,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Who sends it.
    pub initiator: String,
    /// How many pay-outs it has.
    pub count: usize,
    /// The sum of all amounts in major units, whatever their currencies.
    pub control_sum: Decimal,
    /// Its parts, by day, currency and account.
    pub blocks: Vec<Block>,
    /// What was changed to fit.
    pub changes: Vec<Change>,
}

/// What a `pain.001` calls a payment information: the pay-outs of one day, one currency and one
/// account of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The message's reference and a number; reports name it.
    pub id: Reference,
    /// On which day.
    pub execution_on: Date,
    /// In which currency.
    pub currency: Currency,
    /// Our account.
    pub debtor: Party,
    /// Whether the bank may book it as one entry.
    pub is_batch_booked: bool,
    /// The scheme of its pay-outs, if they all have the same.
    pub scheme: Option<Scheme>,
    /// The sum of its amounts in major units.
    pub control_sum: Decimal,
    /// Its pay-outs, in the order in which they were given.
    pub transfers: Vec<Transfer>,
}

/// By which rules a pay-out travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// A SEPA credit transfer: euros between two accounts of the area, each side pays its bank.
    Sepa,
    /// Anything else: charges are shared, and the payee's bank is named.
    Other,
}

/// A text that was changed so that banks take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The pay-out; none for the name of the sender.
    pub end_to_end_id: Option<Reference>,
    /// Which text.
    pub field: Field,
    /// Whether characters were replaced.
    pub is_replaced: bool,
    /// Whether its end was cut off.
    pub is_cut: bool,
    /// What is written.
    pub written: String,
}

/// The texts that are adapted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of the variants are the texts")]
pub enum Field {
    Initiator,
    Debtor,
    Creditor,
    Remittance,
}

impl Transfer {
    /// By which rules it travels.
    pub fn scheme(&self) -> Scheme {
        let is_sepa = self.amount.currency() == Currency::EUR
            && self.debtor.iban.is_sepa()
            && self.creditor.iban.is_sepa();
        if is_sepa { Scheme::Sepa } else { Scheme::Other }
    }
}

impl Message {
    /// Checks and adapts an order. All pay-outs that are refused are listed, not only the first.
    ///
    /// # Errors
    /// [`OrderError`]; no part of the order should be sent then.
    pub fn new(order: Order) -> Result<Self, OrderError> {
        let Order { message_id, created_at, initiator, is_batch_booked, mut transfers } = order;
        if transfers.is_empty() {
            return Err(OrderError::Empty);
        }
        if transfers.len() > TRANSFERS_MAX {
            return Err(OrderError::TooMany { found: transfers.len() });
        }
        if message_id.as_str().len() > MESSAGE_ID_MAX {
            return Err(OrderError::LongMessageId { found: message_id.as_str().len() });
        }
        if !YEARS.contains(&created_at.year()) {
            return Err(OrderError::CreatedAt);
        }
        let mut changes = Vec::new();
        let initiator = adapt(&initiator, NAME_MAX, None, Field::Initiator, &mut changes);
        if initiator.is_empty() {
            return Err(OrderError::NoInitiator);
        }
        for transfer in &mut transfers {
            adapt_texts(transfer, &mut changes);
        }
        let refused = blocks::refused(&transfers);
        if !refused.is_empty() {
            return Err(OrderError::Transfers(refused));
        }
        let count = transfers.len();
        let control_sum = blocks::control_sum(&transfers)?;
        let blocks = blocks::of(&message_id, is_batch_booked, transfers)?;
        Ok(Self { id: message_id, created_at, initiator, count, control_sum, blocks, changes })
    }
}

fn adapt_texts(transfer: &mut Transfer, changes: &mut Vec<Change>) {
    let id = &transfer.end_to_end_id;
    let mut fit = |text: &mut String, length_max, field| {
        *text = adapt(text, length_max, Some(id), field, changes);
    };
    fit(&mut transfer.debtor.name, NAME_MAX, Field::Debtor);
    fit(&mut transfer.creditor.name, NAME_MAX, Field::Creditor);
    fit(&mut transfer.remittance, REMITTANCE_MAX, Field::Remittance);
}

fn adapt(
    text: &str,
    length_max: usize,
    transfer: Option<&Reference>,
    field: Field,
    changes: &mut Vec<Change>,
) -> String {
    let text::Adapted { text, is_replaced, is_cut } = text::adapted(text, length_max);
    if is_replaced || is_cut {
        let end_to_end_id = transfer.cloned();
        let written = text.clone();
        changes.push(Change { end_to_end_id, field, is_replaced, is_cut, written });
    }
    text
}

/// Why an order cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// There is nothing to pay.
    #[error("the order has no pay-outs")]
    Empty,
    /// More pay-outs than one message may have.
    #[error("the order has {found} pay-outs, a message may have {TRANSFERS_MAX}")]
    TooMany {
        /// How many there are.
        found: usize,
    },
    /// More blocks than one message may have.
    #[error("the order has {found} days, currencies and accounts, a message may have {BLOCKS_MAX}")]
    TooManyBlocks {
        /// How many there are.
        found: usize,
    },
    /// The reference of the message leaves no room for the number of a block.
    #[error("the reference of a message has at most {MESSAGE_ID_MAX} characters, not {found}")]
    LongMessageId {
        /// How many there are.
        found: usize,
    },
    /// The time at which the message is said to be made cannot be.
    #[error("the order was not made in the years {} to {}", YEARS.start(), YEARS.end())]
    CreatedAt,
    /// The sender has no name that can be written.
    #[error("the order has no name of its sender")]
    NoInitiator,
    /// The amounts add up to more than 18 digits.
    #[error("the amounts add up to more than a message can say")]
    SumTooLarge,
    /// Pay-outs that cannot be written.
    #[error("{} pay-outs of the order cannot be written, the first is {}", .0.len(), .0[0])]
    Transfers(Vec<RefusedTransfer>),
}

/// A pay-out that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{end_to_end_id}: {reason}")]
pub struct RefusedTransfer {
    /// Which.
    pub end_to_end_id: Reference,
    /// Why.
    pub reason: RefusedReason,
}

/// Why a pay-out cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum RefusedReason {
    #[error("another pay-out of the order has the same reference")]
    Repeated,
    #[error("the amount is not above zero")]
    NotPositive,
    #[error("the amount is larger than a file can say")]
    TooLarge,
    #[error("the payee has no name that can be written")]
    NoCreditorName,
    #[error("our account has no name of its holder that can be written")]
    NoDebtorName,
    #[error("the payee's account is the one that would be debited")]
    SameAccount,
    #[error("the payee's bank must be named (BIC) outside of SEPA and in currencies but the euro")]
    NoCreditorBic,
    #[error("another pay-out of the order gives our account another name or bank")]
    DebtorDiffers,
    #[error("the day is not in the years {} to {}", YEARS.start(), YEARS.end())]
    Day,
}
