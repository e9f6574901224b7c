//! Alerts: what somebody should look at, said once for as long as it lasts.
//!
//! An alert is about one subject (a processor account, a shop, a kind of work) and names the rows
//! behind it in its facts. While it is not resolved, the same finding only refreshes it. Each new
//! one is a row for the console, a line of the log, part of a metric, and a webhook to the operator.

mod figures;
mod handle;
mod kind;
mod list;
pub mod look;
pub mod meter;
pub mod rounds;
pub(crate) mod store;
mod tell;

use domain::id::{AlertId, JobId, ShopId};
use jobs::NewJob;
use serde_json::{Value, json};
use std::time::Duration;

use crate::db::{Fault, Tx, new_plain_id};
use crate::service::Engine;

pub use figures::{Figure, NAMES, figures};
pub use handle::{HandleError, Handling, handle};
pub use kind::{Kind, Severity, State};
pub use list::{Details, Filter, Listed, Page, count_unresolved, find, list};
pub use tell::{OperatorWebhook, TELL_OPERATOR, Tell, lane};

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Whose data it is about; `None` if it is about the whole installation.
    pub shop: Option<ShopId>,
    /// What is the matter.
    pub kind: Kind,
    /// What it is about: with the kind it stands for one alert until that is resolved.
    pub subject: String,
    /// How urgent it is.
    pub severity: Severity,
    /// One sentence for people, never with personal data.
    pub message: String,
    /// The figures and the ids of the rows behind it.
    pub facts: Value,
}

/// Raises an alert as part of the caller's transaction; returns whether it is a new one.
///
/// One that is not resolved yet is refreshed instead. After the commit, hint at
/// [`TELL_OPERATOR`] so that the operator hears of it at once.
///
/// # Errors
/// [`Fault`].
pub async fn raise(tx: &mut Tx, alert: &Alert) -> Result<bool, Fault> {
    Ok(raise_each(tx, std::slice::from_ref(alert)).await? > 0)
}

/// Raises alerts as part of the caller's transaction; returns how many of them are new.
pub(crate) async fn raise_each(tx: &mut Tx, alerts: &[Alert]) -> Result<usize, Fault> {
    if alerts.is_empty() {
        return Ok(0);
    }
    raise_all(tx, alerts, Found::Told).await
}

/// Raises an alert in a transaction of its own; returns whether it is a new one.
///
/// # Errors
/// [`Fault`].
pub async fn raise_now(engine: &Engine, alert: &Alert) -> Result<bool, Fault> {
    let mut tx = Tx::begin(engine.pool()).await?;
    let is_new = raise(&mut tx, alert).await?;
    tx.commit().await?;
    if is_new {
        engine.waker().hint(TELL_OPERATOR);
    }
    Ok(is_new)
}

/// Resolves the alert about `subject`, because its condition has passed; returns whether there was
/// one.
///
/// # Errors
/// [`Fault`].
pub async fn resolve(tx: &mut Tx, kind: Kind, subject: &str) -> Result<bool, Fault> {
    let resolved = store::resolve(tx, kind.as_str(), subject).await?;
    tell_all(tx, &resolved, "alert.resolved").await?;
    Ok(!resolved.is_empty())
}

/// Resolves the alert about `subject` in a transaction of its own; returns whether there was one.
///
/// # Errors
/// [`Fault`].
pub async fn resolve_now(engine: &Engine, kind: Kind, subject: &str) -> Result<bool, Fault> {
    let mut tx = Tx::begin(engine.pool()).await?;
    let was_there = resolve(&mut tx, kind, subject).await?;
    tx.commit().await?;
    if was_there {
        engine.waker().hint(TELL_OPERATOR);
    }
    Ok(was_there)
}

/// Who found the condition, and so who says that it has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Whoever raised it.
    Told,
    /// The watch, when it does not find it any more.
    Watched,
}

/// Raises alerts and returns how many of them are new.
async fn raise_all(tx: &mut Tx, alerts: &[Alert], found: Found) -> Result<usize, Fault> {
    // Two that raise the same alerts wait for each other in the same order.
    let mut alerts: Vec<&Alert> = alerts.iter().collect();
    alerts.sort_by_key(|alert| (alert.kind.as_str(), &alert.subject));
    alerts.dedup_by_key(|alert| (alert.kind.as_str(), &alert.subject));
    let ids: Vec<AlertId> = alerts.iter().map(|_| new_plain_id()).collect();
    let standing = store::raise(tx, &ids, &alerts, found == Found::Watched).await?;
    let new: Vec<AlertId> = ids.into_iter().filter(|id| standing.contains(id)).collect();
    tell_all(tx, &new, "alert.raised").await?;
    Ok(new.len())
}

/// Resolves the alerts of `kind` that the watch found before and that are not among `found` now.
async fn settle(tx: &mut Tx, kind: Kind, found: &[Alert]) -> Result<usize, Fault> {
    let subjects: Vec<String> = found.iter().map(|alert| alert.subject.clone()).collect();
    let resolved = store::resolve_others(tx, kind.as_str(), &subjects).await?;
    tell_all(tx, &resolved, "alert.resolved").await?;
    Ok(resolved.len())
}

/// Enqueues the news of alerts for the operator.
async fn tell_all(tx: &mut Tx, alerts: &[AlertId], event: &str) -> Result<(), Fault> {
    let jobs: Vec<NewJob> = alerts.iter().map(|alert| tell_job(*alert, event)).collect();
    tx.enqueue(jobs, false).await
}

fn tell_job(alert: AlertId, event: &str) -> NewJob {
    let id: JobId = crate::db::new_id(domain::id::Bucket(alert.uuid().as_bytes()[15]));
    NewJob {
        job_id: id.uuid(),
        kind: TELL_OPERATOR,
        subject_id: alert.uuid(),
        payload: json!({ "event": event }),
        // What was raised is told before what was resolved.
        ordering_key: Some(alert.uuid()),
        delay: Duration::ZERO,
    }
}
