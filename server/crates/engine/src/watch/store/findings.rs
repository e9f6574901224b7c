//! The SQL of the watch: one statement for each thing that is looked for, over all shops at once.

use std::time::Duration;

use domain::id::{EventId, InboundWebhookId, JobId, PaymentId, RefundId, ShopId};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::checks::{FAILURES_MAX, Rule, STILL_AFTER};
use crate::db::{Fault, Tx, interval};

/// One condition that was found, and the first rows behind it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::watch) struct Finding {
    pub(in crate::watch) shop: Option<ShopId>,
    pub(in crate::watch) subject: String,
    /// What it is about, as people know it.
    pub(in crate::watch) name: String,
    pub(in crate::watch) detail: String,
    pub(in crate::watch) count: i64,
    pub(in crate::watch) since: Option<OffsetDateTime>,
    pub(in crate::watch) rows: Vec<String>,
}

/// A finding as the database answers it.
struct Row {
    shop_id: Option<Uuid>,
    subject: String,
    name: String,
    detail: String,
    count: i64,
    since: Option<OffsetDateTime>,
    rows: Vec<Uuid>,
}

impl Row {
    /// The finding, its rows named by `id`.
    fn found(self, id: fn(Uuid) -> String) -> Finding {
        Finding {
            shop: self.shop_id.map(ShopId::from_uuid),
            subject: self.subject,
            name: self.name,
            detail: self.detail,
            count: self.count,
            since: self.since,
            rows: self.rows.into_iter().map(id).collect(),
        }
    }
}

fn payment(id: Uuid) -> String {
    PaymentId::from_uuid(id).to_string()
}

/// Notes that a round begins, unless one has begun within `every`.
pub(in crate::watch) async fn begin(pool: &PgPool, every: Duration) -> Result<bool, Fault> {
    let begun = sqlx::query!(
        "update periodic set ran_at = now()
         where name = 'watch' and ran_at <= now() - make_interval(secs => $1::integer)",
        i32::try_from(every.as_secs()).unwrap_or(i32::MAX),
    )
    .execute(pool)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Payments that stay in one state beyond its limit, per account, state and method: also holds, if
/// there is a limit for them, and captures and releases that are not answered.
pub(in crate::watch) async fn payments_stuck(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        with waiting as (
            select shop_id, processor_account_id, bucket, payment_id, updated_at,
                   case when in_doubt then 'unknown' else phase end as state
            from payment
            where (phase in ('executing', 'action_required', 'in_review', 'awaiting_funds')
                   or in_doubt)
              and updated_at < now() - make_interval(
                  secs => (select min(limit_seconds) from state_limit))
            union all
            -- Nobody limits holds unless a row says so: then nothing is read here.
            select shop_id, processor_account_id, bucket, payment_id, updated_at, phase
            from payment
            where phase = 'authorized' and not in_doubt
              and updated_at < now() - make_interval(
                  secs => (select min(limit_seconds) from state_limit where state = 'authorized'))
            union all
            select payment.shop_id, payment.processor_account_id, payment.bucket,
                   payment.payment_id, min(attempt.started_at),
                   attempt.operation || '_processing'
            from payment
            join attempt on attempt.bucket = payment.bucket
                and attempt.payment_id = payment.payment_id
            where payment.operations -> 'open' <> '[]' and not payment.in_doubt
              and attempt.operation in ('capture', 'cancel')
              and attempt.state not in ('done', 'declined')
            group by payment.bucket, payment.payment_id, attempt.operation
        ), late as (
            select waiting.*, last.method from waiting
            left join lateral (
                select answer -> 'payment_method' ->> 'type' as method from attempt
                where attempt.bucket = waiting.bucket and attempt.payment_id = waiting.payment_id
                  and operation = 'authorize'
                order by number desc limit 1
            ) as last on true
            cross join lateral (
                select limit_seconds from state_limit
                where state_limit.state = waiting.state
                  and (state_limit.shop_id = waiting.shop_id or state_limit.shop_id is null)
                  and (state_limit.method = last.method or state_limit.method is null)
                order by state_limit.shop_id nulls last, state_limit.method nulls last limit 1
            ) as allowed
            where waiting.updated_at < now() - make_interval(secs => limit_seconds)
        )
        select late.shop_id as "shop_id?",
               concat_ws(':', account.processor_account_id, late.state, late.method) as "subject!",
               concat_ws(', ', account.name, late.method) as "name!", late.state as "detail!",
               count(*) as "count!", min(late.updated_at) as "since?",
               (array_agg(late.payment_id order by late.updated_at))[1:20] as "rows!"
        from late join processor_account as account using (processor_account_id)
        group by late.shop_id, account.processor_account_id, late.state, late.method
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(payment)).collect())
}

