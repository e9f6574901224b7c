//! The SQL of how far banks have got with files.

use std::collections::HashMap;

use domain::id::{PayoutAccountId, PayoutFileId, ShopId};
use domain::money::Money;
use sqlx::PgPool;

use crate::db::Fault;
use crate::payouts::bank_files::{PayoutFile, Progress};

/// Files with what the bank has said, the newest first.
pub(crate) async fn progress(
    pool: &PgPool,
    shop: ShopId,
    after: Option<PayoutFileId>,
    limit: i64,
) -> Result<Vec<Progress>, Fault> {
    let rows = sqlx::query!(
        r#"
        select file.payout_file_id, file.payout_account_id, file.execution_on, file.currency,
               file.total_minor, file.payouts, file.created_at, file.made_by, account.name,
               tally.answered as "answered!", tally.accepted as "accepted!",
               tally.rejected as "rejected!", tally.booked as "booked!"
        from payout_file as file
        join payout_account as account on account.payout_account_id = file.payout_account_id
        cross join lateral (
            select count(*) filter (where phase <> 'submitted' or is_accepted or in_doubt)
                       as answered,
                   count(*) filter (where phase in ('in_transit', 'paid', 'returned')
                                       or is_accepted and phase <> 'failed') as accepted,
                   count(*) filter (where phase = 'failed') as rejected,
                   count(*) filter (where phase in ('paid', 'returned')) as booked
            from payout_file_line as line
            join payout on payout.bucket = line.bucket and payout.payout_id = line.payout_id
            where line.payout_file_id = file.payout_file_id) as tally
        where file.shop_id = $1 and ($2::uuid is null or file.payout_file_id < $2)
        order by file.payout_file_id desc limit $3
        "#,
        shop.uuid(),
        after.map(PayoutFileId::uuid),
        limit,
    )
    .fetch_all(pool)
    .await?;
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    rows.into_iter()
        .map(|row| {
            let id = PayoutFileId::from_uuid(row.payout_file_id);
            let corrupt = || Fault::CorruptRow(format!("pay-out file {id}"));
            let currency = row.currency.parse().map_err(|_| corrupt())?;
            let file = PayoutFile {
                id,
                account: PayoutAccountId::from_uuid(row.payout_account_id),
                payouts: u32::try_from(row.payouts).map_err(|_| corrupt())?,
                total: Money::from_minor(row.total_minor, currency),
                execution_on: row.execution_on,
                created_at: row.created_at,
            };
            Ok(Progress {
                file,
                account_name: row.name,
                made_by: row.made_by,
                answered: count(row.answered),
                accepted: count(row.accepted),
                rejected: count(row.rejected),
                booked: count(row.booked),
            })
        })
        .collect()
}

/// How many submitted pay-outs of each account are in no file yet, and their sum in minor units.
pub(crate) async fn pending(
    pool: &PgPool,
    shop: ShopId,
) -> Result<HashMap<PayoutAccountId, (u64, i64)>, Fault> {
    let rows = sqlx::query!(
        r#"
        select payout.payout_account_id, count(*) as "payouts!",
               sum(amount_minor)::bigint as "minor!"
        from payout
        join payout_account as account on account.payout_account_id = payout.payout_account_id
        where account.shop_id = $1 and account.provider = 'bank_file' and phase = 'submitted'
          and not is_accepted and not in_doubt
          and not exists (select from payout_file_line as line
                          where line.payout_id = payout.payout_id)
        group by payout.payout_account_id
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let payouts = u64::try_from(row.payouts).unwrap_or_default();
            (PayoutAccountId::from_uuid(row.payout_account_id), (payouts, row.minor))
        })
        .collect())
}
