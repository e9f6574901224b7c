//! What leaves the house: exports of random histories, tampered with, and in the forms of others.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use domain::event::Fact;
use engine::books::journal::Format;
use engine::books::sealer::Sealers;
use sqlx::PgPool;

use crate::chain::{check, file, seal_all, today};
use crate::invariants;
use crate::world::{World, eur};

/// Numbers that look random and are the same in each run (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn amount(&mut self) -> i64 {
        i64::try_from(self.roll(100_000)).unwrap() + 100
    }
}

/// Lets a shop live: sales, refunds, chargebacks, seals, restarts and closes, in any order.
async fn live(world: &World, dice: &mut Dice, steps: usize) {
    let mut sealers = Sealers::open(&world.pool).await.unwrap();
    let mut day = today();
    let mut captured = Vec::new();
    for _ in 0..steps {
        match dice.roll(10) {
            0..4 => {
                let amount = eur(dice.amount());
                captured.push((world.captured(amount).await, amount.minor()));
            }
            4..6 if !captured.is_empty() => {
                let index = usize::try_from(dice.roll(captured.len() as u64)).unwrap();
                let (payment, minor) = captured.swap_remove(index);
                let part = eur((minor / 3).max(1));
                match dice.roll(3) {
                    0 => drop(world.refunded(payment, part).await),
                    1 => drop(world.requested_refund(payment, part).await),
                    _ => world.learn(payment, Fact::RefundedElsewhere { total: part }).await,
                }
            }
            6 => sealers = Sealers::open(&world.pool).await.unwrap(),
            7 => {
                sealers.seal_and_close(&world.pool, world.shop, day).await.unwrap();
                day = day.next_day().unwrap();
            }
            _ => {
                let limit = i64::try_from(dice.roll(5)).unwrap() + 1;
                sealers.seal(&world.pool, world.shop, limit).await.unwrap();
            }
        }
    }
    seal_all(&world.pool, world.shop).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_export_of_any_history_verifies_and_has_every_posting(pool: PgPool) {
    for seed in 1..=6 {
        let world = World::new(pool.clone()).await;
        live(&world, &mut Dice(seed), 60).await;

        let report = check(&pool, &file(&pool, world.shop, Format::PaydeskBooks).await).await;

        assert!(report.is_good(), "seed {seed}: {:?}", report.first());
        let (postings, entries): (i64, i64) = sqlx::query_as(
            "select count(distinct posting_id), count(*) from posting join entry using (bucket, posting_id)
             where shop_id = $1",
        )
        .bind(world.shop.uuid())
        .fetch_one(&pool)
        .await
        .unwrap();
        let found = (report.summary.postings, report.summary.entries);
        let count = |rows: i64| u64::try_from(rows).unwrap();
        assert_eq!(found, (count(postings), count(entries)), "seed {seed}");
    }
    invariants::assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn any_changed_byte_of_an_export_is_named_by_its_line(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    live(&world, &mut Dice(7), 40).await;
    Sealers::open(&pool).await.unwrap().seal_and_close(&pool, world.shop, today()).await.unwrap();
    let whole = file(&pool, world.shop, Format::PaydeskBooks).await;
    assert!(check(&pool, &whole).await.is_good());

    for position in (0..whole.len()).step_by(61) {
        for change in [1, 0x20] {
            let mut changed = whole.clone();
            changed[position] ^= change;

            let report = check(&pool, &changed).await;

            let line = whole[..position].split(|byte| *byte == b'\n').count() as u64;
            let first = report.first().map(|finding| finding.line);
            assert_eq!(first, Some(line), "byte {position} changed by {change}");
        }
    }
    let end = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    assert!(!check(&pool, &whole[..end]).await.is_good(), "a file that was cut off is noticed");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_programs_of_accountants_accept_the_books(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    live(&world, &mut Dice(11), 60).await;

    for (format, program, arguments) in [
        (Format::Beancount, "bean-check", &["--no-cache"][..]),
        (Format::Hledger, "hledger", &["check", "--strict", "-f"][..]),
    ] {
        let journal = file(&pool, world.shop, format).await;
        assert!(String::from_utf8(journal.clone()).unwrap().contains("captured/"));
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("books.{program}"));
        fs::write(&path, journal).unwrap();
        match Command::new(program).args(arguments).arg(&path).output() {
            Err(_) => eprintln!("skipped: there is no {program} on the PATH"),
            Ok(output) => assert!(
                output.status.success(),
                "{program}: {}",
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_table_has_a_line_for_each_entry_and_sums_to_zero(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    live(&world, &mut Dice(13), 40).await;

    let table = String::from_utf8(file(&pool, world.shop, Format::Csv).await).unwrap();

    let mut lines = table.split_terminator("\r\n");
    assert_eq!(lines.next().unwrap().split(',').count(), 14);
    let mut sum = 0;
    let mut count = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields.len(), fields[12]), (14, "EUR"), "{line}");
        assert!(!fields[9].is_empty(), "the account of {line} is known");
        sum += fields[13].replace('.', "").parse::<i64>().unwrap();
        count += 1;
    }
    assert_eq!(sum, 0);
    assert_eq!(count, world.count("select count(*) from entry").await);
}
