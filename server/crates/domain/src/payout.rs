//! A pay-out's state: where it stands, where its money is, and who let it go.
//!
//! How a state changes stands in [`decide`]. A pay-out has one id at the provider, whatever it
//! takes to submit it, and a provider pays an id once; so an answer that is lost is asked for, and
//! never replaced by a second pay-out. Whoever wants to pay again after a failure or a return makes
//! a new one.

mod command;
pub mod decide;
pub mod event;
mod fact;
pub mod ruling;

use serde::{Deserialize, Serialize};

use crate::four_eyes::Actor;
use crate::id::PayeeAccountId;
use crate::money::Money;
use crate::payout::ruling::Ruling;
use crate::words::words;

/// How often a pay-out is submitted at most, as long as nothing of it is found at the provider.
pub const SUBMISSIONS_MAX: u16 = 20;

/// The state of one pay-out.
///
/// Invariants: `amount` is above zero; whoever is approved, and whatever we submitted, names who
/// approved it; an outcome is in doubt only where money is in transit or paid; a ruling that nobody
/// has confirmed stands only in a doubt, and one that is confirmed never does; `begun` is at least
/// `submissions`, since money can turn out to be on its way without us.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Payout {
    /// How much is paid, always above zero.
    pub amount: Money,
    /// The bank account that it goes to.
    pub payee: PayeeAccountId,
    /// Who made it.
    pub maker: Actor,
    /// Whether somebody else has to approve it, who is a person.
    pub needs_second: bool,
    /// Who approved it.
    pub approved_by: Option<Actor>,
    /// Where it stands.
    pub phase: Phase,
    /// How many times it was submitted, at most [`SUBMISSIONS_MAX`].
    pub submissions: u16,
    /// How many times its money has left what the seller can be paid.
    pub begun: u16,
    /// Whether the provider has said that it took the newest submission on.
    pub is_accepted: bool,
    /// Whether the outcome is unknown, or what is said of it contradicts itself: the provider has to
    /// be asked, and nothing may be done meanwhile but to say what became of it.
    pub in_doubt: bool,
    /// What people say became of it, where what is said of it contradicts itself.
    pub ruling: Option<Ruling>,
}

words! {
    /// Where a pay-out stands.
    Phase {
        /// Made, and not approved.
        Draft = "draft",
        /// May be submitted.
        Approved = "approved",
        /// Stopped by somebody before it was submitted.
        Held = "held",
        /// Given up before it was submitted.
        Cancelled = "cancelled",
        /// Given to the provider, which may not have it yet.
        Submitted = "submitted",
        /// On its way to the seller's bank.
        InTransit = "in_transit",
        /// With the seller.
        Paid = "paid",
        /// Not paid.
        Failed = "failed",
        /// Paid, and come again.
        Returned = "returned",
    }
}

/// Where the money of a pay-out is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Still, or again, in what the seller can be paid.
    Wallet,
    /// Between us and the seller.
    Transit,
    /// With the seller.
    Gone,
}

impl Phase {
    /// Where the money is in this phase.
    pub const fn place(self) -> Place {
        match self {
            Self::Draft
            | Self::Approved
            | Self::Held
            | Self::Cancelled
            | Self::Failed
            | Self::Returned => Place::Wallet,
            Self::Submitted | Self::InTransit => Place::Transit,
            Self::Paid => Place::Gone,
        }
    }

    /// Whether nobody can ask for anything any more; facts may still come.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Draft | Self::Approved | Self::Held | Self::Submitted | Self::InTransit => false,
            Self::Cancelled | Self::Paid | Self::Failed | Self::Returned => true,
        }
    }
}