/// Refunds that are not answered within their limit, per account.
pub(in crate::watch) async fn refunds_stuck(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select payment.shop_id as "shop_id?", account.processor_account_id::text as "subject!",
               account.name as "name!", 'refunds' as "detail!", count(*) as "count!",
               min(refund.created_at) as "since?",
               (array_agg(refund.refund_id order by refund.created_at))[1:20] as "rows!"
        from refund
        join payment using (bucket, payment_id)
        join processor_account as account using (processor_account_id)
        cross join lateral (
            select limit_seconds from state_limit
            where state_limit.state = 'refund_processing' and method is null
              and (state_limit.shop_id = payment.shop_id or state_limit.shop_id is null)
            order by state_limit.shop_id nulls last limit 1
        ) as allowed
        where refund.state not in ('succeeded', 'failed', 'returned')
          and refund.created_at < now() - make_interval(secs => limit_seconds)
        group by payment.shop_id, account.processor_account_id
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(|id| RefundId::from_uuid(id).to_string())).collect())
}

/// Notes when each account was last heard of, from what has arrived since the last note.
pub(in crate::watch) async fn note_sources(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into webhook_source (processor_account_id, last_at)
        select processor_account_id, max(received_at)
        from inbound_webhook
        where state <> 'refused' and processor_account_id is not null
          and received_at >= least(now() - interval '10 minutes',
                                   coalesce((select max(last_at) from webhook_source), '-infinity'))
        group by processor_account_id
        on conflict (processor_account_id) do update
        set last_at = greatest(webhook_source.last_at, excluded.last_at)
        "#,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Accounts that sent webhooks within the week and none since payments began to wait, ten minutes
/// ago or longer. A shopper may take half an hour over a challenge.
pub(in crate::watch) async fn webhooks_silent(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select account.shop_id as "shop_id?", account.processor_account_id::text as "subject!",
               account.name as "name!", 'webhooks' as "detail!", count(*) as "count!",
               source.last_at as "since?",
               (array_agg(payment.payment_id order by payment.updated_at))[1:20] as "rows!"
        from webhook_source as source
        join processor_account as account using (processor_account_id)
        join payment using (processor_account_id)
        where account.sends_webhooks
          and source.last_at between now() - interval '7 days' and now() - interval '10 minutes'
          and (payment.phase in ('executing', 'action_required', 'in_review', 'awaiting_funds')
               or payment.in_doubt)
          -- What the last webhook itself led to was written a moment after it.
          and payment.updated_at > source.last_at + interval '1 minute'
          and payment.updated_at < now() - case when payment.phase = 'action_required'
              then interval '30 minutes' else interval '10 minutes' end
        group by account.shop_id, account.processor_account_id, source.last_at
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(payment)).collect())
}

/// Accounts of which twenty webhooks or more were refused within an hour.
pub(in crate::watch) async fn webhooks_refused(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select account.shop_id as "shop_id?", account.id::text as "subject!",
               account.name as "name!", mode() within group (order by problem) as "detail!",
               count(*) as "count!", min(received_at) as "since?",
               (array_agg(inbound_webhook_id order by received_at desc))[1:20] as "rows!"
        from inbound_webhook as webhook
        join (select processor_account_id as id, shop_id, name from processor_account
              union all
              select payout_account_id, shop_id, name from payout_account) as account
            on account.id = coalesce(webhook.processor_account_id, webhook.payout_account_id)
        where state = 'refused' and received_at > now() - interval '1 hour'
        group by account.id, account.shop_id, account.name
        having count(*) >= 20
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(webhook)).collect())
}

