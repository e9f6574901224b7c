//! What is watched of money that is held, on its way, or not where our rules have it.

use domain::event::Fact;
use domain::id::PaymentId;
use engine::watch::{self, Filter, look};
use serde_json::json;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::world::eur;

#[sqlx::test(migrations = "../../../migrations")]
async fn a_hold_is_watched_only_if_somebody_limits_it(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.held("order").await;
    desk.sql("update payment set updated_at = now() - interval '30 days'").await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "a hold may be kept");

    desk.sql(
        "insert into state_limit (state, method, expected_seconds, limit_seconds)
             values ('authorized', null, 60, 2678400)",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "it may be kept for 31 days");

    desk.sql("update state_limit set limit_seconds = 2505600 where state = 'authorized'").await;
    look::look(&desk.engine).await.unwrap();
    assert_eq!(desk.kinds().await, ["payments_stuck"]);

    desk.sql(
        "insert into state_limit (shop_id, state, method, expected_seconds, limit_seconds)
             select shop_id, 'authorized', null, 60, null from shop",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "this shop keeps them for as long as it likes");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_capture_and_a_release_that_nobody_answers_are_noticed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let captured = desk.held("one").await;
    let released = desk.held("two").await;
    let amount = crate::world::eur(100);
    desk.command(captured.id, domain::event::Command::Capture(amount)).await;
    desk.command(released.id, domain::event::Command::Cancel).await;
    desk.sql(
        "update attempt set started_at = now() - interval '59 minutes' where state = 'started'",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "an hour is allowed by default");

    desk.sql(
        "update attempt set started_at = now() - interval '61 minutes' where state = 'started'",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    let page = watch::list(desk.pool(), desk.world.shop, Filter::default(), 10).await.unwrap();
    let mut found = Vec::new();
    for row in &page.rows {
        let details = watch::find(desk.pool(), desk.world.shop, row.id).await.unwrap().unwrap();
        found.push((details.facts["detail"].clone(), details.facts["rows"].clone()));
    }
    found.sort_by_key(|(detail, _)| detail.to_string());
    assert_eq!(
        found,
        [
            (json!("cancel_processing"), json!([released.id])),
            (json!("capture_processing"), json!([captured.id])),
        ]
    );

    while desk.operate().await.claimed > 0 {}
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "they were answered");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_breaks_our_rules_is_said_once_for_each_payment_until_a_person_has_looked(
    pool: PgPool,
) {
    let desk = Desk::open(pool).await;
    let (first, second) = (desk.sold("first").await.id, desk.sold("second").await.id);
    let elsewhere = |minor| Fact::RefundedElsewhere { total: eur(minor) };

    for minor in [1_000, 2_000] {
        desk.learn(first, elsewhere(minor)).await;
    }
    desk.learn(second, elsewhere(500)).await;

    let alert = |id: PaymentId| ("irregular_fact".into(), id.to_string(), "open".into());
    let mut expected = vec![alert(first), alert(second)];
    expected.sort();
    assert_eq!(desk.alerts().await, expected);
    let told = "select count(*) from job where kind = 'tell_operator'";
    assert_eq!(desk.world.count(told).await, 2);
    let (severity, message, rows): (String, String, serde_json::Value) =
        sqlx::query_as("select severity, message, facts -> 'rows' from alert where subject = $1")
            .bind(first.to_string())
            .fetch_one(desk.pool())
            .await
            .unwrap();
    assert_eq!((severity.as_str(), rows), ("critical", json!([first])));
    let sentence = "A payment went against our rules: refunded without our request. It is booked.";
    assert_eq!(message, sentence);
    look::look(&desk.engine).await.unwrap();
    assert_eq!(desk.alerts().await, expected, "only a person resolves it");
    desk.close().await;
}
