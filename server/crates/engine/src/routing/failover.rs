//! Another attempt after one whose outcome is known: at another processor, or at the same one again.
//!
//! Never while anything is unknown. A call that was not answered stays with its processor until that
//! processor says what became of it; so does one of which a worker that was lost may have known.

use std::time::Duration;

use domain::event::{Command, Event, Fact};
use domain::id::{PaymentId, ProcessorAccountId, ShopId};
use domain::operation::Try;
use domain::routing::terms::Method;
use jobs::{Claimed, Failure, NewJob};
use psp::{DeclineCode, Setback};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::checkouts;
use crate::db::{Fault, Tx};
use crate::payments::attempt::{AttemptEnd, NewAttempt};
use crate::payments::commit::{Again as Next, Unit};
use crate::payments::refresh::{Reading, Work};
use crate::payments::setback::put_off;
use crate::payments::{Details, Input, Source, execute};
use crate::routing::retry::{self, Again};
use crate::routing::{Route, RouteError, Wanted, choose, country, store};
use crate::service::Engine;

/// Whether every call of the newest attempt so far is known to have done nothing.
///
/// The first run has made no call yet. Later ones only know what was written down: an attempt that
/// stands as started may have been called by a worker that was lost. The number of the run can be
/// relied on because the claims of these jobs are on disk before anything is called.
pub(crate) fn nothing_is_under_way(work: &Work, run: i32) -> bool {
    if work.row.in_doubt {
        return false;
    }
    match work.row.attempt_state.as_str() {
        "retryable" => true,
        "started" => run <= 1,
        _ => false,
    }
}

/// Before an attempt is called again of which is written that nothing happened: takes that back,
/// since from now on something may happen. Only for who still holds `job`: somebody else may have
/// carried the payment on elsewhere, believing what is written.
///
/// # Errors
/// [`Failure`]: the processor must not be called now.
pub(crate) async fn reopen(engine: &Engine, work: &Work, job: &Claimed) -> Result<(), Failure> {
    if work.row.attempt_state != "retryable" {
        return Ok(());
    }
    let mut tx = Tx::begin(engine.pool()).await.map_err(Failure::passing)?;
    let is_held =
        jobs::hold(tx.conn(), std::slice::from_ref(job)).await.map_err(Failure::passing)?;
    if !is_held || !store::restart(&mut tx, work.attempt).await.map_err(Failure::passing)? {
        return Err(Failure::passing("another worker has carried the payment on"));
    }
    tx.commit().await.map_err(Failure::passing)
}

/// Why a call of this attempt would be held back, if nothing of it is under way and it would.
pub(crate) async fn held_back(engine: &Engine, work: &Work) -> Result<Option<Setback>, Failure> {
    let account = ProcessorAccountId::from_uuid(work.row.processor_account_id);
    let health = engine.health().health(account).await.map_err(Failure::passing)?;
    Ok(health.held_back())
}

/// What follows from a setback of which is certain that nothing happened: the unit that carries the
/// payment on elsewhere, or the failure that lets `job` wait. `was_called` says whether the
/// processor was called at all.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn after_setback(
    engine: &Engine,
    (work, job): (&Work, &Claimed),
    setback: Setback,
    was_called: bool,
) -> Result<Unit, Failure> {
    let tried = [(ProcessorAccountId::from_uuid(work.row.processor_account_id), FAILED)];
    if let Some(route) = elsewhere(engine, work, &tried, None).await? {
        let evidence = json!({ "problem": setback.why });
        return Ok(match &work.row.payment_method {
            Some(_) => again(work, ("retryable", evidence), "failover", &route, Duration::ZERO),
            // A token of a registration is worth nothing elsewhere: the shopper is led to the other
            // processor's page, but only if this one is down for longer.
            None if setback.waits_for.is_some() => let_go(work, evidence),
            None => return Err(wait(engine, (work, job), setback, was_called).await),
        });
    }
    Err(wait(engine, (work, job), setback, was_called).await)
}

