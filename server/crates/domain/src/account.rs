//! The chart of accounts: what kinds of ledger account there are, and who owns them.

use serde::{Deserialize, Serialize};

use uuid::{Builder, Uuid};

use crate::currency::Currency;
use crate::id::{BuyerId, PayoutAccountId, ProcessorAccountId, SellerId};

/// A ledger account without its currency: what it counts, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// What the processor owes us for captures that it has not settled.
    ProcessorReceivable(ProcessorAccountId),
    /// What the processor has settled and holds for us.
    ProcessorBalance(ProcessorAccountId),
    /// What the processor keeps for its work.
    ProcessorFees(ProcessorAccountId),
    /// What reports say and nobody has explained yet; cleared by adjustments.
    Suspense(ProcessorAccountId),
    /// Differences that were written off, either way.
    WriteOffs,
    /// What we keep of each sale.
    PlatformFees,
    /// What a seller has earned and may not have yet.
    SellerPending(SellerId),
    /// What a seller can be paid.
    SellerAvailable(SellerId),
    /// What is kept back of a seller's releases for a while, against refunds and chargebacks.
    SellerReserved(SellerId),
    /// What a buyer has with the shop and can pay with.
    BuyerWallet(BuyerId),
    /// What the processor has paid out to us and no bank statement shows yet.
    CashInTransit(ProcessorAccountId),
    /// What we have at one bank or pay-out provider.
    Bank(PayoutAccountId),
    /// What was submitted to be paid to sellers and has not left the bank.
    ///
    /// Owned by the account that it is going to leave, not by the shop: so the balance ties with
    /// what that bank or provider reports as open, and a difference names where to look.
    PayoutsInTransit(PayoutAccountId),
    /// What exchanges against this other currency have brought in (debit) or taken out (credit) of
    /// the currency that the account is in.
    ///
    /// A pair has two, one on each side, so that every leg balances in its own currency and what
    /// the pair has gained or lost can be read off the two. It is equity: it is nothing that we
    /// have (that stands on `bank`) and nothing that we owe (that stands in the wallets), but the
    /// counterweight of both, whose two sides are worth nothing together but for the result.
    ExchangePosition(Currency),
    /// What we keep of exchanges between the rate and what was given.
    ExchangeSpread,
    /// What positions have gained, less what they have lost, once they are closed.
    ExchangeGains,
    /// What figures that are rounded one by one leave, either way.
    Rounding,
}

impl Account {
    /// The kind of the account.
    pub fn kind(self) -> AccountKind {
        match self {
            Self::ProcessorReceivable(_) => AccountKind::ProcessorReceivable,
            Self::ProcessorBalance(_) => AccountKind::ProcessorBalance,
            Self::ProcessorFees(_) => AccountKind::ProcessorFees,
            Self::Suspense(_) => AccountKind::Suspense,
            Self::WriteOffs => AccountKind::WriteOffs,
            Self::PlatformFees => AccountKind::PlatformFees,
            Self::SellerPending(_) => AccountKind::SellerPending,
            Self::SellerAvailable(_) => AccountKind::SellerAvailable,
            Self::SellerReserved(_) => AccountKind::SellerReserved,
            Self::BuyerWallet(_) => AccountKind::BuyerWallet,
            Self::CashInTransit(_) => AccountKind::CashInTransit,
            Self::Bank(_) => AccountKind::Bank,
            Self::PayoutsInTransit(_) => AccountKind::PayoutsInTransit,
            Self::ExchangePosition(_) => AccountKind::ExchangePosition,
            Self::ExchangeSpread => AccountKind::ExchangeSpread,
            Self::ExchangeGains => AccountKind::ExchangeGains,
            Self::Rounding => AccountKind::Rounding,
        }
    }

    /// The owner's UUID; `None` if the shop itself owns the account.
    ///
    /// A position belongs to the other currency of its pair: see [`owner_of_position`].
    pub fn owner(self) -> Option<Uuid> {
        match self {
            Self::ProcessorReceivable(id)
            | Self::ProcessorBalance(id)
            | Self::ProcessorFees(id)
            | Self::Suspense(id)
            | Self::CashInTransit(id) => Some(id.uuid()),
            Self::SellerPending(id) | Self::SellerAvailable(id) | Self::SellerReserved(id) => {
                Some(id.uuid())
            }
            Self::BuyerWallet(id) => Some(id.uuid()),
            Self::Bank(id) | Self::PayoutsInTransit(id) => Some(id.uuid()),
            Self::ExchangePosition(against) => Some(owner_of_position(against)),
            Self::WriteOffs
            | Self::PlatformFees
            | Self::ExchangeSpread
            | Self::ExchangeGains
            | Self::Rounding => None,
        }
    }

