//! From what a bank says of a pay-out to a fact about it.

use bank::file::Reason;
use bank::verdict::{Doubt, Verdict};
use domain::payout::event::Fact;
use serde_json::{Value, json};

use crate::payments::Source;
use crate::payouts::PayoutRecord;
use crate::payouts::bank_files::sayings::{Amount, Saying};
use crate::payouts::change::Learnt;
use crate::payouts::learn::News;

/// ISO 20022: the bank gives no reason.
const NO_REASON: &str = "MS03";
/// ISO 20022: cancelled at our request.
const CANCELLED: &str = "CUST";

/// What is learnt of the pay-out; nothing if the bank has decided nothing, or what moves is booked
/// in another message.
///
/// What is said of another amount is never booked, and what cannot be understood leaves the outcome
/// unknown; both are for a person.
pub(super) fn of(payout: &PayoutRecord, saying: &Saying, detail: &Value) -> Option<News> {
    let odd = |problem: String| Some(News::of_problem(payout, problem, Source::File, detail));
    let (fact, reasons) = match &saying.verdict {
        Verdict::Pending | Verdict::Unclear(Doubt::Information | Doubt::ReturnNotBooked, _) => {
            return None;
        }
        Verdict::Unclear(doubt, reasons) => {
            return odd(format!(
                "the bank\u{2019}s file leaves open what became of it: {doubt}{}",
                listed(reasons)
            ));
        }
        Verdict::Accepted => (Fact::Accepted, None),
        Verdict::InTransit => (Fact::InTransit, None),
        Verdict::Paid => (Fact::Paid, None),
        Verdict::Rejected(reasons) => (Fact::Failed, Some((reasons, NO_REASON))),
        Verdict::Cancelled(reasons) => (Fact::Failed, Some((reasons, CANCELLED))),
        Verdict::Returned(reasons) => (Fact::Returned, Some((reasons, NO_REASON))),
    };
    let amount = payout.state.amount;
    match saying.amount {
        Amount::Said(said) if said != amount => {
            return odd(format!("the bank\u{2019}s file speaks of {said} for {amount}"));
        }
        Amount::Missing => {
            return odd(format!(
                "the bank\u{2019}s file does not say of how much it speaks, for {amount}"
            ));
        }
        Amount::Said(_) | Amount::Whole => {}
    }
    let learnt = Learnt {
        reference: saying.bank_reference.clone(),
        failure: reasons.map(|(reasons, code)| failure(reasons, code)),
    };
    Some(News { learnt, ..News::of(fact, Source::File, detail.clone()) })
}

/// The code and the text of the first reason that has a code.
fn failure(reasons: &[Reason], otherwise: &str) -> (String, String) {
    let first = reasons.iter().find(|reason| reason.code.is_some()).or(reasons.first());
    let code = first.and_then(|reason| reason.code.clone());
    let code = code.unwrap_or_else(|| otherwise.to_owned());
    let details = first.map(|reason| reason.details.join(" ")).unwrap_or_default();
    let text = if details.is_empty() { code.clone() } else { details };
    (code, text)
}

fn listed(reasons: &[Reason]) -> String {
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code.as_deref()).collect();
    if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) }
}

/// The reasons, for the history.
pub(super) fn reasons(verdict: &Verdict) -> Value {
    let (Verdict::Rejected(reasons)
    | Verdict::Cancelled(reasons)
    | Verdict::Returned(reasons)
    | Verdict::Unclear(_, reasons)) = verdict
    else {
        return json!([]);
    };
    let of = |reason: &Reason| json!({ "code": reason.code, "details": reason.details });
    reasons.iter().map(of).collect()
}
