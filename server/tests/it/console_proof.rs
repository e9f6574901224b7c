//! The proof in the console: what is checked, sealed and signed, and the file that proves it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use domain::permission::Role;
use engine::books::sealer::Sealers;
use engine::checks;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::lifecycle::{at_work, single};
use crate::support::World;

const OLA: &str = "ola@test.example";

async fn signed_in(world: &World) -> String {
    world.staff(OLA, Role::Operator).await;
    world.sign_in(OLA).await
}

async fn close_today(world: &World) {
    let mut sealers = Sealers::open(&world.pool).await.unwrap();
    let today = OffsetDateTime::now_utc().date();
    sealers.seal_and_close(&world.pool, world.shop, today).await.unwrap();
}

/// The page, after as many rounds of the checks as it takes until it says `words`.
async fn checked_until(world: &World, words: &str, cookie: &str) -> String {
    for _ in 0..60 {
        checks::round(&world.services.engine).await.unwrap();
        let page = world.page("/console/proof", cookie).await.text;
        if page.contains(words) {
            return page;
        }
    }
    panic!("the page never says: {words}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_proof_says_of_each_rule_whether_it_holds_and_shows_what_breaks_it(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let cookie = signed_in(&world).await;
    let before = world.page("/console/proof", &cookie).await.text;
    single(&world, "order", true).await;

    let holds = checked_until(&world, "Every rule holds", &cookie).await;
    sqlx::raw_sql(
        "set session_replication_role = replica;
         update payment set captured_minor = captured_minor - 1;
         set session_replication_role = origin",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let broken = checked_until(&world, "Rules are broken", &cookie).await;

    assert!(before.contains("Not everything was checked yet"), "{before}");
    assert!(!holds.contains("breaches-title"), "{holds}");
    assert!(broken.contains("What was captured is what was posted"));
    assert!(broken.contains(">pay_"), "the row is named: {broken}");
    assert_eq!(world.page("/console/proof", "").await.status, 303);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rule_that_nobody_has_looked_at_for_days_is_not_said_to_hold(pool: PgPool) {
    let world = World::new(pool).await;
    let cookie = signed_in(&world).await;
    checked_until(&world, "Every rule holds", &cookie).await;

    sqlx::query(
        "update proof_check set passed_at = now() - interval '2 days' where name = 'chain_holds'",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let page = world.page("/console/proof", &cookie).await.text;

    assert!(!page.contains("Every rule holds"), "{page}");
    assert!(page.contains("Not every rule is looked at"), "{page}");
    assert!(page.contains("Not looked at") && page.contains("since "), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_closed_day_stands_with_its_signed_hash_and_its_file_is_verified(pool: PgPool) {
    let (_psp, mut world) = at_work(pool).await;
    let cookie = signed_in(&world).await;
    single(&world, "order", true).await;
    world.rest().await;
    close_today(&world).await;

    let page = world.page("/console/proof", &cookie).await.text;
    let file = world.page("/console/proof/books?from=&to=", &cookie).await;
    let table = world.page("/console/proof/books?format=csv", &cookie).await;

    let hash = "select encode(hash, 'hex') from sealed_record where kind = 'close'";
    let hash: String = sqlx::query_scalar(hash).fetch_one(&world.pool).await.unwrap();
    assert!(page.contains(&hash) && page.contains("Our key"), "{page}");
    let name = file.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"books-") && name.ends_with(".jsonl\""));
    assert!(table.text.starts_with("booked_on,") && table.text.contains("processor_receivable"));
    let key = engine::books::public_key(&world.pool).await.unwrap().to_string();
    assert!(page.contains(&key), "the key that the check needs");
    assert_eq!(verify(&file.text, &key), Some(0));
}

#[sqlx::test(migrations = "../migrations")]
async fn before_anything_is_sealed_the_page_says_so_and_there_is_no_file(pool: PgPool) {
    let world = World::new(pool).await;
    let cookie = signed_in(&world).await;

    let page = world.page("/console/proof", &cookie).await.text;
    let file = world.page("/console/proof/books", &cookie).await;

    assert!(page.contains("No day is closed yet") && page.contains("Nothing is sealed yet"));
    assert!(!page.contains("Download the books"), "{page}");
    assert_eq!(file.header("location"), "/console/proof?problem=books_nothing");
}

#[sqlx::test(migrations = "../migrations")]
async fn days_that_cannot_be_exported_are_refused_beside_their_field(pool: PgPool) {
    let (_psp, mut world) = at_work(pool).await;
    let cookie = signed_in(&world).await;
    single(&world, "order", true).await;
    world.rest().await;
    close_today(&world).await;

    for (query, problem) in [
        ("from=2026-13-01", "day_invalid&field=from"),
        ("to=yesterday", "day_invalid&field=to"),
        ("from=2026-02-02&to=2026-02-01", "books_backwards&field=to"),
        ("format=xlsx", "books_format&field=format"),
        ("from=2999-01-01&to=2999-01-01", "books_not_closed&field=from"),
    ] {
        let answer = world.page(&format!("/console/proof/books?{query}"), &cookie).await;
        assert_eq!(answer.header("location"), format!("/console/proof?problem={problem}"));
    }
    assert_eq!(world.page("/console/proof/books", "").await.status, 303);
}

/// What `paydesk verify` ends with, without a database.
fn verify(file: &str, key: &str) -> Option<i32> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("console-books.jsonl");
    fs::write(&path, file).unwrap();
    let verified = Command::new(env!("CARGO_BIN_EXE_paydesk"))
        .env_remove("DATABASE_URL")
        .arg("verify")
        .arg(&path)
        .args(["--public-key", key])
        .output()
        .unwrap();
    verified.status.code()
}