/// Accounts whose webhooks speak of nothing that we know.
pub(in crate::watch) async fn webhooks_unmatched(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select account.shop_id as "shop_id?", account.id::text as "subject!",
               account.name as "name!", mode() within group (order by problem) as "detail!",
               count(*) as "count!", min(received_at) as "since?",
               (array_agg(inbound_webhook_id order by received_at desc))[1:20] as "rows!"
        from inbound_webhook as webhook
        join (select processor_account_id as id, shop_id, name from processor_account
              union all
              select payout_account_id, shop_id, name from payout_account) as account
            on account.id = coalesce(webhook.processor_account_id, webhook.payout_account_id)
        where state = 'unmatched' and discarded_at is null
        group by account.id, account.shop_id, account.name
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(webhook)).collect())
}

fn webhook(id: Uuid) -> String {
    InboundWebhookId::from_uuid(id).to_string()
}

/// Counts the outcomes of authorisations in slots of ten minutes: those of the last hour again, since
/// they are not over, and whatever has not been counted within the last day.
///
/// What counts is what became of the payment: a shopper may leave the challenge that an answer asked
/// for, or fail it. What still waits counts later, and what the shop took back not at all.
pub(in crate::watch) async fn note_acceptance(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        with tried as (
            select attempt.processor_account_id as account_id,
                   date_bin('10 minutes', started_at, 'epoch') as slot,
                   state = 'done' and authorized_minor > 0 as is_done,
                   state = 'declined' or (authorized_minor = 0
                       and phase in ('created', 'failed', 'expired')) as is_declined
            from attempt join payment using (bucket, payment_id)
            where operation = 'authorize' and state in ('done', 'declined')
              and started_at >= date_bin('10 minutes', greatest(now() - interval '1 day',
                  least(now() - interval '1 hour',
                        coalesce((select max(slot) from acceptance), '-infinity'))), 'epoch')
        )
        insert into acceptance (processor_account_id, slot, done, declined)
        select account_id, slot, count(*) filter (where is_done), count(*) filter (where is_declined)
        from tried
        group by account_id, slot
        on conflict (processor_account_id, slot) do update
        set done = excluded.done, declined = excluded.declined
        "#,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("delete from acceptance where slot < now() - interval '30 days'")
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Accounts that in the last hour accepted twenty percentage points less than in the seven days
/// before, where both are enough to tell: twenty and a hundred outcomes.
pub(in crate::watch) async fn acceptance_dropped(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        with sums as (
            select processor_account_id,
                   coalesce(sum(done) filter (where slot > now() - interval '1 hour'), 0)
                       as done_now,
                   coalesce(sum(done + declined) filter (where slot > now() - interval '1 hour'), 0)
                       as all_now,
                   coalesce(sum(done) filter (where slot <= now() - interval '1 hour'), 0)
                       as done_before,
                   coalesce(sum(done + declined)
                       filter (where slot <= now() - interval '1 hour'), 0) as all_before
            from acceptance
            where slot > now() - interval '7 days 1 hour'
            group by processor_account_id
        )
        select account.shop_id as "shop_id?", account.processor_account_id::text as "subject!",
               account.name as "name!",
               format('%s %% (before: %s %%)', div(done_now * 100, all_now),
                      div(done_before * 100, all_before)) as "detail!",
               all_now::bigint as "count!", null::timestamptz as "since?",
               array[]::uuid[] as "rows!"
        from sums join processor_account as account using (processor_account_id)
        where all_now >= 20 and all_before >= 100
          and done_now * 100 * all_before <= (done_before * 100 - 20 * all_before) * all_now
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(|id| id.to_string())).collect())
}

/// Kinds of work of which something failed for good and waits for a person.
pub(in crate::watch) async fn dead_letters(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select null::uuid as "shop_id?", kind as "subject!", kind as "name!",
               mode() within group (order by last_error) as "detail!", count(*) as "count!",
               min(died_at) as "since?",
               (array_agg(job_id order by died_at desc))[1:20] as "rows!"
        from dead_letter
        where discarded_at is null
        group by kind
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(job)).collect())
}

