//! The SQL of lists of pay-outs.

use domain::currency::Currency;
use domain::id::{PayoutId, SellerId, ShopId};
use domain::payout::Phase;
use sqlx::PgPool;

use crate::db::Fault;
use crate::payouts::actor;
use crate::payouts::lists::{Change, Filter};
use crate::payouts::row::Row;

pub(crate) async fn list(
    pool: &PgPool,
    shop: ShopId,
    filter: Filter,
    limit: i64,
) -> Result<Vec<Row>, Fault> {
    Ok(sqlx::query_as!(
        Row,
        r#"
        select payout.bucket, payout_id, payout.shop_id, payout.seller_id,
               payout.payout_account_id, payee_account_id, payout.currency, amount_minor,
               maker_kind, maker_id, needs_second, reasons, approver_kind, approver_id, phase,
               submissions, begun, is_accepted, in_doubt, ruling, ruling_by, ruling_confirmed_by,
               provider_reference, failure_code, failure_message, refusal, ended_at, version, payout.created_at,
               payout.updated_at,
               extract(epoch from now() - doubtful_since)::bigint as doubtful_seconds,
               extract(epoch from now() - ended_at)::bigint as ended_seconds,
               seller.reference as seller_account, seller.name as seller_name,
               payee_account.verified_by_id as payee_verified_by
        from payout
        join seller using (seller_id)
        join payee_account using (payee_account_id)
        where payout.shop_id = $1
          and ($2::uuid is null or payout.seller_id = $2)
          and ($3::text is null or phase = $3)
          and (not $4 or needs_second and phase = 'draft')
          and (not $5 or in_doubt)
          and ($6::uuid is null or payout_id < $6)
          and ($7::text is null or payout.currency = $7)
        order by payout_id desc limit $8
        "#,
        shop.uuid(),
        filter.seller.map(SellerId::uuid),
        filter.phase.map(Phase::as_str),
        filter.needs_second,
        filter.in_doubt,
        filter.after.map(PayoutId::uuid),
        filter.currency.map(Currency::code),
        limit,
    )
    .fetch_all(pool)
    .await?)
}

pub(crate) async fn history(
    pool: &PgPool,
    shop: ShopId,
    id: PayoutId,
) -> Result<Vec<Change>, Fault> {
    let rows = sqlx::query!(
        r#"
        select change.version, event, from_phase, to_phase, source, actor_kind, actor_id, detail,
               irregular, at, staff.name as "person?"
        from payout_history as change
        join payout using (bucket, payout_id)
        left join staff on actor_kind = 'staff' and staff.staff_id = actor_id
        where bucket = $1 and payout_id = $2 and payout.shop_id = $3
        order by change.version
        "#,
        id.bucket().as_i16(),
        id.uuid(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    let phase = |word: &str| {
        Phase::from_word(word).ok_or_else(|| Fault::CorruptRow(format!("pay-out {id}: history")))
    };
    rows.into_iter()
        .map(|row| {
            let by = match &row.actor_kind {
                Some(kind) => Some(actor::read(kind, row.actor_id)?),
                None => None,
            };
            Ok(Change {
                version: row.version,
                event: row.event,
                from: row.from_phase.as_deref().map(phase).transpose()?,
                to: phase(&row.to_phase)?,
                source: row.source,
                by,
                person: row.person,
                detail: row.detail,
                irregular: row.irregular,
                at: row.at,
            })
        })
        .collect()
}
