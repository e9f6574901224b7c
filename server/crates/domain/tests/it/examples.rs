//! Values that many tests start from.

use domain::currency::Currency;
use domain::four_eyes::Actor;
use domain::id::{
    BuyerId, DisputeId, PayeeAccountId, PayoutAccountId, ProcessorAccountId, RefundId, SellerId,
    StaffId,
};
use domain::money::Money;
use domain::payment::{CaptureMode, Payment, Phase};
use domain::posting::Parties;
use domain::posting::payout::PayoutParties;
use time::{Date, Month};
use uuid::Uuid;

/// `minor` euro cents.
pub(crate) const fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// `minor` cents of the dollar.
pub(crate) const fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

/// A day.
pub(crate) fn date(year: i32, month: u8, day: u8) -> Date {
    let month = Month::try_from(month).unwrap();
    Date::from_calendar_date(year, month, day).unwrap()
}

/// Refund number `number`.
pub(crate) const fn refund(number: u8) -> RefundId {
    RefundId::from_uuid(Uuid::from_u128(number as u128))
}

/// Dispute number `number`.
pub(crate) const fn dispute(number: u8) -> DisputeId {
    DisputeId::from_uuid(Uuid::from_u128(number as u128))
}

/// Whose accounts move.
pub(crate) const PARTIES: Parties = Parties {
    processor: ProcessorAccountId::from_uuid(Uuid::from_u128(0xa)),
    seller: SellerId::from_uuid(Uuid::from_u128(0xb)),
};

/// The account that pay-outs leave from.
pub(crate) const PAYOUT_ACCOUNT: PayoutAccountId = PayoutAccountId::from_uuid(Uuid::from_u128(0xc));

/// A shopper with a wallet.
pub(crate) const BUYER: BuyerId = BuyerId::from_uuid(Uuid::from_u128(0xd));

/// Whose accounts a pay-out moves.
pub(crate) const PAYOUT_PARTIES: PayoutParties =
    PayoutParties { seller: PARTIES.seller, account: PAYOUT_ACCOUNT };

/// Bank account number `number` of the seller.
pub(crate) const fn payee(number: u8) -> PayeeAccountId {
    PayeeAccountId::from_uuid(Uuid::from_u128(number as u128))
}

/// Person number `number` of the staff.
pub(crate) const fn person(number: u8) -> StaffId {
    StaffId::from_uuid(Uuid::from_u128(number as u128))
}

/// Person number `number` of the staff, as who acts.
pub(crate) const fn staff(number: u8) -> Actor {
    Actor::Staff(person(number))
}

/// A payment of `minor` euro cents, of which we keep 5 %, in `phase` after one attempt.
pub(crate) fn payment_in(phase: Phase, minor: i64) -> Payment {
    let attempts = u16::from(phase != Phase::Created);
    Payment { phase, attempts, ..Payment::new(eur(minor), CaptureMode::Automatic, 500) }
}
