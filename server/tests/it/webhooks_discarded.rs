//! Emptying the queue of webhooks that match nothing: by a person, once, with a reason.

use domain::id::PaymentId;
use domain::permission::Role;
use engine::watch::look;
use serde_json::json;
use sqlx::PgPool;

use crate::support::World;
use crate::support::psp::Psp;
use crate::webhooks_in::{arrive, handle, newest};

const ANA: &str = "ana@test.example";
const OLGA: &str = "olga@test.example";

/// A world in which one webhook waits that speaks of nothing that is known; its id.
async fn unmatched(pool: PgPool) -> (Psp, World, String) {
    let psp = Psp::start(&pool).await;
    let world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    let stranger: PaymentId = engine::db::new_plain_id();
    let body = json!({
        "type": "payment.captured",
        "timestamp": "2026-11-21T04:00:00Z",
        "data": { "payment": { "id": "sp_1", "reference": stranger, "status": "captured",
            "amount": "1.00", "currency": "EUR", "authorized": "1.00", "captured": "1.00",
            "refunded": "0.00", "version": 1 } },
    });
    arrive(&world, "msg_1", &body.to_string(), 0).await;
    handle(&world).await;
    let id = newest(&world).await;
    (psp, world, id)
}

async fn standing(world: &World) -> Vec<String> {
    look::look(&world.services.engine).await.unwrap();
    sqlx::query_scalar("select kind from alert where state <> 'resolved'")
        .fetch_all(&world.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_webhook_that_matches_nothing_is_discarded_with_a_reason_and_the_queue_is_empty(
    pool: PgPool,
) {
    let (_psp, world, id) = unmatched(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    let page = format!("/console/webhooks/{id}");
    let action = format!("/console/actions/webhooks/{id}/discard");
    assert_eq!(standing(&world).await, ["webhooks_unmatched"]);
    assert!(world.page(&page, &cookie).await.text.contains(&action));

    let said_nothing = world.form(&action, &cookie, &[("version", "0"), ("reason", " ")]).await;
    let stale = world.form(&action, &cookie, &[("version", "1"), ("reason", "test data")]).await;
    let done = world.form(&action, &cookie, &[("version", "0"), ("reason", "test data")]).await;
    let twice = world.form(&action, &cookie, &[("version", "0"), ("reason", "again")]).await;

    let problem = format!("{page}?problem=reason_missing&field=reason");
    assert_eq!(said_nothing.header("location"), problem);
    assert_eq!(stale.header("location"), format!("{page}?problem=stale"));
    assert_eq!(done.header("location"), format!("{page}?notice=webhook_discarded"));
    assert_eq!(twice.header("location"), format!("{page}?problem=webhook_not_unmatched"));
    assert!(standing(&world).await.is_empty(), "the next one is news again");
    let queue = world.page("/console/webhooks?state=unmatched", &cookie).await.text;
    let aside = world.page("/console/webhooks?state=discarded", &cookie).await.text;
    assert!(!queue.contains(&page) && aside.contains(&page));
    assert!(!world.page("/console", &cookie).await.text.contains("1\u{a0}webhook"));
    let shown = world.page(&page, &cookie).await.text;
    assert!(shown.contains("test data") && !shown.contains(&action), "{shown}");
    let logged: Vec<(String, String)> =
        sqlx::query_as("select actor, detail ->> 'reason' from audit_log where object_id = $1")
            .bind(&id)
            .fetch_all(&world.pool)
            .await
            .unwrap();
    assert_eq!(logged, [(format!("Staff {ANA}"), "test data".to_owned())]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_discarded_webhook_can_still_be_matched_again_which_takes_the_decision_back(
    pool: PgPool,
) {
    let (_psp, world, id) = unmatched(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    let action = |what: &str| format!("/console/actions/webhooks/{id}/{what}");
    let reason = [("version", "0"), ("reason", "test data")];
    world.form(&action("discard"), &cookie, &reason).await;

    world.form(&action("replay"), &cookie, &[("version", "0")]).await;
    handle(&world).await;

    assert_eq!(standing(&world).await, ["webhooks_unmatched"]);
    let queue = world.page("/console/webhooks?state=unmatched", &cookie).await.text;
    assert!(queue.contains(&id));
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_may_only_look_or_is_of_another_shop_discards_nothing(pool: PgPool) {
    let (_psp, world, id) = unmatched(pool).await;
    world.staff(ANA, Role::Admin).await;
    world.staff(OLGA, Role::Operator).await;
    let (ana, olga) = (world.sign_in(ANA).await, world.sign_in(OLGA).await);
    let action = format!("/console/actions/webhooks/{id}/discard");
    let form = [("version", "0"), ("reason", "test data")];

    let looked = world.page(&format!("/console/webhooks/{id}"), &olga).await.text;
    let forbidden = world.form(&action, &olga, &form).await;
    let other = engine::shops::save_shop(&world.pool, "Other Shop", None).await.unwrap();
    sqlx::query("update staff set shop_id = $1")
        .bind(other.uuid())
        .execute(&world.pool)
        .await
        .unwrap();
    let foreign = world.form(&action, &ana, &form).await;

    assert!(!looked.contains("/discard"));
    assert!(forbidden.header("location").ends_with("problem=not_allowed"));
    assert_eq!(foreign.status, 404);
    assert_eq!(standing(&world).await, ["webhooks_unmatched"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_command_line_discards_a_webhook_and_names_who_decided(pool: PgPool) {
    let (_psp, world, id) = unmatched(pool).await;
    let url = world.database_url();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_paydesk"))
            .args(["webhooks", "--database-url", &url])
            .args(arguments)
            .env_remove("USER")
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };

    let (nobody, _) = run(&["discard", &id, "--reason", "test data"]);
    let (done, _) = run(&["discard", &id, "--reason", "test data", "--by", "Ben"]);
    let (twice, _) = run(&["discard", &id, "--reason", "test data", "--by", "Ben"]);
    let (_, waiting) = run(&["list", "--state", "unmatched"]);
    let (_, listed) = run(&["list", "--state", "discarded"]);
    let (_, shown) = run(&["show", &id]);

    assert!(!nobody && done && !twice);
    assert!(waiting.is_empty() && listed.contains(&id), "{waiting}{listed}");
    assert!(shown.contains("test data (Ben, at the command line)"), "{shown}");
}
