//! Tables that are full: what is looked for is found by way of an index, and what is forgotten is
//! compared at once.

use domain::id::CheckoutId;
use engine::checks::{self, Rule};
use engine::timeline::{self, Filter};
use engine::{janitor, why};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::desk::Desk;
use crate::fake_processor::Behaviour;

/// How many finished payments of long ago there are.
const PAYMENTS: i64 = 3_000;
/// How many rows may be read where all of them would be too many.
const FEW: i64 = 100;

/// Copies of a payment, each older than everything that a test makes, with an attempt each.
async fn fill(desk: &Desk) {
    sqlx::raw_sql(
        "create temp table copy as
             select number, (number % 256)::smallint as bucket,
                    ('01800000' || lpad(to_hex(number), 4, '0') || '7000' || '80000000000000'
                     || lpad(to_hex(number % 256), 2, '0'))::uuid as id
             from generate_series(1, 3000) as number;
         set session_replication_role = replica;
         insert into checkout (bucket, checkout_id, shop_id, reference, currency, total_minor, buyer,
                               expires_at, created_at)
         select copy.bucket, copy.id, shop_id, 'full-c-' || number, currency, total_minor, buyer,
                expires_at, now() - interval '90 days'
         from copy cross join (select * from checkout limit 1) as original;
         insert into payment (bucket, payment_id, checkout_id, shop_id, seller_id, position,
                              reference, phase, currency, amount_minor, capture_mode,
                              fee_basis_points, attempts, attempts_max, authorized_minor,
                              captured_minor, processor_account_id, processor_reference,
                              captured_at, created_at)
         select copy.bucket, copy.id, copy.id, shop_id, seller_id, 1, 'full-p-' || number, phase,
                currency, amount_minor, capture_mode, fee_basis_points, 1, 3, amount_minor,
                amount_minor, processor_account_id, 'full-sp-' || number,
                now() - interval '90 days', now() - interval '90 days'
         from copy cross join (select * from payment where captured_minor > 0 limit 1) as original;
         insert into attempt (bucket, attempt_id, payment_id, processor_account_id, operation, number,
                              idempotency_key, amount_minor, state, processor_reference, started_at)
         select copy.bucket, copy.id, copy.id, processor_account_id, 'authorize', 1, copy.id::text,
                amount_minor, 'done', 'full-sp-' || copy.number, now() - interval '90 days'
         from copy cross join (select * from attempt limit 1) as original;
         insert into refund (bucket, refund_id, payment_id, amount_minor, state, processor_reference)
         select bucket, id, id, 100, 'succeeded', 'full-sr-' || number from copy;
         set session_replication_role = origin;
         drop table copy;
         analyze",
    )
    .execute(&one_connection(desk, &[]).await)
    .await
    .unwrap();
}

/// A pool of a single connection, so that its counters can be read.
async fn one_connection(desk: &Desk, options: &[(&str, &str)]) -> PgPool {
    let connect: PgConnectOptions = PgConnectOptions::clone(&desk.pool().connect_options());
    let pool = PgPoolOptions::new().max_connections(1);
    pool.connect_with(connect.options(options.iter().copied())).await.unwrap()
}

/// The tables that every payment has a row in.
const OF_PAYMENTS: [&str; 4] = ["payment", "checkout", "attempt", "refund"];

