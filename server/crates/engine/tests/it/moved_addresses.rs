//! The migration that gave shops several endpoints moves what was there before.

use sqlx::PgPool;
use uuid::Uuid;

/// The migration that is tried.
const VERSION: i64 = 13;

/// Three shops, one event each: one that listens, one that gave its address up after it had heard,
/// and one that never listened.
const BEFORE: &str = "
    insert into shop (shop_id, name, webhook_url, webhook_secret) values
        ('00000000-0000-0000-0000-000000000001', 'Listens', 'https://shop.example/hook', 'whsec_AA');
    insert into shop (shop_id, name) values
        ('00000000-0000-0000-0000-000000000002', 'Gave up'),
        ('00000000-0000-0000-0000-000000000003', 'Never');
    insert into outbox (bucket, object_id, sequence, event_id, shop_id, type, payload)
        select get_byte(uuid_send(shop_id), 15), shop_id, 4, shop_id, shop_id, 'payment.captured', '{}'
        from shop;
    insert into webhook_attempt (bucket, event_id, attempt, status) values
        (1, '00000000-0000-0000-0000-000000000001', 1, 500),
        (2, '00000000-0000-0000-0000-000000000002', 1, 200),
        (9, '00000000-0000-0000-0000-000000000009', 1, 200);
    insert into job (bucket, job_id, kind, subject_id, payload, waits_for)
        select bucket, event_id, 'deliver_webhook', event_id,
               jsonb_build_object('object', object_id, 'sequence', sequence),
               case bucket when 1 then shop_id end
        from outbox where bucket in (1, 2);
    insert into job (bucket, job_id, kind, subject_id, payload) values
        (1, '00000000-0000-0000-0000-000000000101', 'advance_checkout',
         '00000000-0000-0000-0000-000000000001', '{}');
    insert into dead_letter (bucket, job_id, kind, subject_id, payload, attempts, last_error, created_at)
        select bucket, object_id, 'deliver_webhook', event_id,
               jsonb_build_object('object', object_id, 'sequence', sequence), 60, 'why', now()
        from outbox where bucket = 1";

#[sqlx::test]
async fn addresses_deliveries_and_dead_letters_move_to_endpoints(pool: PgPool) {
    let migrator = sqlx::migrate!("../../../migrations");
    for migration in migrator.iter().filter(|one| one.version < VERSION) {
        sqlx::raw_sql(migration.sql.clone()).execute(&pool).await.unwrap();
    }
    sqlx::raw_sql(BEFORE).execute(&pool).await.unwrap();

    let moving = migrator.iter().find(|one| one.version == VERSION).unwrap();
    sqlx::raw_sql(moving.sql.clone()).execute(&pool).await.unwrap();

    let endpoints: Vec<(Uuid, String, String, bool)> = sqlx::query_as(
        "select shop_id, name, url, disabled_at is not null from webhook_endpoint order by shop_id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let default = || "default".to_owned();
    assert_eq!(
        endpoints,
        [
            (Uuid::from_u128(1), default(), "https://shop.example/hook".into(), false),
            (Uuid::from_u128(2), default(), "https://given-up.invalid/".into(), true),
        ]
    );
    let payload = "payload = jsonb_build_object('object', shop_id, 'sequence', 4, 'endpoint', \
                   receiver.webhook_endpoint_id)";
    for (what, count) in [
        (format!("job on {payload}"), 2),
        ("job on waits_for = receiver.webhook_endpoint_id and bucket = 1".into(), 1),
        (format!("dead_letter on {payload}"), 1),
        (
            "webhook_attempt as sent on sent.webhook_endpoint_id = receiver.webhook_endpoint_id"
                .into(),
            2,
        ),
    ] {
        let rows = format!("select count(*) from webhook_endpoint as receiver join {what}");
        let found: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_one(&pool).await.unwrap();
        assert_eq!(found, count, "{what}");
    }
    let others: Vec<String> =
        sqlx::query_scalar("select payload::text from job where kind = 'advance_checkout'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(others, ["{}"], "no other work is touched");
    let kept: i64 =
        sqlx::query_scalar("select count(*) from webhook_attempt").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 2, "a try of an event that nobody knows is forgotten");
}
