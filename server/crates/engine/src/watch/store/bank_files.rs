//! The SQL of what the watch looks for among files for banks.

use domain::id::{PayoutFileId, PayoutId, ShopId};
use uuid::Uuid;

use super::figures::figure;
use super::findings::Finding;
use crate::db::{Fault, Tx};
use crate::watch::Figure;

/// Files with pay-outs of which the bank has said nothing within the limit, since the day on which
/// it was to carry them out.
pub(in crate::watch) async fn unanswered(tx: &mut Tx) -> Result<Vec<Finding>, Fault> {
    let rows = sqlx::query!(
        r#"
        select file.shop_id, file.payout_file_id, account.name, count(*) as "count!",
               greatest(file.created_at, file.execution_on::timestamp at time zone 'UTC')
                   as "since!",
               (array_agg(payout.payout_id order by line.position))[1:20] as "rows!"
        from payout
        join payout_file_line as line
            on line.bucket = payout.bucket and line.payout_id = payout.payout_id
        join payout_file as file on file.payout_file_id = line.payout_file_id
        join payout_account as account on account.payout_account_id = file.payout_account_id
        cross join lateral (
            select limit_seconds from state_limit
            where state = 'bank_file' and method is null
              and (state_limit.shop_id = file.shop_id or state_limit.shop_id is null)
            order by state_limit.shop_id nulls last limit 1) as allowed
        where payout.phase = 'submitted' and not payout.is_accepted and not payout.in_doubt
          and greatest(file.created_at, file.execution_on::timestamp at time zone 'UTC')
              < now() - make_interval(secs => allowed.limit_seconds)
        group by file.payout_file_id, account.name
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let file = PayoutFileId::from_uuid(row.payout_file_id).to_string();
            let payout = |id: Uuid| PayoutId::from_uuid(id).to_string();
            Finding {
                shop: Some(ShopId::from_uuid(row.shop_id)),
                subject: file.clone(),
                name: row.name,
                detail: file,
                count: row.count,
                since: Some(row.since),
                rows: row.rows.into_iter().map(payout).collect(),
            }
        })
        .collect())
}

/// Files with pay-outs of which the bank has said nothing, and for how long the oldest waits.
pub(in crate::watch) async fn figures(tx: &mut Tx) -> Result<Vec<Figure>, Fault> {
    let row = sqlx::query!(
        r#"
        select count(*) as "files!",
               greatest(0, coalesce(extract(epoch from now() - min(since)), 0))::bigint as "lag!"
        from (select distinct file.payout_file_id,
                     greatest(file.created_at, file.execution_on::timestamp at time zone 'UTC')
                         as since
              from payout
              join payout_file_line as line
                  on line.bucket = payout.bucket and line.payout_id = payout.payout_id
              join payout_file as file on file.payout_file_id = line.payout_file_id
              where payout.phase = 'submitted' and not payout.is_accepted
                and not payout.in_doubt) as waiting
        "#,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(vec![
        figure("paydesk_bank_files_unanswered", [], row.files),
        figure("paydesk_bank_file_lag_seconds", [], row.lag),
    ])
}
