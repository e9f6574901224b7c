//! The SQL of files and their lines.

use domain::fee::ProcessorTariff;
use domain::id::{
    PaymentId, ProcessorAccountId, RefundId, SettlementFileId, SettlementLineId, ShopId,
};
use serde::Serialize;
use settlement::file::RefusedLine;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Fault, Tx, new_plain_id};
use crate::payments::store::json;
use crate::reconciliation::take_in::{Account, Counts, Intake, TakeIn};

/// How many rows one statement inserts.
const BATCH: usize = 5_000;

/// What is stored of any file, usable or not.
pub(super) struct NewFile<'a> {
    pub(super) name: &'a str,
    pub(super) sha256: &'a [u8],
    pub(super) content: &'a [u8],
    pub(super) taken_in_by: &'a str,
}

/// A file that was taken in before.
pub(super) struct Before {
    pub(super) id: SettlementFileId,
    pub(super) at: OffsetDateTime,
}

/// Locks the account if it is the shop's, against other files, and not against payments.
pub(super) async fn lock_account(
    tx: &mut Tx,
    shop: ShopId,
    account: ProcessorAccountId,
) -> Result<Option<Account>, Fault> {
    let row = sqlx::query!(
        r#"
        select processor, name, fee_basis_points, fee_fixed_minor from processor_account
        where processor_account_id = $1 and shop_id = $2
        for no key update
        "#,
        account.uuid(),
        shop.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let basis_points = u32::try_from(row.fee_basis_points)
            .map_err(|_| Fault::CorruptRow(format!("tariff of {account}")))?;
        let tariff = ProcessorTariff { basis_points, fixed_minor: row.fee_fixed_minor };
        Ok(Account { id: account, processor: row.processor, name: row.name, tariff })
    })
    .transpose()
}

/// The only account at `processor` that has this name.
pub(super) async fn find_account(
    pool: &PgPool,
    processor: &str,
    name: &str,
) -> Result<Option<(ShopId, ProcessorAccountId)>, Fault> {
    let rows = sqlx::query!(
        "select shop_id, processor_account_id from processor_account
         where processor = $1 and name = $2 limit 2",
        processor,
        name,
    )
    .fetch_all(pool)
    .await?;
    Ok(match rows.as_slice() {
        [row] => Some((
            ShopId::from_uuid(row.shop_id),
            ProcessorAccountId::from_uuid(row.processor_account_id),
        )),
        _ => None,
    })
}

pub(super) async fn find_by_sha256(
    tx: &mut Tx,
    shop: ShopId,
    sha256: &[u8],
) -> Result<Option<Before>, Fault> {
    let row = sqlx::query!(
        "select settlement_file_id, created_at from settlement_file
         where shop_id = $1 and sha256 = $2",
        shop.uuid(),
        sha256,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Before {
        id: SettlementFileId::from_uuid(row.settlement_file_id),
        at: row.created_at,
    }))
}

pub(super) async fn find_by_external_id(
    tx: &mut Tx,
    account: ProcessorAccountId,
    external_id: &str,
) -> Result<Option<Before>, Fault> {
    let row = sqlx::query!(
        "select settlement_file_id, created_at from settlement_file
         where processor_account_id = $1 and external_id = $2",
        account.uuid(),
        external_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Before {
        id: SettlementFileId::from_uuid(row.settlement_file_id),
        at: row.created_at,
    }))
}

