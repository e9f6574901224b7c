//! Faults: what goes wrong on purpose, by request, by rule, by storm or by outage.
//!
//! They are kept in memory, so a restart is quiet unless its flags say otherwise.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{accounts::Account, ids::Mint, transfers::scenarios::Pace, webhooks::News};

pub(crate) mod control;
pub(crate) mod fault;
pub(crate) mod layer;
pub(crate) mod rules;
pub(crate) mod storm;

use fault::{CallFault, Fault, WebhookFault};
use rules::{Facts, Operation, Rule, RuleBody};
use storm::{Storm, StormBody};

/// How long a call hangs, if nobody says otherwise, in milliseconds.
const HANG_MS: u64 = 30_000;
/// How long a step of a transfer may take at most, in milliseconds: a day.
const STEP_MS_MAX: u32 = 86_400_000;
/// How many payments are remembered whose first tries are refused.
const REMEMBERED_MAX: usize = 100_000;
/// How many tries of a payment a card refuses that is refused for a while.
const REFUSALS: u32 = 2;

/// Everything that goes wrong on purpose.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Whether there is a rule, a storm or an outage: if not, a call looks no further.
    is_busy: AtomicBool,
    plan: RwLock<Plan>,
    outages: Mutex<BTreeMap<Option<String>, Outage>>,
    injected: Mutex<BTreeMap<&'static str, u64>>,
    refused: Mutex<HashMap<(i64, String), u32>>,
    calls: AtomicU64,
    webhooks: AtomicU64,
}

/// The rules and the storm in force.
#[derive(Debug, Default)]
struct Plan {
    rules: Vec<Rule>,
    storm: Option<Storm>,
    hang_ms: Option<u64>,
    transfer_ms: Option<[u32; 2]>,
}

/// A plan as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PlanBody {
    rules: Vec<RuleBody>,
    storm: Option<StormWanted>,
    hang_ms: Option<u64>,
    /// How long the steps of a transfer take: until it is on its way, and until it is paid.
    transfer_ms: Option<[u32; 2]>,
    reset_counters: bool,
}

/// `true`, or a storm with wishes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum StormWanted {
    Whole(bool),
    Some(StormBody),
}

/// What a processor that is down does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Down {
    /// 503 `not_processed`.
    #[default]
    Unavailable,
    /// The connection is cut.
    Cut,
    /// The connection hangs.
    Hang,
    /// 500.
    Error,
}

#[derive(Debug, Clone, Copy)]
struct Outage {
    how: Down,
    /// Absent if somebody has to lift it.
    until: Option<Instant>,
}

