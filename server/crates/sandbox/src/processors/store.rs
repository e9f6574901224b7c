//! The SQL of processors.

use sqlx::{FromRow, PgPool};

use crate::{money::Tariff, processors::Processor};

#[derive(FromRow)]
struct Row {
    name: String,
    label: String,
    share_ppm: i32,
    fixed_minor: i32,
    methods: Vec<String>,
    currencies: Option<Vec<String>>,
}

impl From<Row> for Processor {
    fn from(row: Row) -> Self {
        Self {
            name: row.name,
            label: row.label,
            tariff: Tariff { share_ppm: row.share_ppm, fixed_minor: row.fixed_minor },
            methods: row.methods,
            currencies: row.currencies,
        }
    }
}

/// Opens the processor of this name, or changes it.
pub(crate) async fn save(pool: &PgPool, processor: &Processor) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into processor (name, label, share_ppm, fixed_minor, methods, currencies)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (name) do update
         set label = excluded.label, share_ppm = excluded.share_ppm,
             fixed_minor = excluded.fixed_minor, methods = excluded.methods,
             currencies = excluded.currencies",
    )
    .bind(&processor.name)
    .bind(&processor.label)
    .bind(processor.tariff.share_ppm)
    .bind(processor.tariff.fixed_minor)
    .bind(&processor.methods)
    .bind(&processor.currencies)
    .execute(pool)
    .await?;
    Ok(())
}

/// Lists all processors by name.
pub(crate) async fn list(pool: &PgPool) -> Result<Vec<Processor>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select name, label, share_ppm, fixed_minor, methods, currencies
         from processor order by name limit 100",
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Processor::from).collect())
}

/// Finds a processor by its name.
pub(crate) async fn find(pool: &PgPool, name: &str) -> Result<Option<Processor>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(
        "select name, label, share_ppm, fixed_minor, methods, currencies
         from processor where name = $1",
    )
    .bind(name)
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Processor::from))
}