fn job(id: Uuid) -> String {
    JobId::from_uuid(id).to_string()
}

/// Endpoints that did not take a webhook at five tries or more, over ten minutes. Waiting for a turn
/// is no try.
pub(in crate::watch) async fn deliveries_failing(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        with failing as (
            select payload, created_at, last_error from job
            where kind = 'deliver_webhook' and attempt - uncounted >= 5 and last_error is not null
              and created_at < now() - interval '10 minutes'
        )
        select shop.shop_id as "shop_id?", receiver.webhook_endpoint_id::text as "subject!",
               shop.name || ' (' || receiver.name || ')' as "name!",
               mode() within group (order by failing.last_error) as "detail!", count(*) as "count!",
               min(failing.created_at) as "since?",
               (array_agg(outbox.event_id order by failing.created_at))[1:20] as "rows!"
        from failing
        join outbox on outbox.bucket = bucket_of((failing.payload ->> 'object')::uuid)
            and outbox.object_id = (failing.payload ->> 'object')::uuid
            and outbox.sequence = (failing.payload ->> 'sequence')::integer
        join webhook_endpoint as receiver
            on receiver.webhook_endpoint_id = (failing.payload ->> 'endpoint')::uuid
           and receiver.disabled_at is null
        join shop on shop.shop_id = receiver.shop_id
        group by shop.shop_id, receiver.webhook_endpoint_id
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(|id| EventId::from_uuid(id).to_string())).collect())
}

/// Kinds of work that is due for five minutes and that nobody has begun.
pub(in crate::watch) async fn queue_late(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select null::uuid as "shop_id?", kind as "subject!", kind as "name!", 'late' as "detail!",
               count(*) as "count!", min(due_at) as "since?",
               (array_agg(job_id order by due_at))[1:20] as "rows!"
        from job
        where leased_by is null and due_at < now() - interval '5 minutes'
        group by kind
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.found(job)).collect())
}

/// Rules of the books that rows break, per shop, with the first of them.
pub(in crate::watch) async fn books_broken(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query!(
        r#"
        select name, shop_id, count(*) as "count!", min(found_at) as since,
               (array_agg(subject order by found_at, place, subject))[1:20] as "subjects!: Vec<Uuid>",
               (array_agg(detail order by found_at, place, subject))[1] as "detail!"
        from proof_breach group by name, shop_id
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    let shops = sqlx::query_scalar!("select shop_id from shop order by shop_id")
        .fetch_all(tx.conn())
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let rule = Rule::from_word(&row.name)?;
            let shop = row.shop_id.map(ShopId::from_uuid);
            let of = shop.map_or_else(String::new, |shop| format!(":{shop}"));
            Some(Finding {
                // The chain of the installation has none, and what was tampered with may name
                // one that never was: that is an alert for everybody.
                shop: shop.filter(|shop| shops.contains(&shop.uuid())),
                subject: format!("{}{of}", row.name),
                name: rule.sentence().to_owned(),
                detail: row.detail,
                count: row.count,
                since: row.since,
                rows: row.subjects.into_iter().map(|id| rule.name_row(id)).collect(),
            })
        })
        .collect())
}

/// Rules of the books that nobody can answer for: they could not be looked at for some rounds, or not
/// at every row for a long time.
pub(in crate::watch) async fn books_unknown(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query!(
        r#"
        select name, trouble, coalesce(greatest(passed_at, failed_at), began_at) as "since!"
        from proof_check
        where failures >= $1
           or coalesce(greatest(passed_at, failed_at), began_at) < now() - $2::interval
        "#,
        FAILURES_MAX,
        interval(STILL_AFTER),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let detail = match row.trouble {
                Some(why) => format!("cannot be looked at: {why}"),
                None => "was not looked at as a whole for a day".to_owned(),
            };
            Some(Finding {
                shop: None,
                subject: format!("{}:unknown", row.name),
                name: Rule::from_word(&row.name)?.sentence().to_owned(),
                detail,
                count: 0,
                since: Some(row.since),
                rows: Vec::new(),
            })
        })
        .collect())
}
