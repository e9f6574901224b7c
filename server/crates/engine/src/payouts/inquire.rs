//! Asking the provider what became of a pay-out: while it is unknown, now and then until long after
//! it was paid, since a notification may be lost and money may come again, and whenever the provider
//! says that there is news, however long ago it ended.

use std::time::Duration;

use domain::id::{JobId, PayoutId};
use domain::payout::Phase;
use domain::payout::event::Fact;
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::db::new_id;
use crate::payments::Source;
use crate::payments::setback::not_asked;
use crate::payouts::learn::{News, Then, learn};
use crate::payouts::providers::Way;
use crate::payouts::row::Row;
use crate::payouts::store;
use crate::service::Engine;

/// The kind of job that asks about a pay-out; its subject is the pay-out.
pub const INQUIRE_PAYOUT: &str = "inquire_payout";
/// How often it is asked about a pay-out that the provider has taken on.
const EVERY: Duration = Duration::from_mins(15);
/// How often it is asked about one that was paid.
const EVERY_WHEN_PAID: Duration = Duration::from_hours(12);
/// For how long after it was paid it is asked about: banks send back within ten working days.
const PAID_SECONDS_MAX: i64 = 15 * 86_400;
/// How often it is asked about one of which nobody knows.
const EVERY_IN_DOUBT: Duration = Duration::from_secs(20);
/// How long a call that broke may still arrive, in seconds: far longer than it may take before we
/// break it off, and than anything on the way keeps it.
pub const ARRIVES_WITHIN_SECONDS: i64 = 900;

/// What a job carries.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Load {
    /// Which submission it asks about, from 1; 0 if it is only said to be there.
    submission: u16,
    /// Why it asks.
    because: Because,
}

/// Why the provider is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Because {
    /// The outcome of a submission is unknown; until it is known.
    InDoubt,
    /// Something may become of it that nobody tells us; as long as anything can.
    Watched,
    /// The provider says that something has; once, wherever the pay-out stands.
    Told,
}

/// The job that asks about the submission number `submission` of a pay-out, until its outcome is
/// known.
pub(crate) fn job(payout: PayoutId, submission: u16, delay: Duration) -> NewJob {
    asking(payout, Load { submission, because: Because::InDoubt }, delay)
}

/// The job that asks at once, since the provider says that there is news.
pub(crate) fn told(payout: PayoutId, submission: u16) -> NewJob {
    asking(payout, Load { submission, because: Because::Told }, Duration::ZERO)
}

/// The job that goes on asking as long as anything can become of the pay-out.
pub(crate) fn watch(payout: PayoutId, submission: u16) -> NewJob {
    asking(payout, Load { submission, because: Because::Watched }, EVERY)
}

fn asking(payout: PayoutId, load: Load, delay: Duration) -> NewJob {
    let id: JobId = new_id(payout.bucket());
    NewJob {
        job_id: id.uuid(),
        kind: INQUIRE_PAYOUT,
        subject_id: payout.uuid(),
        payload: json!(load),
        ordering_key: Some(payout.uuid()),
        delay,
    }
}

/// Does the work of [`INQUIRE_PAYOUT`] jobs.
#[derive(Debug, Clone)]
pub struct Inquirer {
    /// The engine it works with.
    pub engine: Engine,
}

impl Handler for Inquirer {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let load: Load = serde_json::from_value(job.payload.clone()).map_err(Failure::lasting)?;
        let id = PayoutId::from_uuid(job.subject_id);
        let row = self.read(id).await?;
        let is_its_own = row.submissions == i16::try_from(load.submission).unwrap_or(i16::MAX);
        if load.because != Because::Told && !(is_open(&row) && is_its_own) {
            return Ok(Handled::NowFinish);
        }
        let doubtful_seconds = row.doubtful_seconds.filter(|_| row.in_doubt);
        let payout = row.into_record().map_err(Failure::passing)?;
        let provider = self.engine.payout_providers().find(self.engine.pool(), payout.account);
        let provider = match provider.await.map_err(Failure::passing)? {
            Way::Provider(provider) => provider,
            // A bank that is told by files tells by files: nothing is lost that could be asked for.
            Way::BankFiles(_) => return Ok(Handled::NowFinish),
        };
        let answer = provider.inquire(&id.to_string()).await.map_err(not_asked)?;
        let news = match answer {
            Some(report) => News::of_report(&payout, &report, Source::Poll),
            None if load.because == Because::Told => return Ok(Handled::NowFinish),
            None if can_still_arrive(&payout.state, doubtful_seconds) => {
                return Err(Failure::waiting("the call may still arrive", EVERY_IN_DOUBT));
            }
            None => {
                let fact = Fact::NothingFound { submission: load.submission };
                News::of(fact, Source::Poll, json!({ "found": null }))
            }
        };
        learn(&self.engine, id, news, (&job, Then::GoOn)).await?;
        let row = self.read(id).await?;
        let goes_on = match load.because {
            Because::InDoubt => row.in_doubt,
            Because::Watched => true,
            Because::Told => false,
        };
        if !goes_on || !is_open(&row) {
            return Ok(Handled::NowFinish);
        }
        let every = match (row.in_doubt, row.phase.as_str()) {
            // What contradicts itself is for people; meanwhile the provider may correct itself.
            (true, "paid") => EVERY,
            (true, _) => EVERY_IN_DOUBT,
            (false, "paid") => EVERY_WHEN_PAID,
            (false, _) => EVERY,
        };
        Err(Failure::waiting("the provider is asked again", every))
    }
}

impl Inquirer {
    async fn read(&self, id: PayoutId) -> Result<Row, Failure> {
        let row = store::find(self.engine.pool(), id).await.map_err(Failure::passing)?;
        row.ok_or_else(|| Failure::lasting("there is no such pay-out"))
    }
}

/// Whether the provider may know more than we do.
fn is_open(row: &Row) -> bool {
    match Phase::from_word(&row.phase) {
        Some(Phase::Submitted | Phase::InTransit) => true,
        Some(Phase::Paid) => {
            row.in_doubt || row.ended_seconds.unwrap_or_default() < PAID_SECONDS_MAX
        }
        _ => false,
    }
}

/// Whether what the provider does not know may still reach it. One that its own job is still giving
/// to it is not lost either.
fn can_still_arrive(state: &domain::payout::Payout, doubtful_seconds: Option<i64>) -> bool {
    let is_waited_for = state.phase == Phase::Submitted && !state.is_accepted;
    is_waited_for && doubtful_seconds.is_none_or(|seconds| seconds < ARRIVES_WITHIN_SECONDS)
}
