//! What each staff role may do.

use serde::{Deserialize, Serialize};

use crate::words::words;

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

words! {
    /// Something that staff can do.
    Action {
        /// Look at payments, ledger, files and mismatches.
        Read = "read",
        /// Take in a settlement file.
        TakeInFile = "take_in_file",
        /// Claim, resolve or propose the resolution of a mismatch.
        ResolveMismatch = "resolve_mismatch",
        /// Approve or reject what somebody else proposed.
        ApproveAdjustment = "approve_adjustment",
        /// Have a notification of a processor handled again.
        ReplayWebhook = "replay_webhook",
        /// Decide that a notification of a processor matches nothing and need not.
        DiscardWebhook = "discard_webhook",
        /// Acknowledge or resolve an alert.
        HandleAlert = "handle_alert",
        /// Decide whether a processor account is called, whatever its calls led to.
        ForceCircuit = "force_circuit",
        /// Have a dead letter tried again, or discard it.
        HandleDeadLetter = "handle_dead_letter",
        /// Make or cancel a pay-out.
        MakePayout = "make_payout",
        /// Stop a pay-out, or let it go on.
        HoldPayout = "hold_payout",
        /// Let a pay-out be submitted.
        ApprovePayout = "approve_payout",
        /// Say what became of a pay-out whose provider contradicts itself, or take that back.
        ProposeRuling = "propose_ruling",
        /// Agree with what somebody else said became of such a pay-out.
        ConfirmRuling = "confirm_ruling",
        /// Make a file of pay-outs for a bank, or fetch the bytes of one: they name the payees in full.
        MakeBankFile = "make_bank_file",
        /// Take in what a bank's file says of pay-outs.
        ReadBankReport = "read_bank_report",
        /// Say that a seller's bank account is theirs.
        VerifyPayeeAccount = "verify_payee_account",
        /// Sell one currency of what a seller has, and buy another.
        ExchangeFunds = "exchange_funds",
    }
}

impl Role {
    /// All of them, those first that may do least.
    pub const ALL: [Self; 4] = [Self::Operator, Self::Analyst, Self::Approver, Self::Admin];

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
        Self::ALL.into_iter().find(|role| role.as_str() == word)
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
            | Action::ProposeRuling
            | Action::MakeBankFile
            | Action::ReadBankReport
            | Action::ExchangeFunds
            | Action::VerifyPayeeAccount => {
                matches!(self, Self::Analyst | Self::Approver | Self::Admin)
            }
            Action::ApproveAdjustment | Action::ApprovePayout | Action::ConfirmRuling => {
                matches!(self, Self::Approver | Self::Admin)
            }
        }
    }
}