/// What follows from a decline, if it leads to another attempt.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn after_decline(
    engine: &Engine,
    work: &Work,
    reading: &Reading,
) -> Result<Option<Unit>, Failure> {
    let code = reading.details.failure.as_ref().and_then(|(code, _)| DeclineCode::from_word(code));
    let (Fact::Declined { .. }, Some(code), Some(_)) =
        (reading.fact, code, &work.row.payment_method)
    else {
        return Ok(None);
    };
    if work.row.phase != "executing" {
        return Ok(None);
    }
    let checkout = find(engine, work).await?;
    let policy = engine.router().table(checkout.shop).await.map_err(Failure::passing)?.policy();
    let tries = || async { store::tries(engine.pool(), work.payment).await };
    let again_at = match retry::after_decline(code.class(), 0, policy) {
        None => return Ok(None),
        Some(Again::Elsewhere) => Again::Elsewhere,
        // Only now it is worth a statement to count.
        Some(Again::Same(_)) => {
            let tries = tries().await.map_err(Failure::passing)?;
            let retries = tries.iter().filter(|one| one.cause == "retry").count();
            let retries = u16::try_from(retries).unwrap_or(u16::MAX);
            match retry::after_decline(code.class(), retries, policy) {
                None => return Ok(None),
                Some(again) => again,
            }
        }
    };
    let after = match again_at {
        Again::Same(after) => after,
        Again::Elsewhere => Duration::ZERO,
    };
    let is_over = checkouts::is_over(engine.pool(), work.checkout(), after).await;
    if is_over.map_err(Failure::passing)? {
        return Ok(None);
    }
    let end = ("declined", reading.evidence.clone());
    let mut unit = match again_at {
        Again::Same(after) => {
            let account = ProcessorAccountId::from_uuid(work.row.processor_account_id);
            let reason = format!("the same account again because {} may pass", code.as_str());
            again(work, end, "retry", &Route { account, reason, is_up: true }, after)
        }
        Again::Elsewhere => {
            let own = [(ProcessorAccountId::from_uuid(work.row.processor_account_id), DECLINED)];
            let told = method_of(&reading.evidence);
            let Some(route) = elsewhere(engine, work, &own, told).await? else { return Ok(None) };
            again(work, end, "failover", &route, Duration::ZERO)
        }
    };
    for input in &mut unit.inputs {
        input.details.failure.clone_from(&reading.details.failure);
    }
    // An answer that was lost before is known now: while it is in doubt, nothing may be tried again.
    unit.inputs.insert(0, known(work, reading));
    if let Some(next) = &mut unit.again {
        next.end.code = Some(code.as_str().into());
        next.end.processor_reference.clone_from(&reading.details.processor_reference);
    }
    Ok(Some(unit))
}

/// Whether the payment was tried at the account before it went on elsewhere.
pub(crate) async fn was_tried_at(
    pool: &PgPool,
    payment: PaymentId,
    account: ProcessorAccountId,
) -> Result<bool, Fault> {
    Ok(store::tries(pool, payment).await?.iter().any(|one| one.account == account))
}

/// Why an account is passed over that has just failed.
const FAILED: &str = "it could not be reached";
/// Why an account is passed over that had trouble of its own.
const DECLINED: &str = "it had trouble with this payment";
/// Why an account is passed over that was tried before.
const TRIED: &str = "it was tried already";

