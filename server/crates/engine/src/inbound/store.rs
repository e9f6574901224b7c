//! The SQL of notifications from processors.

pub(super) mod lists;
pub(super) mod payouts;

use std::collections::{HashMap, HashSet};

use domain::id::{InboundWebhookId, ProcessorAccountId};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    Arrived, Outcome, REFUSED_BYTES_MAX, REFUSED_PER_HOUR_MAX, Stored, Verdict, about,
    payment_named,
};
use crate::db::{Fault, Tx};

/// How much is kept of the kind of news, in characters.
const KIND_CHARS_MAX: usize = 100;

/// Adds notifications; returns those that were not known before. Of those refused, no more are
/// kept than an account may have within an hour.
pub(super) async fn insert(
    tx: &mut Tx,
    ids: &[InboundWebhookId],
    arrived: &[&Arrived],
) -> Result<HashSet<InboundWebhookId>, Fault> {
    let rows = Rows::of(ids, arrived);
    let stored = sqlx::query_scalar!(
        r#"
        with new as (
            select id, account_id, message_id, headers, body, problem, code, subject_id, kind,
                   about, body_bytes,
                   row_number() over (partition by account_id, problem is null) as nth
            from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::bytea[], $6::text[],
                        $7::text[], $8::uuid[], $9::text[], $10::jsonb[], $11::integer[])
                as new (id, account_id, message_id, headers, body, problem, code, subject_id, kind,
                        about, body_bytes)
        ), before as (
            select processor_account_id as account_id, count(*) as refused
            from inbound_webhook
            where state = 'refused' and received_at > now() - interval '1 hour'
              and processor_account_id = any($12::uuid[])
            group by processor_account_id
        )
        insert into inbound_webhook
            (inbound_webhook_id, processor_account_id, message_id, headers, body, state, problem,
             problem_code, subject_id, kind, about, body_bytes)
        select id, account_id, message_id, headers, body,
               case when problem is null then 'stored' else 'refused' end, problem, code,
               subject_id, kind, about, body_bytes
        from new left join before using (account_id)
        where problem is null or coalesce(refused, 0) + nth <= $13
        on conflict (processor_account_id, message_id) where state <> 'refused' do nothing
        returning inbound_webhook_id
        "#,
        &rows.ids,
        &rows.accounts,
        &rows.messages,
        &rows.headers,
        &rows.bodies,
        &rows.problems as &[Option<String>],
        &rows.codes as &[Option<String>],
        &rows.subjects as &[Option<Uuid>],
        &rows.kinds as &[Option<String>],
        &rows.abouts as &[Option<Value>],
        &rows.lengths,
        &rows.refused_accounts,
        i64::from(REFUSED_PER_HOUR_MAX),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(stored.into_iter().map(InboundWebhookId::from_uuid).collect())
}

/// Notifications column by column.
#[derive(Default)]
struct Rows {
    ids: Vec<Uuid>,
    accounts: Vec<Uuid>,
    messages: Vec<String>,
    headers: Vec<Value>,
    bodies: Vec<Vec<u8>>,
    problems: Vec<Option<String>>,
    codes: Vec<Option<String>>,
    subjects: Vec<Option<Uuid>>,
    kinds: Vec<Option<String>>,
    abouts: Vec<Option<Value>>,
    lengths: Vec<i32>,
    refused_accounts: Vec<Uuid>,
}

impl Rows {
    fn of(ids: &[InboundWebhookId], arrived: &[&Arrived]) -> Self {
        let mut rows = Self::default();
        for (id, one) in ids.iter().zip(arrived) {
            let account = one.account.uuid();
            rows.ids.push(id.uuid());
            rows.accounts.push(account);
            rows.messages.push(one.message_id.clone());
            rows.headers.push(one.headers.clone());
            rows.lengths.push(i32::try_from(one.body.len()).unwrap_or(i32::MAX));
            match &one.verdict {
                Verdict::Verified(read) => {
                    let named = read.as_ref().and_then(payment_named);
                    rows.abouts.push(Some(about(one.account, read.as_ref())));
                    rows.bodies.push(one.body.clone());
                    rows.problems.push(None);
                    rows.codes.push(None);
                    rows.subjects.push(named.map(domain::id::Id::uuid));
                    rows.kinds.push(read.as_ref().map(|read| short(&read.kind)));
                }
                Verdict::Refused(why) => {
                    rows.abouts.push(None);
                    rows.bodies.push(one.body.iter().copied().take(REFUSED_BYTES_MAX).collect());
                    rows.problems.push(Some(why.sentence().to_owned()));
                    rows.codes.push(Some(why.code().to_owned()));
                    rows.subjects.push(None);
                    rows.kinds.push(None);
                    rows.refused_accounts.push(account);
                }
            }
        }
        rows
    }
}

/// The kind of news, as long as it may be and without NUL, which Postgres does not keep: one
/// notification must not hold up the others.
fn short(kind: &str) -> String {
    kind.replace('\0', "").chars().take(KIND_CHARS_MAX).collect()
}

/// Stored notifications.
pub(super) async fn find_many(
    pool: &PgPool,
    ids: &[InboundWebhookId],
) -> Result<HashMap<InboundWebhookId, Stored>, Fault> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select inbound_webhook_id, processor_account_id as "account!", headers, body
        from inbound_webhook
        where inbound_webhook_id = any($1) and state <> 'refused'
          and processor_account_id is not null
        "#,
        &ids,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let id = InboundWebhookId::from_uuid(row.inbound_webhook_id);
            let account = ProcessorAccountId::from_uuid(row.account);
            (id, Stored { id, account, headers: row.headers, body: row.body })
        })
        .collect())
}

/// Writes down what became of notifications.
pub(super) async fn record(tx: &mut Tx, outcomes: &[Outcome]) -> Result<(), Fault> {
    let ids: Vec<Uuid> = outcomes.iter().map(|outcome| outcome.id.uuid()).collect();
    let subjects: Vec<Option<Uuid>> = outcomes.iter().map(|outcome| outcome.subject).collect();
    let problems: Vec<Option<String>> = outcomes
        .iter()
        .map(|outcome| outcome.problem.map(|problem| problem.sentence().to_owned()))
        .collect();
    let codes: Vec<Option<String>> = outcomes
        .iter()
        .map(|outcome| outcome.problem.map(|problem| problem.code().to_owned()))
        .collect();
    sqlx::query!(
        r#"
        update inbound_webhook
        set state = case when outcome.problem is null then 'handled' else 'unmatched' end,
            problem = outcome.problem, problem_code = outcome.code,
            subject_id = coalesce(outcome.subject_id, inbound_webhook.subject_id),
            handled_at = now()
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
            as outcome (id, subject_id, problem, code)
        where inbound_webhook_id = outcome.id and state <> 'refused'
        "#,
        &ids,
        &subjects as &[Option<Uuid>],
        &problems as &[Option<String>],
        &codes as &[Option<String>],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
