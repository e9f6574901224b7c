//! The books at the command line: exported, and verified without a database.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use engine::books::sealer::Sealers;
use engine::checks::Rule;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::support::psp::Psp;
use crate::support::{World, paid_with};

/// Runs the program without any setting of its surroundings.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_paydesk"))
        .env_remove("DATABASE_URL")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[sqlx::test(migrations = "../migrations")]
async fn an_export_is_verified_without_a_database_and_one_changed_byte_is_named(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    assert_eq!(world.create("k-1", &paid_with("c-1", "pm_card_visa")).await.status, 201);
    world.rest().await;
    let today = OffsetDateTime::now_utc().date();
    let mut sealers = Sealers::open(&world.pool).await.unwrap();
    sealers.seal_and_close(&world.pool, world.shop, today).await.unwrap();
    let url = world.database_url();
    let books = |rest: &[&str]| run(&[&["books", "--database-url", &url][..], rest].concat());
    let path = scratch("cli-books.jsonl");
    let file = path.to_str().unwrap();

    let (exported, _, trouble) = books(&["export", "--shop", "Test Shop", "--out", file]);
    assert_eq!(exported, Some(0), "{trouble}");
    let (_, key, _) = books(&["key"]);
    let key = key.split(' ').next().unwrap();
    let (code, said, trouble) = run(&["verify", file, "--public-key", key]);

    assert_eq!(code, Some(0), "{said}{trouble}");
    assert!(said.contains("2 postings with 6 entries balance"), "{said}");
    assert!(said.contains("1 days closed and signed") && said.contains(key), "{said}");
    let other = "00".repeat(32);
    let (code, said, _) = run(&["verify", file, "--public-key", &other]);
    assert_eq!(code, Some(1));
    assert!(said.contains("(close): it is signed with the key"), "{said}");

    let mut bytes = fs::read(&path).unwrap();
    let posting = bytes.windows(18).position(|at| at == b"\"kind\":\"posting\",\"").unwrap();
    let line = bytes[..posting].split(|byte| *byte == b'\n').count();
    let digit =
        posting + bytes[posting..].windows(14).position(|at| at == b"amount_minor\":").unwrap();
    bytes[digit + 14] ^= 1;
    let changed = scratch("cli-books-changed.jsonl");
    fs::write(&changed, bytes).unwrap();
    let (code, said, trouble) = run(&["verify", changed.to_str().unwrap(), "--public-key", key]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("line {line}, record {} (posting)", line - 1)), "{said}");
    assert!(trouble.contains("is not what was sealed"), "{trouble}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_nobody_has_signed_yet_is_said_first_and_refused_where_all_must_be_signed(
    pool: PgPool,
) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    assert_eq!(world.create("k-1", &paid_with("c-1", "pm_card_visa")).await.status, 201);
    world.rest().await;
    let yesterday = OffsetDateTime::now_utc().date().previous_day().unwrap();
    let mut sealers = Sealers::open(&world.pool).await.unwrap();
    sealers.seal_and_close(&world.pool, world.shop, yesterday).await.unwrap();
    let url = world.database_url();
    let path = scratch("cli-unsigned.jsonl");
    let file = path.to_str().unwrap();
    let shop = world.shop.to_string();
    let (exported, _, trouble) =
        run(&["books", "--database-url", &url, "export", "--shop", &shop, "--out", file]);
    assert_eq!(exported, Some(0), "{trouble}");
    let key = engine::books::public_key(&world.pool).await.unwrap().to_string();

    let (code, said, _) = run(&["verify", file, "--public-key", &key]);
    let (strict, _, trouble) = run(&["verify", file, "--public-key", &key, "--signed"]);

    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[1].contains("NOT SIGNED: the last"), "{said}");
    assert_eq!(strict, Some(1));
    assert!(trouble.contains("are not signed: nobody vouches for them"), "{trouble}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_books_are_exported_in_every_form_or_it_is_said_why_not(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    let url = world.database_url();
    let path = scratch("cli-forms");
    let file = path.to_str().unwrap();
    let export = |rest: &[&str]| {
        run(&[&["books", "--database-url", &url, "export", "--out", file][..], rest].concat())
    };
    let (code, _, trouble) = export(&[]);
    assert_eq!(code, Some(1));
    assert!(trouble.contains("nothing of these books is sealed yet"), "{trouble}");

    world.work();
    assert_eq!(world.create("k-1", &paid_with("c-1", "pm_card_visa")).await.status, 201);
    world.rest().await;
    let mut sealers = Sealers::open(&world.pool).await.unwrap();
    while sealers.seal(&world.pool, world.shop, 100).await.unwrap() > 0 {}

    for (format, sign) in [
        ("paydesk-books", "{\"kind\":\"header\""),
        ("beancount", "open Assets:ProcessorReceivable"),
        ("hledger", "account Assets:ProcessorReceivable"),
        ("csv", "processor_receivable,asset"),
    ] {
        let (code, said, trouble) = export(&["--format", format]);
        assert_eq!(code, Some(0), "{format}: {said}{trouble}");
        assert!(fs::read_to_string(&path).unwrap().contains(sign), "{format}");
    }
    for (rest, why) in [
        (["--format", "xlsx"], "one of paydesk-books, beancount, hledger, csv"),
        (["--from", "2026-13-01"], "a day such as 2026-11-20"),
        (["--shop", "Nobody"], "there is no such shop"),
        (["--from", "2999-01-01"], "the first day is after the last"),
    ] {
        let (code, _, trouble) = export(&rest);
        assert_ne!(code, Some(0), "{rest:?}");
        assert!(trouble.contains(why), "{rest:?}: {trouble}");
    }
}

