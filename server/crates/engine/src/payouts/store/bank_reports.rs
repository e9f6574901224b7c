//! The SQL of what was read of a bank's files.

use domain::id::{BankReportId, PayoutId, ShopId};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::{Fault, Tx};
use crate::payouts::bank_files::{Booking, NewReport, Report};

/// Notes that the file is read, and returns its id and, if it was read to its end before, when.
pub(crate) async fn begin(
    pool: &PgPool,
    id: BankReportId,
    new: &NewReport<'_>,
) -> Result<(BankReportId, Option<OffsetDateTime>), Fault> {
    // The update changes nothing; it makes the row that is there already come back.
    let row = sqlx::query!(
        r#"
        insert into bank_report (bank_report_id, shop_id, name, format, sha256, read_by)
        values ($1, $2, $3, $4, $5, $6)
        on conflict on constraint bank_report_sha256_key do update set sha256 = excluded.sha256
        returning bank_report_id, finished_at
        "#,
        id.uuid(),
        new.shop.uuid(),
        new.name,
        new.parsed.format(),
        new.parsed.sha256(),
        new.by.name(),
    )
    .fetch_one(pool)
    .await?;
    Ok((BankReportId::from_uuid(row.bank_report_id), row.finished_at))
}

/// Notes a debit of a statement, and says whether another one was for the same pay-out: in the same
/// statement, or on another day. A statement that the bank sends again has the same day. Only exact
/// under the pay-out's lock.
pub(crate) async fn books_again(
    tx: &mut Tx,
    report: BankReportId,
    payout: PayoutId,
    booking: Booking,
) -> Result<bool, Fault> {
    sqlx::query!(
        r#"
        insert into payout_booking (bank_report_id, position, bucket, payout_id, booked_on)
        values ($1, $2, $3, $4, $5)
        on conflict on constraint payout_booking_pkey do nothing
        "#,
        report.uuid(),
        booking.position,
        payout.bucket().as_i16(),
        payout.uuid(),
        booking.booked_on,
    )
    .execute(tx.conn())
    .await?;
    Ok(sqlx::query_scalar!(
        r#"
        select exists (
            select from payout_booking
            where payout_id = $1
              and (bank_report_id = $2 and position <> $3
                   or booked_on is distinct from $4::date)) as "is_there!"
        "#,
        payout.uuid(),
        report.uuid(),
        booking.position,
        booking.booked_on,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Notes that all that the file says is written down.
pub(crate) async fn finish(
    tx: &mut Tx,
    id: BankReportId,
    changed: i32,
    said: &Value,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        update bank_report set finished_at = now(), changed = changed + $2, said = $3
        where bank_report_id = $1
        "#,
        id.uuid(),
        changed,
        said,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The newest reports of the shop that were read, the newest first, or the one with this id; with
/// what each said.
pub(crate) async fn list(
    pool: &PgPool,
    shop: ShopId,
    id: Option<BankReportId>,
    limit: i64,
) -> Result<Vec<(Report, Option<Value>)>, Fault> {
    let rows = sqlx::query!(
        r#"
        select bank_report_id, name, format, read_by, changed, finished_at, created_at, said
        from bank_report
        where shop_id = $1 and ($2::uuid is null or bank_report_id = $2)
        order by bank_report_id desc limit $3
        "#,
        shop.uuid(),
        id.map(BankReportId::uuid),
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let report = Report {
                id: BankReportId::from_uuid(row.bank_report_id),
                name: row.name,
                format: row.format,
                read_by: row.read_by,
                changed: u32::try_from(row.changed).unwrap_or_default(),
                finished_at: row.finished_at,
                created_at: row.created_at,
            };
            (report, row.said)
        })
        .collect())
}
