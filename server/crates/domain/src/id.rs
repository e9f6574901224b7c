//! Typed ids: a UUID that knows what it names, and carries its bucket in its last byte.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::typeid;

/// What an [`Id`] names, and the prefix it is shown with.
pub trait Kind {
    /// The prefix of the text form, such as `pay`.
    const PREFIX: &'static str;
}

/// The id of one `K`: a UUID version 7 inside, `prefix_…` (`TypeID` form) outside.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Id<K> {
    /// Takes a UUID that is known to name a `K`, for instance because it was read from its table.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The bare UUID, as it is stored.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// The bucket the id was minted in: its last byte.
    pub const fn bucket(self) -> Bucket {
        Bucket(self.uuid.as_bytes()[15])
    }
}

/// One of 256 buckets that a shop's checkouts are spread over; everything that belongs to a
/// checkout is minted in its bucket, so that it can live on one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket(pub u8);

impl Bucket {
    /// The bucket of a reference that a shop gave: FNV-1a (64 bit) over shop and reference, folded.
    pub fn of_reference(shop: ShopId, reference: &str) -> Self {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let hash = shop
            .uuid()
            .as_bytes()
            .iter()
            .chain(reference.as_bytes())
            .fold(OFFSET, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        Self(hash.to_be_bytes().iter().fold(0, |folded, &byte| folded ^ byte))
    }

    /// The bucket as Postgres stores it.
    pub fn as_i16(self) -> i16 {
        i16::from(self.0)
    }

    /// `uuid` with this bucket as its last byte.
    pub fn stamp(self, uuid: Uuid) -> Uuid {
        let mut bytes = uuid.into_bytes();
        bytes[15] = self.0;
        Uuid::from_bytes(bytes)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&typeid::encode(K::PREFIX, self.uuid))
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
impl<K: Kind> FromStr for Id<K> {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uuid = typeid::decode(K::PREFIX, text).ok_or(BadId { prefix: K::PREFIX })?;
        Ok(Self::from_uuid(uuid))
    }
}
impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_…")]
pub struct BadId {
    prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $alias:ident = $kind:ident, $prefix:literal;)*) => {
        /// What ids can name; only ever used as the parameter of [`Id`].
        pub mod kind {
            $($(#[$doc])* #[derive(Debug)] pub enum $kind {})*
        }
        $(
            impl Kind for kind::$kind {
                const PREFIX: &'static str = $prefix;
            }
            $(#[$doc])*
            pub type $alias = Id<kind::$kind>;
        )*
    };
}

ids! {
    /// A shop, which calls the API and owns checkouts.
    ShopId = Shop, "shp";
    /// A key of a shop for the API.
    ApiKeyId = ApiKey, "key";
    /// A seller, who is paid.
    SellerId = Seller, "sel";
    /// One shop's account at one processor.
    ProcessorAccountId = ProcessorAccount, "pac";
    /// One shopper's purchase.
    CheckoutId = Checkout, "chk";
    /// A checkout made known to a processor account.
    RegistrationId = Registration, "reg";
    /// Money from one shopper to one seller.
    PaymentId = Payment, "pay";
    /// One try of one operation at one processor.
    AttemptId = Attempt, "att";
    /// Money back to the shopper.
    RefundId = Refund, "ref";
    /// What a holder contests at their bank.
    DisputeId = Dispute, "dsp";
    /// A shopper who has a wallet with the shop.
    BuyerId = Buyer, "buy";
    /// Money to a seller's bank account.
    PayoutId = Payout, "pyo";
    /// The shop's account at a bank or a pay-out provider, which pay-outs leave from.
    PayoutAccountId = PayoutAccount, "poa";
    /// A seller's bank account as it was given once: whoever changes it makes a new one.
    PayeeAccountId = PayeeAccount, "pya";
    /// An order of pay-outs that was written for a bank.
    PayoutFileId = PayoutFile, "pof";
    /// What a bank's file said of pay-outs.
    BankReportId = BankReport, "bkr";
    /// An offer to exchange money, at a rate and for a time.
    QuoteId = Quote, "fxq";
    /// A ledger account.
    AccountId = Account, "acc";
    /// One balanced transaction of the ledger.
    PostingId = Posting, "pst";
    /// Queued work.
    JobId = Job, "job";
    /// One outgoing event.
    EventId = Event, "evt";
    /// One receiver of a shop's events.
    WebhookEndpointId = WebhookEndpoint, "whe";
    /// One webhook that a processor sent.
    InboundWebhookId = InboundWebhook, "inb";
    /// What a processor or a bank reports.
    SettlementFileId = SettlementFile, "fil";
    /// One row of a settlement file.
    SettlementLineId = SettlementLine, "lin";
    /// One difference found.
    MismatchId = Mismatch, "mis";
    /// What resolves a mismatch.
    AdjustmentId = Adjustment, "adj";
    /// A person who works in the console.
    StaffId = Staff, "stf";
    /// One line of the audit log.
    AuditId = Audit, "aud";
    /// Something that somebody should look at.
    AlertId = Alert, "alr";
}
