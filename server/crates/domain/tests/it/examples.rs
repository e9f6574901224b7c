//! Values that many tests start from.

use domain::currency::Currency;
use domain::id::{DisputeId, ProcessorAccountId, RefundId, SellerId};
use domain::money::Money;
use domain::payment::{CaptureMode, Payment, Phase};
use domain::posting::Parties;
use uuid::Uuid;

/// `minor` euro cents.
pub(crate) const fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
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

/// A payment of `minor` euro cents, of which we keep 5 %, in `phase` after one attempt.
pub(crate) fn payment_in(phase: Phase, minor: i64) -> Payment {
    let attempts = u16::from(phase != Phase::Created);
    Payment { phase, attempts, ..Payment::new(eur(minor), CaptureMode::Automatic, 500) }
}
