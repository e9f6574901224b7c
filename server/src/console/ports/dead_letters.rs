//! What the pages about dead letters ask.

use app::error::AppError;
use app::ports::dead_letters::DeadLettersPort;
use app::view::dead_letters::{
    DeadLetterCount, DeadLetterDecision, DeadLetterFilter, DeadLetterListView, DeadLetterRow,
    DeadLetterSubject, DeadLetterView, FailedTry,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::id::JobId;
use domain::permission::Action;
use engine::dead_letters::{self, Details, Filter, Listed, Subject};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::unavailable;
use crate::console::session::role;
use crate::wiring::Services;

/// How many dead letters one page shows.
const PAGE: u16 = 100;

/// Answers the pages about dead letters.
pub struct DeadLetters(pub Services);

#[async_trait]
impl DeadLettersPort for DeadLetters {
    async fn list(
        &self,
        operator: &Operator,
        filter: DeadLetterFilter,
    ) -> Result<DeadLetterListView, AppError> {
        let (pool, shop) = (self.0.pool(), Some(operator.shop));
        let as_of = OffsetDateTime::now_utc();
        let filter = Filter {
            shop,
            kind: filter.kind,
            error_class: filter.error,
            before: filter.hours.map(|hours| as_of - Duration::hours(hours.into())),
            is_discarded: filter.is_discarded,
        };
        let counts = dead_letters::counts(pool, shop).await.map_err(unavailable)?;
        let page = dead_letters::list(pool, &filter, PAGE).await.map_err(unavailable)?;
        let count = |count: dead_letters::Count| DeadLetterCount {
            kind: count.kind,
            error: count.error_class,
            count: count.count,
            since: count.since,
        };
        Ok(DeadLetterListView {
            counts: counts.into_iter().map(count).collect(),
            rows: page.rows.into_iter().map(row).collect(),
            total: page.total,
            as_of,
        })
    }

    async fn dead_letter(
        &self,
        operator: &Operator,
        id: JobId,
    ) -> Result<DeadLetterView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let found = dead_letters::find(self.0.pool(), Some(operator.shop), id).await;
        let details = found.map_err(unavailable)?.ok_or(AppError::NotFound)?;
        Ok(view(details, role(operator).may(Action::HandleDeadLetter), as_of))
    }
}

fn row(letter: Listed) -> DeadLetterRow {
    DeadLetterRow {
        id: letter.id,
        kind: letter.kind,
        subject: subject(letter.subject),
        attempts: letter.attempts,
        error: letter.last_error,
        died_at: letter.died_at,
    }
}

fn subject(subject: Subject) -> DeadLetterSubject {
    match subject {
        Subject::Payment(id) => DeadLetterSubject::Payment(id),
        Subject::Checkout(id) => DeadLetterSubject::Checkout(id),
        Subject::Webhook(id) => DeadLetterSubject::Webhook(id),
        Subject::Other(id) => DeadLetterSubject::Other(id.to_string()),
    }
}

fn view(details: Details, may_act: bool, as_of: OffsetDateTime) -> DeadLetterView {
    let discarded = details.letter.discarded.as_ref();
    let payload = match &details.payload {
        Value::Null => None,
        payload => Some(payload.to_string()),
    };
    let tried = |failed: dead_letters::Failed| FailedTry {
        number: failed.attempt,
        error: failed.error,
        at: failed.at,
    };
    let decided = |decision: dead_letters::Decision| DeadLetterDecision {
        actor: decision.actor,
        action: decision.action,
        reason: decision.reason,
        at: decision.at,
    };
    DeadLetterView {
        error_class: details.letter.error_class.clone(),
        created_at: details.letter.created_at,
        payload,
        tries: details.history.into_iter().map(tried).collect(),
        decisions: details.decisions.into_iter().map(decided).collect(),
        alike: details.alike,
        discarded: discarded.map(|why| format!("by {}: {}", why.by, why.reason)),
        may_act,
        as_of,
        row: row(details.letter),
    }
}
