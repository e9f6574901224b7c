//! Every rule over every row, from the first to the last, for whoever asks now. Nothing is written.

use std::time::Instant;

use domain::id::ShopId;
use sqlx::PgPool;

use crate::books;
use crate::checks::rounds::{BUCKETS, width};
use crate::checks::{Found, ROWS_MAX, Rule, chain, store};
use crate::db::{Fault, Tx};
use crate::watch::store::plan_for_sets;

/// How many buckets the first statement looks at; how many the next do says how long it took.
const WIDTH: i16 = 16;
/// How many rows that break a rule are named.
const NAMED_MAX: usize = 20;

/// Whether a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// How many rows break it.
    pub broken: u64,
    /// Whether more rows may break it than were counted.
    pub has_more: bool,
    /// The first of them, as people know them, each with what is wrong.
    pub first: Vec<String>,
}

impl Verdict {
    fn new(rule: Rule) -> Self {
        Self { rule, broken: 0, has_more: false, first: Vec::new() }
    }

    fn add(&mut self, found: &[Found]) {
        self.broken += found.len() as u64;
        let room = NAMED_MAX.saturating_sub(self.first.len());
        self.first.extend(
            found
                .iter()
                .take(room)
                .map(|found| format!("{}: {}", self.rule.name_row(found.subject), found.detail)),
        );
    }
}

/// How far a look at all rows is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many buckets or, of the chains, records were looked at.
    pub done: u64,
    /// How many there are.
    pub of: u64,
}

/// Looks at every row for every rule.
///
/// # Errors
/// [`Fault`], the first one.
pub async fn verify(pool: &PgPool) -> Result<Vec<Verdict>, Fault> {
    let mut verdicts = Vec::with_capacity(Rule::ALL.len());
    for rule in Rule::ALL {
        verdicts.push(verify_rule(pool, rule, |_| {}).await?);
    }
    Ok(verdicts)
}

/// Looks at every row for one rule, and says how far it is. What it takes of memory does not grow with
/// the number of rows.
///
/// # Errors
/// [`Fault`].
pub async fn verify_rule(
    pool: &PgPool,
    rule: Rule,
    say: impl FnMut(Progress),
) -> Result<Verdict, Fault> {
    if rule == Rule::ChainHolds { chains(pool, say).await } else { buckets(pool, rule, say).await }
}

async fn buckets(
    pool: &PgPool,
    rule: Rule,
    mut say: impl FnMut(Progress),
) -> Result<Verdict, Fault> {
    let mut verdict = Verdict::new(rule);
    let (mut first, mut wide) = (0, WIDTH);
    while first < BUCKETS {
        let last = (first + wide).min(BUCKETS) - 1;
        let mut tx = Tx::begin(pool).await?;
        plan_for_sets(&mut tx).await?;
        let begun = Instant::now();
        let found = store::laws::find(&mut tx, rule, first, last).await?;
        verdict.add(&found);
        verdict.has_more |= i64::try_from(found.len()).unwrap_or(i64::MAX) >= ROWS_MAX;
        wide = width(wide, begun.elapsed());
        tx.commit().await?;
        first = last + 1;
        say(Progress { done: first.unsigned_abs().into(), of: BUCKETS.unsigned_abs().into() });
    }
    Ok(verdict)
}

async fn chains(pool: &PgPool, mut say: impl FnMut(Progress)) -> Result<Verdict, Fault> {
    let key = books::public_key(pool).await?;
    let chains: Vec<(ShopId, u64)> = store::chains(pool).await?;
    let of: u64 = chains.iter().map(|(_, end)| end).sum();
    let mut verdict = Verdict::new(Rule::ChainHolds);
    let mut done = 0;
    for (shop, end) in chains {
        let mut checked = 0;
        while checked < end {
            let through = chain::page_end(checked, end);
            let mut tx = Tx::begin(pool).await?;
            verdict.add(&chain::look(&mut tx, shop, (checked, through), key).await?);
            tx.commit().await?;
            done += through - checked;
            checked = through;
            say(Progress { done, of });
        }
    }
    Ok(verdict)
}
