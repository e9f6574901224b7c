//! The SQL of reports on files.

use domain::currency::Currency;
use domain::id::{Id, MismatchId, SettlementFileId, ShopId};
use domain::money::Money;
use sqlx::PgPool;

use crate::db::Fault;
use crate::reconciliation::reports::{ClaimedBalance, FileHead, LineRecord, RefusedRow, Total};
use crate::reconciliation::take_in::Counts;

/// The newest files, or one of them.
pub(super) async fn heads(
    pool: &PgPool,
    shop: ShopId,
    id: Option<SettlementFileId>,
    limit: u32,
) -> Result<Vec<FileHead>, Fault> {
    let rows = sqlx::query!(
        r#"
        select settlement_file_id as "id!", file.name as "name!",
               processor_account_id as "account_id!", account.name as account_name, external_id,
               business_date, lines as "lines!", matched as "matched!",
               mismatched as "mismatched!", missing as "missing!", refused as "refused!",
               refused_line, reason, sha256 as "sha256!", taken_in_by as "taken_in_by!",
               file.created_at as "created_at!"
        from (
            select settlement_file_id, shop_id, name, processor_account_id, external_id,
                   business_date, lines, matched, mismatched, missing, refused,
                   null::integer as refused_line, null as reason,
                   encode(sha256, 'hex') as sha256, taken_in_by, created_at
            from settlement_file
            union all
            select settlement_file_id, shop_id, name, processor_account_id, null, null, 0, 0, 0,
                   0, 0, line, reason, encode(sha256, 'hex'), taken_in_by, created_at
            from refused_file
        ) as file
        join processor_account as account using (processor_account_id)
        where file.shop_id = $1 and ($2::uuid is null or settlement_file_id = $2)
        order by file.created_at desc, settlement_file_id desc
        limit $3
        "#,
        shop.uuid(),
        id.map(SettlementFileId::uuid),
        i64::from(limit),
    )
    .fetch_all(pool)
    .await?;
    let count = |number: i32| u32::try_from(number).unwrap_or(0);
    Ok(rows
        .into_iter()
        .map(|row| FileHead {
            id: Id::from_uuid(row.id),
            name: row.name,
            account: (Id::from_uuid(row.account_id), row.account_name),
            external_id: row.external_id,
            business_date: row.business_date,
            counts: Counts {
                lines: count(row.lines),
                matched: count(row.matched),
                mismatched: count(row.mismatched),
                missing: count(row.missing),
                refused: count(row.refused),
            },
            refusal: row.refused_line.map(count).zip(row.reason),
            sha256: row.sha256,
            taken_in_by: row.taken_in_by,
            created_at: row.created_at,
        })
        .collect())
}

pub(super) async fn totals(pool: &PgPool, id: SettlementFileId) -> Result<Vec<Total>, Fault> {
    let rows = sqlx::query!(
        r#"
        select currency, sum(gross_minor)::bigint as "gross!", sum(fee_minor)::bigint as "fee!",
               sum(net_minor)::bigint as "net!"
        from settlement_line where settlement_file_id = $1 group by currency order by currency
        "#,
        id.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let [gross, fee, net] = money(&row.currency, [row.gross, row.fee, row.net])?;
            Ok(Total { gross, fee, net })
        })
        .collect()
}

pub(super) async fn balances(
    pool: &PgPool,
    id: SettlementFileId,
) -> Result<Vec<ClaimedBalance>, Fault> {
    let rows = sqlx::query!(
        "select currency, opening_minor, movements_minor, closing_minor from settlement_balance
         where settlement_file_id = $1 order by line",
        id.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let figures = [row.opening_minor, row.movements_minor, row.closing_minor];
            let [opening, movements, closing] = money(&row.currency, figures)?;
            Ok(ClaimedBalance { opening, movements, closing })
        })
        .collect()
}

pub(super) async fn warnings(pool: &PgPool, id: SettlementFileId) -> Result<Vec<String>, Fault> {
    let warnings = sqlx::query_scalar!(
        "select warnings from settlement_file where settlement_file_id = $1",
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(warnings.unwrap_or_default())
}

/// The first lines of a file, or the line of a mismatch.
pub(super) async fn lines(
    pool: &PgPool,
    shop: ShopId,
    (file, mismatch): (Option<SettlementFileId>, Option<MismatchId>),
    limit: u32,
) -> Result<Vec<LineRecord>, Fault> {
    let rows = sqlx::query!(
        r#"
        select line.settlement_line_id, line.line, line.type as kind, line.reference,
               line.processor_reference, line.refund_reference,
               payment.payment_id as "payment_id?", line.currency, line.gross_minor,
               line.fee_minor, line.net_minor, line.occurred_at, line.state
        from settlement_line as line
        join settlement_file as file using (settlement_file_id)
        left join payment
          on payment.bucket = bucket_of(line.payment_id) and payment.payment_id = line.payment_id
         and payment.shop_id = file.shop_id
        where file.shop_id = $1
          and ($2::uuid is null or line.settlement_file_id = $2)
          and ($3::uuid is null
               or line.settlement_line_id = (select settlement_line_id from mismatch
                                             where mismatch_id = $3))
        order by line.line
        limit $4
        "#,
        shop.uuid(),
        file.map(SettlementFileId::uuid),
        mismatch.map(MismatchId::uuid),
        i64::from(limit),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let figures = [row.gross_minor, row.fee_minor, row.net_minor];
            let [gross, fee, net] = money(&row.currency, figures)?;
            Ok(LineRecord {
                id: Id::from_uuid(row.settlement_line_id),
                number: row.line,
                kind: row.kind,
                reference: row.reference,
                processor_reference: row.processor_reference,
                refund_reference: row.refund_reference,
                payment: row.payment_id.map(Id::from_uuid),
                gross,
                fee,
                net,
                occurred_at: row.occurred_at,
                agrees: row.state == "matched",
            })
        })
        .collect()
}

pub(super) async fn refused(
    pool: &PgPool,
    id: SettlementFileId,
    limit: u32,
) -> Result<Vec<RefusedRow>, Fault> {
    Ok(sqlx::query_as!(
        RefusedRow,
        "select line as number, reason, raw from refused_line where settlement_file_id = $1
         order by line limit $2",
        id.uuid(),
        i64::from(limit),
    )
    .fetch_all(pool)
    .await?)
}

pub(super) async fn content(
    pool: &PgPool,
    shop: ShopId,
    id: SettlementFileId,
) -> Result<Option<Vec<u8>>, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select content as "content!" from settlement_file
        where settlement_file_id = $1 and shop_id = $2
        union all
        select content from refused_file where settlement_file_id = $1 and shop_id = $2
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?)
}

/// Amounts as they are stored.
fn money<const N: usize>(currency: &str, minor: [i64; N]) -> Result<[Money; N], Fault> {
    let currency: Currency =
        currency.parse().map_err(|_| Fault::CorruptRow(format!("currency {currency}")))?;
    Ok(minor.map(|minor| Money::from_minor(minor, currency)))
}
