//! The one place where a pay-out changes.

use std::time::Duration;

use domain::decide::Why;
use domain::four_eyes::Actor;
use domain::id::{Id, PayoutAccountId, PayoutId};
use domain::payout::decide::{Decision, Follow, Outcome, Refused, decide};
use domain::payout::event::{Command, Event, Fact};
use domain::payout::{Payout, Phase};
use domain::posting::payout::PayoutParties;
use serde_json::{Value, json};

use crate::db::{Fault, Tx};
use crate::ledger::{self, Wallet};
use crate::payments::Source;
use crate::payouts::row::Row;
use crate::payouts::{announce, inquire, store, submit};
use crate::watch::{self, Alert, Kind, Severity};

/// How long after a submission came to nothing it is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// How soon it is asked what became of a submission that broke.
const ASK_AFTER: Duration = Duration::from_secs(2);

/// Something that happens to a pay-out, and how we know.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// What happens.
    pub(crate) event: Event,
    /// Where it comes from.
    pub(crate) source: Source,
    /// Who asks, if somebody does.
    pub(crate) by: Option<Actor>,
    /// What proves it, as it came; kept in the history.
    pub(crate) detail: Value,
    /// What else was learnt on the way.
    pub(crate) learnt: Learnt,
}

/// What is learnt beside an event; `None` leaves what is stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learnt {
    /// The provider's id.
    pub(crate) reference: Option<String>,
    /// Why it failed or came again: the provider's code and its text.
    pub(crate) failure: Option<(String, String)>,
}

/// What became of an [`Input`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The pay-out changed.
    Changed,
    /// Nothing changed, for this reason.
    Nothing(Why),
    /// The command was refused.
    Refused(Refused),
}

/// A pay-out whose row and whose seller's wallet are locked.
pub(crate) struct Locked {
    pub(crate) row: Row,
    pub(crate) state: Payout,
    /// What the seller has, read under the lock.
    pub(crate) wallet: Wallet,
}

/// Locks the wallet of the pay-out's seller, then the pay-out.
pub(crate) async fn lock(tx: &mut Tx, id: PayoutId) -> Result<Option<Locked>, Fault> {
    // Whose it is never changes, so it can be read before anything is locked.
    let Some(row) = store::find(tx.conn(), id).await? else { return Ok(None) };
    let wallet = ledger::lock_wallet(tx, row.shop(), row.seller(), row.currency()?).await?;
    lock_one(tx, id, wallet).await
}

/// Locks a pay-out of a seller whose wallet is locked.
pub(crate) async fn lock_one(
    tx: &mut Tx,
    id: PayoutId,
    wallet: Wallet,
) -> Result<Option<Locked>, Fault> {
    store::lock(tx, id).await?;
    let Some(row) = store::find(tx.conn(), id).await? else { return Ok(None) };
    let state = row.state()?;
    Ok(Some(Locked { row, state, wallet }))
}

/// Decides what happens to the pay-out, and writes everything that follows, in `tx`.
///
/// # Errors
/// [`Fault`]; then nothing of it may be committed.
pub(crate) async fn apply(
    tx: &mut Tx,
    locked: &mut Locked,
    input: &Input,
) -> Result<Applied, Fault> {
    let decision = match decide(&locked.state, &input.event) {
        Err(refused) => return Ok(Applied::Refused(refused)),
        Ok(Outcome::Nothing(why)) => return Ok(Applied::Nothing(why)),
        Ok(Outcome::Changed(decision)) => *decision,
    };
    let (holds_seller, frees_seller) = (decision.holds_seller, decision.frees_seller);
    write(tx, locked, input, decision).await?;
    if holds_seller {
        hold_others(tx, locked, input.source).await?;
    }
    if frees_seller {
        free_others(tx, locked, input).await?;
    }
    Ok(Applied::Changed)
}

/// Lets those go on that were stopped because of this one, as far as whoever asks for it could let
/// each of them go on; the others wait for somebody who can.
async fn free_others(tx: &mut Tx, ruled: &Locked, input: &Input) -> Result<(), Fault> {
    let Some(by) = input.by else { return Ok(()) };
    for other in store::held_because_of(tx, &ruled.row).await? {
        let Some(mut other) = lock_one(tx, other, ruled.wallet).await? else { continue };
        let input = Input {
            event: Event::Command(Command::Resume { by }),
            source: input.source,
            by: Some(by),
            detail: json!({ "because_of": ruled.row.id() }),
            learnt: Learnt::default(),
        };
        if let Ok(Outcome::Changed(decision)) = decide(&other.state, &input.event) {
            write(tx, &mut other, &input, *decision).await?;
        }
    }
    Ok(())
}

/// Stops what else the seller was to be paid in this currency, until somebody has looked at their
/// bank account.
async fn hold_others(tx: &mut Tx, ended: &Locked, source: Source) -> Result<(), Fault> {
    for other in store::waiting_ids(tx, &ended.row).await? {
        let Some(mut other) = lock_one(tx, other, ended.wallet).await? else { continue };
        let input = Input {
            event: Event::Command(Command::Hold),
            source,
            by: None,
            detail: json!({ "because_of": ended.row.id() }),
            learnt: Learnt::default(),
        };
        if let Ok(Outcome::Changed(decision)) = decide(&other.state, &input.event) {
            write(tx, &mut other, &input, *decision).await?;
        }
    }
    Ok(())
}

