//! The SQL of alerts.

pub(super) mod bank_files;
pub(super) mod figures;
pub(super) mod findings;

use domain::id::{AlertId, ShopId, StaffId};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Alert, Details, Filter, Kind, Listed, Page, Severity, State};
use crate::db::{Fault, Tx};

/// Lets the planner join whole sets. Connections are set for the short statements of payments,
/// which are planned to follow indexes row by row; these look at everything that waits at once.
pub(crate) async fn plan_for_sets(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!(
        r#"select set_config('enable_seqscan', 'on', true) as "scan!",
                  set_config('enable_hashjoin', 'on', true) as "hash!",
                  set_config('enable_mergejoin', 'on', true) as "merge!",
                  set_config('plan_cache_mode', 'force_custom_plan', true) as "plan!""#,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Adds alerts, or refreshes those that are not resolved; returns the ids of all of them.
pub(super) async fn raise(
    tx: &mut Tx,
    ids: &[AlertId],
    alerts: &[&Alert],
    is_watched: bool,
) -> Result<Vec<AlertId>, Fault> {
    let column =
        |word: fn(&Alert) -> String| alerts.iter().map(|alert| word(alert)).collect::<Vec<_>>();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let shops: Vec<Option<Uuid>> =
        alerts.iter().map(|one| one.shop.map(domain::id::Id::uuid)).collect();
    let facts: Vec<Value> = alerts.iter().map(|alert| alert.facts.clone()).collect();
    let standing = sqlx::query_scalar!(
        r#"
        insert into alert (alert_id, shop_id, kind, subject, severity, message, facts, is_watched)
        select alert_id, shop_id, kind, subject, severity, message, facts, $8
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                    $7::jsonb[]) as new (alert_id, shop_id, kind, subject, severity, message, facts)
        on conflict (kind, subject) where state <> 'resolved' do update
        set severity = excluded.severity, message = excluded.message, facts = excluded.facts,
            seen_at = now()
        returning alert_id
        "#,
        &uuids,
        &shops as &[Option<Uuid>],
        &column(|alert| alert.kind.as_str().into()),
        &column(|alert| alert.subject.clone()),
        &column(|alert| alert.severity.as_str().into()),
        &column(|alert| alert.message.clone()),
        &facts,
        is_watched,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(standing.into_iter().map(AlertId::from_uuid).collect())
}

/// Resolves the alert about a subject.
pub(super) async fn resolve(tx: &mut Tx, kind: &str, subject: &str) -> Result<Vec<AlertId>, Fault> {
    let resolved = sqlx::query_scalar!(
        "update alert set state = 'resolved', resolved_at = now(), version = version + 1
         where kind = $1 and subject = $2 and state <> 'resolved' returning alert_id",
        kind,
        subject,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(resolved.into_iter().map(AlertId::from_uuid).collect())
}

/// Resolves the watched alerts of a kind whose subject is none of `subjects`.
pub(super) async fn resolve_others(
    tx: &mut Tx,
    kind: &str,
    subjects: &[String],
) -> Result<Vec<AlertId>, Fault> {
    let resolved = sqlx::query_scalar!(
        "update alert set state = 'resolved', resolved_at = now(), version = version + 1
         where kind = $1 and is_watched and state <> 'resolved' and subject <> all($2::text[])
         returning alert_id",
        kind,
        subjects,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(resolved.into_iter().map(AlertId::from_uuid).collect())
}

/// Locks an alert; returns its state and its version.
pub(super) async fn lock(
    tx: &mut Tx,
    shop: ShopId,
    id: AlertId,
) -> Result<Option<(State, i32)>, Fault> {
    let row = sqlx::query!(
        "select state, version from alert
         where alert_id = $1 and (shop_id = $2 or shop_id is null) for update",
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| Ok((state(&row.state)?, row.version))).transpose()
}

/// Notes that somebody looks at an alert.
pub(super) async fn acknowledge(tx: &mut Tx, id: AlertId, by: StaffId) -> Result<(), Fault> {
    sqlx::query!(
        "update alert set state = 'acknowledged', acknowledged_at = now(), acknowledged_by = $2,
                          version = version + 1
         where alert_id = $1",
        id.uuid(),
        by.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that somebody has dealt with an alert.
pub(super) async fn resolve_by(tx: &mut Tx, id: AlertId, by: StaffId) -> Result<(), Fault> {
    sqlx::query!(
        "update alert set state = 'resolved', resolved_at = now(), resolved_by = $2,
                          version = version + 1
         where alert_id = $1",
        id.uuid(),
        by.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The alerts of a shop and of the installation.
pub(super) async fn list(
    pool: &PgPool,
    shop: ShopId,
    filter: Filter,
    limit: i64,
) -> Result<Page, Fault> {
    let rows = sqlx::query!(
        r#"
        select alert_id, kind, severity, state, message, raised_at, seen_at,
               count(*) over () as "total!"
        from alert
        where (shop_id = $1 or shop_id is null)
          and ($2::text is null or kind = $2)
          and case when $3::text is null then state <> 'resolved' else state = $3 end
        order by raised_at desc, alert_id desc
        limit $4
        "#,
        shop.uuid(),
        filter.kind.map(Kind::as_str),
        filter.state.map(State::as_str),
        limit,
    )
    .fetch_all(pool)
    .await?;
    let total = rows.first().map_or(0, |row| u64::try_from(row.total).unwrap_or_default());
    let rows = rows
        .into_iter()
        .map(|row| {
            let words = (row.kind, row.severity, row.state);
            listed(row.alert_id, &words, row.message, (row.raised_at, row.seen_at))
        })
        .collect::<Result<_, _>>()?;
    Ok(Page { rows, total })
}

/// One alert of a shop or of the installation.
pub(super) async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: AlertId,
) -> Result<Option<Details>, Fault> {
    let row = sqlx::query!(
        r#"
        select alert.alert_id, alert.kind, alert.severity, alert.state, alert.message,
               alert.raised_at, alert.seen_at, alert.subject, alert.facts, alert.is_watched,
               alert.acknowledged_at, alert.resolved_at, alert.version,
               looks.name as "acknowledged_by?", resolver.name as "resolved_by?"
        from alert
        left join staff as looks on looks.staff_id = alert.acknowledged_by
        left join staff as resolver on resolver.staff_id = alert.resolved_by
        where alert.alert_id = $1 and (alert.shop_id = $2 or alert.shop_id is null)
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let words = (row.kind, row.severity, row.state);
        let times = (row.raised_at, row.seen_at);
        Ok(Details {
            alert: listed(row.alert_id, &words, row.message, times)?,
            subject: row.subject,
            facts: row.facts,
            is_watched: row.is_watched,
            acknowledged: row.acknowledged_by.zip(row.acknowledged_at),
            resolved: row.resolved_at.map(|at| (at, row.resolved_by)),
            version: row.version,
        })
    })
    .transpose()
}

/// An alert, whosever it is, for the operator.
pub(super) async fn find_any(
    pool: &PgPool,
    id: AlertId,
) -> Result<Option<(Alert, OffsetDateTime, Option<OffsetDateTime>)>, Fault> {
    let row = sqlx::query!(
        "select shop_id, kind, subject, severity, message, facts, raised_at, resolved_at
         from alert where alert_id = $1",
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let alert = Alert {
            shop: row.shop_id.map(ShopId::from_uuid),
            kind: kind(&row.kind)?,
            subject: row.subject,
            severity: severity(&row.severity)?,
            message: row.message,
            facts: row.facts,
        };
        Ok((alert, row.raised_at, row.resolved_at))
    })
    .transpose()
}

/// How many alerts of a shop and of the installation are not resolved.
pub(super) async fn count_unresolved(pool: &PgPool, shop: ShopId) -> Result<u64, Fault> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from alert
           where state <> 'resolved' and (shop_id = $1 or shop_id is null)"#,
        shop.uuid(),
    )
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn listed(
    id: Uuid,
    (kind_word, severity_word, state_word): &(String, String, String),
    message: String,
    (raised_at, seen_at): (OffsetDateTime, OffsetDateTime),
) -> Result<Listed, Fault> {
    Ok(Listed {
        id: AlertId::from_uuid(id),
        kind: kind(kind_word)?,
        severity: severity(severity_word)?,
        state: state(state_word)?,
        message,
        raised_at,
        seen_at,
    })
}

fn kind(word: &str) -> Result<Kind, Fault> {
    Kind::from_word(word).ok_or_else(|| unknown("kind"))
}

fn severity(word: &str) -> Result<Severity, Fault> {
    Severity::from_word(word).ok_or_else(|| unknown("severity"))
}

fn state(word: &str) -> Result<State, Fault> {
    State::from_word(word).ok_or_else(|| unknown("state"))
}

fn unknown(what: &str) -> Fault {
    Fault::CorruptRow(format!("an alert has an unknown {what}"))
}
