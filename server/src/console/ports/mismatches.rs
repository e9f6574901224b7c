//! What the overview and the mismatch pages ask.

use app::error::AppError;
use app::ports::mismatches::MismatchesPort;
use app::view::mismatches::{
    LastFile, MismatchClass as ViewClass, MismatchFilter, MismatchQueueView, MismatchRow,
    MismatchView, OverviewView, QueueCount,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::id::MismatchId;
use domain::matching::{MismatchClass, MismatchKind, MismatchState};
use domain::money::Money;
use engine::db::Fault;
use engine::reconciliation::mismatches::{Count, Filter, Mismatch, counts, find, queue};
use time::OffsetDateTime;

use super::{mismatch, unavailable};
use crate::wiring::Services;

/// How many mismatches one page shows.
const PAGE: u32 = 200;

/// Answers the overview and the mismatch pages.
pub struct Mismatches(pub Services);

#[async_trait]
impl MismatchesPort for Mismatches {
    async fn overview(&self, operator: &Operator) -> Result<OverviewView, AppError> {
        let (pool, shop) = (self.0.pool(), operator.shop);
        let as_of = OffsetDateTime::now_utc();
        let counts = counts(pool, shop).await.map_err(unavailable)?;
        let today = engine::timeline::today(pool, shop).await.map_err(unavailable)?;
        let balances = engine::ledger::trial_balance(pool, shop).await.map_err(unavailable)?;
        let last_file =
            engine::reconciliation::reports::files(pool, shop, 1).await.map_err(unavailable)?;
        let alerts = engine::watch::count_unresolved(pool, shop).await.map_err(unavailable)?;
        let webhooks_unmatched =
            engine::inbound::count_unmatched(pool, shop).await.map_err(unavailable)?;
        Ok(OverviewView {
            queues: ViewClass::ALL.iter().map(|class| waiting(*class, &counts)).collect(),
            waiting_for_approval: counts
                .iter()
                .filter(|count| count.state == MismatchState::Proposed)
                .map(|count| count.count)
                .sum(),
            payments_today: today.payments,
            captured_today: today.captured,
            payments_in_doubt: today.in_doubt,
            dead_letters: today.dead_letters,
            alerts,
            webhooks_unmatched,
            is_ledger_balanced: is_balanced(balances.iter().map(|row| row.balance)),
            last_file: last_file.into_iter().next().map(|file| LastFile {
                id: file.id,
                name: file.name,
                received_at: file.created_at,
            }),
            as_of,
        })
    }

    async fn queue(
        &self,
        operator: &Operator,
        filter: MismatchFilter,
    ) -> Result<MismatchQueueView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let filter = Filter {
            class: filter.class.and_then(|class| MismatchClass::from_word(class.as_str())),
            kind: filter.kind.and_then(|kind| MismatchKind::from_word(kind.as_str())),
            state: filter.state.and_then(|state| MismatchState::from_word(state.as_str())),
            ..Filter::default()
        };
        let queue = queue(self.0.pool(), operator.shop, filter, PAGE).await.map_err(unavailable)?;
        let rows = queue.rows.iter().map(row).collect::<Result<_, _>>()?;
        Ok(MismatchQueueView { rows, total: queue.total, as_of })
    }

    async fn mismatch(
        &self,
        operator: &Operator,
        id: MismatchId,
        preview: Option<&str>,
    ) -> Result<MismatchView, AppError> {
        let found = find(self.0.pool(), operator.shop, id).await.map_err(unavailable)?;
        let details = found.ok_or(AppError::NotFound)?;
        mismatch::view(&self.0, operator, details, preview).await
    }
}

/// What waits for somebody in one class: everything that is neither resolved nor ignored.
fn waiting(class: ViewClass, counts: &[Count]) -> QueueCount {
    let of_class: Vec<&Count> = counts
        .iter()
        .filter(|count| count.class.as_str() == class.as_str())
        .filter(|count| match count.state {
            MismatchState::Open | MismatchState::Claimed | MismatchState::Proposed => true,
            MismatchState::Resolved | MismatchState::Ignored => false,
        })
        .collect();
    QueueCount {
        class,
        open: of_class.iter().map(|count| count.count).sum(),
        at_stake: per_currency(of_class.iter().map(|count| count.at_stake)),
    }
}

/// The sum in each currency; sums that cannot be counted are left out.
fn per_currency(amounts: impl Iterator<Item = Money>) -> Vec<Money> {
    let mut amounts: Vec<Money> = amounts.collect();
    amounts.sort_by_key(|amount| amount.currency());
    amounts
        .chunk_by(|one, other| one.currency() == other.currency())
        .filter_map(|same| Money::sum(same[0].currency(), same.iter().copied()).ok())
        .collect()
}

fn is_balanced(balances: impl Iterator<Item = Money>) -> bool {
    per_currency(balances).iter().all(|sum| sum.is_zero())
}

/// One mismatch in a list.
pub(super) fn row(mismatch: &Mismatch) -> Result<MismatchRow, AppError> {
    Ok(MismatchRow {
        id: mismatch.id,
        kind: mismatch::kind(mismatch.kind)?,
        class: mismatch::class(mismatch.class)?,
        state: mismatch::state(mismatch.state)?,
        subject: mismatch.subject.clone(),
        at_stake: mismatch.at_stake,
        claimed_by: mismatch.claimed_by.clone(),
        opened_at: mismatch.created_at,
    })
}

/// A word of the rules that the pages do not know: a bug of ours.
pub(super) fn unknown_word(word: &str) -> AppError {
    unavailable(Fault::Broken(format!("the pages have no word for {word}")))
}
