//! One pay-out in the pages' words.

use app::error::AppError;
use app::view::payouts::{
    AdviceParts, AdviceRow, AdviceView, BankFileView, CoverageView, PayeeState as ViewPayeeState,
    PayeeView, PayoutChange, PayoutMay, PayoutPosting, PayoutRow, PayoutView, ScheduleView,
    SetbackView,
};
use app::view::staff::Operator;
use domain::currency::Currency;
use domain::four_eyes::{Actor, may_approve};
use domain::id::{PostingId, SellerId};
use domain::money::{Money, MoneyError};
use domain::payout::Phase;
use domain::payout::ruling::Ending;
use domain::permission::Action;
use domain::schedule::Rhythm;
use engine::db::Fault;
use engine::ledger::PostedEntry;
use engine::payouts::bank_files::Standing;
use engine::payouts::payees::{PayeeAccount, PayeeState};
use engine::payouts::preview::Preview;
use engine::payouts::remittance::{About, Group, Parts, Remittance};
use engine::payouts::schedules::Planned;
use engine::payouts::{Change, PayoutRecord};
use time::OffsetDateTime;

use super::{unavailable, words};
use crate::console::session::role;

/// The amount that somebody typed.
///
/// # Errors
/// The code of what is wrong with it.
pub fn amount(text: &str, currency: Currency) -> Result<Money, &'static str> {
    let amount = Money::parse(text.trim(), currency).map_err(|error| match error {
        MoneyError::TooManyDecimals { .. } => "amount_too_many_decimals",
        MoneyError::OutOfRange => "amount_too_large",
        MoneyError::NotANumber | MoneyError::CurrencyMismatch { .. } => "amount_invalid",
    })?;
    if amount.is_positive() { Ok(amount) } else { Err("amount_not_positive") }
}

/// A pay-out in a list.
pub(super) fn row(record: &PayoutRecord) -> PayoutRow {
    PayoutRow {
        id: record.id,
        seller: record.seller,
        seller_name: record.seller_name.clone(),
        amount: record.state.amount,
        phase: record.state.phase,
        is_in_doubt: record.state.in_doubt,
        reasons: record.reasons.clone(),
        refusal: record.refusal.clone(),
        created_at: record.created_at,
    }
}

/// The newest of the pay-outs that was not paid or came back, while the account that it went to is
/// the one that is paid to.
pub(super) fn setback(records: &[PayoutRecord], accounts: &[PayeeAccount]) -> Option<SetbackView> {
    let is_paid_to = |record: &PayoutRecord| {
        let goes_to = accounts.iter().find(|account| account.id == record.state.payee);
        goes_to.is_some_and(|account| account.state == PayeeState::Verified)
    };
    let ended = |phase| matches!(phase, Phase::Failed | Phase::Returned);
    let came_back = records.iter().find(|one| ended(one.state.phase) && is_paid_to(one))?;
    let currency = came_back.state.amount.currency();
    let is_held = |one: &&PayoutRecord| {
        one.state.phase == Phase::Held && one.state.amount.currency() == currency
    };
    Some(SetbackView {
        payout: came_back.id,
        amount: came_back.state.amount,
        phase: came_back.state.phase,
        held: records.iter().filter(is_held).count() as u64,
    })
}

/// What stands in the pay-out's own row, and who made and approved it; the rest is for the caller.
pub(super) fn view(preview: Preview, changes: &[Change], as_of: OffsetDateTime) -> PayoutView {
    let Preview { payout, payee: goes_to, available, waiting, available_after: after, .. } =
        preview;
    let waits = matches!(payout.state.phase, Phase::Draft | Phase::Approved | Phase::Held);
    let name = |event: &str| changes.iter().find(|change| change.event == event).map(by);
    PayoutView {
        row: row(&payout),
        version: payout.version,
        payee: payee(&goes_to),
        maker: name("create").unwrap_or_default(),
        approver: name("approve"),
        submissions: payout.state.submissions,
        bank_file: None,
        provider_reference: payout.provider_reference,
        failure: payout.failure,
        ended_at: payout.ended_at,
        coverage: waits.then_some(CoverageView { available, waiting, after }),
        history: Vec::new(),
        postings: Vec::new(),
        advice: None,
        doubt: None,
        ruled: None,
        may: PayoutMay::default(),
        as_of,
    }
}

/// How far the pay-out is on its way into a bank's hands.
pub(super) fn bank_file(standing: Standing) -> BankFileView {
    match standing {
        Standing::Waits => BankFileView::Waits,
        Standing::In(file) => BankFileView::In(file.id, file.created_at.date()),
    }
}

/// What `operator` may do about the pay-out as it stands. It is decided again when they do it.
pub(super) fn may(payout: &PayoutRecord, operator: &Operator) -> PayoutMay {
    let (state, role) = (&payout.state, role(operator));
    let me = Actor::Staff(operator.id);
    let may_let_go = role.may(Action::ApprovePayout);
    let waits = matches!(state.phase, Phase::Draft | Phase::Approved | Phase::Held);
    let is_held = state.phase == Phase::Held;
    let was_approved = is_held && state.approved_by.is_some();
    let objection = match state.phase {
        Phase::Draft => may_approve(state.maker, payout.verifier, me, state.needs_second).err(),
        Phase::Held => may_approve(state.maker, None, me, was_approved).err(),
        _ => None,
    };
    let resumes = role.may(Action::HoldPayout) && (may_let_go || !was_approved);
    PayoutMay {
        approve: state.phase == Phase::Draft && may_let_go && objection.is_none(),
        objection: objection.filter(|_| may_let_go),
        hold: waits && !is_held && role.may(Action::HoldPayout),
        resume: is_held && resumes && objection.is_none(),
        cancel: waits && role.may(Action::MakePayout),
        make_again: matches!(state.phase, Phase::Failed | Phase::Returned)
            && role.may(Action::MakePayout),
    }
}

