//! Routing: which of a shop's processor accounts carries a payment, and why, in one sentence.
//!
//! [`choose`] is total and deterministic: the same payment finds the same account as long as nothing
//! about the accounts changes. Where several shall share, the payment's own id draws the lot. First
//! whatever cannot take the payment is set aside, then whatever is down; then the first rule that
//! fits decides, or else an account that is tried again after it was down, or else priority, cost and
//! weight, in this order.

pub mod circuit;
mod sentence;
pub mod terms;

use crate::fee::ProcessorTariff;
use crate::id::ProcessorAccountId;
use crate::money::Money;
use circuit::CircuitState;
use terms::{Country, Method, Terms};

/// Of so many payments, one goes to an account that is only tried again after it was down.
const PROBE_EVERY: u64 = 10;

/// What is to be carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// How much in total, and in which currency: what the cost and the rules are reckoned with.
    pub amount: Money,
    /// The smallest and the largest payment of it, in minor units: each is carried by itself.
    pub parts_minor: (i64, i64),
    /// How the shopper pays, if that is known before they reach the processor.
    pub method: Option<Method>,
    /// Where the shopper is, if the shop said.
    pub country: Option<Country>,
    /// What draws the lot: taken from an id of the payment or its checkout.
    pub seed: u64,
}

/// An account that may carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: ProcessorAccountId,
    /// Its name among the shop's.
    pub name: String,
    /// What it takes.
    pub terms: Terms,
    /// What it charges.
    pub tariff: ProcessorTariff,
    /// Whether it is up.
    pub circuit: CircuitState,
    /// Why it must not be chosen this time, such as `it was tried already`.
    pub excluded: Option<&'static str>,
}

/// A rule: payments that fit go to its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Rules of the lowest number are asked first; those of one number share.
    pub priority: i32,
    /// Which payments it is for.
    pub conditions: Conditions,
    /// Where they go.
    pub target: ProcessorAccountId,
    /// The target's share among the rules of this number.
    pub weight: u32,
}

/// Which payments a rule is for: all that is said must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Only this method. Payments whose method is not known yet do not fit.
    pub method: Option<Method>,
    /// Only this currency.
    pub currency: Option<crate::currency::Currency>,
    /// Only shoppers of this country.
    pub country: Option<Country>,
    /// Only from this amount on, in minor units of the rule's currency.
    pub from_minor: Option<i64>,
    /// Only below this amount, in minor units of the rule's currency.
    pub below_minor: Option<i64>,
}

impl Conditions {
    /// Whether `wanted` fits.
    pub fn fit(&self, wanted: &Wanted) -> bool {
        let minor = wanted.amount.minor();
        self.method.is_none_or(|method| wanted.method == Some(method))
            && self.currency.is_none_or(|currency| wanted.amount.currency() == currency)
            && self.country.is_none_or(|country| wanted.country == Some(country))
            && self.from_minor.is_none_or(|from| minor >= from)
            && self.below_minor.is_none_or(|below| minor < below)
    }

    /// What people read, one text for each condition; none if every payment fits.
    pub fn words(&self) -> Vec<String> {
        let amount = |minor| {
            let money = self.currency.map(|currency| Money::from_minor(minor, currency));
            money.map(Money::to_decimal_string)
        };
        let words = [
            self.method.map(|method| method.words().to_owned()),
            self.currency.map(|currency| currency.to_string()),
            self.country.map(|country| format!("shoppers of {country}")),
            self.from_minor.and_then(amount).map(|from| format!("from {from}")),
            self.below_minor.and_then(amount).map(|below| format!("below {below}")),
        ];
        words.into_iter().flatten().collect()
    }
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The accounts that can take the payment, the chosen one first, then in the order in which
    /// they would be turned to.
    pub order: Vec<ProcessorAccountId>,
    /// What decided, and why others were passed over, in one sentence.
    pub reason: String,
}

impl Choice {
    /// The account that was chosen.
    pub fn account(&self) -> ProcessorAccountId {
        self.order[0]
    }
}

/// No account can take the payment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NoRoute {
    /// Why each was passed over, in one sentence.
    pub reason: String,
}

/// Chooses the account that carries `wanted`.
///
/// Accounts that are down are chosen only if no other can take the payment: it then waits for them.
///
/// # Errors
/// [`NoRoute`].
pub fn choose(
    wanted: &Wanted,
    candidates: &[Candidate],
    rules: &[Rule],
) -> Result<Choice, NoRoute> {
    let mut candidates: Vec<&Candidate> = candidates.iter().collect();
    candidates.sort_unstable_by_key(|candidate| candidate.id);
    let (barred, mut usable): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .map(|candidate| (candidate, bar(wanted, candidate)))
        .partition(|(_, bar)| bar.is_some());
    let mut skipped: Vec<(&str, String)> = barred
        .into_iter()
        .map(|(candidate, bar)| (candidate.name.as_str(), bar.unwrap_or_default()))
        .collect();
    usable.sort_by_key(|(candidate, _)| {
        let cost = candidate.tariff.fee(wanted.amount).minor();
        (tier(wanted, candidate), candidate.terms.priority, cost, candidate.id)
    });
    let usable: Vec<&Candidate> = usable.into_iter().map(|(candidate, _)| candidate).collect();
    let Some(best) = usable.first() else {
        return Err(NoRoute { reason: sentence::nothing(wanted, &skipped) });
    };
    let best_tier = tier(wanted, best);
    let (pool, down): (Vec<&Candidate>, Vec<&Candidate>) =
        usable.iter().partition(|candidate| tier(wanted, candidate) == best_tier);
    skipped.extend(
        down.iter().map(|candidate| (candidate.name.as_str(), candidate.circuit.words().into())),
    );
    let (chosen, decided) = decide(wanted, &pool, rules);
    let rest = usable.iter().map(|candidate| candidate.id).filter(|id| *id != chosen.id);
    Ok(Choice {
        order: std::iter::once(chosen.id).chain(rest).collect(),
        reason: sentence::chosen(chosen, &decided, &skipped),
    })
}

