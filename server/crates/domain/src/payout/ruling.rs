//! Rulings: what people say became of a pay-out of which its provider says one thing and then
//! another, or nothing that can be believed.
//!
//! One person says so, with what proves it, and another confirms it; only then it is booked. Until
//! then the provider is asked on: what it says for certain ends the doubt, and the proposal with it.

use serde::{Deserialize, Serialize};

use crate::four_eyes::{Actor, may_approve};
use crate::id::StaffId;
use crate::payout::decide::{Decision, Outcome, Refused};
use crate::payout::event::{Announcement, Fact};
use crate::payout::{Payout, Phase, fact};
use crate::words::words;

words! {
    /// What can have become of a pay-out in the end.
    Ending {
        /// The seller has the money.
        Paid = "paid",
        /// It was never paid.
        Failed = "failed",
        /// It was paid, and the money has come again.
        Returned = "returned",
    }
}

/// What people say became of a pay-out, whatever its provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ruling {
    /// What became of it.
    pub ending: Ending,
    /// Who said so.
    pub by: StaffId,
    /// Who confirmed it, always somebody else; until then it is a proposal and binds nobody.
    pub confirmed_by: Option<StaffId>,
}

impl Ending {
    /// What the provider would have said.
    const fn fact(self) -> Fact {
        match self {
            Self::Paid => Fact::Paid,
            Self::Failed => Fact::Failed,
            Self::Returned => Fact::Returned,
        }
    }
}

/// What people may say became of the pay-out: nothing unless it is in doubt, and as long as a call
/// that broke may still arrive (`nothing_arrives` says that it cannot): asking ends that doubt, and
/// whoever ruled that it was never paid would let it be paid twice.
pub const fn endings(state: &Payout, nothing_arrives: bool) -> &'static [Ending] {
    if !state.in_doubt {
        return &[];
    }
    match state.phase {
        // Our books have it paid already; money that was paid and is here again has come back.
        Phase::Paid => &[Ending::Paid, Ending::Returned],
        Phase::InTransit => &[Ending::Paid, Ending::Failed, Ending::Returned],
        Phase::Submitted if state.is_accepted || nothing_arrives => {
            &[Ending::Paid, Ending::Failed, Ending::Returned]
        }
        Phase::Draft
        | Phase::Approved
        | Phase::Held
        | Phase::Cancelled
        | Phase::Submitted
        | Phase::Failed
        | Phase::Returned => &[],
    }
}

/// Whether people have ruled that the pay-out ended so.
pub(super) fn is_ruled(state: &Payout, ending: Ending) -> bool {
    state.ruling.is_some_and(|ruling| ruling.ending == ending && ruling.confirmed_by.is_some())
}

pub(super) fn propose(
    state: &Payout,
    (ending, by): (Ending, StaffId),
    nothing_arrives: bool,
) -> Result<Decision, Refused> {
    if !endings(state, nothing_arrives).contains(&ending) {
        return Err(Refused::NotInQuestion);
    }
    if state.ruling.is_some() {
        return Err(Refused::RulingWaits);
    }
    let ruling = Some(Ruling { ending, by, confirmed_by: None });
    Ok(Decision::to(Payout { ruling, ..state.clone() }))
}

/// Books what was proposed as if the provider had said it. That it was paid is told to the shop
/// once more: meanwhile it could see that nobody knew.
pub(super) fn confirm(state: &Payout, by: StaffId) -> Result<Decision, Refused> {
    let ruling = waiting(state)?;
    may_approve(Actor::Staff(ruling.by), None, Actor::Staff(by), true)?;
    let Outcome::Changed(mut decision) = fact::decide(state, ruling.ending.fact()) else {
        return Err(Refused::NotInQuestion);
    };
    decision.next.ruling = Some(Ruling { confirmed_by: Some(by), ..ruling });
    decision.frees_seller = ruling.ending == Ending::Paid;
    if ruling.ending == Ending::Paid {
        decision.announcement = Some(Announcement::Paid);
    }
    Ok(*decision)
}

pub(super) fn withdraw(state: &Payout) -> Result<Decision, Refused> {
    waiting(state)?;
    Ok(Decision::to(Payout { ruling: None, ..state.clone() }))
}

/// The proposal that nobody has confirmed.
fn waiting(state: &Payout) -> Result<Ruling, Refused> {
    let waits = state.ruling.filter(|ruling| ruling.confirmed_by.is_none());
    waits.ok_or(Refused::NoRuling)
}
