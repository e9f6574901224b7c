//! The chain: everything is sealed once, whatever happens meanwhile, and exports prove it.

use std::time::Duration;

use domain::id::ShopId;
use engine::books::export::{Export, ExportError};
use engine::books::journal::{Format, Sheet};
use engine::books::sealer::{SealError, Sealers};
use engine::books::{self, INSTALLATION};
use futures::future::join_all;
use proof::verify::{Options, Report, verify};
use sqlx::PgPool;
use time::{Date, OffsetDateTime};

use crate::desk::Desk;
use crate::invariants;
use crate::world::{World, eur};

/// The day that everything in a test happens on: a day of its own in the books.
pub(crate) fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

/// The shop's books, as a file of that form.
pub(crate) async fn file(pool: &PgPool, shop: ShopId, format: Format) -> Vec<u8> {
    file_of(pool, shop, format, (None, None)).await.unwrap()
}

async fn file_of(
    pool: &PgPool,
    shop: ShopId,
    format: Format,
    (from, to): (Option<Date>, Option<Date>),
) -> Result<Vec<u8>, ExportError> {
    let mut export = Export::begin(pool, shop, from, to).await?;
    let mut sheet = Sheet::begin(Vec::new(), format, export.header()).unwrap();
    loop {
        let page = export.next().await?;
        if page.is_empty() {
            return Ok(sheet.end().unwrap());
        }
        for sealed in &page {
            sheet.write(sealed).unwrap();
        }
    }
}

/// What an auditor who knows the key finds.
pub(crate) async fn check(pool: &PgPool, file: &[u8]) -> Report {
    let keys = vec![books::public_key(pool).await.unwrap()];
    verify(file, &Options { keys, stops_at_first: false }).unwrap()
}

/// Seals all of the shop that waits, and closes no day.
pub(crate) async fn seal_all(pool: &PgPool, shop: ShopId) {
    let mut sealers = Sealers::open(pool).await.unwrap();
    while sealers.seal(pool, shop, 1_000).await.unwrap() > 0 {}
}

async fn hashes(pool: &PgPool) -> Vec<(i64, String, Vec<u8>)> {
    sqlx::query_as("select sequence, kind, hash from sealed_record order by shop_id, sequence")
        .fetch_all(pool)
        .await
        .unwrap()
}

