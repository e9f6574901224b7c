//! The database, verified: every rule over every row, and every chain from its beginning to its end.

use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, bail};
use engine::checks::{self, Progress, Rule, Verdict};
use engine::db::Fault;
use sqlx::PgPool;

use crate::commands::say;

/// How long it may be quiet while rows are looked at.
const QUIET_MAX: Duration = Duration::from_secs(10);

/// Says of each rule whether it holds, and names the first rows that break it. A rule that cannot be
/// looked at keeps no other from being.
pub(super) async fn verify(pool: &PgPool) -> Result<()> {
    let mut failed = Vec::new();
    for rule in Rule::ALL {
        let verdict = look(pool, rule).await;
        print(rule, &verdict);
        if !verdict.is_ok_and(|verdict| verdict.broken == 0) {
            failed.push(rule.as_str());
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("the books do not hold: {}", failed.join(", "));
}

async fn look(pool: &PgPool, rule: Rule) -> Result<Verdict, Fault> {
    let mut said = Instant::now();
    let say_now_and_then = |Progress { done, of }: Progress| {
        if said.elapsed() >= QUIET_MAX && done < of {
            said = Instant::now();
            say(&format!("         {}: {} % are looked at", rule.as_str(), done * 100 / of));
        }
    };
    checks::verify_rule(pool, rule, say_now_and_then).await
}

fn print(rule: Rule, verdict: &Result<Verdict, Fault>) {
    let known = format!("{} ({})", rule.sentence(), rule.as_str());
    match verdict {
        Ok(Verdict { broken: 0, .. }) => say(&format!("holds    {known}")),
        Ok(Verdict { broken, has_more, first, .. }) => {
            let least = if *has_more { "at least " } else { "" };
            say(&format!("BROKEN   {known}: {least}{broken} rows"));
            for row in first {
                say(&format!("         {row}"));
            }
        }
        Err(fault) => say(&format!("UNKNOWN  {known}: it cannot be looked at, {fault}")),
    }
}