/// How many rows were read so far of these tables.
async fn rows_read(pool: &PgPool, tables: &[&str]) -> i64 {
    sqlx::query("select pg_stat_force_next_flush()").execute(pool).await.unwrap();
    sqlx::query_scalar(
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables
         where relname = any($1)",
    )
    .bind(tables)
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../../../migrations")]
async fn whatever_a_payment_is_called_it_is_found_without_reading_all_payments(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;
    fill(&desk).await;
    let (shop, one) = (desk.world.shop, one_connection(&desk, &[]).await);
    let checkout: uuid::Uuid =
        sqlx::query_scalar("select checkout_id from checkout where reference = 'order'")
            .fetch_one(&one)
            .await
            .unwrap();
    let reference = desk.payment("order-1").await.processor_reference.unwrap();
    let checkout = CheckoutId::from_uuid(checkout).to_string();

    for (query, found) in [
        ("order-1", 1),
        ("order", 1),
        (&reference, 1),
        (&checkout, 1),
        ("full-sp-77", 1),
        ("full-sr-77", 1),
        ("called-by-nobody", 0),
    ] {
        let filter = Filter { query: query.to_owned(), ..Filter::default() };
        let before = rows_read(&one, &OF_PAYMENTS).await;
        let listed = timeline::list(&one, shop, &filter, 50).await.unwrap().payments;
        let named = why::find(&one, shop, query).await.unwrap();
        let read = rows_read(&one, &OF_PAYMENTS).await - before;

        assert_eq!((listed.len(), named.len()), (found, found), "{query}");
        assert!(read < FEW, "{query}: {read} rows of {PAYMENTS} payments were read");
    }
    let filter = Filter { query: "ALPINE".to_owned(), ..Filter::default() };
    let of_seller = timeline::list(&one, shop, &filter, 50).await.unwrap();
    assert_eq!(of_seller.payments.len(), 50, "part of a seller's name is enough");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_figures_of_the_day_are_counted_without_reading_the_days_before(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;
    fill(&desk).await;
    let one = one_connection(&desk, &[]).await;

    let before = rows_read(&one, &OF_PAYMENTS).await;
    let today = timeline::today(&one, desk.world.shop).await.unwrap();
    let read = rows_read(&one, &OF_PAYMENTS).await - before;

    assert_eq!((today.payments, today.captured[0].minor()), (1, 4_999));
    assert!(read < FEW, "{read} rows of {PAYMENTS} payments were read");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_a_processor_called_an_earlier_try_leads_to_its_payment(pool: PgPool) {
    let desk = Desk::open(pool).await;
    sqlx::query("update shop set soft_retries = 1, soft_retry_after_seconds = 0")
        .execute(desk.pool())
        .await
        .unwrap();
    desk.fake.will(&[Behaviour::DeclineWith("insufficient_funds")]);
    desk.accept(desk.single("order")).await.unwrap();
    desk.carry().await;
    desk.carry().await;
    let earlier: String =
        sqlx::query_scalar("select processor_reference from attempt where number = 1")
            .fetch_one(desk.pool())
            .await
            .unwrap();
    let payment = desk.payment("order-1").await;

    let found = why::find(desk.pool(), desk.world.shop, &earlier).await.unwrap();

    assert_ne!(payment.processor_reference.as_deref(), Some(earlier.as_str()));
    assert_eq!(found, [payment.id]);
    desk.close().await;
}

/// As the connections that every payment uses are set: planned to follow indexes row by row.
const ROW_BY_ROW: [(&str, &str); 5] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("statement_timeout", "5s"),
];

#[sqlx::test(migrations = "../../../migrations")]
async fn the_janitor_compares_what_is_old_with_what_waits_at_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    sqlx::raw_sql(
        "insert into job (bucket, job_id, kind, subject_id, payload)
         select bucket_of(id), id, 'handle_webhook', gen_random_uuid(), '{}'
         from (select gen_random_uuid() as id from generate_series(1, 100000)) as new;
         insert into inbound_webhook (inbound_webhook_id, processor_account_id, message_id, headers,
                                      body, state, received_at)
         select gen_random_uuid(), processor_account_id, number::text, '{}', '', 'handled',
                now() - interval '91 days'
         from processor_account, generate_series(1, 3000) as number;
         analyze",
    )
    .execute(desk.pool())
    .await
    .unwrap();
    let relaxed = one_connection(&desk, &ROW_BY_ROW).await;

    assert_eq!(janitor::clean(&relaxed).await.unwrap(), 3_000);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_look_at_one_bucket_reads_no_other_lines_of_the_audit_log(pool: PgPool) {
    let desk = Desk::open(pool).await;
    sqlx::raw_sql(
        "set session_replication_role = replica;
         insert into audit_log (audit_id, shop_id, actor, action, object_type, object_id, at)
         select gen_random_uuid(), shop_id, 'Ana', 'tested', 'test', number::text,
                now() - interval '2 hours'
         from shop, generate_series(1, 3000) as number;
         insert into sealed_record (shop_id, sequence, kind, subject_id, booked_on, hash)
         select shop_id, row_number() over (), 'audit', audit_id, current_date, sha256('x')
         from audit_log;
         set session_replication_role = origin;
         analyze",
    )
    .execute(&one_connection(&desk, &[]).await)
    .await
    .unwrap();
    checks::round(&desk.engine).await.unwrap();
    desk.sql("update proof_check set width = 1 where name = 'decisions_are_sealed'").await;
    let one = one_connection(&desk, &[]).await;

    let before = rows_read(&one, &["audit_log"]).await;
    let is_complete = checks::step(&one, Rule::DecisionsAreSealed).await.unwrap();
    let read = rows_read(&one, &["audit_log"]).await - before;

    assert!(!is_complete, "255 buckets are left");
    assert!(read < FEW, "{read} of 3,000 lines were read");
}