/// Takes the chains back, as if nothing had ever been sealed.
async fn unseal(pool: &PgPool) {
    sqlx::raw_sql(
        "set session_replication_role = replica;
         insert into unsealed (shop_id, subject_id, effective_on, kind)
         select shop_id, posting_id, effective_on, 'posting' from posting;
         delete from sealed_record; delete from book_chain; delete from book_account;
         delete from day_close; delete from day_balance;
         set session_replication_role = origin",
    )
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_committed_while_two_seal_is_sealed_exactly_once(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let selling = join_all((0..40).map(|number| world.captured(eur(1_000 + number))));
    let seal = async |limit| {
        let mut sealers = Sealers::open(&pool).await.unwrap();
        let postings = "select count(*) from posting";
        let mut sealed = 0;
        while world.count(postings).await < 40
            || world.count("select count(*) from unsealed").await > 0
        {
            sealed += sealers.seal(&pool, world.shop, limit).await.unwrap();
            tokio::task::yield_now().await;
        }
        sealed
    };

    let (_, first, second) = futures::join!(selling, seal(3), seal(7));

    assert_eq!(first + second, 40);
    let once = "select count(*) from posting join sealed_record
                on subject_id = posting_id and sealed_record.kind = 'posting'";
    assert_eq!(world.count(once).await, 40);
    let report = check(&pool, &file(&pool, world.shop, Format::PaydeskBooks).await).await;
    assert!(report.is_good(), "{:?}", report.first());
    assert_eq!((report.summary.postings, report.summary.accounts), (40, 3));
    invariants::assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_still_open_when_others_are_sealed_is_sealed_when_it_commits(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let first = world.captured(eur(1_000)).await;
    let mut late = pool.begin().await.unwrap();
    let posting = "insert into posting (bucket, posting_id, shop_id, object_id, cause)
                   select bucket, object_id, shop_id, object_id, 'late' from posting";
    let entries = "insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
                   select bucket, $1, line, account_id, currency, -amount_minor from entry";
    sqlx::query(posting).execute(&mut *late).await.unwrap();
    sqlx::query(entries).bind(first.uuid()).execute(&mut *late).await.unwrap();
    world.captured(eur(2_000)).await;
    seal_all(&pool, world.shop).await;

    late.commit().await.unwrap();
    seal_all(&pool, world.shop).await;

    let report = check(&pool, &file(&pool, world.shop, Format::PaydeskBooks).await).await;
    assert!(report.is_good(), "{:?}", report.first());
    assert_eq!(report.summary.postings, 3);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_sealer_that_is_killed_is_followed_by_one_that_makes_the_same_chain(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    for minor in 0..10 {
        world.captured(eur(1_000 + minor)).await;
    }
    let mut killed = Sealers::open(&pool).await.unwrap();
    assert_eq!(killed.seal(&pool, world.shop, 4).await.unwrap(), 4);
    let mut obstacle = pool.begin().await.unwrap();
    sqlx::query("lock table sealed_record in share mode").execute(&mut *obstacle).await.unwrap();
    let within =
        tokio::time::timeout(Duration::from_millis(300), killed.seal(&pool, world.shop, 4));
    assert!(within.await.is_err(), "it stands before its records");
    obstacle.rollback().await.unwrap();
    let before = hashes(&pool).await;

    let mut next = Sealers::open(&pool).await.unwrap();
    // The connection of the killed one may still be rolling back, and holds the chain until then.
    while next.seal(&pool, world.shop, 2).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    while killed.seal(&pool, world.shop, 3).await.unwrap() > 0 {}

    let after = hashes(&pool).await;
    assert_eq!(after[..before.len()], before);
    unseal(&pool).await;
    seal_all(&pool, world.shop).await;
    assert_eq!(hashes(&pool).await, after, "in one piece it is the same chain");
    invariants::assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_closed_day_is_signed_and_what_comes_late_is_booked_on_the_next(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.captured(eur(10_000)).await;
    let mut sealers = Sealers::open(&pool).await.unwrap();
    let yesterday = today().previous_day().unwrap();
    sealers.seal_and_close(&pool, world.shop, yesterday).await.unwrap();
    assert!(books::closes(&pool, world.shop, 9).await.unwrap().is_empty(), "the day is not over");

    sealers.seal_and_close(&pool, world.shop, today()).await.unwrap();
    world.captured(eur(5_000)).await;
    sealers.seal_and_close(&pool, world.shop, today()).await.unwrap();

    let closes = books::closes(&pool, world.shop, 9).await.unwrap();
    assert_eq!((closes.len(), closes[0].date, closes[0].postings), (1, today(), 1));
    let standing = books::standing(&pool, world.shop).await.unwrap().unwrap();
    assert_eq!((standing.open_on, standing.unsealed), (today().next_day().unwrap(), 0));
    let report = check(&pool, &file(&pool, world.shop, Format::PaydeskBooks).await).await;
    assert!(report.is_good(), "{:?}", report.first());
    let summary = report.summary;
    assert_eq!((summary.days, summary.closed_on), (1, Some(today())));
    assert_eq!((summary.postings, summary.late, summary.unsigned), (2, 1, 1));
    invariants::assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn every_day_is_closed_also_if_nothing_happens_and_a_restart_goes_on(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.captured(eur(10_000)).await;
    let days: Vec<Date> =
        std::iter::successors(Some(today()), |day| day.next_day()).take(4).collect();
    Sealers::open(&pool).await.unwrap().seal_and_close(&pool, world.shop, days[1]).await.unwrap();
    world.captured(eur(2_500)).await;

    Sealers::open(&pool).await.unwrap().seal_and_close(&pool, world.shop, days[2]).await.unwrap();

    let whole = file(&pool, world.shop, Format::PaydeskBooks).await;
    let report = check(&pool, &whole).await;
    assert!(report.is_good(), "{:?}", report.first());
    assert_eq!((report.summary.days, report.summary.unsigned), (3, 0));
    for (from, to, days_in) in [(1, 1, 1), (1, 3, 2), (2, 2, 1), (0, 0, 1), (3, 3, 0)] {
        let range = (Some(days[from]), Some(days[to]));
        let part = file_of(&pool, world.shop, Format::PaydeskBooks, range).await.unwrap();
        let report = check(&pool, &part).await;
        assert!(report.is_good(), "{range:?}: {:?}", report.first());
        assert_eq!(report.summary.days, days_in, "{range:?}");
        assert!(part.len() < whole.len());
    }
    let refused = |range| file_of(&pool, world.shop, Format::Csv, range);
    let backwards = refused((Some(days[2]), Some(days[1]))).await.unwrap_err();
    assert!(matches!(backwards, ExportError::Backwards));
    let early = refused((days[3].next_day(), days[3].next_day())).await.unwrap_err();
    assert!(matches!(early, ExportError::NotClosed(open) if open == days[3]));
    let nobody = file_of(&pool, INSTALLATION, Format::Csv, (None, None)).await.unwrap_err();
    assert!(matches!(nobody, ExportError::Nothing));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nothing_is_sealed_on_top_of_what_was_changed(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.captured(eur(10_000)).await;
    world.captured(eur(7_000)).await;
    seal_all(&pool, world.shop).await;
    let before = hashes(&pool).await;
    sqlx::raw_sql(
        "set session_replication_role = replica;
         update entry set amount_minor = amount_minor * 2 where posting_id = (
             select subject_id from sealed_record where kind = 'posting' order by sequence limit 1);
         set session_replication_role = origin",
    )
    .execute(&pool)
    .await
    .unwrap();
    world.captured(eur(3_000)).await;

    let mut sealers = Sealers::open(&pool).await.unwrap();
    let refused = sealers.seal(&pool, world.shop, 10).await.unwrap_err();

    let first = before.iter().position(|(_, kind, _)| kind == "posting").unwrap() as u64 + 1;
    assert!(
        matches!(refused, SealError::Changed { shop, sequence }
            if shop == world.shop && sequence == first),
        "{refused}"
    );
    assert_eq!(hashes(&pool).await, before);
    let report = check(&pool, &file(&pool, world.shop, Format::PaydeskBooks).await).await;
    assert_eq!(report.first().and_then(|finding| finding.sequence), Some(first));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_deleted_before_it_is_sealed_takes_no_room_of_what_is_there(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    for minor in 0..3 {
        world.captured(eur(1_000 + minor)).await;
    }
    sqlx::raw_sql(
        "set session_replication_role = replica;
         delete from entry; delete from balance_delta; delete from posting;
         set session_replication_role = origin",
    )
    .execute(&pool)
    .await
    .unwrap();
    world.captured(eur(2_000)).await;

    let mut sealers = Sealers::open(&pool).await.unwrap();
    let sealed = sealers.seal(&pool, world.shop, 2).await.unwrap();
    sealers.seal_and_close(&pool, world.shop, today()).await.unwrap();

    assert_eq!(sealed, 1);
    let closes = books::closes(&pool, world.shop, 9).await.unwrap();
    assert_eq!((closes.len(), closes[0].postings), (1, 1));
    let standing = books::standing(&pool, world.shop).await.unwrap().unwrap();
    assert_eq!(standing.unsealed, 3, "that they are gone is not forgotten");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn decisions_are_in_the_chain_of_their_shop_and_those_of_no_shop_in_one_of_their_own(
    pool: PgPool,
) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;
    for shop in [Some(desk.world.shop.uuid()), None] {
        sqlx::query(
            "insert into audit_log (audit_id, shop_id, actor, action, object_type, object_id, detail)
             values (gen_random_uuid(), $1, 'Zoë \"Z\"', 'tested', 'test', 'one', '{\"b\": 1, \"a\": \"ü\\n\"}')",
        )
        .bind(shop)
        .execute(desk.pool())
        .await
        .unwrap();
    }

    let mut sealers = Sealers::open(desk.pool()).await.unwrap();
    assert!(sealers.round(desk.pool()).await.unwrap().is_empty());

    for (shop, postings) in [(desk.world.shop, 1), (INSTALLATION, 0)] {
        let file = file(desk.pool(), shop, Format::PaydeskBooks).await;
        let report = check(desk.pool(), &file).await;
        assert!(report.is_good(), "{:?}", report.first());
        assert_eq!(report.summary.shop, Some(shop));
        assert_eq!((report.summary.audits, report.summary.postings), (1, postings));
    }
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_books_of_one_shop_have_nothing_of_another(pool: PgPool) {
    let (one, other) = (World::new(pool.clone()).await, World::new(pool.clone()).await);
    one.captured(eur(1_000)).await;
    other.captured(eur(2_000)).await;
    other.captured(eur(3_000)).await;

    Sealers::open(&pool).await.unwrap().round(&pool).await.unwrap();

    for (world, postings) in [(&one, 1), (&other, 2)] {
        let report = check(&pool, &file(&pool, world.shop, Format::PaydeskBooks).await).await;
        assert!(report.is_good(), "{:?}", report.first());
        assert_eq!(report.summary.postings, postings);
    }
}
