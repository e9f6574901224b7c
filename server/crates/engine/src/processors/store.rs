//! The SQL of circuits and of what processes saw.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use domain::fee::ProcessorTariff;
use domain::id::{ProcessorAccountId, ShopId};
use domain::routing::circuit::{Circuit, CircuitState, Thresholds};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::processors::circuits::{Changed, Forced, Locked, Seen, Standing};
use crate::routing;

struct CircuitRow {
    processor_account_id: Uuid,
    state: String,
    retry_at: Option<OffsetDateTime>,
    forced: Option<String>,
    forced_until: Option<OffsetDateTime>,
    window_seconds: i32,
    calls_min: i32,
    failures_percent: i32,
    failures_in_row: i32,
    open_seconds: i32,
    probes: i32,
}

impl CircuitRow {
    fn parse(&self) -> Result<(Circuit, Thresholds), Fault> {
        let forced = match (&self.forced, self.forced_until) {
            (Some(word), Some(until)) => Some((state(word)?, until)),
            _ => None,
        };
        let circuit = Circuit { state: state(&self.state)?, retry_at: self.retry_at, forced };
        let thresholds = Thresholds {
            window: seconds(self.window_seconds),
            calls_min: self.calls_min.unsigned_abs(),
            failures_percent: self.failures_percent.unsigned_abs(),
            failures_in_row: self.failures_in_row.unsigned_abs(),
            open_for: seconds(self.open_seconds),
            probes: self.probes.unsigned_abs(),
        };
        Ok((circuit, thresholds))
    }
}

fn state(word: &str) -> Result<CircuitState, Fault> {
    CircuitState::from_word(word).ok_or_else(|| Fault::CorruptRow(format!("circuit: {word}")))
}

fn seconds(count: i32) -> Duration {
    Duration::from_secs(u64::from(count.unsigned_abs()))
}

/// The circuits of those accounts that have a row.
pub(super) async fn circuits(
    pool: &PgPool,
    accounts: &[ProcessorAccountId],
) -> Result<HashMap<ProcessorAccountId, (Circuit, Thresholds)>, Fault> {
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query_as!(
        CircuitRow,
        r#"
        select processor_account_id, state, retry_at, forced, forced_until, window_seconds,
               calls_min, failures_percent, failures_in_row, open_seconds, probes
        from circuit where processor_account_id = any($1)
        "#,
        &ids,
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Ok((ProcessorAccountId::from_uuid(row.processor_account_id), row.parse()?)))
        .collect()
}

