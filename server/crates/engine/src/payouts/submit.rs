//! Giving a pay-out to its provider, once whatever crashes.
//!
//! First the submission is written, with its posting, under the lock of the seller's wallet; then
//! the provider is called, under the pay-out's own id. A run that cannot know whether one before it
//! has called asks first, and calls again only under the same id, which the provider pays once. Where
//! pay-outs leave by bank file nobody is called: the submission waits for the next file.

use std::time::Duration;

use domain::id::{JobId, PayoutId};
use domain::payout::Phase;
use domain::payout::decide::Refused;
use domain::payout::event::{Command, Event, Fact};
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use psp::{PayoutProvider, Transfer, TransferAnswer};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::db::{Fault, Tx, new_id};
use crate::payments::Source;
use crate::payments::setback::{not_asked, put_off};
use crate::payouts::change::{self, Applied, Input, Learnt};
use crate::payouts::learn::{News, Then, learn};
use crate::payouts::providers::Way;
use crate::payouts::store::payees;
use crate::payouts::{PayoutRecord, bank_files, payees::PayeeAccount, store};
use crate::service::Engine;

/// The kind of job that submits a pay-out; its subject is the pay-out.
pub const SUBMIT_PAYOUT: &str = "submit_payout";
/// How long a pay-out waits that is not covered, or has no verified account, until it is tried
/// again.
const REFUSED_WAIT: Duration = Duration::from_mins(10);

/// What a job carries.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Load {
    /// Which submission it makes, from 1.
    submission: u16,
}

/// The job that makes the submission number `submission` of a pay-out.
pub(crate) fn job(payout: PayoutId, submission: u16, delay: Duration) -> NewJob {
    let id: JobId = new_id(payout.bucket());
    NewJob {
        job_id: id.uuid(),
        kind: SUBMIT_PAYOUT,
        subject_id: payout.uuid(),
        payload: json!(Load { submission }),
        ordering_key: Some(payout.uuid()),
        delay,
    }
}

/// Does the work of [`SUBMIT_PAYOUT`] jobs.
#[derive(Debug, Clone)]
pub struct Submitter {
    /// The engine it works with.
    pub engine: Engine,
}

/// Where a run finds its submission.
enum Found {
    /// This run has just written it: nobody has called.
    Begun,
    /// One before has written it, and may have called.
    BegunBefore,
    /// There is nothing to do.
    Nothing,
    /// It cannot be submitted for now.
    Refused(Refused),
}

impl Handler for Submitter {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let load: Load = serde_json::from_value(job.payload.clone()).map_err(Failure::lasting)?;
        let id = PayoutId::from_uuid(job.subject_id);
        let found = self.begin(id, load.submission, &job).await.map_err(Failure::passing)?;
        let may_have_called = match found {
            Found::Begun => false,
            Found::BegunBefore => true,
            Found::Nothing => return Ok(Handled::NowFinish),
            Found::Refused(refused) => return waits(&refused),
        };
        let (payout, payee) = self.read(id).await?;
        self.carry(&payout, &payee, may_have_called, &job).await
    }
}

/// What becomes of the job of a pay-out that cannot be submitted for now.
fn waits(refused: &Refused) -> Result<Handled, Failure> {
    match refused {
        Refused::TooMuch { .. } | Refused::NoAccount => {
            Err(Failure::waiting(refused, REFUSED_WAIT))
        }
        Refused::TooManySubmissions => Err(Failure::lasting(refused)),
        // Whatever else has happened to it brings a job of its own if it goes on.
        _ => Ok(Handled::NowFinish),
    }
}

/// Cancels a pay-out whose bank account was replaced: only a new one can go to the new account, and
/// this one would count as waiting for ever.
async fn give_up(tx: &mut Tx, locked: &mut change::Locked) -> Result<(), Fault> {
    let why = Refused::AccountChanged;
    let input = Input {
        event: Event::Command(Command::Cancel),
        source: Source::Worker,
        by: None,
        detail: json!({ "refused": why.code(), "reason": why.to_string() }),
        learnt: Learnt::default(),
    };
    match change::apply(tx, locked, &input).await? {
        Applied::Changed => Ok(()),
        other => Err(Fault::Broken(format!("{} was not cancelled: {other:?}", locked.row.id()))),
    }
}

