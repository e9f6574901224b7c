//! What each staff role may do.

use serde::{Deserialize, Serialize};

/// A role of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything.
    Operator,
    /// Works on mismatches: takes in files, claims, proposes.
    Analyst,
    /// Works on mismatches and approves what others proposed.
    Approver,
    /// Everything.
    Admin,
}

/// Something that staff can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look at payments, ledger, files and mismatches.
    Read,
    /// Take in a settlement file.
    TakeInFile,
    /// Claim, resolve or propose the resolution of a mismatch.
    ResolveMismatch,
    /// Approve or reject what somebody else proposed.
    ApproveAdjustment,
    /// Have a notification of a processor handled again.
    ReplayWebhook,
    /// Decide that a notification of a processor matches nothing and need not.
    DiscardWebhook,
    /// Acknowledge or resolve an alert.
    HandleAlert,
    /// Decide whether a processor account is called, whatever its calls led to.
    ForceCircuit,
    /// Have a dead letter tried again, or discard it.
    HandleDeadLetter,
    /// Make or cancel a pay-out.
    MakePayout,
    /// Stop a pay-out, or let it go on.
    HoldPayout,
    /// Let a pay-out be submitted.
    ApprovePayout,
    /// Say that a seller's bank account is theirs.
    VerifyPayeeAccount,
    /// Sell one currency of what a seller has, and buy another.
    ExchangeFunds,
}

impl Role {
    /// The word that stands in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Analyst => "analyst",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }

    /// The role that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Operator, Self::Analyst, Self::Approver, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == word)
    }

    /// Whether the role may do `action`.
    pub const fn may(self, action: Action) -> bool {
        match action {
            Action::Read => true,
            Action::TakeInFile
            | Action::ResolveMismatch
            | Action::ReplayWebhook
            | Action::DiscardWebhook
            | Action::HandleAlert
            | Action::ForceCircuit
            | Action::HandleDeadLetter
            | Action::MakePayout
            | Action::HoldPayout
            | Action::ExchangeFunds
            | Action::VerifyPayeeAccount => {
                matches!(self, Self::Analyst | Self::Approver | Self::Admin)
            }
            Action::ApproveAdjustment | Action::ApprovePayout => {
                matches!(self, Self::Approver | Self::Admin)
            }
        }
    }
}
