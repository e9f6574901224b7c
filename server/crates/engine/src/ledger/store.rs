//! The SQL of the ledger.

pub(super) mod revenue;
pub(super) mod statement;

use domain::account::{AccountKind, position_of_owner};
use domain::currency::Currency;
use domain::id::{PostingId, SellerId, ShopId};
use domain::money::Money;
use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::ledger::{BalanceRow, PostedEntry, Wallet};

pub(super) struct AccountRow {
    pub(super) bucket: i16,
    pub(super) account_id: Uuid,
    pub(super) shop_id: Uuid,
    pub(super) kind: &'static str,
    pub(super) account_type: &'static str,
    pub(super) owner_id: Option<Uuid>,
    pub(super) currency: &'static str,
}

pub(super) struct PostingRow<'a> {
    pub(super) bucket: i16,
    pub(super) posting_id: Uuid,
    pub(super) shop_id: Uuid,
    pub(super) object_id: Uuid,
    pub(super) cause: &'a str,
}

pub(super) struct EntryRow {
    pub(super) bucket: i16,
    pub(super) posting_id: Uuid,
    pub(super) line: i16,
    pub(super) account_id: Uuid,
    pub(super) currency: &'static str,
    pub(super) amount_minor: i64,
}

/// Opens the accounts that do not exist yet, in the order given, which must be that of their ids.
pub(super) async fn ensure_accounts(tx: &mut Tx, rows: &[AccountRow]) -> Result<(), Fault> {
    let buckets: Vec<i16> = rows.iter().map(|row| row.bucket).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.account_id).collect();
    let shops: Vec<Uuid> = rows.iter().map(|row| row.shop_id).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind).collect();
    let types: Vec<&str> = rows.iter().map(|row| row.account_type).collect();
    let owners: Vec<Option<Uuid>> = rows.iter().map(|row| row.owner_id).collect();
    let currencies: Vec<&str> = rows.iter().map(|row| row.currency).collect();
    sqlx::query!(
        r#"
        insert into account (bucket, account_id, shop_id, kind, account_type, owner_id, currency)
        select bucket, account_id, shop_id, kind, account_type, owner_id, currency
        from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[],
                    $7::text[])
            as wanted (bucket, account_id, shop_id, kind, account_type, owner_id, currency)
        where not exists (select 1 from account
                          where account.bucket = wanted.bucket
                            and account.account_id = wanted.account_id)
        on conflict do nothing
        "#,
        &buckets,
        &ids,
        &shops,
        &kinds as &[&str],
        &types as &[&str],
        &owners as &[Option<Uuid>],
        &currencies as &[&str],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds postings, their entries and their deltas, by one statement.
