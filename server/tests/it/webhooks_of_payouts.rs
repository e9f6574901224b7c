//! Webhooks of a pay-out provider: staff see them beside those of processors, and have one handled
//! again.

use std::process::Command;

use axum::body::Body;
use axum::http::Request;
use domain::currency::Currency;
use domain::id::{PayoutAccountId, PayoutId};
use domain::permission::Role;
use engine::db::new_plain_id;
use engine::payouts::accounts::{self, Access, PayoutAccount};
use serde_json::json;
use sqlx::PgPool;
use standardwebhooks::Webhook;
use time::OffsetDateTime;

use crate::bank_files::Till;
use crate::support::{WEBHOOK_SECRET, World};
use crate::webhooks_in::newest;

const OLGA: &str = "olga@test.example";

/// An account at a pay-out provider that cannot be reached.
async fn provider(world: &World) -> PayoutAccountId {
    let account = PayoutAccount {
        id: new_plain_id(),
        shop: world.shop,
        name: "house bank".into(),
        currency: Currency::EUR,
        access: Access {
            base_url: "http://127.0.0.1:9".into(),
            api_key: "key".into(),
            webhook_secret: WEBHOOK_SECRET.into(),
        },
    };
    accounts::save(&world.pool, &account, "a test").await.unwrap()
}

/// A signed notification arrives that speaks of this reference; its id here.
async fn told(world: &World, account: PayoutAccountId, message: &str, reference: &str) -> String {
    let body = json!({
        "type": "transfer.paid",
        "timestamp": "2026-11-21T04:00:00Z",
        "data": { "transfer": { "reference": reference, "state": "paid" } },
    });
    let (body, at) = (body.to_string(), OffsetDateTime::now_utc().unix_timestamp());
    let signer = Webhook::new(WEBHOOK_SECRET).unwrap();
    let signature = signer.sign(message, at, body.as_bytes()).unwrap();
    let request = Request::post(format!("/webhooks/{account}"))
        .header("webhook-id", message)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", signature);
    let answer = world.send(request.body(Body::from(body)).unwrap()).await;
    assert!(answer.status.is_success(), "{}", answer.text);
    newest(world).await
}

/// How many questions wait that a notification about the pay-out led to.
async fn asking(world: &World, payout: PayoutId) -> i64 {
    let query = "select count(*) from job where kind = 'inquire_payout' and subject_id = $1
                 and payload ->> 'because' = 'told'";
    sqlx::query_scalar(query).bind(payout.uuid()).fetch_one(&world.pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_webhook_of_a_pay_out_provider_is_listed_shown_and_handled_again(pool: PgPool) {
    let till = Till::open(pool, "hooks-of-payouts").await;
    let (world, ben) = (&till.world, &till.ben);
    let account = provider(world).await;
    let payout = till.submitted().await;
    let hook = told(world, account, "msg_1", &payout.to_string()).await;
    sqlx::query("delete from job where kind = 'inquire_payout'")
        .execute(&world.pool)
        .await
        .unwrap();

    let all = world.page("/console/webhooks", ben).await.text;
    let of_account = format!("/console/webhooks?account={account}");
    let of_account = world.page(&of_account, ben).await.text;
    let elsewhere = format!("/console/webhooks?account={}", world.account);
    let elsewhere = world.page(&elsewhere, ben).await.text;
    let about = world.page(&format!("/console/webhooks?q={payout}"), ben).await.text;
    let page = format!("/console/webhooks/{hook}");
    let shown = world.page(&page, ben).await.text;
    let action = page.replace("/console/", "/console/actions/") + "/replay";
    let done = world.form(&action, ben, &[("version", "0")]).await;
    let twice = world.form(&action, ben, &[("version", "0")]).await;

    for list in [&all, &of_account, &about] {
        assert!(list.contains(&page) && list.contains("house bank"), "{list}");
    }
    assert!(of_account.contains(&format!("<option value=\"{account}\" selected>house bank")));
    assert!(!elsewhere.contains(&page));
    let link = format!("href=\"/console/payouts/{payout}\"");
    assert!(shown.contains(&link) && shown.contains("transfer.paid"), "{shown}");
    assert_eq!(done.header("location"), format!("{page}?notice=replayed"));
    assert_eq!(twice.header("location"), format!("{page}?problem=stale"));
    assert_eq!(asking(world, payout).await, 1);
    assert!(world.page(&page, ben).await.text.contains("It waits for a worker."));
}

#[sqlx::test(migrations = "../migrations")]
async fn one_that_matches_nothing_waits_for_a_person_as_any_other(pool: PgPool) {
    let till = Till::open(pool, "hooks-unmatched").await;
    let (world, ben) = (&till.world, &till.ben);
    let account = provider(world).await;
    let hook = told(world, account, "msg_1", "pyo_nothing").await;
    world.staff(OLGA, Role::Operator).await;
    let olga = world.sign_in(OLGA).await;
    let page = format!("/console/webhooks/{hook}");
    let action = |what: &str| page.replace("/console/", "/console/actions/") + "/" + what;

    let overview = world.page("/console", ben).await.text;
    let looked = world.page(&page, &olga).await.text;
    let forbidden = world.form(&action("replay"), &olga, &[("version", "0")]).await;
    let again = world.form(&action("replay"), ben, &[("version", "0")]).await;
    let reason = [("version", "1"), ("reason", "of the test account")];
    let discarded = world.form(&action("discard"), ben, &reason).await;

    assert!(overview.contains("/console/webhooks?state=unmatched"), "{overview}");
    assert!(looked.contains("payout_unknown") && !looked.contains("/replay"), "{looked}");
    assert_eq!(forbidden.header("location"), format!("{page}?problem=not_allowed"));
    assert_eq!(again.header("location"), format!("{page}?notice=replayed"));
    assert_eq!(discarded.header("location"), format!("{page}?notice=webhook_discarded"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_command_line_lists_shows_and_replays_them_too(pool: PgPool) {
    let till = Till::open(pool, "hooks-command").await;
    let account = provider(&till.world).await;
    let payout = till.submitted().await;
    let hook = told(&till.world, account, "msg_1", &payout.to_string()).await;
    sqlx::query("delete from job where kind = 'inquire_payout'")
        .execute(&till.world.pool)
        .await
        .unwrap();
    let url = till.world.database_url();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_paydesk"))
            .env_remove("DATABASE_URL")
            .args(["webhooks", "--database-url", &url])
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout) + &text(output.stderr))
    };

    let (_, listed) = run(&["list", "--about", &payout.to_string()]);
    let (_, shown) = run(&["show", &hook]);
    let (is_done, said) = run(&["replay", &hook]);

    for part in [hook.as_str(), "house bank", "transfer.paid", &payout.to_string()] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    assert!(shown.contains("message msg_1"), "{shown}");
    assert!(is_done && said.contains("handled again"), "{said}");
    assert_eq!(asking(&till.world, payout).await, 1);
}