/// Writes a decision: state, history, postings, events, and the job that follows.
async fn write(
    tx: &mut Tx,
    locked: &mut Locked,
    input: &Input,
    decision: Decision,
) -> Result<(), Fault> {
    let before = locked.state.clone();
    let Locked { row, state, .. } = locked;
    row.take(&decision.next);
    if input.learnt.reference.is_some() {
        row.provider_reference.clone_from(&input.learnt.reference);
    }
    if let Some((code, message)) = &input.learnt.failure {
        (row.failure_code, row.failure_message) = (Some(code.clone()), Some(message.clone()));
    }
    // What is paid for certain has not failed, whatever was said in between: the history has it.
    if decision.next.phase == Phase::Paid && !decision.next.in_doubt {
        (row.failure_code, row.failure_message) = (None, None);
    }
    row.refusal = None;
    row.version += 1;
    *state = decision.next.clone();
    store::save(tx, row, before.phase).await?;
    store::append_history(tx, row, input, Some(before.phase), decision.irregular).await?;
    post(tx, row, &decision).await?;
    if let Some(announcement) = decision.announcement {
        announce::announce(tx, row, state, announcement).await?;
    }
    follow(tx, row, (&before, state), &decision, input).await?;
    if let Some(why) = decision.irregular {
        watch::raise(tx, &irregular(row, why)).await?;
    }
    if matches!(input.event, Event::Command(Command::ConfirmRuling { .. })) {
        watch::resolve(tx, Kind::IrregularFact, &row.id().to_string()).await?;
    }
    Ok(())
}

async fn post(tx: &mut Tx, row: &Row, decision: &Decision) -> Result<(), Fault> {
    let account = PayoutAccountId::from_uuid(row.payout_account_id);
    let parties = PayoutParties { seller: row.seller(), account };
    let (id, bucket) = (row.payout_id, row.id().bucket());
    let mut drafts = Vec::with_capacity(decision.movements.len());
    for movement in &decision.movements {
        let posting = movement
            .posting(parties)
            .map_err(|error| Fault::Broken(format!("posting of {id}: {error}")))?;
        drafts.push(ledger::draft(row.shop(), bucket, id, posting));
    }
    ledger::write(tx, &drafts).await
}

/// Enqueues what has to be done at the provider.
async fn follow(
    tx: &mut Tx,
    row: &Row,
    (before, state): (&Payout, &Payout),
    decision: &Decision,
    input: &Input,
) -> Result<(), Fault> {
    let mut jobs = Vec::new();
    if state.phase == Phase::Approved && before.phase != Phase::Approved {
        let is_again = matches!(input.event, Event::Fact(Fact::NothingFound { .. }));
        let delay = if is_again { AGAIN_AFTER } else { Duration::ZERO };
        jobs.push(submit::job(row.id(), state.submissions + 1, delay));
    }
    // Who asked for a submission makes it: its job goes on once this is committed.
    if let Some(Follow::Inquire { submission }) = decision.follow {
        jobs.push(inquire::job(row.id(), submission, ASK_AFTER));
    }
    if is_taken_on(state) && !is_taken_on(before) {
        jobs.push(inquire::watch(row.id(), state.submissions));
    }
    tx.enqueue(jobs, false).await
}

/// Whether the provider has it.
fn is_taken_on(state: &Payout) -> bool {
    state.is_accepted || matches!(state.phase, Phase::InTransit | Phase::Paid)
}

/// What a person has to look at: one alert for each pay-out, until somebody has.
pub(crate) fn irregular(row: &Row, why: &str) -> Alert {
    let payout = row.id();
    Alert {
        shop: Some(Id::from_uuid(row.shop_id)),
        kind: Kind::IrregularFact,
        subject: payout.to_string(),
        severity: Severity::Critical,
        message: format!("A pay-out went against our rules: {why}."),
        facts: json!({ "detail": why, "version": row.version, "rows": [payout] }),
    }
}

/// Writes down why the pay-out could not be submitted, once for each reason; it stays as it is.
pub(crate) async fn note_refusal(
    tx: &mut Tx,
    locked: &mut Locked,
    refused: &Refused,
) -> Result<(), Fault> {
    let Locked { row, state, .. } = locked;
    if row.refusal.as_deref() == Some(refused.code()) {
        return Ok(());
    }
    row.refusal = Some(refused.code().to_owned());
    row.version += 1;
    let input = Input {
        event: Event::Command(Command::Submit {
            available: locked.wallet.available,
            payee: Some(state.payee),
        }),
        source: Source::Worker,
        by: None,
        detail: json!({ "refused": refused.code(), "why": refused.to_string() }),
        learnt: Learnt::default(),
    };
    store::save(tx, row, state.phase).await?;
    store::append_history(tx, row, &input, Some(state.phase), None).await
}
