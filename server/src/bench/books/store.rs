//! The SQL of the rows of the books.

use domain::id::ShopId;
use sqlx::PgPool;

/// Makes a database for a ledger to be measured on.
pub(super) async fn create_database(pool: &PgPool, name: &'static str) -> Result<(), sqlx::Error> {
    let statement = sqlx::AssertSqlSafe(format!("create database {name}"));
    sqlx::raw_sql(statement).execute(pool).await?;
    Ok(())
}

/// Looks at the tables anew, as the service does whenever they have grown: what was planned while they were empty
/// is planned again.
pub(super) async fn analyze(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("analyze").execute(pool).await?;
    Ok(())
}

/// Copies every posting so many times, with its entries, and multiplies the balances.
pub(super) async fn copy_postings(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(include_str!("copies.sql")).execute(pool).await?;
    Ok(())
}

/// How many entries there are, and how many balances differ from the sum of their entries.
pub(super) async fn check(pool: &PgPool) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "with summed as (
             select bucket, account_id, sum(amount_minor) as minor, count(*) as entries
             from entry group by bucket, account_id)
         select coalesce(sum(entries), 0)::bigint,
                count(*) filter (where minor <> coalesce(balance_minor, 0))
         from summed left join account_balance using (bucket, account_id)",
    )
    .fetch_one(pool)
    .await
}

/// How many pay-outs of the shop have come to their end, and how many of them otherwise than paid.
pub(super) async fn ended(pool: &PgPool, shop: ShopId) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select count(*), count(*) filter (where phase <> 'paid') from payout
         where shop_id = $1 and phase in ('paid', 'failed', 'returned', 'cancelled')",
    )
    .bind(shop.uuid())
    .fetch_one(pool)
    .await
}

/// How many lines of the shop's books wait to be sealed.
pub(super) async fn unsealed(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from unsealed").fetch_one(pool).await
}