    /// The account of this kind and owner; `None` if an account of the kind has no such owner.
    pub fn of(kind: AccountKind, owner: Option<Uuid>) -> Option<Self> {
        let processor = || owner.map(ProcessorAccountId::from_uuid);
        let seller = || owner.map(SellerId::from_uuid);
        let payouts = || owner.map(PayoutAccountId::from_uuid);
        let shop = |account| owner.is_none().then_some(account);
        match kind {
            AccountKind::ProcessorReceivable => processor().map(Self::ProcessorReceivable),
            AccountKind::ProcessorBalance => processor().map(Self::ProcessorBalance),
            AccountKind::ProcessorFees => processor().map(Self::ProcessorFees),
            AccountKind::Suspense => processor().map(Self::Suspense),
            AccountKind::CashInTransit => processor().map(Self::CashInTransit),
            AccountKind::SellerPending => seller().map(Self::SellerPending),
            AccountKind::SellerAvailable => seller().map(Self::SellerAvailable),
            AccountKind::SellerReserved => seller().map(Self::SellerReserved),
            AccountKind::BuyerWallet => owner.map(|id| Self::BuyerWallet(BuyerId::from_uuid(id))),
            AccountKind::Bank => payouts().map(Self::Bank),
            AccountKind::PayoutsInTransit => payouts().map(Self::PayoutsInTransit),
            AccountKind::ExchangePosition => {
                owner.and_then(position_of_owner).map(Self::ExchangePosition)
            }
            AccountKind::WriteOffs => shop(Self::WriteOffs),
            AccountKind::PlatformFees => shop(Self::PlatformFees),
            AccountKind::ExchangeSpread => shop(Self::ExchangeSpread),
            AccountKind::ExchangeGains => shop(Self::ExchangeGains),
            AccountKind::Rounding => shop(Self::Rounding),
        }
    }
}

/// The UUID that stands for a currency where a position's owner is stored: version 8, beginning
/// with the letters of the code.
pub fn owner_of_position(against: Currency) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..3].copy_from_slice(against.code().as_bytes());
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// The currency that `owner` stands for; `None` unless [`owner_of_position`] made it.
pub fn position_of_owner(owner: Uuid) -> Option<Currency> {
    let code = std::str::from_utf8(&owner.as_bytes()[..3]).ok()?;
    let against = code.parse().ok()?;
    (owner_of_position(against) == owner).then_some(against)
}

/// The kinds of ledger account, as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each kind is explained at the variant of Account that owns it")]
pub enum AccountKind {
    ProcessorReceivable,
    ProcessorBalance,
    ProcessorFees,
    Suspense,
    WriteOffs,
    PlatformFees,
    SellerPending,
    SellerAvailable,
    SellerReserved,
    BuyerWallet,
    CashInTransit,
    Bank,
    PayoutsInTransit,
    ExchangePosition,
    ExchangeSpread,
    ExchangeGains,
    Rounding,
}

impl AccountKind {
    /// Every kind, in the order of a trial balance.
    pub const ALL: [Self; 17] = [
        Self::ProcessorReceivable,
        Self::ProcessorBalance,
        Self::CashInTransit,
        Self::Bank,
        Self::Suspense,
        Self::SellerPending,
        Self::SellerAvailable,
        Self::SellerReserved,
        Self::BuyerWallet,
        Self::PayoutsInTransit,
        Self::ExchangePosition,
        Self::PlatformFees,
        Self::ExchangeSpread,
        Self::ExchangeGains,
        Self::ProcessorFees,
        Self::WriteOffs,
        Self::Rounding,
    ];

    /// The word that stands in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProcessorReceivable => "processor_receivable",
            Self::ProcessorBalance => "processor_balance",
            Self::ProcessorFees => "processor_fees",
            Self::Suspense => "suspense",
            Self::WriteOffs => "write_offs",
            Self::PlatformFees => "platform_fees",
            Self::SellerPending => "seller_pending",
            Self::SellerAvailable => "seller_available",
            Self::SellerReserved => "seller_reserved",
            Self::BuyerWallet => "buyer_wallet",
            Self::CashInTransit => "cash_in_transit",
            Self::Bank => "bank",
            Self::PayoutsInTransit => "payouts_in_transit",
            Self::ExchangePosition => "exchange_position",
            Self::ExchangeSpread => "exchange_spread",
            Self::ExchangeGains => "exchange_gains",
            Self::Rounding => "rounding",
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The side of the balance sheet or of the result that the account stands on.
    pub const fn account_type(self) -> AccountType {
        match self {
            Self::ProcessorReceivable
            | Self::ProcessorBalance
            | Self::CashInTransit
            | Self::Bank
            | Self::Suspense => AccountType::Asset,
            Self::SellerPending
            | Self::SellerAvailable
            | Self::SellerReserved
            | Self::BuyerWallet
            | Self::PayoutsInTransit => AccountType::Liability,
            Self::ExchangePosition => AccountType::Equity,
            Self::PlatformFees | Self::ExchangeSpread | Self::ExchangeGains => AccountType::Revenue,
            Self::ProcessorFees | Self::WriteOffs | Self::Rounding => AccountType::Expense,
        }
    }

    /// Whether it is part of what was earned, and not of what we have or owe.
    pub const fn is_of_result(self) -> bool {
        matches!(self.account_type(), AccountType::Revenue | AccountType::Expense)
    }
}

/// The five types of account of double entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// What we have, or are owed.
    Asset,
    /// What we owe.
    Liability,
    /// What is left of assets after liabilities.
    Equity,
    /// What we earned.
    Revenue,
    /// What it cost us.
    Expense,
}

impl AccountType {
    /// The word that stands in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Revenue => "revenue",
            Self::Expense => "expense",
        }
    }
}
