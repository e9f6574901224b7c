//! The SQL of bank files.

use std::collections::HashMap;

use bank::initiation::Party;
use domain::currency::Currency;
use domain::id::{PayoutAccountId, PayoutFileId, PayoutId, ShopId};
use domain::money::Money;
use sqlx::{PgExecutor, PgPool};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payouts::bank_files::{Filed, PayoutFile, Told, Waiting};

/// The moment by the database's clock.
pub(crate) async fn now(tx: &mut Tx) -> Result<OffsetDateTime, Fault> {
    Ok(sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(tx.conn()).await?)
}

/// Up to `limit` submitted pay-outs of the account that no bank was told of, in the order of ids.
/// Only exact under the lock of the account.
pub(crate) async fn waiting(
    tx: &mut Tx,
    account: PayoutAccountId,
    limit: usize,
) -> Result<Vec<Waiting>, Fault> {
    let rows = sqlx::query!(
        r#"
        select payout_id, amount_minor, payout.currency, payee.iban, payee.bic, payee.holder
        from payout
        join payee_account as payee using (payee_account_id)
        where payout_account_id = $1 and phase = 'submitted' and not is_accepted
          and not in_doubt
          and not exists (select from payout_file_line as line
                          where line.payout_id = payout.payout_id)
        order by payout_id limit $2
        "#,
        account.uuid(),
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let payout = PayoutId::from_uuid(row.payout_id);
            let corrupt = || Fault::CorruptRow(format!("pay-out {payout}: payee"));
            let currency: Currency = row.currency.parse().map_err(|_| corrupt())?;
            let creditor = Party {
                name: row.holder,
                iban: row.iban.parse().map_err(|_| corrupt())?,
                bic: row.bic.map(|bic| bic.parse()).transpose().map_err(|_| corrupt())?,
            };
            let amount = Money::from_minor(row.amount_minor, currency);
            Ok(Waiting { payout, amount, creditor })
        })
        .collect()
}

/// A file as it is stored.
pub(crate) struct NewFileRow<'a> {
    pub(crate) file: &'a PayoutFile,
    pub(crate) shop: ShopId,
    pub(crate) message: &'a str,
    pub(crate) part: &'a str,
    pub(crate) debtor_iban: &'a str,
    pub(crate) sha256: &'a [u8],
    pub(crate) content: &'a [u8],
    pub(crate) by: &'a str,
}