/// Another account that is up and can take the payment.
async fn elsewhere(
    engine: &Engine,
    work: &Work,
    own: &[(ProcessorAccountId, &'static str)],
    told: Option<Method>,
) -> Result<Option<Route>, Failure> {
    let checkout = find(engine, work).await?;
    let tries = store::tries(engine.pool(), work.payment).await.map_err(Failure::passing)?;
    let known = tries.iter().find_map(|one| method_of(one.answer.as_ref()?));
    let earlier = tries.into_iter().map(|one| (one.account, TRIED));
    let wanted = Wanted {
        shop: checkout.shop,
        amount: work.amount,
        parts_minor: (work.amount.minor(), work.amount.minor()),
        method: told.or(known),
        country: checkout.country,
        is_stored: work.row.payment_method.is_some(),
        seed: work.payment.uuid(),
        exclude: own.iter().copied().chain(earlier).collect(),
    };
    match choose(engine, &wanted).await {
        Ok(route) => Ok(Some(route).filter(|route| route.is_up)),
        Err(RouteError::NoRoute(_)) => Ok(None),
        Err(RouteError::Fault(fault)) => Err(Failure::passing(fault)),
    }
}

/// What the shopper pays with, if the processor's answer says so.
fn method_of(answer: &Value) -> Option<Method> {
    Method::from_word(answer.get("payment_method")?.get("type")?.as_str()?)
}

struct Purchase {
    shop: ShopId,
    country: Option<domain::routing::terms::Country>,
}

async fn find(engine: &Engine, work: &Work) -> Result<Purchase, Failure> {
    let found = checkouts::find_any(engine.pool(), work.checkout()).await;
    let checkout = found.map_err(Failure::passing)?;
    let checkout = checkout.ok_or_else(|| Failure::lasting("there is no such checkout"))?;
    Ok(Purchase { shop: checkout.shop, country: country(&checkout.buyer) })
}

/// The unit that ends the newest attempt and begins another.
fn again(
    work: &Work,
    (state, evidence): (&'static str, Value),
    cause: &'static str,
    route: &Route,
    after: Duration,
) -> Unit {
    let number = u16::try_from(work.row.attempt_number).unwrap_or(u16::MAX).saturating_add(1);
    let start = NewAttempt::authorize(work.payment, route.account, number, work.amount)
        .routed(route.reason.clone(), cause);
    let input = Input {
        payment: work.payment,
        event: Event::Command(Command::TryAgain),
        source: Source::Worker,
        evidence: json!({
            "from": ProcessorAccountId::from_uuid(work.row.processor_account_id),
            "to": route.account,
            "reason": route.reason,
            "answer": evidence.clone(),
        }),
        details: Details { processor_account: Some(route.account), ..Details::default() },
    };
    Unit {
        inputs: vec![input],
        again: Some(Next {
            end: AttemptEnd::new(work.attempt, state, evidence),
            start: Some(start),
        }),
        enqueue: vec![NewJob { delay: after, ..execute::job(work.payment, number) }],
        ..Unit::default()
    }
}

/// That the newest attempt was declined, said before another one is made.
fn known(work: &Work, reading: &Reading) -> Input {
    Input {
        payment: work.payment,
        event: Event::Answer(Try::Authorization(work.asked().number), Fact::TurnedDown),
        source: Source::Worker,
        evidence: reading.evidence.clone(),
        details: Details { attempt: Some(work.attempt), ..Details::default() },
    }
}

/// The unit that gives the payment back to its shopper, who pays at another processor's page.
fn let_go(work: &Work, evidence: Value) -> Unit {
    let input = Input {
        payment: work.payment,
        event: Event::Command(Command::LetGo),
        source: Source::Worker,
        evidence: evidence.clone(),
        details: Details::default(),
    };
    Unit {
        inputs: vec![input],
        again: Some(Next {
            end: AttemptEnd::new(work.attempt, "retryable", evidence),
            start: None,
        }),
        ..Unit::default()
    }
}

/// Writes down that nothing happened, so that a later run knows, and says how long to wait.
///
/// Written only by who still holds `job`: after the lease ran out, another worker's call may be
/// under way, of which this one knows nothing.
async fn wait(
    engine: &Engine,
    (work, job): (&Work, &Claimed),
    setback: Setback,
    was_called: bool,
) -> Failure {
    if was_called || work.row.attempt_state != "retryable" {
        let evidence = json!({ "problem": setback.why });
        let end = AttemptEnd::new(work.attempt, "retryable", evidence);
        let held_by = Some(job.clone());
        let unit = Unit { attempts: vec![end], held_by, ..Unit::default() };
        if let Err(error) = engine.committer().commit(unit).await {
            return Failure::passing(error);
        }
    }
    put_off(setback)
}
