//! The SQL of notifications from pay-out providers.

use domain::id::{InboundWebhookId, PayoutAccountId, PayoutId};
use serde_json::Value;
use sqlx::PgPool;

use crate::db::{Fault, Tx};
use crate::inbound::Problem;

/// A notification to store, with what became of it.
pub(in crate::inbound) struct NewRow<'a> {
    pub(in crate::inbound) id: InboundWebhookId,
    pub(in crate::inbound) account: PayoutAccountId,
    pub(in crate::inbound) message_id: &'a str,
    pub(in crate::inbound) headers: &'a Value,
    pub(in crate::inbound) body: &'a [u8],
    pub(in crate::inbound) body_bytes: i32,
    pub(in crate::inbound) state: &'static str,
    pub(in crate::inbound) problem: Option<Problem>,
    pub(in crate::inbound) subject: Option<PayoutId>,
    pub(in crate::inbound) kind: Option<&'a str>,
}

/// Adds a notification; `false` if it is a repeat.
pub(in crate::inbound) async fn insert(tx: &mut Tx, row: &NewRow<'_>) -> Result<bool, Fault> {
    let stored = sqlx::query!(
        r#"
        insert into inbound_webhook
            (inbound_webhook_id, payout_account_id, message_id, headers, body, state, problem,
             problem_code, subject_id, kind, body_bytes, handled_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                case when $6 = 'refused' then null else now() end)
        on conflict (payout_account_id, message_id)
            where state <> 'refused' and payout_account_id is not null do nothing
        "#,
        row.id.uuid(),
        row.account.uuid(),
        row.message_id,
        row.headers,
        row.body,
        row.state,
        row.problem.map(Problem::sentence),
        row.problem.map(Problem::code),
        row.subject.map(PayoutId::uuid),
        row.kind,
        row.body_bytes,
    )
    .execute(tx.conn())
    .await?;
    Ok(stored.rows_affected() == 1)
}

/// How many notifications of the account were refused within an hour.
pub(in crate::inbound) async fn refused_lately(
    tx: &mut Tx,
    account: PayoutAccountId,
) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select count(*) as "refused!" from inbound_webhook
        where state = 'refused' and received_at > now() - interval '1 hour'
          and payout_account_id = $1
        "#,
        account.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The account and the body of a notification that was not refused.
pub(in crate::inbound) async fn find(
    pool: &PgPool,
    id: InboundWebhookId,
) -> Result<Option<(PayoutAccountId, Vec<u8>)>, Fault> {
    let row = sqlx::query!(
        r#"
        select payout_account_id as "account!", body from inbound_webhook
        where inbound_webhook_id = $1 and payout_account_id is not null and state <> 'refused'
        "#,
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| (PayoutAccountId::from_uuid(row.account), row.body)))
}

/// Notes what a notification is about, once more.
pub(in crate::inbound) async fn match_again(
    tx: &mut Tx,
    id: InboundWebhookId,
    problem: Option<Problem>,
    subject: Option<PayoutId>,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        update inbound_webhook
        set state = case when $2::text is null then 'handled' else 'unmatched' end, problem = $2,
            problem_code = $3, subject_id = $4, handled_at = now(), replays = replays + 1,
            discarded_at = null, discarded_by = null, discard_reason = null
        where inbound_webhook_id = $1
        "#,
        id.uuid(),
        problem.map(Problem::sentence),
        problem.map(Problem::code),
        subject.map(PayoutId::uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