/// The changes, for people.
pub(super) fn history(changes: &[Change]) -> Vec<PayoutChange> {
    let of = |change: &Change| PayoutChange {
        event: change.event.clone(),
        by: by(change),
        to: change.to,
        ruling: change.detail["ruling"].as_str().and_then(Ending::from_word),
        reason: change.detail["reason"].as_str().map(str::to_owned),
        because_of: change.detail["because_of"].as_str().and_then(|id| id.parse().ok()),
        irregular: change.irregular.clone(),
        at: change.at,
    };
    changes.iter().map(of).collect()
}

/// Who did it, or how we know.
pub(super) fn by(change: &Change) -> String {
    match (&change.person, change.by, change.source.as_str()) {
        (Some(person), _, _) => person.clone(),
        (None, Some(Actor::Schedule), _) => "The seller\u{2019}s schedule".to_owned(),
        (None, Some(Actor::Shop(_)), _) => "The shop, through the API".to_owned(),
        (None, Some(Actor::Staff(_)), _) => "A person in the console".to_owned(),
        (None, None, _) if matches!(change.event.as_str(), "hold" | "submit") => {
            "Paydesk".to_owned()
        }
        (None, None, "webhook") => "A notification of the provider".to_owned(),
        (None, None, "file") => "A file of the bank".to_owned(),
        (None, None, "poll") => "The provider, when asked,".to_owned(),
        (None, None, _) => "The provider".to_owned(),
    }
}

/// The postings with their entries, in the order of recording.
pub(super) fn postings(entries: Vec<PostedEntry>) -> Vec<PayoutPosting> {
    let mut postings: Vec<(PostingId, PayoutPosting)> = Vec::new();
    for entry in entries {
        let view = words::entry(entry.kind, entry.owner.as_deref(), entry.amount);
        let known = postings.iter_mut().find(|(id, _)| *id == entry.posting);
        if let Some((_, posting)) = known {
            posting.entries.push(view);
        } else {
            let (cause, at) = (entry.cause, entry.recorded_at);
            postings.push((entry.posting, PayoutPosting { cause, at, entries: vec![view] }));
        }
    }
    for (_, posting) in &mut postings {
        words::debits_first(&mut posting.entries);
    }
    postings.into_iter().map(|(_, posting)| posting).collect()
}

/// What the pay-out pays for.
pub(super) fn advice(of: &Remittance, groups: Vec<Group>) -> Result<AdviceView, AppError> {
    Ok(AdviceView {
        is_final: of.is_final,
        opening: of.opening,
        moved: parts(&of.moved)?,
        paid: of.payout.state.amount,
        stays: of.stays,
        rows: groups
            .into_iter()
            .map(|group| line(of.payout.seller, group))
            .collect::<Result<_, _>>()?,
        total: of.groups,
    })
}

fn line(seller: SellerId, group: Group) -> Result<AdviceRow, AppError> {
    let parts = parts(&group.parts)?;
    let (about, address) = match group.about {
        About::Payment(id, reference) => (reference, Some(format!("/console/payments/{id}"))),
        About::Payout(id) => {
            (format!("Pay-out {}", end_of(&id)), Some(format!("/console/payouts/{id}")))
        }
        About::Exchange(id) => {
            let page = format!("/console/sellers/{seller}/exchange?quote={id}");
            (format!("Exchange {}", end_of(&id)), Some(page))
        }
        About::Other(id) => (id.to_string(), None),
    };
    Ok(AdviceRow { about, address, parts })
}

/// The end of an id, which tells it from others in a narrow column.
fn end_of(id: &impl ToString) -> String {
    let id = id.to_string();
    format!("\u{2026}{}", &id[id.len().saturating_sub(6)..])
}

fn parts(of: &Parts) -> Result<AdviceParts, AppError> {
    let sum = of.total().map_err(|error| unavailable(Fault::Broken(error.to_string())))?;
    let Parts { released, reserve, clawed_back, exchanged, came_again, other } = *of;
    Ok(AdviceParts { released, reserve, clawed_back, exchanged, came_again, other, sum })
}

/// A seller's bank account.
pub(super) fn payee(account: &PayeeAccount) -> PayeeView {
    PayeeView {
        id: account.id,
        currency: account.currency,
        iban: account.iban.masked(),
        holder: account.holder.clone(),
        state: match account.state {
            PayeeState::New => ViewPayeeState::New,
            PayeeState::Verified => ViewPayeeState::Verified,
            PayeeState::Retired => ViewPayeeState::Retired,
        },
        verified_by: account.verified_by.clone(),
        created_at: account.created_at,
    }
}

/// When a seller is paid.
pub(super) fn schedule(planned: Planned) -> ScheduleView {
    let rhythm = match planned.schedule.rhythm {
        Rhythm::Manual => "only when asked for".to_owned(),
        Rhythm::Daily => "every day".to_owned(),
        Rhythm::Weekly(weekday) => format!("every {weekday}"),
        Rhythm::Monthly(day) => format!("every month on day {}", day.day()),
    };
    ScheduleView {
        rhythm,
        minimum: planned.schedule.minimum,
        last: planned.last_run_on.zip(planned.last_outcome),
    }
}