/// What decided among the accounts that can take the payment.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decided {
    /// There was one alone.
    Only,
    /// A rule names it.
    Rule { priority: i32, conditions: Conditions, share: Option<(u32, u32)> },
    /// It was down, and this payment was drawn to find out whether it is up again.
    Probe,
    /// Its priority is the lowest.
    Priority(i32),
    /// It costs least.
    Cost { own: Money, next: String, nexts: Money },
    /// The lot, by weight.
    Weight(u32, u32),
}

fn decide<'a>(wanted: &Wanted, pool: &[&'a Candidate], rules: &[Rule]) -> (&'a Candidate, Decided) {
    if let Some(by_rule) = by_rule(wanted, pool, rules) {
        return by_rule;
    }
    let first = pool[0];
    if pool.len() == 1 {
        return (first, Decided::Only);
    }
    // Nothing else would show that it is up again: those before it in the order take everything.
    if let Some(probed) = pool.iter().find(|one| one.circuit == CircuitState::HalfOpen)
        && pool.iter().any(|one| one.circuit == CircuitState::Closed)
    {
        return (probed, Decided::Probe);
    }
    let same_priority = pool.iter().filter(|other| other.terms.priority == first.terms.priority);
    let same_priority: Vec<&&Candidate> = same_priority.collect();
    if same_priority.len() == 1 {
        return (first, Decided::Priority(first.terms.priority));
    }
    let own = first.tariff.fee(wanted.amount);
    let next = same_priority[1];
    let nexts = next.tariff.fee(wanted.amount);
    if own != nexts {
        return (first, Decided::Cost { own, next: next.name.clone(), nexts });
    }
    let equal: Vec<(&Candidate, u32)> = same_priority
        .into_iter()
        .filter(|other| other.tariff.fee(wanted.amount) == own)
        .map(|other| (*other, other.terms.weight))
        .collect();
    let (drawn, weight, total) = draw(wanted.seed, &equal);
    (drawn, Decided::Weight(weight, total))
}

fn by_rule<'a>(
    wanted: &Wanted,
    pool: &[&'a Candidate],
    rules: &[Rule],
) -> Option<(&'a Candidate, Decided)> {
    let usable = |rule: &Rule| pool.iter().find(|candidate| candidate.id == rule.target).copied();
    let mut fitting: Vec<(&Rule, &'a Candidate)> = rules
        .iter()
        .filter(|rule| rule.conditions.fit(wanted))
        .filter_map(|rule| Some((rule, usable(rule)?)))
        .collect();
    fitting.sort_unstable_by_key(|(rule, candidate)| (rule.priority, candidate.id));
    let (first, _) = *fitting.first()?;
    fitting.retain(|(rule, _)| rule.priority == first.priority);
    let lots: Vec<((&Rule, &'a Candidate), u32)> =
        fitting.iter().map(|&one| (one, one.0.weight)).collect();
    let ((rule, drawn), weight, total) = draw(wanted.seed, &lots);
    let share = (lots.len() > 1).then_some((weight, total));
    let decided = Decided::Rule { priority: rule.priority, conditions: rule.conditions, share };
    Some((drawn, decided))
}

/// One of `lots`, as likely as its weight, its weight, and the sum of all. If nothing has a weight,
/// the first.
///
/// # Panics
/// If there are no lots.
fn draw<T: Copy>(seed: u64, lots: &[(T, u32)]) -> (T, u32, u32) {
    let total: u64 = lots.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut left = if total == 0 { 0 } else { mixed(seed) % total };
    let shown = u32::try_from(total).unwrap_or(u32::MAX);
    for &(lot, weight) in lots {
        if total == 0 || left < u64::from(weight) {
            return (lot, weight, shown);
        }
        left -= u64::from(weight);
    }
    unreachable!("the rest of a division by the sum is below the sum")
}

/// Spreads ids evenly, also those that differ in a few bits only (the finaliser of `SplitMix64`).
const fn mixed(seed: u64) -> u64 {
    let seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}

/// How far down: 0 is up.
fn tier(wanted: &Wanted, candidate: &Candidate) -> u8 {
    match candidate.circuit {
        CircuitState::Closed => 0,
        // Whether it is up again can only be learnt from payments.
        CircuitState::HalfOpen if mixed(wanted.seed ^ PROBE_EVERY).is_multiple_of(PROBE_EVERY) => 0,
        CircuitState::HalfOpen => 1,
        CircuitState::Open => 2,
    }
}

/// Why `candidate` cannot take the payment, if it cannot.
fn bar(wanted: &Wanted, candidate: &Candidate) -> Option<String> {
    let excluded = candidate.excluded.map(str::to_owned);
    excluded.or_else(|| candidate.terms.bar(wanted))
}
