//! Group commit of decisions: independent payments that are decided at the same time share one
//! transaction.

use jobs::{Claimed, NewJob, Waker};
use sqlx::PgPool;

use crate::batch::{Batcher, Gone};
use crate::db::{Fault, Tx};
use crate::inbound;
use crate::payments::attempt::{self, AttemptEnd, NewAttempt};
use crate::payments::{Applied, Input, apply};
use crate::service::Changes;
use crate::watch::meter;

/// What has to be committed together.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// What happens to payments.
    pub inputs: Vec<Input>,
    /// How attempts ended.
    pub attempts: Vec<AttemptEnd>,
    /// The notification that it follows from, if it does.
    pub inbound: Option<inbound::Outcome>,
    /// Work that follows.
    pub enqueue: Vec<NewJob>,
    /// The job whose effect this is.
    pub finish: Option<Claimed>,
    /// The job that learnt this and goes on: nothing is written if somebody else has it by now.
    pub held_by: Option<Claimed>,
    /// The attempt that ends and the one that begins, if the last input changes what it is about.
    /// If it does not, nothing follows from the unit: no work is enqueued, and its job is not
    /// finished, since it knew less than there is to know.
    pub again: Option<Again>,
}

/// One attempt after another, whose outcome is known.
#[derive(Debug, Clone)]
pub struct Again {
    /// How the newest attempt ended.
    pub end: AttemptEnd,
    /// The one that is made next, unless the shopper chooses.
    pub start: Option<NewAttempt>,
}

impl Unit {
    /// Whether what follows from the unit follows, when its inputs were answered so.
    pub(crate) fn goes_on(&self, answers: &[Applied]) -> bool {
        self.again.is_none() || matches!(answers.last(), Some(Applied::Changed { .. }))
    }
}

/// Commits units in groups. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Committer(Batcher<Unit, Result<Vec<Applied>, String>>);

/// How many groups are written at the same time.
const WRITERS: usize = 2;

impl Committer {
    pub(crate) fn start(pool: PgPool, changes: Changes, waker: Waker) -> Self {
        Self(Batcher::start(WRITERS, move |units| {
            let (pool, changes, waker) = (pool.clone(), changes.clone(), waker.clone());
            async move {
                let answers = write((&pool, &waker), &units).await;
                tell(&changes, &units);
                meter::note(&units, &answers);
                answers
            }
        }))
    }

    /// Commits `unit`, together with whatever else is there, and says what became of its inputs.
    ///
    /// # Errors
    /// [`CommitError`]: nothing of this unit was written, or, after a broken connection, it is
    /// unknown whether it was. A job that fails with it finds out when it runs again.
    pub async fn commit(&self, unit: Unit) -> Result<Vec<Applied>, CommitError> {
        match self.0.write(unit).await {
            Ok(Ok(applied)) => Ok(applied),
            Ok(Err(why)) => Err(CommitError::NotWritten(why)),
            Err(Gone) => Err(CommitError::Gone),
        }
    }
}

/// Why a unit was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The database refused it, or could not be reached.
    #[error("not committed: {0}")]
    NotWritten(String),
    /// The writer broke.
    #[error("the writer broke before it answered")]
    Gone,
}

/// Writes the group, or, if it does not go together, each unit alone, so that one bad unit spoils
/// nothing but itself.
async fn write(to: (&PgPool, &Waker), units: &[Unit]) -> Vec<Result<Vec<Applied>, String>> {
    match write_together(to, units).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(fault) if units.len() == 1 => vec![Err(describe(&fault))],
        // It may be there: whoever tries again reads first what is.
        Err(fault @ Fault::CommitUnknown(_)) => {
            tracing::error!(error = describe(&fault), "a group may or may not be committed");
            units.iter().map(|_| Err(describe(&fault))).collect()
        }
        Err(fault) => {
            tracing::warn!(error = describe(&fault), units = units.len(), "a group falls apart");
            let mut answers = Vec::with_capacity(units.len());
            for unit in units {
                let alone = write_together(to, std::slice::from_ref(unit)).await;
                answers.push(alone.map(|mut one| one.remove(0)).map_err(|fault| describe(&fault)));
            }
            answers
        }
    }
}

/// Wakes who waits for these payments.
fn tell(changes: &Changes, units: &[Unit]) {
    changes.tell(units.iter().flat_map(|unit| unit.inputs.iter().map(|input| input.payment)));
}

async fn write_together(
    (pool, waker): (&PgPool, &Waker),
    units: &[Unit],
) -> Result<Vec<Vec<Applied>>, Fault> {
    let inputs: Vec<Input> = units.iter().flat_map(|unit| unit.inputs.iter().cloned()).collect();
    let mut attempts: Vec<AttemptEnd> =
        units.iter().flat_map(|unit| unit.attempts.iter().cloned()).collect();
    let held: Vec<Claimed> = units.iter().filter_map(|unit| unit.held_by.clone()).collect();
    let inbound: Vec<inbound::Outcome> =
        units.iter().filter_map(|unit| unit.inbound.clone()).collect();

    let mut tx = Tx::begin(pool).await?.handing_over(waker);
    let mut applied = apply(&mut tx, &inputs).await?.into_iter();
    let answers: Vec<Vec<Applied>> =
        units.iter().map(|unit| applied.by_ref().take(unit.inputs.len()).collect()).collect();
    let going_on = || {
        let each = units.iter().zip(&answers);
        each.filter(|(unit, answers)| unit.goes_on(answers)).map(|(unit, _)| unit)
    };
    let enqueue: Vec<NewJob> = going_on().flat_map(|unit| unit.enqueue.iter().cloned()).collect();
    let finish: Vec<Claimed> = going_on().filter_map(|unit| unit.finish.clone()).collect();
    let again: Vec<&Again> = going_on().filter_map(|unit| unit.again.as_ref()).collect();
    attempts.extend(again.iter().map(|again| again.end.clone()));
    attempt::end(&mut tx, &attempts).await?;
    let begun: Vec<NewAttempt> = again.iter().filter_map(|again| again.start.clone()).collect();
    attempt::start(&mut tx, &begun).await?;
    inbound::record(&mut tx, &inbound).await?;
    tx.enqueue(enqueue, false).await?;
    let is_held = held.is_empty() || jobs::hold(tx.conn(), &held).await?;
    if !is_held || (!finish.is_empty() && !jobs::finish(tx.conn(), &finish).await?) {
        return Err(Fault::Broken("another worker has taken a job of this group over".into()));
    }
    crate::failpoint!("F7 group");
    tx.commit().await?;
    crate::failpoint!("F8 group");
    Ok(answers)
}

fn describe(fault: &Fault) -> String {
    use std::error::Error as _;
    match fault.source() {
        Some(source) => format!("{fault}: {source}"),
        None => fault.to_string(),
    }
}
