//! Facts: what is learnt of a pay-out, in whatever order, however often, and whether it fits.

use crate::decide::Why;
use crate::payout::decide::{Decision, Follow, Outcome};
use crate::payout::event::{Announcement, Fact};
use crate::payout::ruling::{Ending, is_ruled};
use crate::payout::{Payout, Phase};
use crate::posting::payout::Step;

pub(super) fn decide(state: &Payout, fact: Fact) -> Outcome {
    match fact {
        Fact::Accepted => accepted(state),
        Fact::InTransit => in_transit(state),
        Fact::Paid => paid(state),
        Fact::Failed => failed(state),
        Fact::Returned => returned(state),
        Fact::Unknown { submission } => unknown(state, submission),
        Fact::NothingFound { submission } => nothing_found(state, submission),
    }
}

fn accepted(state: &Payout) -> Outcome {
    let next = Payout { is_accepted: true, ..certain(state, Phase::Submitted) };
    match state.phase {
        Phase::Draft | Phase::Approved | Phase::Held | Phase::Cancelled => Decision::to(next)
            .moving(&[Step::Begun])
            .announcing(Announcement::Submitted)
            .irregular(Some("taken on by the provider though nothing was to be there"))
            .changed(),
        Phase::Submitted if state.is_accepted && !state.in_doubt => Outcome::Nothing(Why::Known),
        Phase::Submitted => Decision::to(next).changed(),
        Phase::InTransit | Phase::Paid | Phase::Failed | Phase::Returned => {
            Outcome::Nothing(Why::OutOfOrder)
        }
    }
}

fn in_transit(state: &Payout) -> Outcome {
    let next = Payout { is_accepted: true, ..certain(state, Phase::InTransit) };
    match state.phase {
        Phase::Draft | Phase::Approved | Phase::Held | Phase::Cancelled => Decision::to(next)
            .moving(&[Step::Begun])
            .announcing(Announcement::InTransit)
            .irregular(Some("on its way though nothing was to be at the provider"))
            .changed(),
        Phase::Submitted => Decision::to(next).announcing(Announcement::InTransit).changed(),
        Phase::InTransit if state.in_doubt => Decision::to(next).changed(),
        Phase::InTransit => Outcome::Nothing(Why::Known),
        Phase::Paid | Phase::Failed | Phase::Returned => Outcome::Nothing(Why::OutOfOrder),
    }
}

fn paid(state: &Payout) -> Outcome {
    let decision = Decision::to(certain(state, Phase::Paid)).announcing(Announcement::Paid);
    match state.phase {
        Phase::Submitted | Phase::InTransit => decision.moving(&[Step::Paid]).changed(),
        Phase::Draft | Phase::Approved | Phase::Held | Phase::Cancelled | Phase::Failed => decision
            .moving(&[Step::Begun, Step::Paid])
            .irregular(Some(if state.phase == Phase::Failed {
                "paid after it had failed"
            } else {
                "paid though nothing was to be at the provider"
            }))
            .changed(),
        // That it is paid was in doubt, and is not any more.
        Phase::Paid if state.in_doubt => Decision::to(certain(state, Phase::Paid)).changed(),
        Phase::Paid => Outcome::Nothing(Why::Known),
        // Told late: a provider that pays once more does so under another id.
        Phase::Returned => Outcome::Nothing(Why::OutOfOrder),
    }
}

fn failed(state: &Payout) -> Outcome {
    let decision = Decision::to(certain(state, Phase::Failed))
        .announcing(Announcement::Failed)
        .holding_seller();
    match state.phase {
        Phase::Submitted | Phase::InTransit => decision.moving(&[Step::Failed]).changed(),
        Phase::Draft | Phase::Approved | Phase::Held => {
            decision.irregular(Some("failed though nothing was to be at the provider")).changed()
        }
        // What was given up has not been paid: that is how it should be.
        Phase::Cancelled => Outcome::Nothing(Why::Late),
        // Its provider said so before, and people have found out that it is not so.
        Phase::Paid if is_ruled(state, Ending::Paid) => Outcome::Nothing(Why::Known),
        // Money that was paid is only back once somebody says that it returned.
        Phase::Paid => contradicted(state, "failed after it had been paid"),
        Phase::Failed => Outcome::Nothing(Why::Known),
        Phase::Returned => Outcome::Nothing(Why::OutOfOrder),
    }
}

/// What has returned was paid before, also where nobody said so: both are booked, as the bank's
/// statement has both.
fn returned(state: &Payout) -> Outcome {
    let decision = Decision::to(certain(state, Phase::Returned))
        .announcing(Announcement::Returned)
        .holding_seller();
    match state.phase {
        Phase::Paid => decision.moving(&[Step::Returned]).changed(),
        Phase::Submitted | Phase::InTransit => {
            decision.moving(&[Step::Paid, Step::Returned]).changed()
        }
        Phase::Draft | Phase::Approved | Phase::Held | Phase::Cancelled | Phase::Failed => decision
            .moving(&[Step::Begun, Step::Paid, Step::Returned])
            .irregular(Some("returned though it was not to be paid"))
            .changed(),
        Phase::Returned => Outcome::Nothing(Why::Known),
    }
}

fn unknown(state: &Payout, submission: u16) -> Outcome {
    let waits = state.phase == Phase::Submitted && !state.is_accepted;
    if !waits || submission != state.submissions {
        return Outcome::Nothing(Why::Late);
    }
    if state.in_doubt {
        return Outcome::Nothing(Why::Known);
    }
    Decision::to(Payout { in_doubt: true, ..state.clone() })
        .following(Follow::Inquire { submission })
        .changed()
}

fn nothing_found(state: &Payout, submission: u16) -> Outcome {
    if submission != state.submissions {
        return Outcome::Nothing(Why::Late);
    }
    match state.phase {
        Phase::Submitted if !state.is_accepted => {
            Decision::to(certain(state, Phase::Approved)).moving(&[Step::Failed]).changed()
        }
        // Its word against its word: the money stays where it is until it has been asked again.
        Phase::Submitted | Phase::InTransit => {
            contradicted(state, "the provider does not know what it had taken on")
        }
        Phase::Draft | Phase::Approved | Phase::Held | Phase::Cancelled => {
            Outcome::Nothing(Why::Known)
        }
        Phase::Paid | Phase::Failed | Phase::Returned => Outcome::Nothing(Why::OutOfOrder),
    }
}

/// Nothing moves on a contradiction: the provider is asked, once.
fn contradicted(state: &Payout, how: &'static str) -> Outcome {
    if state.in_doubt {
        return Outcome::Nothing(Why::Known);
    }
    Decision::to(Payout { in_doubt: true, ..state.clone() })
        .following(Follow::Inquire { submission: state.submissions })
        .irregular(Some(how))
        .holding_seller()
        .changed()
}

/// The pay-out in `phase`, about which there is no doubt, and so nothing to be ruled.
fn certain(state: &Payout, phase: Phase) -> Payout {
    Payout { phase, in_doubt: false, ruling: None, ..state.clone() }
}