/// A rule, what breaks it and what mends it again.
const PLANTS: [(Rule, &str, &str); 4] = [
    (
        Rule::ReceivableIsOwed,
        "update payment set settled_minor = 5",
        "update payment set settled_minor = 0",
    ),
    (
        Rule::ChainHolds,
        "update posting set cause = cause || '!'",
        "update posting set cause = rtrim(cause, '!')",
    ),
    (
        Rule::DecisionsAreSealed,
        "insert into unsealed (shop_id, subject_id, effective_on, kind, added_at)
         select shop_id, shop_id, current_date, 'audit', now() - interval '2 hours' from shop",
        "delete from unsealed where kind = 'audit' and subject_id = shop_id",
    ),
    (
        Rule::LeasesEnd,
        "alter table job rename to job_elsewhere",
        "alter table job_elsewhere rename to job",
    ),
];

#[sqlx::test(migrations = "../migrations")]
async fn the_database_is_verified_rule_by_rule_and_whatever_breaks_one_is_named(pool: PgPool) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    assert_eq!(world.create("k-1", &paid_with("c-1", "pm_card_visa")).await.status, 201);
    world.rest().await;
    let mut sealers = Sealers::open(&world.pool).await.unwrap();
    while sealers.seal(&world.pool, world.shop, 100).await.unwrap() > 0 {}
    let url = world.database_url();
    let verify = || run(&["verify", "--database-url", &url]);

    let (code, said, trouble) = verify();
    assert_eq!(code, Some(0), "{said}{trouble}");
    assert_eq!(said.matches("holds    ").count(), Rule::ALL.len(), "{said}");

    for (rule, breaks, mends) in PLANTS {
        plant(&world, breaks).await;
        let (code, said, trouble) = verify();
        plant(&world, mends).await;

        assert_eq!(code, Some(1), "{breaks}: {said}");
        assert!(
            trouble.contains(&format!("the books do not hold: {}", rule.as_str())),
            "{trouble}"
        );
        let verdict = if rule == Rule::LeasesEnd { "UNKNOWN" } else { "BROKEN " };
        assert!(said.contains(&format!("{verdict}  {} (", rule.sentence())), "{said}");
        assert_eq!(said.matches("holds    ").count(), Rule::ALL.len() - 1, "the others do: {said}");
    }
    assert_eq!(verify().0, Some(0));
}

/// Writes as the owner of the database, past all triggers.
async fn plant(world: &World, statement: &str) {
    let statement = format!(
        "set session_replication_role = replica; {statement}; set session_replication_role = origin"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&world.pool).await.unwrap();
}

#[test]
fn verify_says_what_it_needs() {
    let (code, _, trouble) = run(&["verify"]);
    assert_eq!(code, Some(1));
    assert!(trouble.contains("give a FILE, or --database-url"), "{trouble}");
    let (code, _, trouble) = run(&["verify", "no-such-file"]);
    assert_eq!(code, Some(1));
    assert!(trouble.contains("cannot read no-such-file"), "{trouble}");
}
