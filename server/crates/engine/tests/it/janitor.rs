//! What is old is forgotten, and nothing that a dead letter or an open case needs.

use engine::janitor;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::desk::Desk;

/// Lets a year and a day pass for everything that the janitor looks at.
async fn age(desk: &Desk) {
    for statement in [
        "update job_failure set at = at - interval '366 days'",
        "update outbox set created_at = created_at - interval '366 days'",
        "update webhook_attempt set at = at - interval '366 days'",
        "update inbound_webhook set received_at = received_at - interval '366 days'",
        "update sign_in_attempt set at = at - interval '366 days'",
        "update dead_letter set discarded_at = discarded_at - interval '366 days'",
        "update inbound_webhook set discarded_at = discarded_at - interval '366 days'",
        "update exchange_quote set expires_at = expires_at - interval '366 days' where accepted_at is null",
    ] {
        sqlx::query(statement).execute(desk.pool()).await.unwrap();
    }
}

/// A notification about `subject` that became `state`, with one event, one delivery and one failure.
async fn traces(desk: &Desk, subject: Uuid, state: &str) {
    sqlx::query(
        "insert into inbound_webhook (inbound_webhook_id, processor_account_id, message_id, headers,
                                      body, state, subject_id, problem)
         values (gen_random_uuid(), $1, $2, $3, 'body', $4, $5,
                 case when $4 in ('refused', 'unmatched') then 'no' end)",
    )
    .bind(desk.world.account.uuid())
    .bind(Uuid::from_u128(subject.as_u128() ^ 1).to_string())
    .bind(json!({}))
    .bind(state)
    .bind(subject)
    .execute(desk.pool())
    .await
    .unwrap();
    sqlx::query(
        "insert into webhook_attempt (bucket, event_id, webhook_endpoint_id, attempt)
         select bucket, event_id, shop_id, 1 from outbox where object_id = $1 on conflict do nothing",
    )
    .bind(subject)
    .execute(desk.pool())
    .await
    .unwrap();
}

/// A quote that was accepted then, which is a moment in SQL.
async fn quote(desk: &Desk, accepted: &'static str) {
    let insert = format!(
        "insert into exchange_quote (exchange_quote_id, shop_id, seller_id, sold_currency, sold_minor,
                                     bought_currency, rate, source, spread_basis_points, expires_at,
                                     accepted_at)
         values (gen_random_uuid(), $1, $2, 'EUR', 100, 'USD', 1.08, 'ecb/2026-01-30', 50,
                 now() + interval '1 minute', {accepted})"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(desk.world.shop.uuid())
        .bind(desk.world.seller.uuid())
        .execute(desk.pool())
        .await
        .unwrap();
}

