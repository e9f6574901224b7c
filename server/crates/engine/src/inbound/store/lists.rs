//! The SQL of looking at notifications and of handling one again.

use domain::card_number;
use domain::id::{
    CheckoutId, InboundWebhookId, PaymentId, PayoutAccountId, PayoutId, ProcessorAccountId, ShopId,
};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::inbound::list::Sought;
use crate::inbound::{Details, Discarded, Effect, Filter, HANDLE_WEBHOOK, Listed, Sender, State};
use crate::payouts::inquire::INQUIRE_PAYOUT;

/// Lets the planner see what is asked for: few wait for a person, and they have an index of their own.
pub(in crate::inbound) async fn plan_for_the_filter(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!(
        r#"select set_config('plan_cache_mode', 'force_custom_plan', true) as "plan!",
                  set_config('enable_seqscan', 'on', true) as "scan!",
                  set_config('enable_hashjoin', 'on', true) as "join!""#,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Notifications, newest first.
pub(in crate::inbound) async fn list(
    tx: &mut Tx,
    filter: &Filter,
    sought: &Sought,
    limit: i64,
) -> Result<Vec<Listed>, Fault> {
    let rows = sqlx::query_as!(
        ListedRow,
        r#"
        select webhook.inbound_webhook_id as id, webhook.processor_account_id,
               webhook.payout_account_id,
               coalesce(processor.name, provider.name) as "account_name!", webhook.message_id,
               webhook.kind, webhook.state, webhook.problem, webhook.problem_code,
               webhook.subject_id, payment.reference as "payment_reference?",
               webhook.received_at, webhook.handled_at,
               webhook.discarded_at is not null as "is_discarded!"
        from inbound_webhook as webhook
        left join processor_account as processor using (processor_account_id)
        left join payout_account as provider using (payout_account_id)
        left join payment on payment.bucket = bucket_of(webhook.subject_id)
            and payment.payment_id = webhook.subject_id
        where coalesce(processor.shop_id, provider.shop_id) is not null
          and ($1::uuid is null or coalesce(processor.shop_id, provider.shop_id) = $1)
          and ($2::text is null
               or (webhook.state = $2 and (webhook.discarded_at is not null) = $9))
          and ($3::uuid is null or webhook.processor_account_id = $3)
          and ($10::uuid is null or webhook.payout_account_id = $10)
          and ($4::uuid is null or webhook.subject_id = $4)
          and ($5::uuid is null or webhook.inbound_webhook_id = $5)
          and ($6::text is null or webhook.message_id = $6)
          and ($7::uuid is null or webhook.inbound_webhook_id < $7)
        order by webhook.inbound_webhook_id desc
        limit $8
        "#,
        filter.shop.map(domain::id::Id::uuid),
        filter.state.map(|state| state.stored().0),
        filter.account.and_then(Sender::processor),
        sought.subject,
        sought.webhook,
        sought.message,
        filter.after.map(domain::id::Id::uuid),
        limit,
        filter.state.is_some_and(|state| state.stored().1),
        filter.account.and_then(Sender::payouts),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(ListedRow::into_listed).collect()
}

/// One notification, without what has to be looked up elsewhere.
pub(in crate::inbound) async fn find(
    pool: &PgPool,
    shop: Option<ShopId>,
    id: InboundWebhookId,
) -> Result<Option<Details>, Fault> {
    let row = sqlx::query!(
        r#"
        select webhook.inbound_webhook_id as id, webhook.processor_account_id,
               webhook.payout_account_id,
               coalesce(processor.name, provider.name) as "account_name!", webhook.message_id,
               webhook.kind, webhook.state, webhook.problem, webhook.problem_code,
               webhook.subject_id, payment.reference as "payment_reference?",
               webhook.received_at, webhook.handled_at,
               coalesce(processor.shop_id, provider.shop_id) as "shop_id!", webhook.headers, webhook.body, webhook.body_bytes, webhook.replays,
               webhook.discarded_at, webhook.discarded_by, webhook.discard_reason
        from inbound_webhook as webhook
        left join processor_account as processor using (processor_account_id)
        left join payout_account as provider using (payout_account_id)
        left join payment on payment.bucket = bucket_of(webhook.subject_id)
            and payment.payment_id = webhook.subject_id
        where webhook.inbound_webhook_id = $1
          and coalesce(processor.shop_id, provider.shop_id) is not null
          and ($2::uuid is null or coalesce(processor.shop_id, provider.shop_id) = $2)
        "#,
        id.uuid(),
        shop.map(domain::id::Id::uuid),
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let listed = ListedRow {
            id: row.id,
            processor_account_id: row.processor_account_id,
            payout_account_id: row.payout_account_id,
            account_name: row.account_name,
            message_id: row.message_id,
            kind: row.kind,
            state: row.state,
            problem: row.problem,
            problem_code: row.problem_code,
            subject_id: row.subject_id,
            payment_reference: row.payment_reference,
            received_at: row.received_at,
            handled_at: row.handled_at,
            is_discarded: row.discarded_at.is_some(),
        };
        let decided = row.discarded_at.zip(row.discarded_by).zip(row.discard_reason);
        Ok(Details {
            webhook: listed.into_listed()?,
            shop: ShopId::from_uuid(row.shop_id),
            headers: row.headers,
            body: card_number::masked(&String::from_utf8_lossy(&row.body)),
            body_bytes: u32::try_from(row.body_bytes).unwrap_or_default(),
            effects: Vec::new(),
            waiting: None,
            dead: None,
            replays: row.replays,
            discarded: decided.map(|((at, by), reason)| Discarded { by, reason, at }),
        })
    })
    .transpose()
}

/// What was changed in the very transaction in which a notification was handled.
pub(in crate::inbound) async fn effects(
    pool: &PgPool,
    payment: PaymentId,
    handled_at: OffsetDateTime,
) -> Result<Vec<Effect>, Fault> {
    Ok(sqlx::query_as!(
        Effect,
        "select event, from_phase, to_phase from transition
         where bucket = $1 and payment_id = $2 and source = 'webhook' and at = $3
         order by version",
        payment.bucket().as_i16(),
        payment.uuid(),
        handled_at,
    )
    .fetch_all(pool)
    .await?)
}

/// Whether work on a notification waits, and the last error of it.
pub(in crate::inbound) async fn waiting(
    pool: &PgPool,
    id: InboundWebhookId,
) -> Result<Option<Option<String>>, Fault> {
    Ok(sqlx::query_scalar!(
        "select last_error from job where kind = $1 and subject_id = $2 order by due_at limit 1",
        HANDLE_WEBHOOK,
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?)
}

/// Whether the question that a notification of a pay-out provider led to waits, and the last error
/// of it.
pub(in crate::inbound) async fn asking(
    pool: &PgPool,
    payout: PayoutId,
) -> Result<Option<Option<String>>, Fault> {
    Ok(sqlx::query_scalar!(
        "select last_error from job
         where kind = $1 and subject_id = $2 and payload ->> 'because' = 'told'
         order by due_at limit 1",
        INQUIRE_PAYOUT,
        payout.uuid(),
    )
    .fetch_optional(pool)
    .await?)
}

/// Why work on a notification failed for good.
pub(in crate::inbound) async fn dead(
    pool: &PgPool,
    id: InboundWebhookId,
) -> Result<Option<String>, Fault> {
    Ok(sqlx::query_scalar!(
        "select last_error from dead_letter where kind = $1 and subject_id = $2
         order by died_at desc limit 1",
        HANDLE_WEBHOOK,
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?)
}

/// How many notifications match nothing.
pub(in crate::inbound) async fn count_unmatched(pool: &PgPool, shop: ShopId) -> Result<u64, Fault> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from inbound_webhook
           left join processor_account as processor using (processor_account_id)
           left join payout_account as provider using (payout_account_id)
           where state = 'unmatched' and discarded_at is null
             and coalesce(processor.shop_id, provider.shop_id) = $1"#,
        shop.uuid(),
    )
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// A notification that may be handled again.
pub(in crate::inbound) struct LockedRow {
    pub(in crate::inbound) shop: ShopId,
    pub(in crate::inbound) state: String,
    pub(in crate::inbound) replays: i32,
    pub(in crate::inbound) problem: Option<String>,
    pub(in crate::inbound) is_discarded: bool,
}

/// Locks a notification.
pub(in crate::inbound) async fn lock(
    tx: &mut Tx,
    shop: Option<ShopId>,
    id: InboundWebhookId,
) -> Result<Option<LockedRow>, Fault> {
    let row = sqlx::query!(
        r#"select coalesce(processor.shop_id, provider.shop_id) as "shop_id!", webhook.state,
                 webhook.replays, webhook.problem,
                 webhook.discarded_at is not null as "is_discarded!"
         from inbound_webhook as webhook
         left join processor_account as processor using (processor_account_id)
         left join payout_account as provider using (payout_account_id)
         where webhook.inbound_webhook_id = $1
           and coalesce(processor.shop_id, provider.shop_id) is not null
           and ($2::uuid is null or coalesce(processor.shop_id, provider.shop_id) = $2)
         for update of webhook"#,
        id.uuid(),
        shop.map(domain::id::Id::uuid),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| LockedRow {
        shop: ShopId::from_uuid(row.shop_id),
        state: row.state,
        replays: row.replays,
        problem: row.problem,
        is_discarded: row.is_discarded,
    }))
}

/// Puts a notification back to what it was when it had just arrived.
pub(in crate::inbound) async fn store_again(
    tx: &mut Tx,
    id: InboundWebhookId,
) -> Result<(), Fault> {
    sqlx::query!(
        "update inbound_webhook
         set state = 'stored', problem = null, problem_code = null, handled_at = null,
             replays = replays + 1, discarded_at = null, discarded_by = null, discard_reason = null
         where inbound_webhook_id = $1",
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that a notification matches nothing and need not.
pub(in crate::inbound) async fn discard(
    tx: &mut Tx,
    id: InboundWebhookId,
    by: &str,
    reason: &str,
) -> Result<(), Fault> {
    sqlx::query!(
        "update inbound_webhook
         set discarded_at = now(), discarded_by = $2, discard_reason = $3
         where inbound_webhook_id = $1",
        id.uuid(),
        by,
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

struct ListedRow {
    id: Uuid,
    processor_account_id: Option<Uuid>,
    payout_account_id: Option<Uuid>,
    account_name: String,
    message_id: String,
    kind: Option<String>,
    state: String,
    problem: Option<String>,
    problem_code: Option<String>,
    subject_id: Option<Uuid>,
    payment_reference: Option<String>,
    received_at: OffsetDateTime,
    handled_at: Option<OffsetDateTime>,
    is_discarded: bool,
}

impl ListedRow {
    fn state(&self) -> Result<State, Fault> {
        if self.is_discarded {
            return Ok(State::Discarded);
        }
        State::from_word(&self.state)
            .ok_or_else(|| Fault::CorruptRow("a notification has an unknown state".into()))
    }

    fn into_listed(self) -> Result<Listed, Fault> {
        let state = self.state()?;
        let account = match (self.processor_account_id, self.payout_account_id) {
            (Some(id), None) => Sender::Processor(ProcessorAccountId::from_uuid(id)),
            (None, Some(id)) => Sender::Payouts(PayoutAccountId::from_uuid(id)),
            _ => return Err(Fault::CorruptRow("a notification has no one account".into())),
        };
        let of_payouts = matches!(account, Sender::Payouts(_));
        let payout = self.subject_id.filter(|_| of_payouts);
        let payment = self.payment_reference.zip(self.subject_id.filter(|_| !of_payouts));
        let is_handled = self.state == State::Handled.as_str();
        let is_whole = payment.is_none() && payout.is_none() && is_handled;
        let checkout = self.subject_id.filter(|_| is_whole);
        Ok(Listed {
            id: InboundWebhookId::from_uuid(self.id),
            account,
            account_name: self.account_name,
            message_id: card_number::masked(&self.message_id),
            kind: self.kind,
            state,
            problem: self.problem,
            problem_code: self.problem_code,
            payment: payment.map(|(reference, id)| (PaymentId::from_uuid(id), reference)),
            checkout: checkout.map(CheckoutId::from_uuid),
            payout: payout.map(PayoutId::from_uuid),
            received_at: self.received_at,
            handled_at: self.handled_at,
        })
    }
}