/// Writes a circuit's new state, unless another process was faster.
pub(super) async fn change(
    tx: &mut Tx,
    account: ProcessorAccountId,
    state: CircuitState,
    why: &str,
) -> Result<Option<Changed>, Fault> {
    Ok(sqlx::query_as!(
        Changed,
        r#"
        with changed as (
            insert into circuit as known (processor_account_id, state, why, retry_at, version)
            values ($1, $2, $3, case when $2 = 'open' then now() + interval '15 seconds' end, 1)
            on conflict (processor_account_id) do update
            set state = excluded.state, why = excluded.why, since = now(),
                version = known.version + 1,
                retry_at = case when excluded.state = 'open'
                                then now() + make_interval(secs => known.open_seconds) end
            where known.state <> excluded.state
               or (known.state = 'open' and known.retry_at <= now())
            returning processor_account_id, probes
        )
        select shop_id, name, probes
        from changed join processor_account using (processor_account_id)
        "#,
        account.uuid(),
        state.as_str(),
        why,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// The open circuits whose time is over; each is given to one caller, who asks.
pub(super) async fn claim_due(pool: &PgPool) -> Result<Vec<ProcessorAccountId>, Fault> {
    let ids = sqlx::query_scalar!(
        r#"
        update circuit set retry_at = now() + make_interval(secs => open_seconds)
        where state = 'open' and retry_at <= now()
          and (forced_until is null or forced_until <= now())
        returning processor_account_id
        "#,
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(ProcessorAccountId::from_uuid).collect())
}

/// Accounts for which jobs wait although they are up.
pub(super) async fn waited_for_in_vain(pool: &PgPool) -> Result<Vec<ProcessorAccountId>, Fault> {
    let ids = sqlx::query_scalar!(
        r#"
        select processor_account_id as "processor_account_id!" from processor_account
        where exists (
            select 1 from job where kind in ('execute_payment', 'operate_payment')
              and waits_for = processor_account_id and due_at > now() + interval '2 seconds')
          and not exists (
            select 1 from circuit
            where circuit.processor_account_id = processor_account.processor_account_id
              and case when forced_until > now() then forced <> 'closed' else state <> 'closed' end)
        "#,
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(ProcessorAccountId::from_uuid).collect())
}

/// Lets a few jobs go that wait for the account: what becomes of them decides.
pub(super) async fn release_some(
    pool: &PgPool,
    account: ProcessorAccountId,
    limit: i64,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        with free as (
            select bucket, job_id from job
            where kind in ('execute_payment', 'operate_payment') and waits_for = $1
              and leased_by is null
            limit $2
            for update skip locked
        )
        update job set due_at = now(), waits_for = null
        from free where job.bucket = free.bucket and job.job_id = free.job_id
        "#,
        account.uuid(),
        limit,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Locks the circuit of the shop's account, which it makes if it is not there yet.
pub(super) async fn lock(
    tx: &mut Tx,
    shop: ShopId,
    account: ProcessorAccountId,
) -> Result<Option<Locked>, Fault> {
    sqlx::query!(
        r#"
        insert into circuit (processor_account_id)
        select processor_account_id from processor_account
        where shop_id = $1 and processor_account_id = $2
        on conflict do nothing
        "#,
        shop.uuid(),
        account.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(sqlx::query_as!(
        Locked,
        r#"
        select state, version from circuit
        where processor_account_id = (select processor_account_id from processor_account
                                      where shop_id = $1 and processor_account_id = $2)
        for update
        "#,
        shop.uuid(),
        account.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Writes what a person decided, or that outcomes decide again.
pub(super) async fn force(
    tx: &mut Tx,
    account: ProcessorAccountId,
    forced: Option<(CircuitState, Duration)>,
    why: &str,
    by: &str,
) -> Result<(), Fault> {
    let (state, lasts) = forced.unzip();
    let lasts = lasts.map(|lasts| i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX));
    sqlx::query!(
        r#"
        update circuit
        set forced = $2, forced_why = case when $2::text is not null then $3 end,
            forced_by = case when $2::text is not null then $4 end,
            forced_until = now() + make_interval(secs => $5::bigint), version = version + 1
        where processor_account_id = $1
        "#,
        account.uuid(),
        state.map(CircuitState::as_str),
        why,
        by,
        lasts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What one process saw of one account.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) processor_account_id: Uuid,
    pub(super) calls: i32,
    pub(super) failures: i32,
    pub(super) latency_median_ms: i32,
    pub(super) latency_high_ms: i32,
    pub(super) errors: Json<Vec<SeenError>>,
}

/// An error that a process saw.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SeenError {
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    text: String,
}

pub(super) fn errors(errors: &VecDeque<(OffsetDateTime, String)>) -> Json<Vec<SeenError>> {
    Json(errors.iter().map(|(at, text)| SeenError { at: *at, text: text.clone() }).collect())
}

/// Tells what a process saw, and forgets what others saw long ago.
pub(super) async fn report(pool: &PgPool, process: Uuid, reports: &[Report]) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        with forgotten as (
            delete from processor_health where at < now() - interval '1 hour'
        )
        insert into processor_health (processor_account_id, process_id, calls, failures,
                                      latency_median_ms, latency_high_ms, errors)
        select processor_account_id, $1, calls, failures, latency_median_ms, latency_high_ms, errors
        from jsonb_populate_recordset(null::processor_health, $2)
        on conflict (processor_account_id, process_id) do update
        set calls = excluded.calls, failures = excluded.failures, at = now(),
            latency_median_ms = excluded.latency_median_ms,
            latency_high_ms = excluded.latency_high_ms, errors = excluded.errors
        "#,
        process,
        crate::payments::store::json(reports)?,
    )
    .execute(pool)
    .await?;
    Ok(())
}

struct StandingRow {
    processor_account_id: Uuid,
    processor: String,
    sends_webhooks: bool,
    why: Option<String>,
    since: Option<OffsetDateTime>,
    forced_why: Option<String>,
    forced_by: Option<String>,
    version: Option<i32>,
    waiting: i64,
    calls: i64,
    failures: i64,
    latency_median_ms: i32,
    latency_high_ms: i32,
    errors: Json<Vec<Vec<SeenError>>>,
}

/// The accounts of the shop with everything that is known of their health.
pub(super) async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<Standing>, Fault> {
    let accounts = routing::accounts(pool, shop).await?;
    let ids: Vec<ProcessorAccountId> = accounts.iter().map(|account| account.id).collect();
    let mut circuits = circuits(pool, &ids).await?;
    let mut rows = standing_rows(pool, shop).await?;
    let now = OffsetDateTime::now_utc();
    Ok(accounts
        .into_iter()
        .filter_map(|account| {
            let row = rows.remove(&account.id)?;
            let (circuit, thresholds) = circuits.remove(&account.id).unwrap_or_default();
            let forced = circuit.forced.filter(|(_, until)| *until > now);
            let forced = forced.map(|(state, until)| Forced {
                state,
                why: row.forced_why.clone().unwrap_or_default(),
                by: row.forced_by.clone().unwrap_or_default(),
                until,
            });
            Some(row.standing(
                account,
                (circuit.state_at(now), circuit.retry_at),
                forced,
                thresholds,
            ))
        })
        .collect())
}

impl StandingRow {
    fn standing(
        self,
        account: routing::Account,
        (state, retry_at): (CircuitState, Option<OffsetDateTime>),
        forced: Option<Forced>,
        thresholds: Thresholds,
    ) -> Standing {
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        let mut errors: Vec<SeenError> = self.errors.0.into_iter().flatten().collect();
        errors.sort_unstable_by_key(|error| std::cmp::Reverse(error.at));
        errors.truncate(5);
        let tariff: ProcessorTariff = account.tariff;
        Standing {
            id: account.id,
            name: account.name,
            processor: self.processor,
            terms: account.terms,
            tariff,
            sends_webhooks: self.sends_webhooks,
            state,
            why: self.why.unwrap_or_else(|| "nothing has gone wrong yet".into()),
            since: self.since,
            retry_at,
            forced,
            thresholds,
            version: self.version.unwrap_or_default(),
            seen: Seen {
                calls: count(self.calls),
                failures: count(self.failures),
                latency_median_ms: u64::from(self.latency_median_ms.unsigned_abs()),
                latency_high_ms: u64::from(self.latency_high_ms.unsigned_abs()),
                errors: errors.into_iter().map(|error| (error.at, error.text)).collect(),
            },
            waiting: count(self.waiting),
        }
    }
}

async fn standing_rows(
    pool: &PgPool,
    shop: ShopId,
) -> Result<HashMap<ProcessorAccountId, StandingRow>, Fault> {
    let rows = sqlx::query_as!(
        StandingRow,
        r#"
        select account.processor_account_id, processor, sends_webhooks, circuit.why as "why?",
               circuit.since as "since?", circuit.forced_why, circuit.forced_by,
               circuit.version as "version?",
               (select count(*) from job
                where kind in ('execute_payment', 'operate_payment')
                  and waits_for = account.processor_account_id) as "waiting!",
               coalesce(sum(seen.calls), 0) as "calls!",
               coalesce(sum(seen.failures), 0) as "failures!",
               coalesce(max(seen.latency_median_ms), 0) as "latency_median_ms!",
               coalesce(max(seen.latency_high_ms), 0) as "latency_high_ms!",
               coalesce(jsonb_agg(seen.errors) filter (where seen.errors is not null), '[]')
                   as "errors!: Json<Vec<Vec<SeenError>>>"
        from processor_account account
        left join circuit using (processor_account_id)
        left join processor_health seen
            on seen.processor_account_id = account.processor_account_id
           and seen.at > now() - interval '5 minutes'
        where account.shop_id = $1
        group by account.processor_account_id, circuit.processor_account_id
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (ProcessorAccountId::from_uuid(row.processor_account_id), row))
        .collect())
}
