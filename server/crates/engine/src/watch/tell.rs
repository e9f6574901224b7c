//! Telling the operator of alerts: a line of the log, and a signed webhook if an address was given.

use std::time::Duration;

use domain::id::{AlertId, JobId};
use jobs::{Claimed, Failure, Handled, Handler, Lane};
use reqwest::Client;
use reqwest::redirect::Policy as Redirects;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use standardwebhooks::Webhook;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Alert, Severity, store};

/// The kind of job that tells the operator of an alert; its subject is the alert.
pub const TELL_OPERATOR: &str = "tell_operator";
/// How long the operator's server may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where the operator hears of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorWebhook {
    /// The address. It may be inside of the operator's own network.
    pub url: String,
    /// What the messages are signed with: `whsec_…`.
    pub secret: String,
}

/// The lane that tells the operator: tries for about a day.
pub fn lane(tell: Tell) -> Lane<Tell> {
    crate::workers::lane(TELL_OPERATOR, tell)
}

/// Tells the operator of alerts.
#[derive(Debug, Clone)]
pub struct Tell {
    pool: PgPool,
    client: Client,
    webhook: Option<OperatorWebhook>,
}

#[derive(Deserialize)]
struct Payload {
    event: String,
}

impl Tell {
    /// Reads alerts from `pool`; without a webhook, the log alone is told.
    ///
    /// # Panics
    /// If the TLS provider was not installed at the start of the program.
    pub fn new(pool: &PgPool, webhook: Option<OperatorWebhook>) -> Self {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(Redirects::none())
            .no_proxy()
            .user_agent(concat!("Paydesk/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("the TLS provider is installed at start");
        Self { pool: pool.clone(), client, webhook }
    }

    async fn send(&self, message: &str, body: String) -> Result<(), Failure> {
        let Some(OperatorWebhook { url, secret }) = &self.webhook else { return Ok(()) };
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let signature = Webhook::new(secret)
            .and_then(|signer| signer.sign(message, now, body.as_bytes()))
            .map_err(|_| Failure::passing("the operator's webhook secret cannot be used"))?;
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", message)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signature)
            .body(body);
        let answer = crate::failpoint!("F11 tell", request.send()).await;
        crate::failpoint!("F12 tell");
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                Err(Failure::passing(format!("the operator answered {}", answer.status())))
            }
            Err(_) => Err(Failure::passing("the operator's server could not be reached")),
        }
    }
}

impl Handler for Tell {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let payload: Payload =
            serde_json::from_value(job.payload.clone()).map_err(Failure::lasting)?;
        let id = AlertId::from_uuid(job.subject_id);
        let found = store::find_any(&self.pool, id).await.map_err(Failure::passing)?;
        let Some((alert, raised_at, resolved_at)) = found else { return Ok(Handled::NowFinish) };
        if job.attempt == 1 {
            log(id, &alert, &payload.event);
        }
        // The same name at every try, so that the receiver can tell a repeat.
        let message = JobId::from_uuid(job.job_id).to_string();
        let body = json!({
            "type": payload.event,
            "timestamp": written(OffsetDateTime::now_utc()),
            "data": {
                "alert": id,
                "kind": alert.kind.as_str(),
                "severity": alert.severity.as_str(),
                "shop": alert.shop,
                "subject": alert.subject,
                "message": alert.message,
                "facts": alert.facts,
                "raised_at": written(raised_at),
                "resolved_at": resolved_at.map(written),
            },
        });
        self.send(&message, body.to_string()).await?;
        Ok(Handled::NowFinish)
    }
}

fn log(id: AlertId, alert: &Alert, event: &str) {
    let (kind, subject, message) = (alert.kind.as_str(), &alert.subject, &alert.message);
    match alert.severity {
        _ if event == "alert.resolved" => {
            tracing::info!(alert.id = %id, alert.kind = kind, alert.subject = subject, event, "{message}");
        }
        Severity::Warning => {
            tracing::warn!(alert.id = %id, alert.kind = kind, alert.subject = subject, event, "{message}");
        }
        Severity::Critical => {
            tracing::error!(alert.id = %id, alert.kind = kind, alert.subject = subject, event, "{message}");
        }
    }
}

fn written(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).expect("an instant of this era can be written")
}
