//! The SQL of the figures.

use crate::db::{Fault, Tx};
use crate::watch::Figure;

pub(super) fn figure<const N: usize>(
    name: &'static str,
    labels: [(&'static str, String); N],
    value: i64,
) -> Figure {
    Figure { name, labels: labels.into(), value }
}

/// Lets all statements of the transaction see the same moment.
pub(in crate::watch) async fn same_moment(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!("set transaction isolation level repeatable read, read only")
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The queue.
pub(in crate::watch) async fn jobs(tx: &mut Tx) -> Result<Vec<Figure>, Fault> {
    let rows = sqlx::query!(
        r#"
        select kind, count(*) as "jobs!", count(leased_by) as "leased!",
               coalesce(extract(epoch from now() - min(due_at)
                   filter (where leased_by is null and due_at <= now())), 0)::bigint as "late!"
        from job group by kind
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .flat_map(|row| {
            let labels = || [("kind", row.kind.clone())];
            [
                figure("paydesk_jobs", labels(), row.jobs),
                figure("paydesk_jobs_leased", labels(), row.leased),
                figure("paydesk_jobs_late_seconds", labels(), row.late),
            ]
        })
        .collect())
}

/// What failed for good.
pub(in crate::watch) async fn dead_letters(tx: &mut Tx) -> Result<Vec<Figure>, Fault> {
    let rows = sqlx::query!(
        r#"select kind, count(*) as "count!" from dead_letter where discarded_at is null
           group by kind"#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| figure("paydesk_dead_letters", [("kind", row.kind)], row.count))
        .collect())
}

/// What somebody should look at.
pub(in crate::watch) async fn alerts(tx: &mut Tx) -> Result<Vec<Figure>, Fault> {
    let rows = sqlx::query!(
        r#"select kind, severity, count(*) as "count!" from alert where state <> 'resolved'
           group by kind, severity"#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let labels = [("kind", row.kind), ("severity", row.severity)];
            figure("paydesk_alerts", labels, row.count)
        })
        .collect())
}

/// Payments under way.
pub(in crate::watch) async fn waiting(tx: &mut Tx) -> Result<Vec<Figure>, Fault> {
    let rows = sqlx::query!(
        r#"
        select case when in_doubt then 'unknown' else phase end as "state!", count(*) as "count!"
        from payment
        where phase in ('executing', 'action_required', 'in_review', 'awaiting_funds') or in_doubt
        group by 1
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| figure("paydesk_payments_waiting", [("state", row.state)], row.count))
        .collect())
}

/// What processors sent.
pub(in crate::watch) async fn webhooks(tx: &mut Tx) -> Result<Vec<Figure>, Fault> {
    let row = sqlx::query!(
        r#"
        select (select count(*) from inbound_webhook
                where state = 'refused' and received_at > now() - interval '1 hour') as "refused!",
               (select count(*) from inbound_webhook
                where state = 'unmatched' and discarded_at is null) as "unmatched!",
               (select coalesce(extract(epoch from now() - min(created_at)), 0)::bigint from job
                where kind = 'handle_webhook') as "lag!",
               (select coalesce(max(extract(epoch from handled_at - received_at) * 1000), 0)::bigint
                from inbound_webhook
                where received_at > now() - interval '1 minute') as "slowest!"
        "#,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(vec![
        figure("paydesk_webhooks_aside", [("state", "refused".into())], row.refused),
        figure("paydesk_webhooks_aside", [("state", "unmatched".into())], row.unmatched),
        figure("paydesk_webhook_lag_seconds", [], row.lag),
        figure("paydesk_webhook_handled_milliseconds", [], row.slowest),
    ])
}

/// What processors accepted and declined.
pub(in crate::watch) async fn authorizations(tx: &mut Tx) -> Result<Vec<Figure>, Fault> {
    let rows = sqlx::query!(
        r#"
        select account.name, account.processor_account_id::text as "account!",
               sum(done)::bigint as "done!", sum(declined)::bigint as "declined!"
        from acceptance join processor_account as account using (processor_account_id)
        where slot > now() - interval '1 hour'
        group by account.processor_account_id
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .flat_map(|row| {
            let labels = |outcome: &str| {
                [
                    ("account", row.account.clone()),
                    ("name", row.name.clone()),
                    ("outcome", outcome.to_owned()),
                ]
            };
            [
                figure("paydesk_authorizations", labels("done"), row.done),
                figure("paydesk_authorizations", labels("declined"), row.declined),
            ]
        })
        .collect())
}

/// Which accounts are not called, or only a little. What a person has decided comes first.
pub(in crate::watch) async fn circuits(tx: &mut Tx) -> Result<Vec<Figure>, Fault> {
    let rows = sqlx::query!(
        r#"
        select account.name, account.processor_account_id::text as "account!",
               case coalesce(case when forced_until > now() then forced end, state)
                   when 'closed' then 0 when 'half_open' then 1 else 2 end::bigint as "state!"
        from circuit join processor_account as account using (processor_account_id)
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let labels = [("account", row.account), ("name", row.name)];
            figure("paydesk_circuit", labels, row.state)
        })
        .collect())
}
