//! Alerts in the console, and the figures for machines.

use axum::body::Body;
use axum::http::Request;
use domain::currency::Currency;
use domain::event::Fact;
use domain::money::Money;
use domain::permission::Role;
use engine::db::Tx;
use engine::payments::{self, Input, Source};
use engine::watch::{self, Alert, Kind, Severity, Tell};
use serde_json::json;
use server::metrics;
use sqlx::PgPool;
use tower::ServiceExt;

use crate::support::log::Log;
use crate::support::{Answer, World, basket};

const ANA: &str = "ana@test.example";
const OLGA: &str = "olga@test.example";

async fn raise(world: &World) -> String {
    let alert = Alert {
        shop: Some(world.shop),
        kind: Kind::CircuitOpened,
        subject: "test-account".into(),
        severity: Severity::Critical,
        message: "test-account is not called.".into(),
        facts: json!({ "rows": ["pay_01jd5gq3hrf0a9b8c7d6e5f4g3"], "failures": 5 }),
    };
    watch::raise_now(&world.services.engine, &alert).await.unwrap();
    let id: uuid::Uuid =
        sqlx::query_scalar("select alert_id from alert").fetch_one(&world.pool).await.unwrap();
    domain::id::AlertId::from_uuid(id).to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_alert_is_seen_acknowledged_and_resolved_in_the_console(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    world.staff(OLGA, Role::Operator).await;
    let (ana, olga) = (world.sign_in(ANA).await, world.sign_in(OLGA).await);
    let id = raise(&world).await;
    let page = format!("/console/alerts/{id}");
    let action = |what| format!("/console/actions/alerts/{id}/{what}");

    let overview = world.page("/console", &ana).await.text;
    let list = world.page("/console/alerts?kind=circuit_opened", &ana).await.text;
    let shown = world.page(&page, &ana).await.text;
    let looked = world.page(&page, &olga).await.text;
    let forbidden = world.form(&action("resolve"), &olga, &[("version", "0")]).await;
    let taken = world.form(&action("acknowledge"), &ana, &[("version", "0")]).await;
    let stale = world.form(&action("acknowledge"), &ana, &[("version", "0")]).await;
    let resolved = world.form(&action("resolve"), &ana, &[("version", "1")]).await;

    assert!(
        overview.contains("/console/alerts") && overview.contains("1\u{a0}alert"),
        "{overview}"
    );
    assert!(list.contains(&page) && list.contains("Processor not called"));
    assert!(shown.contains("/console/payments/pay_01jd5gq3hrf0a9b8c7d6e5f4g3"), "{shown}");
    assert!(shown.contains("/acknowledge") && !looked.contains("/acknowledge"));
    assert_eq!(forbidden.header("location"), format!("{page}?problem=not_allowed"));
    assert_eq!(taken.header("location"), format!("{page}?notice=acknowledged"));
    assert_eq!(stale.header("location"), format!("{page}?problem=stale"));
    assert_eq!(resolved.header("location"), format!("{page}?notice=alert_resolved"));
    assert!(world.page(&page, &ana).await.text.contains(&format!("Staff {ANA}")));
    assert!(world.page("/console/alerts", &ana).await.text.contains("Nothing needs anybody"));
}

/// What an operator without a webhook, or whose webhook is broken, has at least.
#[sqlx::test(migrations = "../migrations")]
async fn an_alert_that_is_raised_and_that_has_passed_is_a_line_of_the_log(pool: PgPool) {
    let world = World::new(pool).await;
    let log = Log::default();
    let _logging = log.listen(tracing::Level::INFO);
    let tell = watch::lane(Tell::new(&world.pool, None));

    let id = raise(&world).await;
    tell.step(&world.pool).await.unwrap();
    let raised = log.take();
    watch::resolve_now(&world.services.engine, Kind::CircuitOpened, "test-account").await.unwrap();
    tell.step(&world.pool).await.unwrap();
    let resolved = log.take();

    let line = |text: &str| {
        text.lines().find(|line| line.contains(&id)).unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let (raised, resolved) = (line(&raised), line(&resolved));
    for part in [
        "ERROR",
        "test-account is not called.",
        "alert.kind=\"circuit_opened\"",
        "alert.subject=\"test-account\"",
        "alert.raised",
    ] {
        assert!(raised.contains(part), "{part}: {raised}");
    }
    assert!(resolved.contains("INFO") && resolved.contains("alert.resolved"), "{resolved}");
}

#[sqlx::test(migrations = "../migrations")]
async fn figures_are_answered_at_an_address_of_their_own(pool: PgPool) {
    let world = World::new(pool).await;
    world.create("key", &crate::support::basket("order")).await;
    raise(&world).await;
    sqlx::query(
        "insert into dead_letter (bucket, job_id, kind, subject_id, payload, attempts, last_error, created_at)
         select 0, gen_random_uuid(), 'expire_checkout', gen_random_uuid(), '{}', 3, 'why', now()",
    )
    .execute(&world.pool)
    .await
    .unwrap();

    let ask = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = Answer::read(metrics::router(&world.pool).oneshot(ask).await.unwrap()).await;
    let elsewhere = world.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;

    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "paydesk_dead_letters{kind=\"expire_checkout\"} 1",
        "paydesk_alerts{kind=\"circuit_opened\",severity=\"critical\"} 1",
        "paydesk_jobs{kind=\"tell_operator\"} 1",
        "paydesk_webhooks_aside{state=\"unmatched\"} 0",
        "paydesk_bank_files_unanswered 0",
        "# TYPE paydesk_request_seconds histogram",
    ] {
        assert!(answer.text.lines().any(|one| one == line), "{line}: {}", answer.text);
    }
    let created = answer
        .text
        .lines()
        .find_map(|line| line.strip_prefix("paydesk_requests_total{face=\"api\",answer=\"2xx\"} "));
    assert!(created.unwrap().parse::<u64>().unwrap() >= 1);
    for line in answer.text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("paydesk_"), "{line}");
        assert!(value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{line}");
    }
    assert_eq!(elsewhere.status, 404, "nobody else is told");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_breaks_our_rules_is_marked_on_the_payments_page_and_alerts(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let ana = world.sign_in(ANA).await;
    let made = world.create("key", &basket("order")).await.json();
    let id = made["payments"][0]["id"].as_str().unwrap();
    let fact = Fact::Authorized { total: Money::from_minor(9_999_900, Currency::EUR) };
    let input = Input::fact(id.parse().unwrap(), fact, Source::Poll, json!({}));
    let mut tx = Tx::begin(&world.pool).await.unwrap();
    payments::apply(&mut tx, &[input]).await.unwrap();
    tx.commit().await.unwrap();

    let story = world.page(&format!("/console/payments/{id}"), &ana).await.text;
    let list = world.page("/console/alerts?kind=irregular_fact", &ana).await.text;

    assert!(story.contains("Against the rules"), "{story}");
    assert!(story.contains("authorized above the amount"), "{story}");
    assert!(list.contains("Payment or pay-out against the rules"), "{list}");
}
