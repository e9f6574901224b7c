//! The SQL of the books: the ends of the chains, what waits, and what was sealed.

pub(super) mod export;
pub(super) mod records;

use std::time::Duration;

use domain::id::ShopId;
use proof::chain::Link;
use proof::digest::Digest;
use proof::export::Sealed;
use proof::record::{Account, Balance, Close, Record};
use proof::signature::PublicKey;
use sqlx::{PgConnection, PgPool};
use time::Date;
use uuid::Uuid;

use crate::books::sealer::Subject;
use crate::books::{Closed, Standing};
use crate::columns::column;
use crate::db::{Fault, Tx, interval};

/// The end of a chain.
pub(super) struct Chain {
    pub(super) tip: Link,
    pub(super) open_on: Date,
    /// The last close; `None` if no day was closed yet.
    pub(super) closed: Option<Link>,
}

/// Takes or keeps the right to seal for so long; whether `process` has it.
pub(super) async fn lease(pool: &PgPool, process: Uuid, lease: Duration) -> Result<bool, Fault> {
    let held = sqlx::query!(
        "update book_sealer set holder = $1, leased_until = now() + $2
         where holder = $1 or leased_until < now()",
        process,
        interval(lease),
    )
    .execute(pool)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// The last day, in UTC, that ended so long ago.
pub(super) async fn finished_day(pool: &PgPool, grace: Duration) -> Result<Date, Fault> {
    Ok(sqlx::query_scalar!(
        r#"select ((now() - $1::interval) at time zone 'utc')::date - 1 as "date!""#,
        interval(grace),
    )
    .fetch_one(pool)
    .await?)
}

/// The shops of which something waits to be sealed, or a day up to `finished` to be closed.
pub(super) async fn shops_to_seal(pool: &PgPool, finished: Date) -> Result<Vec<ShopId>, Fault> {
    let rows = sqlx::query_scalar!(
        r#"
        select shop_id as "shop_id!"
        from (select shop_id from shop
              union all select '00000000-0000-0000-0000-000000000000') as known
        where exists (select 1 from unsealed where unsealed.shop_id = known.shop_id)
           or exists (select 1 from book_chain
                      where book_chain.shop_id = known.shop_id and open_on <= $1)
        order by shop_id
        "#,
        finished,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(ShopId::from_uuid).collect())
}

/// Begins the chain of a shop, on the first day of what waits, if there is none.
pub(super) async fn begin_chain(tx: &mut Tx, shop: ShopId, genesis: Digest) -> Result<(), Fault> {
    sqlx::query!(
        "insert into book_chain (shop_id, hash, open_on)
         select $1, $2, min(effective_on) from unsealed
         where shop_id = $1 and not exists (select 1 from book_chain where shop_id = $1)
         having min(effective_on) is not null
         on conflict do nothing",
        shop.uuid(),
        genesis.as_bytes().as_slice(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The end of a chain as it stands; `None` if there is none.
pub(super) async fn chain(pool: &PgPool, shop: ShopId) -> Result<Option<Chain>, Fault> {
    let row = sqlx::query_as!(
        ChainRow,
        r#"
        select chain.sequence, chain.hash, open_on, closed_sequence, closed.hash as "closed_hash?"
        from book_chain as chain
        left join sealed_record as closed
            on closed.shop_id = chain.shop_id and closed.sequence = closed_sequence
        where chain.shop_id = $1
        "#,
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    row.map(ChainRow::end).transpose()
}

/// Locks the end of a chain; `None` if there is none, or somebody else has locked it.
pub(super) async fn lock_chain(tx: &mut Tx, shop: ShopId) -> Result<Option<Chain>, Fault> {
    let row = sqlx::query_as!(
        ChainRow,
        r#"
        select chain.sequence, chain.hash, open_on, closed_sequence, closed.hash as "closed_hash?"
        from book_chain as chain
        left join sealed_record as closed
            on closed.shop_id = chain.shop_id and closed.sequence = closed_sequence
        where chain.shop_id = $1
        for update of chain skip locked
        "#,
        shop.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(ChainRow::end).transpose()
}

/// The end of a chain, as the database answers it.
struct ChainRow {
    sequence: i64,
    hash: Vec<u8>,
    open_on: Date,
    closed_sequence: i64,
    closed_hash: Option<Vec<u8>>,
}

impl ChainRow {
    fn end(self) -> Result<Chain, Fault> {
        let closed = match (self.closed_sequence, self.closed_hash) {
            (0, _) => None,
            (sequence, Some(hash)) => Some(records::link(sequence, &hash)?),
            (sequence, None) => return Err(Fault::CorruptRow(format!("close {sequence} is gone"))),
        };
        let tip = records::link(self.sequence, &self.hash)?;
        Ok(Chain { tip, open_on: self.open_on, closed })
    }
}

/// What waits to be sealed of the days up to `open_on` and is there, in the order of its ids. What
/// was deleted while it waited stays where it is: that is a breach, and must not take up the room of
/// what can be sealed.
pub(super) async fn unsealed(
    tx: &mut Tx,
    shop: ShopId,
    open_on: Date,
    limit: i64,
) -> Result<Vec<Subject>, Fault> {
    Ok(sqlx::query_as!(
        Subject,
        r#"
        select subject_id as id, kind = 'posting' as "is_posting!" from unsealed
        where shop_id = $1 and effective_on <= $2
          and case kind
              when 'posting' then exists (
                  select 1 from posting
                  where bucket = bucket_of(subject_id) and posting_id = subject_id
                    and posting.shop_id = unsealed.shop_id)
              else exists (
                  select 1 from audit_log
                  where audit_id = subject_id
                    and coalesce(audit_log.shop_id, '00000000-0000-0000-0000-000000000000')
                        = unsealed.shop_id) end
        order by subject_id limit $3
        "#,
        shop.uuid(),
        open_on,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Forgets that something waits, because it is sealed.
pub(super) async fn forget_unsealed(
    tx: &mut Tx,
    shop: ShopId,
    subjects: &[Subject],
) -> Result<(), Fault> {
    sqlx::query!(
        "delete from unsealed where shop_id = $1 and subject_id = any($2::uuid[])",
        shop.uuid(),
        &column(subjects, |subject| subject.id),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds sealed records, and the accounts that they open.
pub(super) async fn append(
    tx: &mut Tx,
    shop: ShopId,
    booked_on: Date,
    sealed: &[Sealed],
) -> Result<(), Fault> {
    let opened: Vec<&Account> = sealed
        .iter()
        .filter_map(|sealed| match &sealed.record {
            Record::Account(account) => Some(account),
            _ => None,
        })
        .collect();
    append_accounts(tx, shop, &opened).await?;
    sqlx::query!(
        "insert into sealed_record (shop_id, sequence, kind, subject_id, booked_on, hash)
         select $1, sequence, kind, subject_id, $2, hash
         from unnest($3::bigint[], $4::text[], $5::uuid[], $6::bytea[])
             as new (sequence, kind, subject_id, hash)",
        shop.uuid(),
        booked_on,
        &column(sealed, |sealed| records::signed(sealed.link.sequence)),
        &column(sealed, |sealed| sealed.record.kind().as_str().to_owned()),
        &column(sealed, |sealed| subject(shop, &sealed.record)),
        &column(sealed, |sealed| sealed.link.hash.as_bytes().to_vec()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a record is about.
fn subject(shop: ShopId, record: &Record) -> Uuid {
    match record {
        Record::Account(account) => account.id.uuid(),
        Record::Posting(posting) => posting.id.uuid(),
        Record::Audit(audit) => audit.id.uuid(),
        Record::Balance(balance) => balance.account.id.uuid(),
        Record::Close(_) => shop.uuid(),
    }
}

async fn append_accounts(tx: &mut Tx, shop: ShopId, accounts: &[&Account]) -> Result<(), Fault> {
    sqlx::query!(
        "insert into book_account (account_id, shop_id, kind, account_type, owner_id, currency)
         select account_id, $1, kind, account_type, owner_id, currency
         from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[])
             as new (account_id, kind, account_type, owner_id, currency)
         on conflict do nothing",
        shop.uuid(),
        &column(accounts, |account| account.id.uuid()),
        &column(accounts, |account| account.kind.clone()),
        &column(accounts, |account| account.account_type.as_str().to_owned()),
        &column(accounts, |account| account.owner) as &[Option<Uuid>],
        &column(accounts, |account| account.currency.code().to_owned()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes where a chain ends now.
pub(super) async fn advance(tx: &mut Tx, shop: ShopId, tip: Link) -> Result<(), Fault> {
    sqlx::query!(
        "update book_chain set sequence = $2, hash = $3 where shop_id = $1",
        shop.uuid(),
        records::signed(tip.sequence),
        tip.hash.as_bytes().as_slice(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that a chain ends with a close, and which day is booked on next.
pub(super) async fn open_day(
    tx: &mut Tx,
    shop: ShopId,
    close: Link,
    open_on: Date,
) -> Result<(), Fault> {
    sqlx::query!(
        "update book_chain set sequence = $2, hash = $3, closed_sequence = $2, open_on = $4
         where shop_id = $1",
        shop.uuid(),
        records::signed(close.sequence),
        close.hash.as_bytes().as_slice(),
        open_on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps what the balances of a close say.
pub(super) async fn append_balances(
    tx: &mut Tx,
    shop: ShopId,
    sealed: &[Sealed],
) -> Result<(), Fault> {
    let balances: Vec<&Balance> = sealed
        .iter()
        .filter_map(|sealed| match &sealed.record {
            Record::Balance(balance) => Some(balance),
            _ => None,
        })
        .collect();
    sqlx::query!(
        "insert into day_balance (shop_id, date, account_id, opening_minor, debits_minor,
                                  credits_minor, closing_minor)
         select $1, date, account_id, opening::numeric, debits::numeric, credits::numeric,
                closing::numeric
         from unnest($2::date[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
             as new (date, account_id, opening, debits, credits, closing)",
        shop.uuid(),
        &column(&balances, |balance| balance.date),
        &column(&balances, |balance| balance.account.id.uuid()),
        &column(&balances, |balance| balance.opening_minor.to_string()),
        &column(&balances, |balance| balance.debits_minor.to_string()),
        &column(&balances, |balance| balance.credits_minor.to_string()),
        &column(&balances, |balance| balance.closing_minor.to_string()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps what a close says, and its signature.
pub(super) async fn append_close(
    tx: &mut Tx,
    shop: ShopId,
    sealed: &[Sealed],
) -> Result<(), Fault> {
    let Some(Sealed { record: Record::Close(close), link, signature: Some(signature) }) =
        sealed.last()
    else {
        return Err(Fault::Broken("a day was closed without a close".into()));
    };
    let Close { date, first_sequence, last_sequence, .. } = *close;
    sqlx::query!(
        "insert into day_close (shop_id, date, sequence, first_sequence, last_sequence, postings,
                                entries, audits, accounts, public_key, signature)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        shop.uuid(),
        date,
        records::signed(link.sequence),
        records::signed(first_sequence),
        records::signed(last_sequence),
        records::signed(close.postings),
        records::signed(close.entries),
        records::signed(close.audits),
        records::signed(close.accounts),
        close.key.as_bytes().as_slice(),
        signature.as_bytes().as_slice(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The balances of the last close, that of the day before `open_on`.
pub(super) async fn last_balances(
    conn: &mut PgConnection,
    shop: ShopId,
    open_on: Date,
) -> Result<Vec<Balance>, Fault> {
    let Some(date) = open_on.previous_day() else { return Ok(Vec::new()) };
    let accounts = sqlx::query_scalar!(
        "select account_id from day_balance where shop_id = $1 and date = $2",
        shop.uuid(),
        date,
    )
    .fetch_all(&mut *conn)
    .await?;
    let wanted: Vec<(Date, Uuid)> = accounts.iter().map(|account| (date, *account)).collect();
    let sums = records::balances(&mut *conn, shop, &wanted).await?;
    let accounts = records::book_accounts(conn, shop, &accounts).await?;
    Ok(accounts
        .into_iter()
        .filter_map(|account| {
            let sums = sums.get(&(date, account.id.uuid()))?;
            Some(sums.balance(date, account))
        })
        .collect())
}

/// How far a chain is.
pub(super) async fn standing(pool: &PgPool, shop: ShopId) -> Result<Option<Standing>, Fault> {
    let row = sqlx::query!(
        r#"
        select sequence, hash, waiting.unsealed as "unsealed!",
               waiting.since as "unsealed_since?", open_on,
               sequence - closed_sequence as "unsigned!"
        from book_chain
        cross join lateral (
            select count(*) as unsealed, min(added_at) as since from unsealed
            where unsealed.shop_id = book_chain.shop_id) as waiting
        where shop_id = $1
        "#,
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Standing {
            sealed: row.sequence,
            hash: records::link(row.sequence, &row.hash)?.hash,
            unsealed: row.unsealed,
            unsealed_since: row.unsealed_since,
            open_on: row.open_on,
            unsigned: row.unsigned,
        })
    })
    .transpose()
}

/// The last closes of a shop.
pub(super) async fn closes(pool: &PgPool, shop: ShopId, limit: i64) -> Result<Vec<Closed>, Fault> {
    let rows = sqlx::query!(
        "select date, sequence, hash, postings, entries, audits, accounts, public_key, closed_at
         from day_close join sealed_record using (shop_id, sequence)
         where shop_id = $1 order by date desc limit $2",
        shop.uuid(),
        limit,
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = row.public_key.try_into();
            let key = key.map_err(|_| Fault::CorruptRow("a public key".into()))?;
            Ok(Closed {
                date: row.date,
                sequence: row.sequence,
                hash: records::link(row.sequence, &row.hash)?.hash,
                postings: row.postings,
                entries: row.entries,
                audits: row.audits,
                accounts: row.accounts,
                key: PublicKey::from_bytes(key),
                closed_at: row.closed_at,
            })
        })
        .collect()
}
