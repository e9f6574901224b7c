//! The watch: once a minute it looks for what somebody should look at, set by set, raises what it
//! finds, and resolves what it does not find any more.

use std::time::Duration;

use serde_json::json;

use super::store::findings::{self, Finding};
use super::store::{self, bank_files};
use super::{Alert, Found, Kind, Severity, TELL_OPERATOR, raise_all, settle};
use crate::checks::ROWS_MAX;
use crate::db::{Fault, Tx};
use crate::service::Engine;

/// How often the watch looks.
pub const ROUND: Duration = Duration::from_mins(1);

/// What the watch looks for.
const WATCHED: [Kind; 11] = [
    Kind::PaymentsStuck,
    Kind::RefundsStuck,
    Kind::WebhooksSilent,
    Kind::WebhooksRefused,
    Kind::WebhooksUnmatched,
    Kind::AcceptanceDropped,
    Kind::DeadLetters,
    Kind::DeliveriesFailing,
    Kind::QueueLate,
    Kind::BankFilesUnanswered,
    Kind::BooksBroken,
];

/// Looks, if no other process has done so within [`ROUND`]; returns how many alerts are new.
///
/// # Errors
/// [`Fault`].
pub async fn round(engine: &Engine) -> Result<usize, Fault> {
    if findings::begin(engine.pool(), ROUND).await? { look(engine).await } else { Ok(0) }
}

/// Looks for everything; returns how many alerts are new.
///
/// What cannot be looked for does not keep the rest from being found.
///
/// # Errors
/// [`Fault`], the last one.
pub async fn look(engine: &Engine) -> Result<usize, Fault> {
    let mut new = 0;
    let mut trouble = None;
    for kind in WATCHED {
        match look_for(engine, kind).await {
            Ok(raised) => new += raised,
            Err(fault) => {
                tracing::warn!(kind = kind.as_str(), error = ?fault, "could not be watched");
                trouble = Some(fault);
            }
        }
    }
    engine.waker().hint(TELL_OPERATOR);
    trouble.map_or(Ok(new), Err)
}

/// Raises what is found of `kind` and resolves what is not there any more, in one transaction.
pub(crate) async fn look_for(engine: &Engine, kind: Kind) -> Result<usize, Fault> {
    let mut tx = Tx::begin(engine.pool()).await?;
    store::plan_for_sets(&mut tx).await?;
    let found = match kind {
        Kind::PaymentsStuck => findings::payments_stuck(&mut tx).await?,
        Kind::RefundsStuck => findings::refunds_stuck(&mut tx).await?,
        Kind::WebhooksSilent => {
            findings::note_sources(&mut tx).await?;
            findings::webhooks_silent(&mut tx).await?
        }
        Kind::WebhooksRefused => findings::webhooks_refused(&mut tx).await?,
        Kind::WebhooksUnmatched => findings::webhooks_unmatched(&mut tx).await?,
        Kind::AcceptanceDropped => {
            findings::note_acceptance(&mut tx).await?;
            findings::acceptance_dropped(&mut tx).await?
        }
        Kind::DeadLetters => findings::dead_letters(&mut tx).await?,
        Kind::DeliveriesFailing => findings::deliveries_failing(&mut tx).await?,
        Kind::QueueLate => findings::queue_late(&mut tx).await?,
        Kind::BankFilesUnanswered => bank_files::unanswered(&mut tx).await?,
        Kind::BooksBroken => {
            let mut found = findings::books_broken(&mut tx).await?;
            found.extend(findings::books_unknown(&mut tx).await?);
            found
        }
        // Whoever breaks the circuit, hears of the money or writes the fact, says so.
        Kind::CircuitOpened | Kind::MoneyElsewhere | Kind::IrregularFact => return Ok(0),
    };
    let alerts: Vec<Alert> = found.into_iter().map(|finding| alert(kind, finding)).collect();
    let new = raise_all(&mut tx, &alerts, Found::Watched).await?;
    settle(&mut tx, kind, &alerts).await?;
    tx.commit().await?;
    Ok(new)
}

fn alert(kind: Kind, finding: Finding) -> Alert {
    let message = message(kind, &finding);
    let Finding { shop, subject, name, detail, count, since, rows } = finding;
    Alert {
        shop,
        kind,
        subject,
        severity: severity(kind, &detail),
        message,
        facts: json!({
            "about": name,
            "detail": detail,
            "count": count,
            "since": since.map(|at| at.to_string()),
            "rows": rows,
        }),
    }
}

const fn severity(kind: Kind, detail: &str) -> Severity {
    match kind {
        Kind::PaymentsStuck if !is_doubt(detail) => Severity::Warning,
        Kind::RefundsStuck
        | Kind::WebhooksRefused
        | Kind::WebhooksUnmatched
        | Kind::BankFilesUnanswered => Severity::Warning,
        _ => Severity::Critical,
    }
}

/// Whether nobody knows where the money is: worse than waiting for a shopper or a bank.
const fn is_doubt(detail: &str) -> bool {
    matches!(detail.as_bytes(), b"unknown" | b"executing")
}

/// One sentence for people. The rows behind it stand in the facts.
fn message(kind: Kind, finding: &Finding) -> String {
    let Finding { name, detail, count, .. } = finding;
    match kind {
        Kind::PaymentsStuck => {
            format!(
                "{count} payments at {name} are \u{201c}{detail}\u{201d} for longer than that may take."
            )
        }
        Kind::RefundsStuck => format!("{count} refunds at {name} are not answered."),
        Kind::WebhooksSilent => {
            format!("{name} sends no webhooks any more, and {count} payments wait.")
        }
        Kind::WebhooksRefused => {
            format!("{count} webhooks to {name} were refused within an hour: {detail}.")
        }
        Kind::WebhooksUnmatched => {
            format!("{count} webhooks of {name} speak of nothing that we know.")
        }
        Kind::AcceptanceDropped => format!("{name} accepts {detail} of {count} payments."),
        Kind::CircuitOpened => format!("{name} is not called."),
        Kind::MoneyElsewhere => format!("{name} has money of a payment that has left it."),
        Kind::IrregularFact => format!("{name}: {detail}."),
        Kind::BooksBroken if *count == 0 => {
            format!("Nobody knows whether the books hold. \u{201c}{name}\u{201d} {detail}.")
        }
        Kind::BooksBroken => {
            let least = if *count >= ROWS_MAX { "at least " } else { "" };
            format!(
                "The books are broken. \u{201c}{name}\u{201d} fails for {least}{count} rows: {detail}."
            )
        }
        Kind::DeadLetters => format!("{count} jobs of the kind {name} failed for good."),
        Kind::DeliveriesFailing => format!("{name} does not take its webhooks: {count} wait."),
        Kind::BankFilesUnanswered => {
            format!("{name}: the bank has not answered for {count} pay-outs of the file {detail}.")
        }
        Kind::QueueLate => format!("{count} jobs of the kind {name} are due and not begun."),
    }
}
