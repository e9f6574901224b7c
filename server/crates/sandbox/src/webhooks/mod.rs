//! Messages to merchants: written with the change they tell of, sent after it.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    accounts::Account,
    app::Tools,
    clock,
    faults::{
        fault::{Fault, WebhookFault},
        rules::Facts,
    },
};

pub(crate) mod courier;
pub(crate) mod lies;
pub(crate) mod store;

/// One message, on its way.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Parcel {
    pub(crate) webhook_id: Uuid,
    pub(crate) account_id: i64,
    pub(crate) r#type: String,
    pub(crate) body: String,
    /// How often it was tried before.
    pub(crate) tries: i32,
    /// When it may be sent, on the sandbox's clock.
    pub(crate) not_before: OffsetDateTime,
    /// What goes wrong with its first try, as faults are named.
    pub(crate) fault: Option<String>,
    /// Whether it is in memory alone.
    #[sqlx(skip)]
    pub(crate) is_volatile: bool,
}

/// What there is to tell.
pub(crate) struct News<'a> {
    pub(crate) event: &'static str,
    pub(crate) at: OffsetDateTime,
    /// The event's data, as JSON.
    pub(crate) data: String,
    /// What whoever caused it, or the card, wants to go wrong.
    pub(crate) wish: Option<WebhookFault>,
    /// What it is about, for the rules of faults.
    pub(crate) facts: Facts<'a>,
}

impl Parcel {
    /// Wraps the news for the account, if anybody listens there and no fault swallows it.
    pub(crate) fn wrap(tools: &Tools, account: &Account, news: &News<'_>) -> Option<Self> {
        if !account.wants_webhooks() {
            return None;
        }
        let fault = tools.faults.pick_webhook(&tools.mint, account, news);
        if fault == Some(WebhookFault::Never) {
            return None;
        }
        let late_ms = match fault {
            Some(WebhookFault::Late(ms)) => ms,
            _ => 0,
        };
        let timestamp = clock::rfc3339(news.at);
        let subject = news.facts.reference.unwrap_or_default();
        Some(Self {
            webhook_id: tools.mint.id(news.at, &["webhook", &account.name, subject, news.event]),
            account_id: account.account_id,
            r#type: news.event.to_owned(),
            body: format!(
                r#"{{"type":"{event}","timestamp":"{timestamp}","data":{data}}}"#,
                event = news.event,
                data = news.data,
            ),
            tries: 0,
            not_before: news.at + Duration::milliseconds(late_ms.into()),
            fault: fault.map(|fault| Fault::Webhook(fault).to_string()),
            // A late one waits in the database, whatever the mode.
            is_volatile: tools.is_volatile && late_ms == 0,
        })
    }

    /// Says whether it waits for the sandbox's clock.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.fault(), Some(WebhookFault::Late(_)))
    }

    /// Says whether the call that caused it waits for it.
    pub(crate) fn is_before_answer(&self) -> bool {
        self.fault() == Some(WebhookFault::BeforeAnswer)
    }

    /// What goes wrong with this try: only the first goes wrong.
    pub(crate) fn fault(&self) -> Option<WebhookFault> {
        let name = self.fault.as_deref().filter(|_| self.tries == 0)?;
        match Fault::parse(name) {
            Ok(Fault::Webhook(fault)) => Some(fault),
            Ok(Fault::Call(_)) | Err(_) => None,
        }
    }
}
