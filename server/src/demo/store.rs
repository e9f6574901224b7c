//! The SQL of the demo: a second database on a server of the user's.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// Makes the database `name` on the server of `url`, unless it is there. The name is one of ours.
pub(super) async fn create_database_if_missing(
    url: &str,
    name: &'static str,
) -> Result<(), sqlx::Error> {
    let mut connection = url.parse::<PgConnectOptions>()?.connect().await?;
    let is_there: bool =
        sqlx::query_scalar("select exists (select 1 from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
    if !is_there {
        // A database's name cannot be a parameter; this one is a constant.
        sqlx::query(AssertSqlSafe(format!("create database {name}")))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await
}
