//! What people say became of a pay-out that is in doubt, in the pages' words.

use app::view::rulings::{DoubtView, ProposedView, RuledView};
use app::view::staff::Operator;
use domain::payout::ruling::{Ruling, endings};
use domain::permission::Action;
use engine::payouts::{Change, PayoutRecord};

use super::payout::by;
use crate::console::session::role;

/// What can be said, or was and waits, if people can rule on the pay-out.
pub(super) fn doubt(
    payout: &PayoutRecord,
    changes: &[Change],
    operator: &Operator,
) -> Option<DoubtView> {
    let in_question = endings(&payout.state, payout.nothing_arrives);
    if in_question.is_empty() {
        return None;
    }
    let role = role(operator);
    let may_say = role.may(Action::ProposeRuling);
    let proposal = payout.state.ruling.map(|ruling| proposed(&ruling, changes, operator));
    let may_say_now = may_say && proposal.is_none();
    Some(DoubtView {
        endings: if may_say_now { in_question.to_vec() } else { Vec::new() },
        proposal,
    })
}

fn proposed(ruling: &Ruling, changes: &[Change], operator: &Operator) -> ProposedView {
    let said = newest(changes, "propose_ruling");
    let is_own = ruling.by == operator.id;
    let role = role(operator);
    ProposedView {
        ending: ruling.ending,
        by: said.map(by).unwrap_or_default(),
        reason: said
            .and_then(|change| change.detail["reason"].as_str())
            .unwrap_or_default()
            .to_owned(),
        is_own,
        may_confirm: !is_own && role.may(Action::ConfirmRuling),
        may_withdraw: role.may(Action::ProposeRuling),
    }
}

/// What two people have said, if they have.
pub(super) fn ruled(payout: &PayoutRecord, changes: &[Change]) -> Option<RuledView> {
    let ruling = payout.state.ruling.filter(|ruling| ruling.confirmed_by.is_some())?;
    Some(RuledView {
        ending: ruling.ending,
        by: newest(changes, "propose_ruling").map(by).unwrap_or_default(),
        confirmed_by: newest(changes, "confirm_ruling").map(by).unwrap_or_default(),
    })
}

fn newest<'a>(changes: &'a [Change], event: &str) -> Option<&'a Change> {
    changes.iter().rev().find(|change| change.event == event)
}
