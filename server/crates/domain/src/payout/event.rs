//! Events: what can be asked of a pay-out, what can be learnt about it, and what the shop hears.

use serde::{Deserialize, Serialize};

use crate::four_eyes::Actor;
use crate::id::{PayeeAccountId, StaffId};
use crate::money::Money;
use crate::payout::ruling::Ending;
use crate::words::words;

/// What a new pay-out is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// How much is to be paid.
    pub amount: Money,
    /// What the seller can be paid, less what their other pay-outs that are not submitted yet will
    /// take: those have posted nothing.
    pub available: Money,
    /// The seller's verified bank account; `None` if they have none.
    pub payee: Option<PayeeAccountId>,
    /// Who makes it.
    pub maker: Actor,
    /// Whether somebody else has to approve it, as [`crate::four_eyes::reasons`] says.
    pub needs_second: bool,
}

/// What somebody asks for. A command may be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Let it be submitted.
    Approve {
        /// Who says so.
        by: Actor,
        /// Who verified the bank account, if this is the first pay-out to it.
        verifier: Option<StaffId>,
    },
    /// Stop it until somebody lets it go on.
    Hold,
    /// Let it go on, from where it was stopped: after it was approved, that takes a second person.
    Resume {
        /// Who says so.
        by: Actor,
    },
    /// Give it up.
    Cancel,
    /// Give it to the provider.
    Submit {
        /// What the seller can be paid now, read under the lock of their balance.
        available: Money,
        /// The seller's verified bank account as it is now.
        payee: Option<PayeeAccountId>,
    },
    /// Say what became of it, where what its provider says contradicts itself or cannot be believed.
    ProposeRuling {
        /// What became of it.
        ending: Ending,
        /// Who says so.
        by: StaffId,
        /// Whether no call that broke can reach the provider any more.
        nothing_arrives: bool,
    },
    /// Agree that this became of it: it is booked.
    ConfirmRuling {
        /// Who agrees.
        by: StaffId,
    },
    /// Take back, or turn down, what was said and not confirmed.
    WithdrawRuling,
}

impl Command {
    /// Whether it is about what became of a pay-out that contradicts itself.
    pub(super) const fn is_ruling(self) -> bool {
        match self {
            Self::ProposeRuling { .. } | Self::ConfirmRuling { .. } | Self::WithdrawRuling => true,
            Self::Approve { .. }
            | Self::Hold
            | Self::Resume { .. }
            | Self::Cancel
            | Self::Submit { .. } => false,
        }
    }
}

/// What was learnt from an authenticated source. A fact is never refused.
///
/// The first five are about the pay-out, whichever submission brought it to the provider, and say
/// how it stands now. The last two are about one submission alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fact {
    /// The provider has taken it on.
    Accepted,
    /// The money is on its way.
    InTransit,
    /// The seller has the money.
    Paid,
    /// It was not paid, and will not be.
    Failed,
    /// It was paid, and the money has come again.
    Returned,
    /// The call broke: the provider may have it or not.
    Unknown {
        /// Which submission, from 1.
        submission: u16,
    },
    /// The provider was asked, and certainly does not have it.
    ///
    /// Only to be believed once the broken call cannot arrive any more.
    NothingFound {
        /// Which submission, from 1.
        submission: u16,
    },
}

/// What happens to a pay-out: somebody asks, or something is learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Asked.
    Command(Command),
    /// Learnt, from whomever.
    Fact(Fact),
}

impl Event {
    /// The event's name in the history, such as `submit`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command(Command::Approve { .. }) => "approve",
            Self::Command(Command::Hold) => "hold",
            Self::Command(Command::Resume { .. }) => "resume",
            Self::Command(Command::Cancel) => "cancel",
            Self::Command(Command::Submit { .. }) => "submit",
            Self::Command(Command::ProposeRuling { .. }) => "propose_ruling",
            Self::Command(Command::ConfirmRuling { .. }) => "confirm_ruling",
            Self::Command(Command::WithdrawRuling) => "withdraw_ruling",
            Self::Fact(Fact::Accepted) => "accepted",
            Self::Fact(Fact::InTransit) => "in_transit",
            Self::Fact(Fact::Paid) => "paid",
            Self::Fact(Fact::Failed) => "failed",
            Self::Fact(Fact::Returned) => "returned",
            Self::Fact(Fact::Unknown { .. }) => "unknown",
            Self::Fact(Fact::NothingFound { .. }) => "nothing_found",
        }
    }
}

words! {
    /// What the shop is told, by webhook.
    Announcement {
        /// A pay-out was made.
        Created = "payout.created",
        /// It may be submitted.
        Approved = "payout.approved",
        /// It was stopped.
        Held = "payout.held",
        /// It goes on.
        Resumed = "payout.resumed",
        /// It was given up.
        Cancelled = "payout.cancelled",
        /// It was given to the provider.
        Submitted = "payout.submitted",
        /// The money is on its way.
        InTransit = "payout.in_transit",
        /// The seller has the money.
        Paid = "payout.paid",
        /// It was not paid.
        Failed = "payout.failed",
        /// It was paid, and came again.
        Returned = "payout.returned",
    }
}