impl Faults {
    /// Puts another plan in force; an error is a sentence for the caller, and nothing changes.
    pub(crate) fn set(&self, body: PlanBody) -> Result<(), String> {
        let rules = body.rules.into_iter().map(Rule::read).collect::<Result<Vec<_>, _>>()?;
        let storm = match body.storm {
            None | Some(StormWanted::Whole(false)) => None,
            Some(StormWanted::Whole(true)) => Some(Storm::read(StormBody::default())?),
            Some(StormWanted::Some(body)) => Some(Storm::read(body)?),
        };
        if body.transfer_ms.iter().flatten().any(|ms| *ms > STEP_MS_MAX) {
            return Err(format!("a step of a transfer takes at most {STEP_MS_MAX} milliseconds"));
        }
        if body.reset_counters {
            lock(&self.injected).clear();
            self.calls.store(0, Ordering::Release);
            self.webhooks.store(0, Ordering::Release);
        }
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) =
            Plan { rules, storm, hang_ms: body.hang_ms, transfer_ms: body.transfer_ms };
        self.mark_busy();
        Ok(())
    }

    /// Lets a storm blow that strikes this share of the calls, or the whole one.
    pub(crate) fn set_storm(&self, total: Option<&str>) -> Result<(), String> {
        let body = total.map_or_else(StormBody::default, StormBody::of);
        self.set(PlanBody { storm: Some(StormWanted::Some(body)), ..PlanBody::default() })
    }

    /// Ends everything that goes wrong by rule, storm or outage.
    pub(crate) fn clear(&self) {
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = Plan::default();
        lock(&self.outages).clear();
        self.mark_busy();
    }

    pub(crate) fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Picks what goes wrong with a call by rule or storm.
    pub(crate) fn pick_call(
        &self,
        mint: &Mint,
        operation: Operation,
        account: &Account,
        facts: &Facts<'_>,
        name: &[&str],
    ) -> Option<CallFault> {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        let by_rule = plan.rules.iter().find_map(|rule| match &rule.fault {
            Fault::Call(fault)
                if !rule.is_about_cards()
                    && rule.strikes(mint, Some(operation), account, facts) =>
            {
                Some(fault.clone())
            }
            Fault::Call(_) | Fault::Webhook(_) => None,
        });
        by_rule.or_else(|| plan.storm.as_ref()?.pick_call(mint, operation, name))
    }

    /// Picks what goes wrong with a payment by a rule about its card.
    pub(crate) fn pick_by_card(
        &self,
        mint: &Mint,
        account: &Account,
        facts: &Facts<'_>,
    ) -> Option<CallFault> {
        if !self.is_busy() {
            return None;
        }
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        plan.rules.iter().find_map(|rule| match &rule.fault {
            Fault::Call(fault)
                if rule.is_about_cards()
                    && rule.strikes(mint, Some(Operation::Payment), account, facts) =>
            {
                Some(fault.clone())
            }
            Fault::Call(_) | Fault::Webhook(_) => None,
        })
    }

    /// Picks what goes wrong with a webhook by wish, rule or storm, and counts both.
    pub(crate) fn pick_webhook(
        &self,
        mint: &Mint,
        account: &Account,
        news: &News<'_>,
    ) -> Option<WebhookFault> {
        self.webhooks.fetch_add(1, Ordering::Relaxed);
        let by_plan = || {
            if !self.is_busy() {
                return None;
            }
            let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
            let by_rule = plan.rules.iter().find_map(|rule| match rule.fault {
                Fault::Webhook(fault) if rule.strikes(mint, None, account, &news.facts) => {
                    Some(fault)
                }
                Fault::Call(_) | Fault::Webhook(_) => None,
            });
            let subject = news.facts.reference.unwrap_or_default();
            let name = ["webhook", account.name.as_str(), subject, news.event];
            by_rule.or_else(|| plan.storm.as_ref()?.pick_webhook(mint, &name))
        };
        let fault = news.wish.or_else(by_plan);
        if let Some(fault) = fault {
            self.count(fault.name());
        }
        fault
    }

    /// Counts a fault that struck.
    pub(crate) fn count(&self, name: &'static str) {
        *lock(&self.injected).entry(name).or_default() += 1;
    }

    /// Says whether a card that refuses the first tries of each payment refuses this one.
    pub(crate) fn refuses_this_try(&self, account_id: i64, reference: &str) -> bool {
        let mut refused = lock(&self.refused);
        if refused.len() >= REMEMBERED_MAX {
            refused.clear();
        }
        let tries = refused.entry((account_id, reference.to_owned())).or_default();
        *tries += 1;
        *tries <= REFUSALS
    }

    /// How long a call hangs.
    pub(crate) fn hang(&self) -> Duration {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(plan.hang_ms.unwrap_or(HANG_MS))
    }

    /// How long the steps of a transfer take.
    pub(crate) fn pace(&self) -> Pace {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        Pace::of(plan.transfer_ms.unwrap_or(Pace::STANDARD))
    }

    /// Takes a processor down, or all of them.
    pub(crate) fn fell(&self, processor: Option<String>, how: Down, seconds: Option<u32>) {
        let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds.into()));
        lock(&self.outages).insert(processor, Outage { how, until });
        self.mark_busy();
    }

    /// Brings a processor back, or all of them; `false` if it was not down.
    pub(crate) fn lift(&self, processor: Option<&str>) -> bool {
        let mut outages = lock(&self.outages);
        let was_down = match processor {
            None => !std::mem::take(&mut *outages).is_empty(),
            Some(name) => outages.remove(&Some(name.to_owned())).is_some(),
        };
        drop(outages);
        self.mark_busy();
        was_down
    }

    /// Says what a processor does with calls while it is down.
    pub(crate) fn down(&self, processor: &str) -> Option<Down> {
        if !self.is_busy() {
            return None;
        }
        let mut outages = lock(&self.outages);
        outages.retain(|_, outage| outage.until.is_none_or(|until| until > Instant::now()));
        let outage = outages.get(&None).or_else(|| outages.get(&Some(processor.to_owned())));
        outage.map(|outage| outage.how)
    }

    /// Shows the plan, the outages and what has struck so far.
    pub(crate) fn view(&self) -> Value {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let outages: Vec<Value> = lock(&self.outages)
            .iter()
            .filter(|(_, outage)| outage.until.is_none_or(|until| until > now))
            .map(|(processor, outage)| {
                let left = outage.until.map(|until| (until - now).as_secs() + 1);
                json!({"processor": processor, "how": outage.how, "seconds": left})
            })
            .collect();
        json!({
            "rules": plan.rules.iter().map(Rule::view).collect::<Vec<_>>(),
            "storm": plan.storm.as_ref().map(Storm::view),
            "hang_ms": plan.hang_ms.unwrap_or(HANG_MS),
            "transfer_ms": plan.transfer_ms.unwrap_or(Pace::STANDARD),
            "outages": outages,
            "injected": *lock(&self.injected),
            "requests": self.calls.load(Ordering::Acquire),
            "webhooks": self.webhooks.load(Ordering::Acquire),
        })
    }

    /// Says whether anything goes wrong by rule, storm or outage.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Acquire)
    }

    fn mark_busy(&self) {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        let is_busy =
            !plan.rules.is_empty() || plan.storm.is_some() || !lock(&self.outages).is_empty();
        self.is_busy.store(is_busy, Ordering::Release);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