pub(super) async fn insert_file(
    tx: &mut Tx,
    intake: &Intake,
    new: &NewFile<'_>,
) -> Result<(), Fault> {
    let warnings: Vec<String> = (intake.file.warnings.iter())
        .map(|warning| format!("line {}: {}", warning.line, warning.reason))
        .collect();
    sqlx::query!(
        r#"
        insert into settlement_file (settlement_file_id, shop_id, processor_account_id, name,
                                     sha256, content, format, external_id, business_date,
                                     taken_in_by, warnings)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        "#,
        intake.id.uuid(),
        intake.shop.uuid(),
        intake.account.id.uuid(),
        new.name,
        new.sha256,
        new.content,
        intake.file.format.as_str(),
        intake.file.external_id,
        intake.file.business_date,
        new.taken_in_by,
        &warnings,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps a refused file once, however often it is brought.
pub(super) async fn insert_refused_file(
    tx: &mut Tx,
    request: &TakeIn<'_>,
    new: &NewFile<'_>,
    (line, reason): (u32, &str),
) -> Result<SettlementFileId, Fault> {
    let id: SettlementFileId = new_plain_id();
    let id = sqlx::query_scalar!(
        r#"
        insert into refused_file (settlement_file_id, shop_id, processor_account_id, name, sha256,
                                  content, line, reason, taken_in_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (processor_account_id, sha256) do update
        set line = excluded.line, reason = excluded.reason
        returning settlement_file_id
        "#,
        id.uuid(),
        request.shop.uuid(),
        request.processor_account.uuid(),
        new.name,
        new.sha256,
        new.content,
        number(line),
        reason,
        new.taken_in_by,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(SettlementFileId::from_uuid(id))
}

#[derive(Serialize)]
struct LineRow<'a> {
    settlement_line_id: Uuid,
    settlement_file_id: Uuid,
    line: i32,
    #[serde(rename = "type")]
    kind: &'static str,
    reference: &'a str,
    processor_reference: &'a str,
    refund_reference: Option<&'a str>,
    payment_id: Option<Uuid>,
    refund_id: Option<Uuid>,
    currency: &'static str,
    gross_minor: i64,
    fee_minor: i64,
    net_minor: i64,
    #[serde(with = "time::serde::rfc3339")]
    occurred_at: OffsetDateTime,
}

/// Stores the usable lines. A reference that has the form of one of our ids is stored as that too.
pub(super) async fn insert_lines(tx: &mut Tx, intake: &Intake) -> Result<(), Fault> {
    for lines in intake.file.lines.chunks(BATCH) {
        let rows: Vec<LineRow<'_>> = lines.iter().map(|line| line_row(intake.id, line)).collect();
        sqlx::query!(
            r#"
            insert into settlement_line (settlement_line_id, settlement_file_id, line, type,
                                         reference, processor_reference, refund_reference,
                                         payment_id, refund_id, currency, gross_minor, fee_minor,
                                         net_minor, occurred_at)
            select settlement_line_id, settlement_file_id, line, type, reference,
                   processor_reference, refund_reference, payment_id, refund_id, currency,
                   gross_minor, fee_minor, net_minor, occurred_at
            from jsonb_populate_recordset(null::settlement_line, $1)
            "#,
            json(&rows)?,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

fn line_row(file: SettlementFileId, line: &settlement::file::Line) -> LineRow<'_> {
    let id: SettlementLineId = new_plain_id();
    let refund = line.refund_reference.as_deref();
    LineRow {
        settlement_line_id: id.uuid(),
        settlement_file_id: file.uuid(),
        line: number(line.line),
        kind: line.kind.as_str(),
        reference: &line.reference,
        processor_reference: &line.processor_reference,
        refund_reference: refund,
        payment_id: line.reference.parse::<PaymentId>().ok().map(PaymentId::uuid),
        refund_id: refund.and_then(|text| text.parse::<RefundId>().ok()).map(RefundId::uuid),
        currency: line.gross.currency().code(),
        gross_minor: line.gross.minor(),
        fee_minor: line.fee.minor(),
        net_minor: line.net.minor(),
        occurred_at: line.occurred_at,
    }
}

#[derive(Serialize)]
struct RefusedRow<'a> {
    settlement_file_id: Uuid,
    line: i32,
    reason: String,
    raw: &'a str,
}

pub(super) async fn insert_refused_lines<'a>(tx: &mut Tx, intake: &'a Intake) -> Result<(), Fault> {
    let row = |refused: &'a RefusedLine| RefusedRow {
        settlement_file_id: intake.id.uuid(),
        line: number(refused.line),
        reason: refused.reason.to_string(),
        raw: &refused.raw,
    };
    for refused in intake.file.refused.chunks(BATCH) {
        let rows: Vec<RefusedRow<'_>> = refused.iter().map(row).collect();
        sqlx::query!(
            "insert into refused_line (settlement_file_id, line, reason, raw)
             select settlement_file_id, line, reason, raw
             from jsonb_populate_recordset(null::refused_line, $1)",
            json(&rows)?,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

pub(super) async fn insert_balances(tx: &mut Tx, intake: &Intake) -> Result<(), Fault> {
    for balance in &intake.file.balances {
        sqlx::query!(
            r#"
            insert into settlement_balance (settlement_file_id, currency, line, opening_minor,
                                            movements_minor, closing_minor)
            values ($1, $2, $3, $4, $5, $6)
            "#,
            intake.id.uuid(),
            balance.currency.code(),
            number(balance.line),
            balance.opening.minor(),
            balance.movements.minor(),
            balance.closing.minor(),
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

pub(super) async fn save_counts(
    tx: &mut Tx,
    file: SettlementFileId,
    counts: Counts,
) -> Result<(), Fault> {
    sqlx::query!(
        "update settlement_file
         set lines = $2, matched = $3, mismatched = $4, missing = $5, refused = $6
         where settlement_file_id = $1",
        file.uuid(),
        number(counts.lines),
        number(counts.matched),
        number(counts.mismatched),
        number(counts.missing),
        number(counts.refused),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// As Postgres stores it; no file has more lines than fit.
fn number(line: u32) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}
