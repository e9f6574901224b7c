//! The chart of accounts: what kinds of ledger account there are, and who owns them.

use serde::{Deserialize, Serialize};

use crate::id::{ProcessorAccountId, SellerId};

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
        }
    }

    /// The owner's UUID; `None` if the shop itself owns the account.
    pub fn owner(self) -> Option<uuid::Uuid> {
        match self {
            Self::ProcessorReceivable(id)
            | Self::ProcessorBalance(id)
            | Self::ProcessorFees(id)
            | Self::Suspense(id) => Some(id.uuid()),
            Self::SellerPending(id) | Self::SellerAvailable(id) => Some(id.uuid()),
            Self::WriteOffs | Self::PlatformFees => None,
        }
    }
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
}

impl AccountKind {
    /// Every kind, in the order of a trial balance.
    pub const ALL: [Self; 8] = [
        Self::ProcessorReceivable,
        Self::ProcessorBalance,
        Self::Suspense,
        Self::SellerPending,
        Self::SellerAvailable,
        Self::PlatformFees,
        Self::ProcessorFees,
        Self::WriteOffs,
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
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The side of the balance sheet or of the result that the account stands on.
    pub const fn account_type(self) -> AccountType {
        match self {
            Self::ProcessorReceivable | Self::ProcessorBalance | Self::Suspense => {
                AccountType::Asset
            }
            Self::SellerPending | Self::SellerAvailable => AccountType::Liability,
            Self::PlatformFees => AccountType::Revenue,
            Self::ProcessorFees | Self::WriteOffs => AccountType::Expense,
        }
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
