//! Load: many callers at once, what they measure, and when the last webhook has arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, bail};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::world::{Caller, World};

/// How long the benchmark waits for what it has started.
const DRAIN_MAX: Duration = Duration::from_mins(2);

/// When to stop starting payments.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    Count(u64),
    Time(Duration),
}

/// What a load came to.
#[derive(Debug)]
pub(super) struct Done {
    count: u64,
    took: Duration,
    pub(super) latency: Latency,
}

impl Done {
    pub(super) fn per_second(&self) -> u64 {
        let millis = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX).max(1);
        self.count * 1000 / millis
    }
}

/// Times of single calls, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Latency(Vec<u64>);

impl Latency {
    pub(super) fn of(mut micros: Vec<u64>) -> Self {
        micros.sort_unstable();
        Self(micros)
    }

    pub(super) fn percentile(&self, percent: usize) -> u64 {
        let index = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(index).copied().unwrap_or(0)
    }
}

/// Whole payments: from the call with a stored token to the last delivered webhook.
pub(super) async fn whole_payments(world: &World, until: Until) -> Result<Done> {
    payments_of(world, world.caller(), until).await
}

/// The same, of this caller.
pub(super) async fn payments_of(world: &World, caller: Caller, until: Until) -> Result<Done> {
    let before = world.hooks.captured();
    let start = Instant::now();
    let (count, latency) = call(&caller, until, world.callers, Some("pm_card_visa")).await?;
    while world.hooks.captured() < before + count {
        if start.elapsed() > DRAIN_MAX {
            bail!("{} of {count} webhooks have arrived", world.hooks.captured() - before);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(Done { count, took: start.elapsed(), latency })
}

/// Payments whose callers do not wait for the outcome.
pub(super) struct Unwaited {
    pub(super) started: u64,
    pub(super) ended_before: u64,
    /// How many came to their end within the time.
    pub(super) per_second: u64,
    pub(super) latency: Latency,
}

/// Starts payments for `span`, as fast as they end, with up to `under_way_max` under way.
pub(super) async fn without_waiting(
    world: &World,
    span: Duration,
    under_way_max: u64,
) -> Result<Unwaited> {
    let ended_before = world.hooks.ended();
    let started = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..world.callers {
        let (caller, hooks) = (world.caller().without_waiting(), world.hooks.clone());
        let started = Arc::clone(&started);
        callers.spawn(async move {
            let mut micros = Vec::new();
            while start.elapsed() < span {
                let under_way =
                    started.load(Ordering::Relaxed).saturating_sub(hooks.ended() - ended_before);
                if under_way >= under_way_max {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    continue;
                }
                started.fetch_add(1, Ordering::Relaxed);
                let call = Instant::now();
                caller.post(&body(Some("pm_card_visa"))).await?;
                micros.push(u64::try_from(call.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            Ok::<_, color_eyre::Report>(micros)
        });
    }
    let mut all = Vec::new();
    while let Some(micros) = callers.join_next().await {
        all.extend(micros??);
    }
    let millis = u64::try_from(start.elapsed().as_millis())?.max(1);
    Ok(Unwaited {
        started: started.load(Ordering::Relaxed),
        ended_before,
        per_second: (world.hooks.ended() - ended_before) * 1000 / millis,
        latency: Latency::of(all),
    })
}

/// Waits until everything has come to its end, and says how many have not.
pub(super) async fn wait_for_ends(world: &World, done: &Unwaited) -> u64 {
    let start = Instant::now();
    loop {
        let left = (done.ended_before + done.started).saturating_sub(world.hooks.ended());
        if left == 0 || start.elapsed() > DRAIN_MAX {
            return left;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Payments that are only taken in, by callers who do not wait for the outcome.
pub(super) async fn without_outcome(world: &World, until: Until) -> Result<Done> {
    let start = Instant::now();
    let caller = world.caller().without_waiting();
    let (count, latency) = call(&caller, until, world.callers, Some("pm_card_visa")).await?;
    Ok(Done { count, took: start.elapsed(), latency })
}

/// Checkouts that are only taken in, as fast as the callers can.
pub(super) async fn accept(world: &World, span: Duration) -> Result<Done> {
    let start = Instant::now();
    let (count, latency) = call(&world.caller(), Until::Time(span), world.callers, None).await?;
    Ok(Done { count, took: start.elapsed(), latency })
}

/// Checkouts that are only taken in, at a fixed rate: a slow answer does not slow the next call
/// down, and its wait is counted.
pub(super) async fn accept_at(world: &World, per_second: u64, span: Duration) -> Result<Done> {
    let start = Instant::now();
    let total = per_second.max(1) * span.as_secs();
    let interval = span / u32::try_from(total).unwrap_or(u32::MAX);
    let mut calls = JoinSet::new();
    for index in 0..total {
        let due = start + interval * u32::try_from(index).unwrap_or(u32::MAX);
        tokio::time::sleep_until(due.into()).await;
        let (world, body) = (world.caller(), body(None));
        calls.spawn(async move {
            let answer = world.post(&body).await;
            (answer, due.elapsed())
        });
    }
    let mut micros = Vec::new();
    while let Some(call) = calls.join_next().await {
        let (answer, took) = call?;
        answer?;
        micros.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
    Ok(Done { count: total, took: start.elapsed(), latency: Latency::of(micros) })
}

async fn call(
    caller: &Caller,
    until: Until,
    callers: usize,
    token: Option<&'static str>,
) -> Result<(u64, Latency)> {
    let started = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let (caller, started) = (caller.clone(), Arc::clone(&started));
        running.spawn(async move {
            let mut micros = Vec::new();
            loop {
                let number = started.fetch_add(1, Ordering::Relaxed);
                let more = match until {
                    Until::Count(count) => number < count,
                    Until::Time(span) => start.elapsed() < span,
                };
                if !more {
                    return Ok::<_, color_eyre::Report>(micros);
                }
                let call = Instant::now();
                caller.post(&caller.body(token, number)).await?;
                micros.push(u64::try_from(call.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
        });
    }
    let mut all = Vec::new();
    while let Some(micros) = running.join_next().await {
        all.extend(micros??);
    }
    Ok((all.len() as u64, Latency::of(all)))
}

/// A checkout of one payment, never seen before.
pub(super) fn body(token: Option<&str>) -> Value {
    let unique = uuid::Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext)).simple().to_string();
    let mut body = json!({
        "checkout_id": format!("c-{unique}"),
        "buyer_info": { "email": "shopper@example.com" },
        "payment_orders": [{
            "payment_order_id": format!("p-{unique}"),
            "seller_account": "books",
            "amount": "49.99",
            "currency": "EUR",
        }],
    });
    if let Some(token) = token {
        body["payment_method_id"] = json!(token);
    }
    body
}
