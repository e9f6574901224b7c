//! Webhooks in: bounded, looked at, and handled again; whatever comes, nothing is done twice.

use axum::body::Body;
use axum::http::Request;
use domain::permission::Role;
use engine::payments::find_by_reference;
use engine::workers;
use serde_json::{Value, json};
use sqlx::PgPool;
use standardwebhooks::Webhook;
use time::OffsetDateTime;

use crate::support::psp::Psp;
use crate::support::{Answer, WEBHOOK_SECRET, World, paid_with};

const ANA: &str = "ana@test.example";
const OLGA: &str = "olga@test.example";

/// A signed webhook of this age in seconds arrives.
pub(crate) async fn arrive(world: &World, id: &str, body: &str, age: i64) -> Answer {
    let at = OffsetDateTime::now_utc().unix_timestamp() - age;
    let signature = Webhook::new(WEBHOOK_SECRET).unwrap().sign(id, at, body.as_bytes()).unwrap();
    let request = Request::post(format!("/webhooks/{}", world.account))
        .header("webhook-id", id)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", signature);
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// The sandbox's news of the payment `<order>-1`, saying that it is captured, arrives.
pub(crate) async fn news_of(world: &World, order: &str, id: &str) -> Answer {
    arrive(world, id, &news(world, order, "captured").await, 0).await
}

/// What a webhook would say of a payment, true or not.
async fn news(world: &World, order: &str, status: &str) -> String {
    let reference = format!("{order}-1");
    let payment = find_by_reference(&world.pool, world.shop, &reference).await.unwrap().unwrap();
    let amount = payment.state.amount.to_decimal_string();
    let taken = if status == "captured" { amount.clone() } else { "0.00".to_owned() };
    json!({
        "type": format!("payment.{status}"),
        "timestamp": "2026-11-21T04:00:00Z",
        "data": { "payment": {
            "id": payment.processor_reference, "reference": payment.id, "status": status,
            "amount": amount, "currency": "EUR", "authorized": taken, "captured": taken,
            "refunded": "0.00", "version": 9,
        } },
    })
    .to_string()
}

/// Does the work on everything that has arrived.
pub(crate) async fn handle(world: &World) {
    sqlx::query("update job set due_at = now()").execute(&world.pool).await.unwrap();
    let lane = workers::news(&world.services.engine);
    while lane.step(&world.pool).await.unwrap().claimed > 0 {}
}

async fn states(world: &World) -> Vec<(String, Option<String>)> {
    sqlx::query_as("select state, problem from inbound_webhook order by inbound_webhook_id")
        .fetch_all(&world.pool)
        .await
        .unwrap()
}

pub(crate) async fn newest(world: &World) -> String {
    let id: uuid::Uuid = sqlx::query_scalar(
        "select inbound_webhook_id from inbound_webhook order by inbound_webhook_id desc limit 1",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    domain::id::InboundWebhookId::from_uuid(id).to_string()
}

/// A paid payment `order-1` at a sandbox that sends no webhooks, and nobody at work.
async fn paid(pool: PgPool) -> (Psp, World) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    let made = world.create("key", &paid_with("order", "pm_card_visa")).await.json();
    assert_eq!(made["state"], "paid");
    world.rest().await;
    sqlx::query("delete from job").execute(&world.pool).await.unwrap();
    (psp, world)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replayed_old_webhook_is_refused_with_a_code_of_its_own(pool: PgPool) {
    let world = World::new(pool).await;
    let body = json!({ "type": "payment.captured", "data": {} }).to_string();

    for age in [-290, 290] {
        assert_eq!(arrive(&world, &format!("msg_{age}"), &body, age).await.status, 200, "{age}");
    }
    for age in [-310, 310, 86_400] {
        let refused = arrive(&world, &format!("msg_{age}"), &body, age).await.problem();
        assert_eq!(refused, (401, "webhook_outside_tolerance".into(), String::new()), "{age}");
    }

    let refused = "the signature fits, and the notification is of another time";
    let states = states(&world).await;
    assert_eq!(states.iter().filter(|(state, _)| state == "stored").count(), 2);
    assert!(states[2..].iter().all(|(_, problem)| problem.as_deref() == Some(refused)));
    assert_eq!(world.count("job").await, 2, "the old ones lead to nothing");
}

#[sqlx::test(migrations = "../migrations")]
async fn of_refused_webhooks_only_few_and_only_the_beginning_is_kept(pool: PgPool) {
    let world = World::new(pool).await;
    let forge = |body: String| {
        let path = format!("/webhooks/{}", world.account);
        world.send(Request::post(path).body(Body::from(body)).unwrap())
    };

    forge("x".repeat(200_000)).await;
    let (kept, length): (i32, i32) =
        sqlx::query_as("select octet_length(body), body_bytes from inbound_webhook")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    sqlx::query(
        "insert into inbound_webhook (inbound_webhook_id, processor_account_id, message_id,
             headers, body, state, problem)
         select gen_random_uuid(), processor_account_id, '', '{}', '', 'refused', 'forged'
         from processor_account, generate_series(1, 497)",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let answers = futures::future::join_all((0..10).map(|_| forge("{}".into()))).await;

    assert_eq!((kept, length), (4_096, 200_000));
    assert!(answers.iter().all(|answer| answer.status == 401), "each is refused all the same");
    assert_eq!(world.count("inbound_webhook").await, 500, "and no more are kept");
    let body = json!({ "type": "payment.captured", "data": {} }).to_string();
    assert_eq!(arrive(&world, "msg_1", &body, 0).await.status, 200);
    assert_eq!(world.count("inbound_webhook").await, 501, "real ones are not kept out");
}

#[sqlx::test(migrations = "../migrations")]
async fn webhooks_in_any_order_and_number_leave_the_same_payment(pool: PgPool) {
    let (_psp, world) = paid(pool).await;
    let before = crate::support::payment_rows(&world.pool).await;
    let statuses = ["declined", "authorized", "captured", "in_review", "cancelled"];

    for round in 0..3 {
        for (number, status) in statuses.iter().enumerate() {
            let body = news(&world, "order", status).await;
            // Each comes twice under one name, and again under another name in the next round.
            let id = format!("msg_{round}_{}", (number * 3 + round) % statuses.len());
            for _ in 0..2 {
                assert_eq!(arrive(&world, &id, &body, 0).await.status, 200);
            }
        }
        handle(&world).await;
    }

    assert_eq!(crate::support::payment_rows(&world.pool).await, before);
    assert_eq!(world.count("inbound_webhook").await, 15);
    assert!(states(&world).await.iter().all(|(state, _)| state == "handled"));
    assert_eq!(world.count("dead_letter").await, 0);
    let checks = engine::checks::verify(&world.pool).await.unwrap();
    assert!(checks.iter().all(|check| check.broken == 0), "{checks:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_webhook_that_matches_nothing_waits_and_is_matched_again_by_hand(pool: PgPool) {
    let (_psp, world) = paid(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    // What it speaks of is not known here yet.
    let hide = "update payment set processor_account_id = null where reference = 'order-1'";
    sqlx::query(hide).execute(&world.pool).await.unwrap();
    news_of(&world, "order", "msg_1").await;
    handle(&world).await;
    let unmatched = states(&world).await;
    let overview = world.page("/console", &cookie).await.text;
    let queue = world.page("/console/webhooks?state=unmatched", &cookie).await.text;
    let page = format!("/console/webhooks/{}", newest(&world).await);
    let shown = world.page(&page, &cookie).await.text;

    let show = "update payment set processor_account_id = (select processor_account_id from processor_account)
                where reference = 'order-1'";
    sqlx::query(show).execute(&world.pool).await.unwrap();
    let action = format!("{}/replay", page.replace("/console/", "/console/actions/"));
    let done = world.form(&action, &cookie, &[("version", "0")]).await;
    let twice = world.form(&action, &cookie, &[("version", "0")]).await;
    let waiting = world.page(&page, &cookie).await.text;
    handle(&world).await;

    let [(state, Some(why))] = unmatched.as_slice() else { panic!("{unmatched:?}") };
    assert_eq!(state, "unmatched");
    assert!(
        overview.contains("/console/webhooks?state=unmatched")
            && overview.contains("1\u{a0}webhook")
    );
    assert!(queue.contains(&page) && shown.contains("Match again") && shown.contains(why.as_str()));
    assert_eq!(done.header("location"), format!("{page}?notice=replayed"));
    assert_eq!(twice.header("location"), format!("{page}?problem=stale"));
    assert!(waiting.contains("It waits for a worker."), "{waiting}");
    assert_eq!(states(&world).await, [("handled".to_owned(), None)]);
    let logged: i64 = sqlx::query_scalar(
        "select count(*) from audit_log where action = 'inbound_webhook.replayed'",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert_eq!(logged, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_shown_of_a_webhook_holds_no_card_number(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    let body = json!({ "type": "payment.captured", "card": "4242 4242 4242 4242", "data": {} });
    arrive(&world, "msg_4242424242424242", &body.to_string(), 0).await;

    let id = newest(&world).await;
    let page = world.page(&format!("/console/webhooks/{id}"), &cookie).await.text;
    let list = world.page("/console/webhooks", &cookie).await.text;

    for text in [page, list] {
        assert!(!text.contains("4242"), "{text}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_may_only_look_replays_nothing_and_a_refused_one_is_never_replayed(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    world.staff(OLGA, Role::Operator).await;
    let (ana, olga) = (world.sign_in(ANA).await, world.sign_in(OLGA).await);
    let body = json!({ "type": "payment.captured", "data": {} }).to_string();
    arrive(&world, "msg_1", &body, 0).await;
    let stored = newest(&world).await;
    arrive(&world, "msg_2", &body, 1_000).await;
    let refused = newest(&world).await;
    let jobs = world.count("job").await;

    let looked = world.page(&format!("/console/webhooks/{stored}"), &olga).await.text;
    let replay = |id: &str| format!("/console/actions/webhooks/{id}/replay");
    let forbidden = world.form(&replay(&stored), &olga, &[("version", "0")]).await;
    let never = world.form(&replay(&refused), &ana, &[("version", "0")]).await;
    let nothing = world.form(&replay("inb_nonsense"), &ana, &[("version", "0")]).await;

    assert!(!looked.contains("/replay"));
    assert!(forbidden.header("location").ends_with("problem=not_allowed"));
    assert!(never.header("location").ends_with("problem=webhook_refused"));
    assert_eq!(nothing.status, 404);
    assert_eq!(world.count("job").await, jobs);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_webhooks_of_another_shop_are_not_there(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Admin).await;
    let body = json!({ "type": "payment.captured", "data": {} }).to_string();
    arrive(&world, "msg_1", &body, 0).await;
    let id = newest(&world).await;
    let other = engine::shops::save_shop(&world.pool, "Other Shop", None).await.unwrap();
    sqlx::query("update staff set shop_id = $1")
        .bind(other.uuid())
        .execute(&world.pool)
        .await
        .unwrap();
    let ana = world.sign_in(ANA).await;

    assert_eq!(world.page(&format!("/console/webhooks/{id}"), &ana).await.status, 404);
    assert!(!world.page("/console/webhooks", &ana).await.text.contains("msg_1"));
    let action = format!("/console/actions/webhooks/{id}/replay");
    assert_eq!(world.form(&action, &ana, &[("version", "0")]).await.status, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_command_line_lists_shows_and_replays_webhooks(pool: PgPool) {
    let world = World::new(pool).await;
    arrive(&world, "msg_0", "not JSON", 0).await;
    handle(&world).await;
    let unread = newest(&world).await;
    let body = json!({ "type": "payment.captured", "card": "4242424242424242", "data": {} });
    arrive(&world, "msg_1", &body.to_string(), 0).await;
    let id = newest(&world).await;
    let url = world.database_url();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_paydesk"))
            .args(["webhooks", "--database-url", &url])
            .args(arguments)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };

    let (_, listed) = run(&["list", "--state", "stored"]);
    let (_, none) = run(&["list", "--state", "handled"]);
    let (_, shown) = run(&["show", &id]);
    let (_, aside) = run(&["list", "--state", "unmatched"]);
    let (_, why) = run(&["show", &unread]);
    let (replayed, _) = run(&["replay", &id]);
    let (nonsense, _) = run(&["list", "--state", "lost"]);

    assert!(listed.contains(&id) && listed.contains("payment.captured"), "{listed}");
    assert_eq!(none, "");
    assert!(shown.contains("webhook-id: msg_1") && shown.contains("****"), "{shown}");
    assert!(!shown.contains("4242"), "{shown}");
    for text in [aside, why] {
        assert!(text.contains(&unread) && text.contains("unreadable: "), "{text}");
    }
    assert!(replayed && !nonsense);
    let replays: i32 = sqlx::query_scalar("select max(replays) from inbound_webhook")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!((replays, world.count("job").await), (1, 2));
}

/// Whatever the webhook claims, the processor's own answer counts.
#[sqlx::test(migrations = "../migrations")]
async fn a_signed_webhook_that_is_not_true_changes_nothing(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    let made: Value = world.create("key", &paid_with("order", "pm_card_review")).await.json();
    assert_ne!(made["state"], "paid");
    world.rest().await;
    let before = crate::support::payment_rows(&world.pool).await;

    news_of(&world, "order", "msg_1").await;
    handle(&world).await;

    assert_eq!(crate::support::payment_rows(&world.pool).await, before);
    assert_eq!(states(&world).await, [("handled".to_owned(), None)]);
}

/// Whatever else it may be, it is signed: it must not be lost, and nobody can read it.
#[sqlx::test(migrations = "../migrations")]
async fn a_signed_webhook_that_cannot_be_read_is_stored_whole_and_replayed_by_hand(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    let body = format!("<payment>{}</payment>", "x".repeat(10_000));

    let answer = arrive(&world, "msg_1", &body, 0).await;
    let kept: (String, Vec<u8>) = sqlx::query_as("select state, body from inbound_webhook")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    handle(&world).await;
    let page = format!("/console/webhooks/{}", newest(&world).await);
    let shown = world.page(&page, &cookie).await.text;
    let action = format!("{}/replay", page.replace("/console/", "/console/actions/"));
    let replayed = world.form(&action, &cookie, &[("version", "0")]).await;
    let waiting = states(&world).await;
    handle(&world).await;

    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    assert_eq!(kept, ("stored".to_owned(), body.clone().into_bytes()));
    assert!(shown.contains("unreadable") && shown.contains("Match again"), "{shown}");
    assert!(shown.contains(&body.replace('<', "&lt;").replace('>', "&gt;")), "all of it is shown");
    assert_eq!(replayed.header("location"), format!("{page}?notice=replayed"));
    assert_eq!(waiting, [("stored".to_owned(), None)]);
    assert_eq!(codes(&world).await, ["unreadable"]);
    assert_eq!(world.count("dead_letter").await, 0);
}

/// The codes of those that matched nothing, in the order in which they came.
async fn codes(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "select problem_code from inbound_webhook where state = 'unmatched'
         order by inbound_webhook_id",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn each_reason_why_a_webhook_matches_nothing_has_a_code_that_stays(pool: PgPool) {
    let (_psp, world) = paid(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    world.create("new", &crate::support::basket("new")).await;
    // Its page was opened, and nobody has entered a card there.
    sqlx::query(
        "update payment set processor_account_id = (select processor_account_id from processor_account)
         where reference = 'new-1'",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let mut untold: Value = serde_json::from_str(&news(&world, "order", "captured").await).unwrap();
    untold["data"]["payment"]["disputes"] = json!([{ "id": "sd_1", "status": "appealed" }]);
    let of_payment = |reference: &str| json!({ "type": "payment.captured", "data": { "payment": { "reference": reference } } });
    let registration = json!({ "type": "registration.completed", "data": { "registration": { "token": "x\0y" } } });
    let cases = [
        ("not JSON".to_owned(), "unreadable"),
        (json!({ "data": {} }).to_string(), "unreadable"),
        (untold.to_string(), "partly_unreadable"),
        (json!({ "type": "balance.changed", "data": {} }).to_string(), "names_nothing"),
        (of_payment("pay_01jd5gq3hrf0a9b8c7d6e5f4g3").to_string(), "payment_unknown"),
        (of_payment("order-1").to_string(), "payment_unknown"),
        (news(&world, "new", "captured").await, "payment_not_sent"),
        (registration.to_string(), "registration_unknown"),
    ];

    for (number, (body, _)) in cases.iter().enumerate() {
        assert_eq!(arrive(&world, &format!("msg_{number}"), body, 0).await.status, 200, "{body}");
    }
    handle(&world).await;
    let list = world.page("/console/webhooks?state=unmatched", &cookie).await.text;

    let wanted: Vec<&str> = cases.iter().map(|(_, code)| *code).collect();
    let waiting = "select count(*) from inbound_webhook where state <> 'unmatched'";
    let others: i64 = sqlx::query_scalar(waiting).fetch_one(&world.pool).await.unwrap();
    assert_eq!(
        (codes(&world).await, others),
        (wanted.iter().map(ToString::to_string).collect(), 0)
    );
    assert!(wanted.iter().all(|code| list.contains(code)), "{list}");
    assert_eq!(world.count("dead_letter").await, 0);
}
