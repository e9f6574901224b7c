//! The SQL that reads records, sealed or about to be.

use std::collections::HashMap;

use domain::account::AccountType;
use domain::currency::Currency;
use domain::id::{AccountId, AuditId, ShopId, StaffId};
use domain::money::Money;
use proof::chain::Link;
use proof::digest::Digest;
use proof::record::{Account, Audit, Balance, Close, Total};
use proof::signature::{PublicKey, Signature};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::books::{Place, whole_account};
use crate::db::Fault;

/// A posting without its entries.
pub(in crate::books) struct PostingRow {
    pub(in crate::books) posting_id: Uuid,
    pub(in crate::books) object_id: Uuid,
    pub(in crate::books) cause: String,
    pub(in crate::books) corrects_id: Option<Uuid>,
    pub(in crate::books) effective_on: Date,
    pub(in crate::books) recorded_at: OffsetDateTime,
}

/// What an account did on a day.
pub(in crate::books) struct Sums {
    opening: i128,
    debits: i128,
    credits: i128,
    closing: i128,
}

impl Sums {
    pub(in crate::books) fn balance(&self, date: Date, account: Account) -> Balance {
        Balance {
            date,
            account,
            opening_minor: self.opening,
            debits_minor: self.debits,
            credits_minor: self.credits,
            closing_minor: self.closing,
        }
    }
}

/// The places in a chain after one number and up to another.
pub(crate) async fn places(
    conn: &mut PgConnection,
    shop: ShopId,
    after: u64,
    through: u64,
    limit: i64,
) -> Result<Vec<Place>, Fault> {
    let rows = sqlx::query!(
        r#"select sequence, kind, subject_id, readable(booked_on) as "booked_on?", hash
           from sealed_record
           where shop_id = $1 and sequence > $2 and sequence <= $3 order by sequence limit $4"#,
        shop.uuid(),
        signed(after),
        signed(through),
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Place {
                link: link(row.sequence, &row.hash)?,
                kind: row.kind,
                subject: row.subject_id,
                booked_on: known(row.booked_on, "booked_on")?,
            })
        })
        .collect()
}

/// Postings by their ids.
pub(in crate::books) async fn postings(
    conn: &mut PgConnection,
    shop: ShopId,
    ids: &[Uuid],
) -> Result<Vec<PostingRow>, Fault> {
    let rows = sqlx::query!(
        r#"select posting_id, object_id, cause, corrects_id,
                  readable(effective_on) as "effective_on?", readable(recorded_at) as "recorded_at?"
           from unnest($1::uuid[]) as wanted (id)
           join posting on posting.bucket = bucket_of(wanted.id) and posting.posting_id = wanted.id
           where posting.shop_id = $2"#,
        ids,
        shop.uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PostingRow {
                posting_id: row.posting_id,
                object_id: row.object_id,
                cause: row.cause,
                corrects_id: row.corrects_id,
                effective_on: known(row.effective_on, "effective_on")?,
                recorded_at: known(row.recorded_at, "recorded_at")?,
            })
        })
        .collect()
}

/// The entries of postings, each posting's in their order: posting, account and amount.
pub(in crate::books) async fn entries(
    conn: &mut PgConnection,
    postings: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, Money)>, Fault> {
    let rows = sqlx::query!(
        "select posting_id, account_id, currency, amount_minor
         from unnest($1::uuid[]) as wanted (id)
         join entry on entry.bucket = bucket_of(wanted.id) and entry.posting_id = wanted.id
         order by posting_id, line",
        postings,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let amount = Money::from_minor(row.amount_minor, currency(&row.currency)?);
            Ok((row.posting_id, row.account_id, amount))
        })
        .collect()
}

/// The accounts of the entries of postings, as the chain names them.
pub(in crate::books) async fn accounts(
    conn: &mut PgConnection,
    shop: ShopId,
    postings: &[Uuid],
) -> Result<Vec<Account>, Fault> {
    let rows = sqlx::query!(
        "select distinct account.account_id, kind, account_type, owner_id, account.currency
         from unnest($1::uuid[]) as wanted (id)
         join entry on entry.bucket = bucket_of(wanted.id) and entry.posting_id = wanted.id
         join account on account.bucket = entry.bucket and account.account_id = entry.account_id
         where account.shop_id = $2",
        postings,
        shop.uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = whole_account(row.account_id);
            account(id, row.kind, &row.account_type, row.owner_id, &row.currency)
        })
        .collect()
}

/// Accounts as the chain has them.
pub(in crate::books) async fn book_accounts(
    conn: &mut PgConnection,
    shop: ShopId,
    ids: &[Uuid],
) -> Result<Vec<Account>, Fault> {
    let rows = sqlx::query!(
        "select account_id, kind, account_type, owner_id, currency from book_account
         where account_id = any($1::uuid[]) and shop_id = $2",
        ids,
        shop.uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = AccountId::from_uuid(row.account_id);
            account(id, row.kind, &row.account_type, row.owner_id, &row.currency)
        })
        .collect()
}

/// Lines of the audit log by their ids.
pub(in crate::books) async fn audits(
    conn: &mut PgConnection,
    shop: ShopId,
    ids: &[Uuid],
) -> Result<Vec<Audit>, Fault> {
    let rows = sqlx::query!(
        r#"select audit_id, actor, staff_id, action, object_type, object_id,
                  detail::text as "detail!", readable(at) as "at?"
           from audit_log
           where audit_id = any($1::uuid[])
             and coalesce(shop_id, '00000000-0000-0000-0000-000000000000') = $2"#,
        ids,
        shop.uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Audit {
                id: AuditId::from_uuid(row.audit_id),
                actor: row.actor,
                staff: row.staff_id.map(StaffId::from_uuid),
                action: row.action,
                object_type: row.object_type,
                object_id: row.object_id,
                detail: row.detail,
                at: known(row.at, "at")?,
            })
        })
        .collect()
}

