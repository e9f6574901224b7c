//! The figures of the whole installation, for metrics: one snapshot of the database.

use sqlx::PgPool;

use super::store::{self, bank_files, figures};
use crate::db::{Fault, Tx};

/// One figure: its name, its labels with their values, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Which of [`NAMES`].
    pub name: &'static str,
    /// What tells it from others of its name.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: i64,
}

/// The names of all figures, and what they mean.
pub const NAMES: [(&str, &str); 13] = [
    ("paydesk_jobs", "Jobs in the queue, by kind."),
    ("paydesk_jobs_leased", "Jobs that a worker holds, by kind."),
    ("paydesk_jobs_late_seconds", "For how long the oldest due job has not been begun, by kind."),
    ("paydesk_dead_letters", "Jobs that failed for good and wait for a person, by kind."),
    ("paydesk_alerts", "Alerts that are not resolved, by kind and severity."),
    ("paydesk_payments_waiting", "Payments under way, by state."),
    ("paydesk_webhooks_aside", "Webhooks that were refused within an hour, or match nothing."),
    ("paydesk_webhook_lag_seconds", "Age of the oldest webhook that is not handled."),
    ("paydesk_webhook_handled_milliseconds", "Slowest handling of the last minute's webhooks."),
    ("paydesk_authorizations", "Authorisations of the last hour, by account and outcome."),
    ("paydesk_bank_files_unanswered", "Bank files with pay-outs that the bank has not answered."),
    ("paydesk_bank_file_lag_seconds", "For how long the oldest of them has not been answered."),
    ("paydesk_circuit", "Whether calls to an account are held back: 0 no, 1 some, 2 all."),
];

/// All figures, of one moment.
///
/// # Errors
/// [`Fault`].
pub async fn figures(pool: &PgPool) -> Result<Vec<Figure>, Fault> {
    let mut tx = Tx::begin(pool).await?;
    figures::same_moment(&mut tx).await?;
    store::plan_for_sets(&mut tx).await?;
    let mut all = figures::jobs(&mut tx).await?;
    all.extend(figures::dead_letters(&mut tx).await?);
    all.extend(figures::alerts(&mut tx).await?);
    all.extend(figures::waiting(&mut tx).await?);
    all.extend(figures::webhooks(&mut tx).await?);
    all.extend(figures::authorizations(&mut tx).await?);
    all.extend(bank_files::figures(&mut tx).await?);
    all.extend(figures::circuits(&mut tx).await?);
    Ok(all)
}
