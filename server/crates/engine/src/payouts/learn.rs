//! From what a provider says to facts, and writing them down.

use domain::decide::Why;
use domain::id::PayoutId;
use domain::payout::event::{Event, Fact};
use jobs::{Claimed, Failure};
use psp::{TransferFailure, TransferReport, TransferState};
use serde_json::{Value, json};

use crate::db::{Fault, Tx};
use crate::payments::Source;
use crate::payouts::PayoutRecord;
use crate::payouts::change::{self, Applied, Input, Learnt};
use crate::payouts::commands::hint;
use crate::service::Engine;
use crate::watch;

/// What was learnt of a pay-out.
#[derive(Debug, Clone)]
pub(super) struct News {
    pub(super) fact: Fact,
    pub(super) source: Source,
    pub(super) detail: Value,
    pub(super) learnt: Learnt,
    /// What a person has to look at, if it does not fit.
    pub(super) odd: Option<String>,
}

impl News {
    /// A fact without further details.
    pub(super) fn of(fact: Fact, source: Source, detail: Value) -> Self {
        Self { fact, source, detail, learnt: Learnt::default(), odd: None }
    }

    /// What a report says of the pay-out. One of another amount is never booked: it leaves the
    /// outcome unknown.
    pub(super) fn of_report(
        payout: &PayoutRecord,
        report: &TransferReport,
        source: Source,
    ) -> Self {
        let amount = payout.state.amount;
        if report.amount != amount || report.reference != payout.id.to_string() {
            let odd = format!("the provider reports {} for {amount}", report.amount);
            return Self::of_problem(payout, odd, source, &report.raw);
        }
        let fact = match report.state {
            TransferState::Accepted => Fact::Accepted,
            TransferState::InTransit => Fact::InTransit,
            TransferState::Paid => Fact::Paid,
            TransferState::Failed => Fact::Failed,
            TransferState::Returned => Fact::Returned,
        };
        let learnt = Learnt {
            reference: Some(report.provider_reference.clone()),
            failure: report.failure.clone().map(words),
        };
        Self { learnt, ..Self::of(fact, source, report.raw.clone()) }
    }

    /// Something that is said of the pay-out and cannot be right, or be understood: it leaves the
    /// outcome unknown.
    pub(super) fn of_problem(
        payout: &PayoutRecord,
        problem: String,
        source: Source,
        raw: &Value,
    ) -> Self {
        let fact = Fact::Unknown { submission: payout.state.submissions };
        let detail = json!({ "problem": problem, "report": raw });
        Self { odd: Some(problem), ..Self::of(fact, source, detail) }
    }

    /// What a provider's refusal says of the pay-out.
    pub(super) fn of_refusal(failure: TransferFailure, raw: Value) -> Self {
        let learnt = Learnt { reference: None, failure: Some(words(failure)) };
        Self { learnt, ..Self::of(Fact::Failed, Source::Worker, raw) }
    }

    fn input(self) -> Input {
        Input {
            event: Event::Fact(self.fact),
            source: self.source,
            by: None,
            detail: self.detail,
            learnt: self.learnt,
        }
    }
}

fn words(failure: TransferFailure) -> (String, String) {
    (failure.code, failure.message)
}

/// What happens to the job that learnt something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It is done.
    Finish,
    /// It goes on.
    GoOn,
}

/// Writes down what `job` has learnt of the pay-out, if the job is still its own.
pub(super) async fn learn(
    engine: &Engine,
    id: PayoutId,
    news: News,
    (job, then): (&Claimed, Then),
) -> Result<Applied, Failure> {
    let learnt = write(engine, id, news, (job, then)).await;
    learnt.map_err(Failure::passing)
}

async fn write(
    engine: &Engine,
    id: PayoutId,
    news: News,
    (job, then): (&Claimed, Then),
) -> Result<Applied, Fault> {
    let mut tx = Tx::begin(engine.pool()).await?;
    let applied = learn_in(&mut tx, id, news).await?;
    let jobs = std::slice::from_ref(job);
    let is_ours = match then {
        Then::Finish => jobs::finish(tx.conn(), jobs).await?,
        Then::GoOn => jobs::hold(tx.conn(), jobs).await?,
    };
    if !is_ours {
        return Err(Fault::Broken("another worker has taken the job over".into()));
    }
    crate::failpoint!("F7 payout");
    tx.commit().await?;
    crate::failpoint!("F8 payout");
    hint(engine);
    Ok(applied)
}

/// Writes down what was learnt as part of the caller's transaction.
pub(super) async fn learn_in(tx: &mut Tx, id: PayoutId, news: News) -> Result<Applied, Fault> {
    let Some(mut locked) = change::lock(tx, id).await? else {
        return Ok(Applied::Nothing(Why::Known));
    };
    // What people have ruled on is not asked of them again.
    let is_ruled = locked.state.ruling.is_some_and(|ruling| ruling.confirmed_by.is_some());
    if let Some(odd) = news.odd.as_ref().filter(|_| !is_ruled) {
        watch::raise(tx, &change::irregular(&locked.row, odd)).await?;
    }
    change::apply(tx, &mut locked, &news.input()).await
}