pub(crate) async fn insert_file(tx: &mut Tx, row: &NewFileRow<'_>) -> Result<(), Fault> {
    let file = row.file;
    sqlx::query!(
        r#"
        insert into payout_file (payout_file_id, shop_id, payout_account_id, message_reference,
                                 part_reference, debtor_iban, execution_on, currency, total_minor,
                                 payouts, sha256, content, made_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        "#,
        file.id.uuid(),
        row.shop.uuid(),
        file.account.uuid(),
        row.message,
        row.part,
        row.debtor_iban,
        file.execution_on,
        file.total.currency().code(),
        file.total.minor(),
        i32::try_from(file.payouts).unwrap_or(i32::MAX),
        row.sha256,
        row.content,
        row.by,
        file.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn insert_lines(
    tx: &mut Tx,
    file: PayoutFileId,
    payouts: &[PayoutId],
) -> Result<(), Fault> {
    let payouts: Vec<Uuid> = payouts.iter().map(|payout| payout.uuid()).collect();
    sqlx::query!(
        r#"
        insert into payout_file_line (payout_file_id, position, bucket, payout_id)
        select $1, position, bucket_of(payout_id), payout_id
        from unnest($2::uuid[]) with ordinality as line (payout_id, position)
        "#,
        file.uuid(),
        &payouts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

struct FileRow {
    payout_file_id: Uuid,
    payout_account_id: Uuid,
    execution_on: Date,
    currency: String,
    total_minor: i64,
    payouts: i32,
    created_at: OffsetDateTime,
}

impl FileRow {
    fn file(self) -> Result<PayoutFile, Fault> {
        let id = PayoutFileId::from_uuid(self.payout_file_id);
        let corrupt = || Fault::CorruptRow(format!("pay-out file {id}"));
        let currency = self.currency.parse().map_err(|_| corrupt())?;
        Ok(PayoutFile {
            id,
            account: PayoutAccountId::from_uuid(self.payout_account_id),
            payouts: u32::try_from(self.payouts).map_err(|_| corrupt())?,
            total: Money::from_minor(self.total_minor, currency),
            execution_on: self.execution_on,
            created_at: self.created_at,
        })
    }
}

/// The newest files of the shop, or of one of its accounts, the newest first.
pub(crate) async fn files(
    executor: impl PgExecutor<'_>,
    shop: ShopId,
    account: Option<PayoutAccountId>,
    limit: i64,
) -> Result<Vec<PayoutFile>, Fault> {
    let rows = sqlx::query_as!(
        FileRow,
        r#"
        select payout_file_id, payout_account_id, execution_on, currency, total_minor, payouts,
               created_at
        from payout_file
        where shop_id = $1 and ($2::uuid is null or payout_account_id = $2)
        order by payout_file_id desc limit $3
        "#,
        shop.uuid(),
        account.map(PayoutAccountId::uuid),
        limit,
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(FileRow::file).collect()
}

pub(crate) async fn file(
    pool: &PgPool,
    shop: ShopId,
    id: PayoutFileId,
) -> Result<Option<PayoutFile>, Fault> {
    let row = sqlx::query_as!(
        FileRow,
        r#"
        select payout_file_id, payout_account_id, execution_on, currency, total_minor, payouts,
               created_at
        from payout_file where payout_file_id = $1 and shop_id = $2
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    row.map(FileRow::file).transpose()
}

/// The bytes of a file, and their SHA-256 when they were stored.
pub(crate) async fn content(pool: &PgPool, id: PayoutFileId) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    let row = sqlx::query!(
        "select content, sha256 from payout_file where payout_file_id = $1",
        id.uuid(),
    )
    .fetch_one(pool)
    .await?;
    Ok((row.content, row.sha256))
}

/// The file that the pay-out is in.
pub(crate) async fn file_of(
    pool: &PgPool,
    shop: ShopId,
    payout: PayoutId,
) -> Result<Option<PayoutFile>, Fault> {
    let row = sqlx::query_as!(
        FileRow,
        r#"
        select payout_file_id, payout_account_id, execution_on, currency, total_minor, payouts,
               created_at
        from payout_file join payout_file_line as line using (payout_file_id)
        where line.payout_id = $1 and shop_id = $2
        "#,
        payout.uuid(),
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    row.map(FileRow::file).transpose()
}

/// What the bank was told by a file of the shop, in the order of ids.
pub(crate) async fn told(
    pool: &PgPool,
    shop: ShopId,
    id: PayoutFileId,
) -> Result<Option<Told>, Fault> {
    let row = sqlx::query!(
        r#"
        select part_reference, array(select payout_id from payout_file_line as line
                                     where line.payout_file_id = file.payout_file_id
                                     order by payout_id) as "payouts!"
        from payout_file as file where payout_file_id = $1 and shop_id = $2
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Told {
        part: row.part_reference,
        payouts: row.payouts.into_iter().map(PayoutId::from_uuid).collect(),
    }))
}

/// Those of the pay-outs that the shop's banks were told of.
pub(crate) async fn filed(
    pool: &PgPool,
    shop: ShopId,
    payouts: &[PayoutId],
) -> Result<HashMap<PayoutId, Filed>, Fault> {
    let payouts: Vec<Uuid> = payouts.iter().map(|payout| payout.uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select payout_id, payout_file_id, debtor_iban, currency
        from payout_file_line join payout_file using (payout_file_id)
        where payout_id = any($1) and shop_id = $2
        "#,
        &payouts,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let file = PayoutFileId::from_uuid(row.payout_file_id);
            let corrupt = |_| Fault::CorruptRow(format!("pay-out file {file}"));
            let currency = row.currency.parse().map_err(corrupt)?;
            let filed = Filed { file, debtor_iban: row.debtor_iban, currency };
            Ok((PayoutId::from_uuid(row.payout_id), filed))
        })
        .collect()
}
