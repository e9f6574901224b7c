//! Many calls at the same moment: exactly one effect for each key, and never more money than there
//! is, whoever wins. Small by default; whole with `PAYDESK_CHAOS=1`.

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::lifecycle::{at_work, post, single};
use crate::support::{Answer, World, basket};

/// How many keys, and how many calls with each.
fn size() -> (usize, usize) {
    if std::env::var_os("PAYDESK_CHAOS").is_some() { (1_000, 50) } else { (20, 12) }
}

/// How often each race between operations is run.
fn rounds() -> usize {
    if std::env::var_os("PAYDESK_CHAOS").is_some() { 50 } else { 4 }
}

/// What the answers were, in one word each: `made`, `replayed`, or the problem's code.
fn verdicts(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        let word = if answer.status.is_success() {
            let is_replayed = answer.header("idempotency-replayed") == "true";
            if is_replayed { "replayed".to_owned() } else { "made".to_owned() }
        } else {
            answer.problem().1
        };
        *counts.entry(word).or_default() += 1;
    }
    counts
}

#[sqlx::test(migrations = "../migrations")]
async fn each_key_has_one_effect_however_many_calls_come_at_once(pool: PgPool) {
    let world = World::new(pool).await;
    let (keys, calls) = size();
    for key in 0..keys {
        let name = format!("order-{key}");
        let body = basket(&name);
        let answers =
            futures::future::join_all((0..calls).map(|_| world.create(&name, &body))).await;

        let counts = verdicts(&answers);
        assert_eq!(counts.get("made"), Some(&1), "{counts:?}");
        let known = ["made", "replayed", "idempotency_in_progress"];
        assert!(counts.keys().all(|word| known.contains(&word.as_str())), "{counts:?}");
        let in_progress = answers.iter().filter(|answer| answer.status == 409);
        for answer in in_progress {
            assert_eq!(answer.header("retry-after"), "1");
        }
        let bodies: Vec<&Answer> =
            answers.iter().filter(|answer| answer.status.is_success()).collect();
        assert!(bodies.iter().all(|answer| answer.text == bodies[0].text), "one answer for all");
    }
    let expected = i64::try_from(keys).unwrap();
    assert_eq!(world.count("checkout").await, expected);
    assert_eq!(world.count("payment").await, 2 * expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_with_another_body_is_refused_also_at_the_same_moment(pool: PgPool) {
    let world = World::new(pool).await;
    let (keys, _) = size();
    let answers: Vec<Vec<Answer>> = stream::iter(0..keys)
        .map(|key| {
            let world = &world;
            async move {
                let name = format!("order-{key}");
                let (one, other) = (basket(&name), basket(&format!("{name}-other")));
                let early = futures::join!(world.create(&name, &one), world.create(&name, &other));
                let late = world.create(&name, &other).await;
                let first = world.create(&name, &one).await;
                vec![early.0, early.1, late, first]
            }
        })
        .buffer_unordered(8)
        .collect()
        .await;

    for answers in answers {
        let counts = verdicts(&answers);
        assert_eq!(counts.get("made"), Some(&1), "{counts:?}");
        assert_eq!(counts.get("idempotency_key_reused"), Some(&2), "{counts:?}");
        assert_eq!(counts.get("replayed"), Some(&1), "{counts:?}");
    }
    assert_eq!(world.count("checkout").await, i64::try_from(keys).unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn refunds_at_the_same_moment_never_give_back_more_than_was_taken(pool: PgPool) {
    let (psp, world) = at_work(pool).await;
    for round in 0..rounds() {
        let order = format!("order-{round}");
        single(&world, &order, true).await;
        let path = format!("/v1/payments/{order}-1/refunds");
        let body = json!({ "amount": "30.00" });

        let calls = (0..20).map(|call| {
            let (world, path, body, key) = (&world, &path, &body, format!("{round}-{call}"));
            async move { again_until_decided(world, path, &key, body).await }
        });
        let answers = futures::future::join_all(calls).await;

        let counts = verdicts(&answers);
        assert_eq!(counts.get("made"), Some(&1), "{counts:?}");
        assert_eq!(counts.get("refund_exceeds_captured"), Some(&19), "{counts:?}");
        let payment = world.get(&format!("/v1/payments/{order}-1")).await.json();
        assert_eq!(payment["refunded"], "30.00");
        assert_eq!(refunded_at(&psp.url, &payment).await, "30.00");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn of_capture_and_cancel_at_the_same_moment_one_wins_and_both_books_agree(pool: PgPool) {
    let (psp, world) = at_work(pool).await;
    for round in 0..rounds() {
        let order = format!("order-{round}");
        let held = single(&world, &order, false).await;
        let id = held["id"].as_str().unwrap();
        let (capture, cancel) =
            (format!("/v1/payments/{id}/capture"), format!("/v1/payments/{id}/cancel"));
        let (none, keys) = (json!({}), (format!("capture-{round}"), format!("cancel-{round}")));

        let (captured, cancelled) = if round % 2 == 0 {
            futures::join!(
                again_until_decided(&world, &capture, &keys.0, &none),
                again_until_decided(&world, &cancel, &keys.1, &none)
            )
        } else {
            let (cancelled, captured) = futures::join!(
                again_until_decided(&world, &cancel, &keys.1, &none),
                again_until_decided(&world, &capture, &keys.0, &none)
            );
            (captured, cancelled)
        };

        let payment = at_rest(&world, id).await;
        let ours = payment["captured"].as_str().unwrap();
        let is_captured = ours == "49.99";
        assert!(is_captured || (ours == "0.00" && payment["status"] == "cancelled"), "{payment}");
        let loser = if is_captured { &cancelled } else { &captured };
        let refusals = ["already_captured", "payment_ended", "under_way"];
        assert!(
            loser.status == 200 || refusals.contains(&loser.problem().1.as_str()),
            "{}",
            loser.text
        );
        assert_eq!(book(&psp.url, id).await["captured"], ours, "the processor's book agrees");
    }
}

/// The call, repeated while another is under way, as the header `Retry-After` says.
async fn again_until_decided(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    for _ in 0..200 {
        let answer = post(world, path, key, body).await;
        if answer.status != 409 || answer.problem().1 != "under_way" {
            return answer;
        }
        // Sooner than the header says: a test of many rounds should not take minutes.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{path} never comes to an end");
}

async fn at_rest(world: &World, id: &str) -> Value {
    for _ in 0..500 {
        let payment = world.get(&format!("/v1/payments/{id}")).await.json();
        if payment["status"] != "authorized" && payment["capture_pending"] == "0.00" {
            return payment;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{id} never comes to rest");
}

/// The processor's book of one payment.
async fn book(url: &str, id: &str) -> Value {
    let client = reqwest::Client::new();
    let answer =
        client.get(format!("{url}/v1/books")).bearer_auth("sk_test_account").send().await.unwrap();
    let books: Value = answer.json().await.unwrap();
    let rows = books["payments"].as_array().unwrap();
    rows.iter().find(|row| row["reference"] == id).unwrap_or(&Value::Null).clone()
}

async fn refunded_at(url: &str, payment: &Value) -> String {
    let row = book(url, payment["id"].as_str().unwrap()).await;
    row["refunded"].as_str().unwrap_or_default().to_owned()
}
