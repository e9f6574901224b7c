//! What currencies are worth: imported, looked up, and never changed.

use std::collections::HashMap;

use bank::ecb::{self, DayRates, ReferenceRates};
use bank::file::Unreadable;
use domain::currency::Currency;
use domain::exchange::{ExchangeError, Rate};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::PgPool;
use time::Date;

use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::exchange::plausible::{DoubtedRate, TELLING_DAYS, sift};
use crate::exchange::store::rates as store;

/// How many rates are written by one statement.
const BATCH: usize = 5_000;

/// A rate of a day, as a source gives it or computed across the source's base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRate {
    /// The rate.
    pub rate: Rate,
    /// Whose it is, such as `ecb`.
    pub source: String,
    /// The day that it is of.
    pub day: Date,
    /// How many days ago that is, by the database's clock.
    pub age_days: i32,
}

impl DayRate {
    /// Where the rate is from, such as `ecb/2026-01-30`.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.source, self.day)
    }
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// How many rates are new.
    pub added: u64,
    /// How many were known, with the same value.
    pub known: u64,
    /// Those that were known with another value, which stays.
    pub changed: Vec<ChangedRate>,
    /// Those that can hardly be right, and were not taken.
    pub doubted: Vec<DoubtedRate>,
    /// What was read; its refused days were not taken.
    pub file: ReferenceRates,
}

/// A rate that a file gives another value than is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRate {
    /// Where in the file its day begins, from 1.
    pub line: u32,
    /// The day.
    pub day: Date,
    /// The currency, of which one of the base is worth so much.
    pub currency: Currency,
    /// The value that is known, and stays.
    pub known: Decimal,
    /// The value of the file.
    pub given: Decimal,
}

/// Takes a file of the European Central Bank in, all of it in one transaction, but no rate that can
/// hardly be right. The same file again changes nothing.
///
/// # Errors
/// [`ImportError`]; nothing was written then.
pub async fn import(pool: &PgPool, content: &[u8], actor: &str) -> Result<Imported, ImportError> {
    take_in(pool, content, actor, Trust::Careful).await
}

/// As [`import`], also those rates that can hardly be right, but none of a day to come.
///
/// # Errors
/// As [`import`].
pub async fn import_as_given(
    pool: &PgPool,
    content: &[u8],
    actor: &str,
) -> Result<Imported, ImportError> {
    take_in(pool, content, actor, Trust::AsGiven).await
}

/// How far a file is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Careful,
    AsGiven,
}

