//! `paydesk webhooks`: what processors and pay-out providers sent, for whoever has a terminal and no browser.

use color_eyre::eyre::{Result, bail, eyre};
use domain::id::InboundWebhookId;
use engine::inbound::{self, Filter, Listed, State};
use engine::reconciliation::actor::Actor;
use engine::service::Engine;
use sqlx::PgPool;
use time::format_description::well_known::Rfc3339;

use super::say;
use crate::config::{WebhooksArguments, WebhooksCommand};
use crate::console::ports::webhooks::{headers, work};
use crate::run::connect;

/// Lists, shows, replays or discards webhooks of any shop.
///
/// # Errors
/// If there is no such webhook, or it may not be replayed or discarded; then nothing was changed.
pub async fn webhooks(arguments: WebhooksArguments) -> Result<()> {
    let database = connect(&arguments.database).await?;
    match arguments.command {
        WebhooksCommand::List { state, about, limit } => {
            let state = state.map(|word| {
                State::from_word(&word).ok_or_else(|| eyre!("there is no state {word}"))
            });
            let filter = Filter { state: state.transpose()?, query: about, ..Filter::default() };
            list(&database.pool, &filter, limit).await
        }
        WebhooksCommand::Show { webhook } => show(&database.pool, webhook).await,
        WebhooksCommand::Replay { webhook } => {
            let engine = Engine::start(database, "http://127.0.0.1").await?;
            let by = Actor::Program("paydesk webhooks replay");
            inbound::replay_any(&engine, webhook, &by).await?;
            say("it will be handled again by the next worker");
            Ok(())
        }
        WebhooksCommand::Discard { webhook, reason, by } => {
            let Some(person) = by.filter(|name| !name.is_empty()) else {
                bail!("say who decides: --by NAME");
            };
            if reason.trim().is_empty() {
                bail!("say why: --reason TEXT");
            }
            let engine = Engine::start(database, "http://127.0.0.1").await?;
            let reason = format!("{reason} ({person}, at the command line)");
            let by = Actor::Program("paydesk webhooks discard");
            inbound::discard(&engine, None, (webhook, None), &reason, &by).await?;
            say("discarded; it stays readable with its reason");
            Ok(())
        }
    }
}

async fn list(pool: &PgPool, filter: &Filter, limit: u16) -> Result<()> {
    let page = inbound::list(pool, filter, limit).await?;
    for webhook in &page.rows {
        say(&line(webhook)?);
    }
    if page.next.is_some() {
        say("there are more: narrow the list or raise --limit");
    }
    Ok(())
}

fn line(webhook: &Listed) -> Result<String> {
    let at = webhook.received_at.format(&Rfc3339)?;
    let kind = webhook.kind.as_deref().unwrap_or("-");
    let subject = webhook.checkout.map(|id| id.to_string());
    let subject = subject.or(webhook.payout.map(|id| id.to_string()));
    let about = match (&webhook.payment, subject, &webhook.problem) {
        (Some((payment, reference)), _, _) => format!("{payment} ({reference})"),
        (None, Some(subject), _) => subject,
        (None, None, Some(problem)) => {
            format!("{}: {problem}", webhook.problem_code.as_deref().unwrap_or("-"))
        }
        (None, None, None) => String::new(),
    };
    let (id, state, account) = (webhook.id, webhook.state.as_str(), &webhook.account_name);
    Ok(format!("{id}  {at}  {state:<9}  {account}  {kind}  {about}"))
}

async fn show(pool: &PgPool, id: InboundWebhookId) -> Result<()> {
    let found = inbound::details(pool, None, id).await?;
    let details = found.ok_or_else(|| eyre!("there is no such webhook"))?;
    say(&line(&details.webhook)?);
    say(&format!("message {}, {} bytes", details.webhook.message_id, details.body_bytes));
    for (name, value) in headers(&details.headers) {
        say(&format!("{name}: {value}"));
    }
    for effect in &details.effects {
        say(&format!("led to {}: {} to {}", effect.event, effect.from_phase, effect.to_phase));
    }
    if let Some(work) = work(&details) {
        say(&work);
    }
    if let Some(of) = &details.discarded {
        say(&format!("discarded {} by {}: {}", of.at.format(&Rfc3339)?, of.by, of.reason));
    }
    say("");
    say(&details.body);
    Ok(())
}
