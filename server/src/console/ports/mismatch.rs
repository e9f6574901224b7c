//! One mismatch with both sides' figures, and what can be done about it.

use app::error::AppError;
use app::view::mismatches::{
    FilePlace, HistoryEntry, MismatchActions, MismatchClass as ViewClass, MismatchKind as ViewKind,
    MismatchState as ViewState, MismatchView, ProposalView, ResolutionChoice, ResolutionPreview,
};
use app::view::payments::EntryView;
use app::view::staff::Operator;
use domain::account::Account;
use domain::matching::{MismatchClass, MismatchKind, MismatchState, Resolution};
use domain::permission::Action;
use domain::posting::Posting;
use engine::reconciliation::mismatches::{
    APPROVAL_LIMIT_MINOR, Adjustment, Details, HistoryRow, PreviewError, needs_approval, preview,
};
use time::OffsetDateTime;

use super::mismatches::unknown_word;
use super::{comparison, unavailable, words};
use crate::console::session::role;
use crate::wiring::Services;

/// The mismatch as its page shows it.
pub(super) async fn view(
    services: &Services,
    operator: &Operator,
    details: Details,
    preview: Option<&str>,
) -> Result<MismatchView, AppError> {
    let mismatch = &details.mismatch;
    let may = actions(operator, &details);
    let owners = Owners::load(services, operator).await?;
    let resolutions = if may.resolve { choices(&details) } else { Vec::new() };
    let wanted = preview.and_then(Resolution::from_word).filter(|_| may.resolve);
    let preview = match wanted {
        Some(resolution) => previewed(services, operator, &details, resolution, &owners).await?,
        None => None,
    };
    let proposal = proposal(services, operator, &details, &owners).await?;
    Ok(MismatchView {
        id: mismatch.id,
        kind: kind(mismatch.kind)?,
        class: class(mismatch.class)?,
        state: state(mismatch.state)?,
        subject: mismatch.subject.clone(),
        at_stake: mismatch.at_stake,
        processor: mismatch.account.1.clone(),
        payment: mismatch.payment,
        file: mismatch.file.clone().map(|(file, name)| FilePlace {
            file,
            name,
            line: mismatch.line,
        }),
        comparison: comparison::rows(&details),
        resolutions,
        preview,
        proposal,
        history: history(&details),
        claimed_by: mismatch.claimed_by.clone(),
        may,
        idempotency_key: format!("{}.{}", mismatch.id, mismatch.version),
        version: i64::from(mismatch.version),
        opened_at: mismatch.created_at,
        as_of: OffsetDateTime::now_utc(),
    })
}

/// The kind in the pages' words.
pub(super) fn kind(kind: MismatchKind) -> Result<ViewKind, AppError> {
    ViewKind::from_word(kind.as_str()).ok_or_else(|| unknown_word(kind.as_str()))
}

/// The class in the pages' words.
pub(super) fn class(class: MismatchClass) -> Result<ViewClass, AppError> {
    ViewClass::from_word(class.as_str()).ok_or_else(|| unknown_word(class.as_str()))
}

/// The state in the pages' words.
pub(super) fn state(state: MismatchState) -> Result<ViewState, AppError> {
    ViewState::from_word(state.as_str()).ok_or_else(|| unknown_word(state.as_str()))
}

fn actions(operator: &Operator, details: &Details) -> MismatchActions {
    let role = role(operator);
    let may_resolve = role.may(Action::ResolveMismatch);
    let may_approve = role.may(Action::ApproveAdjustment);
    let mismatch = &details.mismatch;
    match mismatch.state {
        MismatchState::Open | MismatchState::Claimed => MismatchActions {
            claim: may_resolve && mismatch.claimed_by.as_deref() != Some(operator.name.as_str()),
            resolve: may_resolve,
            ..MismatchActions::default()
        },
        MismatchState::Proposed => {
            let is_own = live(details)
                .is_some_and(|adjustment| adjustment.maker.as_deref() == Some(&operator.name));
            MismatchActions {
                approve: may_approve && !is_own,
                reject: may_approve && !is_own,
                ..MismatchActions::default()
            }
        }
        MismatchState::Resolved | MismatchState::Ignored => {
            let is_by_procedure =
                live(details).is_some_and(|adjustment| adjustment.procedure.is_some());
            MismatchActions {
                reopen: may_resolve && !is_by_procedure,
                ..MismatchActions::default()
            }
        }
    }
}

/// The resolution that waits or holds.
fn live(details: &Details) -> Option<&Adjustment> {
    details
        .adjustments
        .iter()
        .rev()
        .find(|adjustment| matches!(adjustment.state.as_str(), "proposed" | "applied"))
}

