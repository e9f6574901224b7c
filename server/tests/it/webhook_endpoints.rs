//! Receivers of events, as a shop sees to them: by the API and at the command line.

use axum::body::Body;
use axum::http::Request;
use engine::webhooks::event_types::EventType;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, World};

const PATH: &str = "/v1/webhook_endpoints";

async fn create(world: &World, body: &Value) -> Answer {
    let request = world.api("POST", PATH).header("content-type", "application/json");
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn delete(world: &World, id: &str) -> Answer {
    world.send(world.api("DELETE", &format!("{PATH}/{id}")).body(Body::empty()).unwrap()).await
}

fn analytics() -> Value {
    json!({
        "name": "analytics", "url": "https://stats.example/hook",
        "event_types": ["payment.captured", "payment.refunded"],
    })
}

#[sqlx::test(migrations = "../migrations")]
async fn an_endpoint_is_made_with_a_secret_that_is_shown_once(pool: PgPool) {
    let world = World::new(pool).await;

    let made = create(&world, &analytics()).await;
    let of_all = create(&world, &json!({ "name": "all", "url": "https://a.example/" })).await;

    assert_eq!((made.status.as_u16(), of_all.status.as_u16()), (201, 201));
    let object = made.json();
    let id = object["id"].as_str().unwrap();
    assert!(id.starts_with("whe_"));
    assert_eq!(made.header("location"), format!("{PATH}/{id}"));
    assert!(object["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(object["event_types"], analytics()["event_types"]);
    assert_eq!(of_all.json()["event_types"], json!([]));
    let found = world.get(made.header("location")).await.json();
    assert_eq!((&found["url"], found.get("secret")), (&analytics()["url"], None));
    let listed = world.get(PATH).await.json();
    let names: Vec<&str> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["all", "analytics"]);
    assert!(!listed.to_string().contains("whsec_"), "{listed}");
    let audit: String = sqlx::query_scalar("select string_agg(audit_log::text, '') from audit_log")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert!(audit.contains("webhook_endpoint.added") && !audit.contains("whsec_"), "{audit}");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_type_of_event_can_be_asked_for_and_is_told_of(pool: PgPool) {
    let world = World::new(pool).await;
    let docs = include_str!("../../docs/api.md");
    let types: Vec<&str> = EventType::all().map(EventType::as_str).collect();
    let body = json!({ "name": "each", "url": "https://a.example/", "event_types": types });

    let made = create(&world, &body).await;

    assert_eq!((made.status.as_u16(), &made.json()["event_types"]), (201, &json!(types)));
    for word in types {
        assert!(docs.contains(&format!("| `{word}` |")), "{word} is not told of");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_shop_may_bring_a_secret_of_its_own(pool: PgPool) {
    let world = World::new(pool).await;
    let mut body = analytics();
    body["secret"] = json!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    assert_eq!(create(&world, &body).await.json()["secret"], body["secret"]);

    let stored: String = sqlx::query_scalar("select secret from webhook_endpoint")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(body["secret"], stored);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_name_that_is_in_use_is_refused_until_its_endpoint_is_deleted(pool: PgPool) {
    let world = World::new(pool).await;
    let first = create(&world, &analytics()).await.json();
    let id = first["id"].as_str().unwrap();

    let again = create(&world, &analytics()).await;
    assert_eq!(again.problem(), (409, "webhook_endpoint_exists".into(), "name".into()));
    let deleted = delete(&world, id).await;
    let repeated = delete(&world, id).await;

    assert_eq!((deleted.status, repeated.status), (200.try_into().unwrap(), deleted.status));
    assert!(deleted.json()["disabled_at"].is_string());
    assert_eq!(deleted.json(), repeated.json());
    assert_eq!(world.get(PATH).await.json()["data"], json!([]));
    assert_eq!(world.get(&format!("{PATH}/{id}")).await.json(), deleted.json());
    let anew = create(&world, &analytics()).await;
    assert_eq!(anew.status, 201);
    assert_ne!(anew.json()["id"], first["id"]);
    assert_ne!(anew.json()["secret"], first["secret"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_endpoint_that_cannot_be_is_refused_with_the_field_to_blame(pool: PgPool) {
    let world = World::new(pool).await;
    let with = |field: &str, value: Value| {
        let mut body = analytics();
        body[field] = value;
        body
    };
    for (body, status, code, param) in [
        (with("url", json!("http://127.0.0.1/hook")), 422, "webhook_url_refused", "url"),
        (with("url", json!("http://[fd00::1]/")), 422, "webhook_url_refused", "url"),
        (with("url", json!("file:///etc/passwd")), 422, "webhook_url_refused", "url"),
        (with("url", json!(null)), 400, "field_missing", "url"),
        (
            with("url", json!("https://a.example/4242424242424242")),
            422,
            "card_number_refused",
            "url",
        ),
        (with("name", json!("4242424242424242")), 422, "card_number_refused", "name"),
        (with("name", json!("a name")), 400, "field_invalid", "name"),
        (with("name", json!("x".repeat(65))), 400, "field_too_long", "name"),
        (
            with("event_types", json!(["payment.captured", "payment.stolen"])),
            400,
            "field_invalid",
            "event_types[1]",
        ),
        (with("event_types", json!("payment.captured")), 400, "field_invalid", "event_types"),
        (
            with("event_types", json!(vec!["payment.captured"; EventType::all().count() + 1])),
            400,
            "field_too_long",
            "event_types",
        ),
        (with("secret", json!("whsec_c2hvcnQ=")), 400, "field_invalid", "secret"),
        (with("secret", json!("not a secret")), 400, "field_invalid", "secret"),
        (with("colour", json!("red")), 400, "field_unknown", "colour"),
    ] {
        let refused = create(&world, &body).await;
        assert_eq!(refused.problem(), (status, code.into(), param.into()), "{body}");
        assert!(!refused.text.contains("4242424242"), "{}", refused.text);
    }

    assert_eq!(world.count("webhook_endpoint").await, 0);
    for number in 0..8 {
        let made = create(&world, &with("name", json!(format!("no-{number}")))).await;
        assert_eq!(made.status, 201);
    }
    let ninth = create(&world, &analytics()).await;
    assert_eq!(ninth.problem(), (409, "webhook_endpoints_full".into(), String::new()));
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_sees_or_deletes_the_endpoint_of_another_shop(pool: PgPool) {
    let world = World::new(pool).await;
    let id = create(&world, &analytics()).await.json()["id"].as_str().unwrap().to_owned();
    let stranger = engine::shops::save_shop(&world.pool, "Other Shop", None).await.unwrap();
    let mut tx = engine::db::Tx::begin(&world.pool).await.unwrap();
    let key = engine::api_keys::create(&mut tx, stranger, "other").await.unwrap();
    tx.commit().await.unwrap();
    let call = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {key}"));
        world.send(request.body(Body::empty()).unwrap())
    };

    for (method, path) in [
        ("GET", format!("{PATH}/{id}")),
        ("DELETE", format!("{PATH}/{id}")),
        ("GET", format!("{PATH}/{id}/deliveries")),
        ("GET", format!("{PATH}/analytics")),
    ] {
        assert_eq!(call(method, &path).await.problem().1, "not_found", "{method} {path}");
    }

    assert_eq!(call("GET", PATH).await.json()["data"], json!([]));
    assert_eq!(world.get(&format!("{PATH}/{id}")).await.json()["disabled_at"], json!(null));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_tries_that_an_endpoint_did_not_take_are_listed_the_newest_first(pool: PgPool) {
    let world = World::new(pool).await;
    let id = create(&world, &analytics()).await.json()["id"].as_str().unwrap().to_owned();
    sqlx::query(
        "insert into webhook_attempt (bucket, event_id, webhook_endpoint_id, attempt, status, error, at)
         select 0, $1::uuid, webhook_endpoint_id, tried, status, error, now() - make_interval(mins => 9 - tried)
         from webhook_endpoint, (values (1, null, 'the shop''s server could not be reached'),
                                        (2, 500::smallint, null), (3, 204::smallint, null))
             as told (tried, status, error)",
    )
    .bind(uuid::Uuid::from_u128(256))
    .execute(&world.pool)
    .await
    .unwrap();

    let listed = world.get(&format!("{PATH}/{id}/deliveries")).await.json();

    let tries: Vec<(&Value, &Value)> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["attempt"], &one["status"]))
        .collect();
    assert_eq!(tries, [(&json!(2), &json!(500)), (&json!(1), &json!(null))]);
    assert!(listed["data"][0]["event"].as_str().unwrap().starts_with("evt_"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_command_line_adds_lists_and_removes_endpoints(pool: PgPool) {
    let world = World::new(pool).await;
    let options = world.pool.connect_options();
    let url = format!(
        "postgres://{}@{}:{}/{}",
        options.get_username(),
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap(),
    );
    let shop = world.shop.to_string();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_paydesk"))
            .args(["webhook-endpoints", "--database-url", &url, "--shop", &shop])
            .args(arguments)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let add = ["add", "--name", "stats", "--url", "https://s.example/", "--events"];

    let (wrong, _) = run(&[add.as_slice(), &["payment.stolen"]].concat());
    let (private, _) = run(&["add", "--name", "stats", "--url", "http://10.0.0.1/"]);
    let (_, added) = run(&[add.as_slice(), &["payment.captured,payment.failed"]].concat());
    let (twice, _) = run(&[add.as_slice(), &["payment.captured"]].concat());
    let (_, listed) = run(&["list"]);
    let (removed, _) = run(&["remove", "stats"]);
    let (again, _) = run(&["remove", "stats"]);

    assert!(!wrong && !private && !twice && removed && !again);
    assert!(added.contains("whsec_") && added.contains("whe_"), "{added}");
    assert!(listed.contains("payment.captured, payment.failed"), "{listed}");
    assert!(!listed.contains("whsec_"), "{listed}");
    assert_eq!(run(&["list"]).1, "");
    assert_eq!(world.count("webhook_endpoint").await, 1);
    assert_eq!(world.count("audit_log").await, 2);
}