pub(super) async fn append(
    tx: &mut Tx,
    postings: &[PostingRow<'_>],
    entries: &[EntryRow],
) -> Result<(), Fault> {
    let posting_buckets: Vec<i16> = postings.iter().map(|row| row.bucket).collect();
    let posting_ids: Vec<Uuid> = postings.iter().map(|row| row.posting_id).collect();
    let shops: Vec<Uuid> = postings.iter().map(|row| row.shop_id).collect();
    let objects: Vec<Uuid> = postings.iter().map(|row| row.object_id).collect();
    let causes: Vec<&str> = postings.iter().map(|row| row.cause).collect();
    let buckets: Vec<i16> = entries.iter().map(|row| row.bucket).collect();
    let of: Vec<Uuid> = entries.iter().map(|row| row.posting_id).collect();
    let lines: Vec<i16> = entries.iter().map(|row| row.line).collect();
    let accounts: Vec<Uuid> = entries.iter().map(|row| row.account_id).collect();
    let currencies: Vec<&str> = entries.iter().map(|row| row.currency).collect();
    let amounts: Vec<i64> = entries.iter().map(|row| row.amount_minor).collect();
    sqlx::query!(
        r#"
        with posted as (
            insert into posting (bucket, posting_id, shop_id, object_id, cause)
            select bucket, posting_id, shop_id, object_id, cause
            from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[])
                as new (bucket, posting_id, shop_id, object_id, cause)
        ), added as (
            insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
            select bucket, posting_id, line, account_id, currency, amount_minor
            from unnest($6::smallint[], $7::uuid[], $8::smallint[], $9::uuid[], $10::text[],
                        $11::bigint[])
                as new (bucket, posting_id, line, account_id, currency, amount_minor)
            returning bucket, account_id, amount_minor
        )
        insert into balance_delta (bucket, account_id, amount_minor)
        select bucket, account_id, sum(amount_minor)::bigint from added group by bucket, account_id
        "#,
        &posting_buckets,
        &posting_ids,
        &shops,
        &objects,
        &causes as &[&str],
        &buckets,
        &of,
        &lines,
        &accounts,
        &currencies as &[&str],
        &amounts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Moves up to `limit` deltas into balances, in one statement.
pub(super) async fn fold(tx: &mut Tx, limit: i64) -> Result<i64, Fault> {
    let folded = sqlx::query_scalar!(
        r#"
        with chosen as (
            select bucket, delta_id from balance_delta
            order by bucket, delta_id limit $1 for update skip locked
        ), moved as (
            delete from balance_delta using chosen
            where balance_delta.bucket = chosen.bucket and balance_delta.delta_id = chosen.delta_id
            returning balance_delta.bucket, account_id, amount_minor
        ), summed as (
            select bucket, account_id, sum(amount_minor)::bigint as amount_minor
            from moved group by bucket, account_id order by account_id
        ), saved as (
            insert into account_balance (bucket, account_id, balance_minor)
            select bucket, account_id, amount_minor from summed
            on conflict (bucket, account_id) do update
            set balance_minor = account_balance.balance_minor + excluded.balance_minor,
                folded_at = now()
        )
        select count(*) as "folded!" from moved
        "#,
        limit,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(folded)
}

/// The balances now, or, if a moment is given, less what was recorded since.
pub(super) async fn trial_balance(
    pool: &PgPool,
    shop: ShopId,
    before: Option<OffsetDateTime>,
) -> Result<Vec<BalanceRow>, Fault> {
    let rows = sqlx::query!(
        r#"
        select kind as "kind!", owner_id, balance.currency as "currency!",
               (balance_minor - case when $2::timestamptz is null then 0 else coalesce((
                   select sum(entry.amount_minor) from account as own
                   join entry using (bucket, account_id)
                   where own.shop_id = balance.shop_id and own.kind = balance.kind
                     and own.owner_id is not distinct from balance.owner_id
                     and own.currency = balance.currency and entry.recorded_at >= $2), 0) end)::bigint
                   as "balance_minor!",
               coalesce(seller.name, processor_account.name, payout_account.name) as owner
        from balance
        left join seller on seller.seller_id = balance.owner_id
        left join processor_account on processor_account.processor_account_id = balance.owner_id
        left join payout_account on payout_account.payout_account_id = balance.owner_id
        where balance.shop_id = $1
        order by balance.currency, kind, owner, owner_id
        "#,
        shop.uuid(),
        before,
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = account_kind(&row.kind)?;
            Ok(BalanceRow {
                kind,
                account_type: kind.account_type(),
                owner: row.owner.or_else(|| name_of_position(row.owner_id)),
                owner_id: row.owner_id,
                balance: Money::from_minor(row.balance_minor, currency(&row.currency)?),
            })
        })
        .collect()
}

pub(super) async fn entries_of(
    pool: &PgPool,
    shop: ShopId,
    object: Uuid,
) -> Result<Vec<PostedEntry>, Fault> {
    let rows = sqlx::query!(
        r#"
        select posting.posting_id, posting.cause, posting.recorded_at, account.kind,
               account.owner_id,
               coalesce(seller.name, processor_account.name, payout_account.name) as owner,
               entry.currency, entry.amount_minor
        from posting
        join entry on entry.bucket = posting.bucket and entry.posting_id = posting.posting_id
        join account on account.bucket = entry.bucket and account.account_id = entry.account_id
        left join seller on seller.seller_id = account.owner_id
        left join processor_account on processor_account.processor_account_id = account.owner_id
        left join payout_account on payout_account.payout_account_id = account.owner_id
        where posting.bucket = bucket_of($1) and posting.object_id = $1 and posting.shop_id = $2
        order by posting.recorded_at, posting.posting_id, entry.line
        "#,
        object,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PostedEntry {
                posting: PostingId::from_uuid(row.posting_id),
                cause: row.cause,
                recorded_at: row.recorded_at,
                kind: account_kind(&row.kind)?,
                owner: row.owner.or_else(|| name_of_position(row.owner_id)),
                amount: Money::from_minor(row.amount_minor, currency(&row.currency)?),
            })
        })
        .collect()
}

/// Holds the lock of an owner's wallet until the transaction ends.
pub(super) async fn lock_owner(
    tx: &mut Tx,
    shop: ShopId,
    owner: Uuid,
    currency: Currency,
) -> Result<(), Fault> {
    // An update of nothing, since only a row that exists can be locked.
    sqlx::query!(
        r#"
        insert into wallet_lock (shop_id, owner_id, currency) values ($1, $2, $3)
        on conflict (shop_id, owner_id, currency) do update set currency = excluded.currency
        "#,
        shop.uuid(),
        owner,
        currency.code(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn wallet(
    executor: impl PgExecutor<'_>,
    shop: ShopId,
    seller: SellerId,
    currency: Currency,
) -> Result<Wallet, Fault> {
    let row = sqlx::query!(
        r#"
        select pending_minor as "pending_minor!", available_minor as "available_minor!",
               reserved_minor as "reserved_minor!"
        from wallet where shop_id = $1 and seller_id = $2 and currency = $3
        "#,
        shop.uuid(),
        seller.uuid(),
        currency.code(),
    )
    .fetch_optional(executor)
    .await?;
    let [pending, available, reserved] = row
        .map_or([0; 3], |row| [row.pending_minor, row.available_minor, row.reserved_minor])
        .map(|minor| Money::from_minor(minor, currency));
    Ok(Wallet { pending, available, reserved })
}

/// The other currency of a position's pair, which owns it and has a name in no table.
fn name_of_position(owner: Option<Uuid>) -> Option<String> {
    position_of_owner(owner?).map(|against| against.code().to_owned())
}

fn account_kind(word: &str) -> Result<AccountKind, Fault> {
    AccountKind::from_word(word).ok_or_else(|| Fault::CorruptRow(format!("account kind {word}")))
}

fn currency(code: &str) -> Result<Currency, Fault> {
    code.parse().map_err(|_| Fault::CorruptRow(format!("currency {code}")))
}