fn choices(details: &Details) -> Vec<ResolutionChoice> {
    let mismatch = &details.mismatch;
    mismatch
        .kind
        .resolutions()
        .iter()
        .filter(|resolution| **resolution != Resolution::ChargeSeller || details.ours.is_some())
        .map(|resolution| {
            let (label, explanation) = words::resolution(*resolution);
            let is_posted = *resolution != Resolution::Ignore;
            ResolutionChoice {
                code: resolution.as_str().to_owned(),
                label: label.to_owned(),
                explanation: explanation.to_owned(),
                needs_approval: is_posted
                    && needs_approval(mismatch.at_stake, APPROVAL_LIMIT_MINOR),
            }
        })
        .collect()
}

async fn previewed(
    services: &Services,
    operator: &Operator,
    details: &Details,
    resolution: Resolution,
    owners: &Owners,
) -> Result<Option<ResolutionPreview>, AppError> {
    let mismatch = details.mismatch.id;
    let posting = match preview(services.pool(), operator.shop, mismatch, resolution).await {
        Ok(posting) => posting,
        Err(PreviewError::NotFound | PreviewError::Resolution(_)) => return Ok(None),
        Err(PreviewError::Fault(fault)) => return Err(unavailable(fault)),
    };
    let effect = match &posting {
        Some(_) => None,
        None => Some("Nothing is posted: the mismatch is closed and stays in the history.".into()),
    };
    let entries = posting.map(|posting| owners.entries(&posting)).unwrap_or_default();
    Ok(Some(ResolutionPreview { code: resolution.as_str().to_owned(), entries, effect }))
}

async fn proposal(
    services: &Services,
    operator: &Operator,
    details: &Details,
    owners: &Owners,
) -> Result<Option<ProposalView>, AppError> {
    let Some(adjustment) = live(details) else { return Ok(None) };
    let resolution = Resolution::from_word(&adjustment.resolution);
    let entries = match (adjustment.state.as_str(), resolution) {
        ("proposed", Some(resolution)) => {
            let id = details.mismatch.id;
            match preview(services.pool(), operator.shop, id, resolution).await {
                Ok(Some(posting)) => owners.entries(&posting),
                Ok(None) | Err(PreviewError::NotFound | PreviewError::Resolution(_)) => Vec::new(),
                Err(PreviewError::Fault(fault)) => return Err(unavailable(fault)),
            }
        }
        _ => posted(services, operator, details, adjustment).await?,
    };
    let label = resolution.map_or("Fixed by a procedure", |known| words::resolution(known).0);
    let by_procedure = || adjustment.procedure.clone().unwrap_or_else(|| "Paydesk".to_owned());
    Ok(Some(ProposalView {
        label: label.to_owned(),
        reason: adjustment.reason.clone(),
        maker: adjustment.maker.clone().unwrap_or_else(by_procedure),
        proposed_at: adjustment.created_at,
        checker: adjustment.checker.clone(),
        entries,
    }))
}

/// The entries that an adjustment has posted.
async fn posted(
    services: &Services,
    operator: &Operator,
    details: &Details,
    adjustment: &Adjustment,
) -> Result<Vec<EntryView>, AppError> {
    let Some(posting) = adjustment.posting else { return Ok(Vec::new()) };
    let object = details.mismatch.id.uuid();
    let entries = engine::ledger::entries_of(services.pool(), operator.shop, object)
        .await
        .map_err(unavailable)?;
    let mut views: Vec<EntryView> = entries
        .iter()
        .filter(|entry| entry.posting == posting)
        .map(|entry| words::entry(entry.kind, entry.owner.as_deref(), entry.amount))
        .collect();
    words::debits_first(&mut views);
    Ok(views)
}

fn history(details: &Details) -> Vec<HistoryEntry> {
    details.history.iter().map(happened).collect()
}

fn happened(row: &HistoryRow) -> HistoryEntry {
    HistoryEntry {
        at: row.at,
        actor: row.actor.clone(),
        action: words::done(&row.action),
        reason: row.detail["reason"].as_str().map(str::to_owned),
    }
}

/// The names behind the owners of ledger accounts.
struct Owners {
    sellers: Vec<engine::shops::Seller>,
    accounts: Vec<engine::shops::ProcessorAccount>,
}

impl Owners {
    async fn load(services: &Services, operator: &Operator) -> Result<Self, AppError> {
        let pool = services.pool();
        Ok(Self {
            sellers: engine::shops::sellers(pool, operator.shop).await.map_err(unavailable)?,
            accounts: engine::shops::processor_accounts(pool, operator.shop)
                .await
                .map_err(unavailable)?,
        })
    }

    fn entries(&self, posting: &Posting) -> Vec<EntryView> {
        let mut views: Vec<EntryView> = posting
            .entries()
            .iter()
            .map(|entry| words::entry(entry.account.kind(), self.name(entry.account), entry.amount))
            .collect();
        words::debits_first(&mut views);
        views
    }

    fn name(&self, account: Account) -> Option<&str> {
        let owner = account.owner()?;
        let seller = self.sellers.iter().find(|seller| seller.id.uuid() == owner);
        let processor = self.accounts.iter().find(|account| account.id.uuid() == owner);
        seller
            .map(|seller| seller.name.as_str())
            .or_else(|| processor.map(|account| account.name.as_str()))
    }
}