async fn take_in(
    pool: &PgPool,
    content: &[u8],
    actor: &str,
    trust: Trust,
) -> Result<Imported, ImportError> {
    let file = ecb::read(content)?;
    let rows: Vec<store::Given> = file.days.iter().flat_map(given).collect();
    let mut tx = Tx::begin(pool).await?;
    let today = store::today(&mut tx).await?;
    let last = match (trust, rows.iter().map(|rate| rate.day).min()) {
        (Trust::Careful, Some(first)) => {
            store::last_before(&mut tx, ecb::SOURCE, ecb::BASE, (first, TELLING_DAYS)).await?
        }
        _ => HashMap::new(),
    };
    let (rows, doubted) = sift(rows, last, today);
    let mut imported = Imported { added: 0, known: 0, changed: Vec::new(), doubted, file };
    for batch in rows.chunks(BATCH) {
        let added = store::insert(&mut tx, ecb::SOURCE, ecb::BASE, batch).await?;
        let changed = store::changed(&mut tx, ecb::SOURCE, ecb::BASE, batch).await?;
        let written = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        imported.added += added;
        imported.known += written - added - u64::try_from(changed.len()).unwrap_or(u64::MAX);
        imported.changed.extend(changed);
    }
    let entry = Entry {
        shop: None,
        actor,
        staff: None,
        action: "exchange_rates.imported",
        object_type: "exchange_rates",
        object_id: ecb::SOURCE,
        detail: json!({ "added": imported.added, "known": imported.known,
                        "changed": imported.changed.len(),
                        "doubted": imported.doubted.len(), "trust": format!("{trust:?}"),
                        "refused_days": imported.file.refused.len() }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(imported)
}

fn given(day: &DayRates) -> impl Iterator<Item = store::Given> + '_ {
    day.rates.iter().map(|&(currency, units)| store::Given {
        line: day.line,
        day: day.day,
        currency,
        units,
    })
}

/// Why a file was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no file of rates.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Adds the rates of one day of another `source` than a file: of one `base` so many units of each
/// currency. What is known of that day stays. Returns how many are new.
///
/// # Errors
/// [`EnterError`]; nothing was written then.
pub async fn enter(
    pool: &PgPool,
    (source, base, day): (&str, Currency, Date),
    rates: &[(Currency, Decimal)],
    actor: &str,
) -> Result<u64, EnterError> {
    let mut rows = Vec::with_capacity(rates.len());
    for (line, &(currency, units)) in (1..).zip(rates) {
        let units = Rate::new(base, currency, units)?.units();
        rows.push(store::Given { line, day, currency, units });
    }
    let mut tx = Tx::begin(pool).await?;
    if day > store::today(&mut tx).await? {
        return Err(EnterError::ToCome);
    }
    let added = store::insert(&mut tx, source, base, &rows).await?;
    let entry = Entry {
        shop: None,
        actor,
        staff: None,
        action: "exchange_rates.entered",
        object_type: "exchange_rates",
        object_id: source,
        detail: json!({ "day": day.to_string(), "added": added }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(added)
}

/// Why rates were not added.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// One of them is no rate.
    #[error(transparent)]
    NoRate(#[from] ExchangeError),
    /// The day has not come.
    #[error("rates of a day to come cannot be known")]
    ToCome,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The rate of the newest day up to `on`, or up to today, that has both currencies of one source.
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    (from, to): (Currency, Currency),
    on: Option<Date>,
) -> Result<Option<DayRate>, Fault> {
    let Some(found) = store::newest_of_pair(pool, (from, to), on).await? else { return Ok(None) };
    let rate = Rate::across((from, found.from_units), (to, found.to_units));
    let rate = rate.map_err(broken)?;
    Ok(Some(DayRate { rate, source: found.source, day: found.day, age_days: found.age_days }))
}

/// What `from` is worth in each other currency, on the newest day up to `on`, or up to today, that
/// has a rate of it; by the other currency's code.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, from: Currency, on: Option<Date>) -> Result<Vec<DayRate>, Fault> {
    let Some(newest) = store::newest_of(pool, from, on).await? else { return Ok(Vec::new()) };
    let mut units = store::of_day(pool, &newest).await?;
    units.push((newest.base, Decimal::ONE));
    units.sort_unstable_by_key(|(currency, _)| currency.code());
    let Some(&own) = units.iter().find(|(currency, _)| *currency == from) else {
        return Ok(Vec::new());
    };
    let others = units.iter().filter(|(currency, _)| *currency != from);
    others
        .map(|&other| {
            let rate = Rate::across(own, other).map_err(broken)?;
            let source = newest.source.clone();
            Ok(DayRate { rate, source, day: newest.day, age_days: newest.age_days })
        })
        .collect()
}

/// Whether a currency has a rate of any day, or is the base of others.
///
/// # Errors
/// [`Fault`].
pub async fn is_known(pool: &PgPool, currency: Currency) -> Result<bool, Fault> {
    store::is_known(pool, currency).await
}

/// Whether there are rates at all.
///
/// # Errors
/// [`Fault`].
pub async fn are_there(pool: &PgPool) -> Result<bool, Fault> {
    store::are_there(pool).await
}

/// The readers keep rates within what can be computed with.
fn broken(error: ExchangeError) -> Fault {
    Fault::CorruptRow(format!("a rate: {error}"))
}
