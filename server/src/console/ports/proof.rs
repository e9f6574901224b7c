//! What the page about the proof asks.

use app::error::AppError;
use app::ports::proof::ProofPort;
use app::view::proof::{BreachRow, ChainView, CloseRow, ProofView, RuleView};
use app::view::staff::Operator;
use async_trait::async_trait;
use engine::books::{self, Closed, Standing};
use engine::checks::{self, Breach, Proof, ROWS_MAX, Rule};
use proof::signature::PublicKey;
use time::OffsetDateTime;

use super::unavailable;
use crate::wiring::Services;

/// How many rows that break rules the page shows.
const BREACHES: i64 = 100;
/// How many closed days the page shows.
const CLOSES: i64 = 62;

/// Answers the page about the proof.
pub struct Proofs(pub Services);

#[async_trait]
impl ProofPort for Proofs {
    async fn proof(&self, operator: &Operator) -> Result<ProofView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let (pool, shop) = (self.0.pool(), operator.shop);
        let proofs = checks::proofs(pool).await.map_err(unavailable)?;
        let counts = checks::breach_counts(pool, shop).await.map_err(unavailable)?;
        let breaches = checks::breaches(pool, shop, BREACHES).await.map_err(unavailable)?;
        let chain = books::standing(pool, shop).await.map_err(unavailable)?;
        let closes = books::closes(pool, shop, CLOSES).await.map_err(unavailable)?;
        let key = books::public_key(pool).await.map_err(unavailable)?;
        Ok(ProofView {
            rules: Rule::ALL.iter().map(|&one| rule(one, &proofs, &counts, as_of)).collect(),
            breaches: breaches.into_iter().map(breach).collect(),
            chain: chain.as_ref().map(sealed),
            closes: closes.iter().map(|day| close(day, key)).collect(),
            public_key: key.to_string(),
            as_of,
        })
    }
}

fn rule(rule: Rule, proofs: &[Proof], counts: &[(Rule, i64)], now: OffsetDateTime) -> RuleView {
    let proof = proofs.iter().find(|proof| proof.rule == rule);
    let count = counts.iter().find(|(one, _)| *one == rule).map_or(0, |(_, count)| *count);
    RuleView {
        sentence: rule.sentence().to_owned(),
        breaches: count.unsigned_abs(),
        has_more: count >= ROWS_MAX,
        checked_at: proof.and_then(Proof::completed_at),
        stands_still: proof.is_some_and(|proof| proof.stands_still(now)),
    }
}

fn breach(found: Breach) -> BreachRow {
    BreachRow {
        rule: found.rule.sentence().to_owned(),
        row: found.rule.name_row(found.subject),
        detail: found.detail,
        found_at: found.found_at,
    }
}

fn sealed(standing: &Standing) -> ChainView {
    ChainView {
        sealed: standing.sealed.unsigned_abs(),
        hash: standing.hash.to_string(),
        unsealed: standing.unsealed.unsigned_abs(),
        unsigned: standing.unsigned.unsigned_abs(),
        open_on: standing.open_on,
    }
}

fn close(day: &Closed, key: PublicKey) -> CloseRow {
    CloseRow {
        date: day.date,
        sequence: day.sequence.unsigned_abs(),
        hash: day.hash.to_string(),
        postings: day.postings.unsigned_abs(),
        entries: day.entries.unsigned_abs(),
        audits: day.audits.unsigned_abs(),
        is_of_this_key: day.key == key,
        closed_at: day.closed_at,
    }
}