/// What accounts did on days that are closed.
pub(in crate::books) async fn balances(
    conn: &mut PgConnection,
    shop: ShopId,
    of: &[(Date, Uuid)],
) -> Result<HashMap<(Date, Uuid), Sums>, Fault> {
    let (dates, accounts): (Vec<Date>, Vec<Uuid>) = of.iter().copied().unzip();
    let rows = sqlx::query!(
        r#"select day_balance.date, day_balance.account_id, opening_minor::text as "opening!",
                  debits_minor::text as "debits!", credits_minor::text as "credits!",
                  closing_minor::text as "closing!"
           from unnest($1::date[], $2::uuid[]) as wanted (date, account_id)
           join day_balance using (date, account_id)
           where shop_id = $3"#,
        &dates,
        &accounts,
        shop.uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let sums = Sums {
                opening: sum(&row.opening)?,
                debits: sum(&row.debits)?,
                credits: sum(&row.credits)?,
                closing: sum(&row.closing)?,
            };
            Ok(((row.date, row.account_id), sums))
        })
        .collect()
}

/// The close at `place`; `None` if there is none.
pub(in crate::books) async fn close(
    conn: &mut PgConnection,
    shop: ShopId,
    place: &Place,
) -> Result<Option<(Close, Signature)>, Fault> {
    let found = sqlx::query!(
        r#"select date, first_sequence, last_sequence, postings, entries, audits, accounts,
                  public_key, signature, last.hash as "last_hash?"
           from day_close
           left join sealed_record as last
               on last.shop_id = day_close.shop_id and last.sequence = day_close.last_sequence
           where day_close.shop_id = $1 and date = $2"#,
        shop.uuid(),
        place.booked_on,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let last_hash = match row.last_hash {
        Some(hash) => digest(&hash)?,
        None => Link::genesis(shop).hash,
    };
    let close = Close {
        shop,
        date: row.date,
        first_sequence: count(row.first_sequence)?,
        last_sequence: count(row.last_sequence)?,
        last_hash,
        postings: count(row.postings)?,
        entries: count(row.entries)?,
        audits: count(row.audits)?,
        accounts: count(row.accounts)?,
        totals: totals(conn, shop, row.date).await?,
        key: PublicKey::from_bytes(bytes(row.public_key, "public key")?),
    };
    Ok(Some((close, Signature::from_bytes(bytes(row.signature, "signature")?))))
}

/// What all accounts of each currency did on a day, in the order of the currencies' codes.
async fn totals(conn: &mut PgConnection, shop: ShopId, date: Date) -> Result<Vec<Total>, Fault> {
    let rows = sqlx::query!(
        r#"select currency, sum(debits_minor)::text as "debits!", sum(credits_minor)::text as "credits!"
           from day_balance join book_account using (account_id)
           where day_balance.shop_id = $1 and date = $2
           group by currency order by currency collate "C""#,
        shop.uuid(),
        date,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Total {
                currency: currency(&row.currency)?,
                debits_minor: sum(&row.debits)?,
                credits_minor: sum(&row.credits)?,
            })
        })
        .collect()
}

/// The link of a row.
pub(in crate::books) fn link(sequence: i64, hash: &[u8]) -> Result<Link, Fault> {
    Ok(Link { sequence: count(sequence)?, hash: digest(hash)? })
}

/// An account of a row.
pub(in crate::books) fn account(
    id: AccountId,
    kind: String,
    account_type: &str,
    owner: Option<Uuid>,
    code: &str,
) -> Result<Account, Fault> {
    use AccountType::{Asset, Equity, Expense, Liability, Revenue};
    let account_type = [Asset, Liability, Equity, Revenue, Expense]
        .into_iter()
        .find(|known| known.as_str() == account_type)
        .ok_or_else(|| Fault::CorruptRow(format!("account type {account_type}")))?;
    Ok(Account { id, kind, account_type, owner, currency: currency(code)? })
}

/// A sum as Postgres writes it.
pub(in crate::books) fn sum(text: &str) -> Result<i128, Fault> {
    text.parse().map_err(|_| Fault::CorruptRow(format!("sum {text}")))
}

/// A sequence number for Postgres.
pub(in crate::books) fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// A day or a moment that our calendar has. Infinity is none, and reading it would end the program's
/// work here.
fn known<T>(readable: Option<T>, column: &str) -> Result<T, Fault> {
    readable.ok_or_else(|| Fault::CorruptRow(format!("{column} is not in the years 1 to 9999")))
}

fn currency(code: &str) -> Result<Currency, Fault> {
    code.parse().map_err(|_| Fault::CorruptRow(format!("currency {code}")))
}

fn count(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(|_| Fault::CorruptRow(format!("number {number}")))
}

fn digest(hash: &[u8]) -> Result<Digest, Fault> {
    Ok(Digest::from_bytes(bytes(hash.to_vec(), "hash")?))
}

fn bytes<const N: usize>(found: Vec<u8>, what: &str) -> Result<[u8; N], Fault> {
    found.try_into().map_err(|_| Fault::CorruptRow(format!("a {what} has not {N} bytes")))
}
