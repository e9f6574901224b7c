//! The SQL of notifications from processors.

use std::collections::HashSet;

use domain::id::{InboundWebhookId, ProcessorAccountId};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Arrived, Outcome, Stored, Verdict};
use crate::db::{Fault, Tx};

/// Adds notifications; returns those that were not known before.
pub(super) async fn insert(
    tx: &mut Tx,
    ids: &[InboundWebhookId],
    arrived: &[Arrived],
) -> Result<HashSet<InboundWebhookId>, Fault> {
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let accounts: Vec<Uuid> = arrived.iter().map(|one| one.account.uuid()).collect();
    let messages: Vec<String> = arrived.iter().map(|one| one.message_id.clone()).collect();
    let headers: Vec<Value> = arrived.iter().map(|one| one.headers.clone()).collect();
    let bodies: Vec<Vec<u8>> = arrived.iter().map(|one| one.body.clone()).collect();
    let problems: Vec<Option<String>> = arrived
        .iter()
        .map(|one| match one.verdict {
            Verdict::Verified { .. } => None,
            Verdict::Refused(why) => Some(why.to_owned()),
        })
        .collect();
    let subjects: Vec<Option<Uuid>> = arrived
        .iter()
        .map(|one| match &one.verdict {
            Verdict::Verified { payment, .. } => payment.map(domain::id::Id::uuid),
            Verdict::Refused(_) => None,
        })
        .collect();
    let stored = sqlx::query_scalar!(
        r#"
        insert into inbound_webhook
            (inbound_webhook_id, processor_account_id, message_id, headers, body, state, problem,
             subject_id)
        select id, account_id, message_id, headers, body,
               case when problem is null then 'stored' else 'refused' end, problem, subject_id
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::bytea[], $6::text[],
                    $7::uuid[])
            as new (id, account_id, message_id, headers, body, problem, subject_id)
        on conflict (processor_account_id, message_id) where state <> 'refused' do nothing
        returning inbound_webhook_id
        "#,
        &uuids,
        &accounts,
        &messages,
        &headers,
        &bodies,
        &problems as &[Option<String>],
        &subjects as &[Option<Uuid>],
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(stored.into_iter().map(InboundWebhookId::from_uuid).collect())
}

/// A stored notification.
pub(super) async fn find(pool: &PgPool, id: InboundWebhookId) -> Result<Option<Stored>, Fault> {
    let row = sqlx::query!(
        r#"
        select processor_account_id as "account!", headers, body
        from inbound_webhook
        where inbound_webhook_id = $1 and state <> 'refused'
        "#,
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Stored {
        id,
        account: ProcessorAccountId::from_uuid(row.account),
        headers: row.headers,
        body: row.body,
    }))
}

/// Writes down what became of notifications.
pub(super) async fn record(tx: &mut Tx, outcomes: &[Outcome]) -> Result<(), Fault> {
    let ids: Vec<Uuid> = outcomes.iter().map(|outcome| outcome.id.uuid()).collect();
    let subjects: Vec<Option<Uuid>> = outcomes.iter().map(|outcome| outcome.subject).collect();
    let problems: Vec<Option<String>> =
        outcomes.iter().map(|outcome| outcome.problem.clone()).collect();
    sqlx::query!(
        r#"
        update inbound_webhook
        set state = case when outcome.problem is null then 'handled' else 'unmatched' end,
            problem = outcome.problem, subject_id = coalesce(outcome.subject_id, inbound_webhook.subject_id),
            handled_at = now()
        from unnest($1::uuid[], $2::uuid[], $3::text[]) as outcome (id, subject_id, problem)
        where inbound_webhook_id = outcome.id and state <> 'refused'
        "#,
        &ids,
        &subjects as &[Option<Uuid>],
        &problems as &[Option<String>],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
