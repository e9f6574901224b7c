//! What the embedded server is asked in SQL.

use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _};

use super::StartError;

/// Fails unless a commit that was answered survives a power cut.
pub(super) async fn assert_durable(url: &str) -> Result<(), StartError> {
    let mut connection = connect(url).await?;
    let settings = [
        ("fsync", "show fsync"),
        ("synchronous_commit", "show synchronous_commit"),
        ("full_page_writes", "show full_page_writes"),
    ];
    for (setting, question) in settings {
        let value: String = sqlx::query_scalar(question).fetch_one(&mut connection).await?;
        if value != "on" {
            return Err(StartError::NotDurable { setting, value });
        }
    }
    connection.close().await?;
    Ok(())
}

/// Makes the database `name`, unless it is there.
pub(super) async fn create_database_if_missing(url: &str, name: &str) -> Result<(), sqlx::Error> {
    assert!(
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
        "database names are chosen by us, and {name:?} needs quoting",
    );
    let mut connection = connect(url).await?;
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
    if !exists {
        // A name cannot be a parameter; the assertion above is what makes this safe.
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await
}

/// Whether the server takes connections yet.
pub(super) async fn answers(url: &str) -> bool {
    match connect(url).await {
        Ok(connection) => connection.close().await.is_ok(),
        Err(_) => false,
    }
}

async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect_with(&PgConnectOptions::from_str(url)?).await
}