async fn counts(desk: &Desk) -> [i64; 3] {
    [
        desk.world.count("select count(*) from inbound_webhook").await,
        desk.world.count("select count(*) from outbox").await,
        desk.world.count("select count(*) from webhook_attempt").await,
    ]
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_old_and_over_is_forgotten_and_what_is_young_is_not(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;
    traces(&desk, payment.uuid(), "handled").await;
    sqlx::query("insert into sign_in_attempt (email, succeeded) values ('a@b.example', false)")
        .execute(desk.pool())
        .await
        .unwrap();
    sqlx::query("insert into job_failure (bucket, job_id, attempt, error) values (0, gen_random_uuid(), 1, 'no')")
        .execute(desk.pool())
        .await
        .unwrap();

    for accepted in ["null", "now()"] {
        quote(&desk, accepted).await;
    }

    assert_eq!(janitor::clean(desk.pool()).await.unwrap(), 0, "nothing is old");
    age(&desk).await;
    assert!(janitor::clean(desk.pool()).await.unwrap() > 0);

    let accepted = "select count(*) from exchange_quote where accepted_at is not null";
    assert_eq!(desk.world.count(accepted).await, 1);
    assert_eq!(desk.world.count("select count(*) from exchange_quote").await, 1);
    // It was accepted for this test alone: nothing was exchanged.
    sqlx::query("delete from exchange_quote").execute(desk.pool()).await.unwrap();

    assert_eq!(counts(&desk).await, [0, 0, 0]);
    assert_eq!(desk.world.count("select count(*) from job_failure").await, 0);
    assert_eq!(desk.world.count("select count(*) from sign_in_attempt").await, 0);
    assert!(desk.world.count("select count(*) from transition").await > 0, "history is for ever");
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_not_matched_waits_for_a_person_however_old_and_what_was_refused_does_not(
    pool: PgPool,
) {
    let desk = Desk::open(pool).await;
    traces(&desk, Uuid::from_u128(8), "unmatched").await;
    traces(&desk, Uuid::from_u128(16), "stored").await;
    traces(&desk, Uuid::from_u128(32), "refused").await;
    age(&desk).await;

    assert_eq!(janitor::clean(desk.pool()).await.unwrap(), 1);

    assert_eq!(
        desk.world.count("select count(*) from inbound_webhook where state = 'refused'").await,
        0
    );
    assert_eq!(counts(&desk).await[0], 2);
    sqlx::query(
        "update inbound_webhook set discarded_at = now(), discarded_by = 'Ana', discard_reason = 'why'
         where state = 'unmatched'",
    )
    .execute(desk.pool())
    .await
    .unwrap();
    assert_eq!(janitor::clean(desk.pool()).await.unwrap(), 0, "it stays readable");
    age(&desk).await;
    assert_eq!(janitor::clean(desk.pool()).await.unwrap(), 1);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nothing_of_an_open_case_is_forgotten(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let doubtful = desk.sold("doubtful").await.id;
    let disputed = desk.sold("disputed").await.id;
    let mismatched = desk.sold("mismatched").await.id;
    for payment in [doubtful, disputed, mismatched] {
        traces(&desk, payment.uuid(), "handled").await;
    }
    sqlx::query("update payment set in_doubt = true where payment_id = $1")
        .bind(doubtful.uuid())
        .execute(desk.pool())
        .await
        .unwrap();
    sqlx::query(
        "insert into dispute (bucket, dispute_id, payment_id, processor_reference, amount_minor,
                              reason, state, opened_at)
         values (bucket_of($1), $1, $1, 'sd_1', 100, 'fraud', 'opened', now())",
    )
    .bind(disputed.uuid())
    .execute(desk.pool())
    .await
    .unwrap();
    sqlx::query(
        "insert into mismatch (mismatch_id, shop_id, processor_account_id, payment_id, kind, class,
                               currency, ours_minor, held_minor, detail)
         values (gen_random_uuid(), $1, $2, $3, 'fee', 'manual', 'EUR', 1, 0, 'differs')",
    )
    .bind(desk.world.shop.uuid())
    .bind(desk.world.account.uuid())
    .bind(mismatched.uuid())
    .execute(desk.pool())
    .await
    .unwrap();
    let before = counts(&desk).await;
    age(&desk).await;

    janitor::clean(desk.pool()).await.unwrap();

    assert_eq!(counts(&desk).await, before);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_a_dead_letter_needs_stays_until_it_is_decided_and_its_time_is_over(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.hears("default", "http://127.0.0.1:9", &[]).await;
    desk.sold("order").await;
    let mut lane = engine::webhooks::lane(engine::webhooks::Deliver::start(desk.pool(), true));
    lane.policy = "cancel".parse().unwrap();
    desk.step(&lane).await;
    age(&desk).await;

    assert_eq!(janitor::clean(desk.pool()).await.unwrap(), 0);
    let kept = ["dead_letter", "job_failure", "outbox", "webhook_attempt"];
    for table in kept {
        let rows: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
                .fetch_one(desk.pool())
                .await
                .unwrap();
        assert_eq!(rows, 1, "{table}");
    }
    sqlx::query(
        "update dead_letter set discarded_at = now(), discarded_by = 'Ana', discard_reason = 'why'",
    )
    .execute(desk.pool())
    .await
    .unwrap();
    assert_eq!(janitor::clean(desk.pool()).await.unwrap(), 0, "it stays readable");
    age(&desk).await;
    assert!(janitor::clean(desk.pool()).await.unwrap() > 0);
    janitor::clean(desk.pool()).await.unwrap();

    assert_eq!(desk.world.count("select count(*) from dead_letter").await, 0);
    assert_eq!(desk.world.count("select count(*) from job_failure").await, 0);
    desk.close().await;
}