impl Submitter {
    /// Writes the submission, if it is still to be made and covered.
    async fn begin(&self, id: PayoutId, submission: u16, job: &Claimed) -> Result<Found, Fault> {
        let mut tx = Tx::begin(self.engine.pool()).await?;
        let Some(mut locked) = change::lock(&mut tx, id).await? else { return Ok(Found::Nothing) };
        let state = &locked.state;
        if state.phase == Phase::Submitted && state.submissions == submission {
            let is_open = !state.is_accepted && !state.in_doubt;
            return Ok(if is_open { Found::BegunBefore } else { Found::Nothing });
        }
        if state.phase != Phase::Approved || state.submissions + 1 != submission {
            return Ok(Found::Nothing);
        }
        let payee = payees::verified(&mut tx, locked.row.seller(), state.amount.currency()).await?;
        let available = locked.wallet.available;
        let input = Input {
            event: Event::Command(Command::Submit { available, payee }),
            source: Source::Worker,
            by: None,
            detail: json!({ "submission": submission }),
            learnt: Learnt::default(),
        };
        let found = match change::apply(&mut tx, &mut locked, &input).await? {
            Applied::Changed => Found::Begun,
            Applied::Nothing(_) => Found::Nothing,
            Applied::Refused(Refused::AccountChanged) => {
                give_up(&mut tx, &mut locked).await?;
                Found::Nothing
            }
            Applied::Refused(refused) => {
                change::note_refusal(&mut tx, &mut locked, &refused).await?;
                Found::Refused(refused)
            }
        };
        if !jobs::hold(tx.conn(), std::slice::from_ref(job)).await? {
            return Err(Fault::Broken("another worker has taken the job over".into()));
        }
        crate::failpoint!("F7 submit");
        tx.commit().await?;
        crate::failpoint!("F8 submit");
        super::commands::hint(&self.engine);
        Ok(found)
    }

    async fn read(&self, id: PayoutId) -> Result<(PayoutRecord, PayeeAccount), Failure> {
        let pool = self.engine.pool();
        let row = store::find(pool, id).await.map_err(Failure::passing)?;
        let row = row.ok_or_else(|| Failure::lasting("there is no such pay-out"))?;
        let payout = row.into_record().map_err(Failure::passing)?;
        let payee = super::payees::find(pool, payout.shop, payout.state.payee).await;
        let payee = payee.map_err(Failure::passing)?;
        Ok((payout, payee.ok_or_else(|| Failure::lasting("there is no such payee account"))?))
    }

    async fn carry(
        &self,
        payout: &PayoutRecord,
        payee: &PayeeAccount,
        may_have_called: bool,
        job: &Claimed,
    ) -> Result<Handled, Failure> {
        let providers = self.engine.payout_providers();
        let provider = providers.find(self.engine.pool(), payout.account).await;
        let provider = match provider.map_err(Failure::passing)? {
            Way::Provider(provider) => provider,
            Way::BankFiles(debtor) => {
                let pool = self.engine.pool();
                let declined = bank_files::declined(pool, &debtor, (payout, payee)).await;
                let Some(news) = declined.map_err(Failure::passing)? else {
                    return Ok(Handled::NowFinish);
                };
                learn(&self.engine, payout.id, news, (job, Then::Finish)).await?;
                return Ok(Handled::InItsTransaction);
            }
        };
        let known = if may_have_called {
            provider.inquire(&payout.id.to_string()).await.map_err(not_asked)?
        } else {
            None
        };
        let news = match known {
            Some(report) => News::of_report(payout, &report, Source::Poll),
            None => call(provider.as_ref(), payout, payee).await?,
        };
        learn(&self.engine, payout.id, news, (job, Then::Finish)).await?;
        Ok(Handled::InItsTransaction)
    }
}

/// Gives the pay-out to the provider.
async fn call(
    provider: &dyn PayoutProvider,
    payout: &PayoutRecord,
    payee: &PayeeAccount,
) -> Result<News, Failure> {
    let reference = payout.id.to_string();
    let transfer = Transfer {
        amount: payout.state.amount,
        iban: payee.iban.clone(),
        holder: payee.holder.clone(),
        remittance: format!("Pay-out {reference}"),
        reference,
    };
    let answer = crate::failpoint!("F5 submit", provider.submit(&transfer)).await;
    crate::failpoint!("F6 submit");
    Ok(match answer {
        TransferAnswer::Done(report) => News::of_report(payout, &report, Source::Worker),
        TransferAnswer::Declined(failure, raw) => News::of_refusal(failure, raw),
        TransferAnswer::Retryable(setback) => return Err(put_off(setback)),
        TransferAnswer::Unknown(why) => {
            let fact = Fact::Unknown { submission: payout.state.submissions };
            News::of(fact, Source::Worker, json!({ "problem": why }))
        }
    })
}
