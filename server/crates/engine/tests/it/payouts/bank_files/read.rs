//! Back: what the bank's files say becomes what is known, once.

use domain::payout::Phase;
use engine::db::new_plain_id;
use engine::payouts::bank_files::{NewReport, Outcome, parse, read};
use sqlx::PgPool;

use super::{BY, CLOSED, OURS, Till, entry, statement, status_report, told};
use crate::world::eur;

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_bank_rejects_has_failed_and_is_the_sellers_again(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let bad = till.submitted(eur(57_00)).await;
    let good = till.submitted(eur(10_00)).await;
    let file = till.made().await.file.id;
    let closed =
        "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>account closed</AddtlInf></StsRsnInf>";
    let report = status_report(file, "ACCP", &[(bad, "RJCT", closed)]);

    let summary = till.learns(&report).await;

    assert_eq!(summary.changed, [(bad, Phase::Failed), (good, Phase::Submitted)]);
    let failed = till.counter.read(bad).await;
    assert_eq!(failed.failure, Some(("AC04".into(), "account closed".into())));
    assert!(till.counter.read(good).await.state.is_accepted);
    assert_eq!(till.counter.books().await, [90_00, 10_00, 0]);
    let sources = "select count(*) from payout_history where source = 'file'";
    assert_eq!(till.counter.desk.world.count(sources).await, 2);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_statement_shows_is_paid_and_what_comes_again_is_returned(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let (payout, file) = till.filed(eur(57_00)).await;
    till.learns(&status_report(file, "ACSP", &[])).await;
    assert_eq!(till.phase(payout).await, Phase::InTransit);
    // Some banks shout.
    let id = told(&payout).to_uppercase();

    let paid = till.learns(&statement(OURS, &entry(&id, "DBIT", "57.00", ""))).await;
    let booked = till.counter.books().await;
    let returned = till.learns(&statement(OURS, &entry(&id, "CRDT", "57.00", CLOSED))).await;

    assert_eq!(paid.changed, [(payout, Phase::Paid)]);
    assert_eq!(booked, [43_00, 0, 57_00]);
    assert_eq!(returned.changed, [(payout, Phase::Returned)]);
    let now = till.counter.read(payout).await;
    assert_eq!(now.failure, Some(("AC04".into(), "account closed".into())));
    assert_eq!(now.provider_reference.as_deref(), Some("B-1"));
    assert_eq!(till.counter.books().await, [100_00, 0, 0]);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_same_report_again_changes_nothing_nor_does_the_same_said_otherwise(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let (payout, _) = till.filed(eur(57_00)).await;
    let entries = entry(&told(&payout), "DBIT", "57.00", "");
    let report = statement(OURS, &entries);
    till.learns(&report).await;
    let rows = "select (select count(*) from payout_history) + (select count(*) from posting)
                     + (select count(*) from outbox) + (select count(*) from bank_report)";
    let before = till.counter.desk.world.count(rows).await;

    let again = till.read(&report).await;
    let after = till.counter.desk.world.count(rows).await;
    let otherwise = till.learns(&statement(OURS, &format!("\n{entries}"))).await;

    assert!(matches!(again, Outcome::Before { .. }), "{again:?}");
    assert_eq!(after, before);
    assert_eq!((otherwise.changed.len(), otherwise.known), (0, 1));
    assert_eq!(till.counter.desk.world.count(rows).await, before + 1, "that it was read");
    assert_eq!(till.counter.books().await, [43_00, 0, 57_00]);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_reading_that_was_interrupted_goes_on(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let first = till.submitted(eur(57_00)).await;
    let second = till.submitted(eur(10_00)).await;
    till.made().await;
    let entries = entry(&told(&first), "DBIT", "57.00", "");
    let both = entries + &entry(&told(&second), "DBIT", "10.00", "");
    let report = statement(OURS, &both);
    till.learns(&report).await;
    let forget = "update bank_report set finished_at = null";
    sqlx::query(forget).execute(till.pool()).await.unwrap();

    let summary = till.learns(&report).await;

    assert_eq!((summary.changed.len(), summary.known), (0, 2));
    assert!(matches!(till.read(&report).await, Outcome::Before { .. }));
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn another_amount_is_never_booked_and_somebody_is_told(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let (payout, _) = till.filed(eur(57_00)).await;
    let id = told(&payout);

    let wrong = till.learns(&statement(OURS, &entry(&id, "DBIT", "75.00", ""))).await;

    assert_eq!((wrong.changed.len(), wrong.odd.len()), (0, 1));
    let (_, about, why) = &wrong.odd[0];
    assert_eq!(*about, payout);
    assert!(why.contains("75.00 EUR") && why.contains("57.00 EUR"), "{why}");
    let state = till.counter.read(payout).await.state;
    assert_eq!((state.phase, state.in_doubt), (Phase::Submitted, true));
    assert_eq!(till.counter.books().await, [43_00, 57_00, 0]);
    assert_eq!(till.alerts().await, 1);
    till.counter.let_calls_expire().await;
    till.counter.inquire().await;
    assert!(till.counter.read(payout).await.state.in_doubt, "nothing is found by asking nobody");
    let right = till.learns(&statement(OURS, &entry(&id, "DBIT", "57.00", ""))).await;
    assert_eq!(right.changed, [(payout, Phase::Paid)]);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_bank_that_pays_twice_is_found_by_its_statements(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let once = till.submitted(eur(10_00)).await;
    let twice = till.submitted(eur(20_00)).await;
    till.made().await;
    let debit = |payout, amount| entry(&told(&payout), "DBIT", amount, "");
    let both = debit(once, "10.00") + &debit(twice, "20.00") + &debit(twice, "20.00");

    let first = till.learns(&statement(OURS, &both)).await;
    let sent_again = till.learns(&statement(OURS, &(debit(once, "10.00") + "\n"))).await;
    let next_day = debit(once, "10.00").replace("2026-11-23", "2026-11-24");
    let next_day = till.learns(&statement(OURS, &next_day)).await;

    let about = |odd: &[(_, _, String)]| odd.iter().map(|one| one.1).collect::<Vec<_>>();
    assert_eq!(about(&first.odd), [twice]);
    assert_eq!((about(&sent_again.odd), sent_again.known), (vec![], 1));
    assert_eq!(about(&next_day.odd), [once]);
    assert_eq!(till.alerts().await, 2);
    assert_eq!(till.counter.books().await, [70_00, 0, 30_00], "our books say once");
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_names_no_pay_out_of_a_file_is_listed_and_moves_nothing(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let (filed, file) = till.filed(eur(20_00)).await;
    let waiting = till.submitted(eur(30_00)).await;
    let nothing = "pyo-01jd5gq3hrf0a9b8c7d6e5f4g3";
    let of = |id: &str| entry(id, "DBIT", "30.00", "");
    let entries = of(nothing) + &of(&told(&waiting)) + &of("INV-7") + &of("NOTPROVIDED");

    let read = till.learns(&statement(OURS, &entries)).await;
    let elsewhere = entry(&told(&filed), "DBIT", "20.00", "");
    let elsewhere = till.learns(&statement("DE02120300000000202051", &elsewhere)).await;
    let not_in_it = till.learns(&status_report(file, "PDNG", &[(waiting, "RJCT", "")])).await;
    let no_file = till.learns(&status_report(new_plain_id(), "RJCT", &[(filed, "RJCT", "")])).await;

    let unknown: Vec<&str> = read.unknown.iter().map(|one| one.reference.as_str()).collect();
    assert_eq!(unknown, [nothing, told(&waiting).as_str(), "INV-7"]);
    assert_eq!((read.unrelated, read.changed.len(), read.odd.len()), (1, 0, 0));
    assert_eq!(elsewhere.unknown[0].reference, told(&filed));
    assert_eq!(not_in_it.unknown[0].reference, told(&waiting));
    assert_eq!((not_in_it.changed.len(), not_in_it.undecided), (0, 1));
    assert_eq!(no_file.unknown.len(), 2, "the file and what it names");
    assert_eq!(till.counter.books().await, [50_00, 50_00, 0]);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_bank_leaves_open_is_for_a_person(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let (payout, file) = till.filed(eur(57_00)).await;
    let twice = "<StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>";

    let refused = till.learns(&status_report(file, "PART", &[(payout, "RJCT", twice)])).await;

    let (_, about, why) = &refused.odd[0];
    assert_eq!(*about, payout);
    assert!(why.contains("duplicate") && why.contains("AM05"), "{why}");
    let state = till.counter.read(payout).await.state;
    assert_eq!((state.phase, state.in_doubt), (Phase::Submitted, true));
    assert_eq!((till.counter.books().await, till.alerts().await), ([43_00, 57_00, 0], 1));
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_file_of_another_shop_or_of_no_bank_changes_nothing(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let (payout, _) = till.filed(eur(57_00)).await;
    let report = statement(OURS, &entry(&told(&payout), "DBIT", "57.00", ""));
    let other = engine::shops::save_shop(till.pool(), "Another", None).await.unwrap();
    let parsed = parse(report.as_bytes()).unwrap();
    let new = NewReport { shop: other, name: "theirs.xml", parsed: &parsed, by: &BY };

    let theirs = read(till.pool(), &new).await.unwrap();
    let cut = parse(&report.as_bytes()[..report.len() - 30]).unwrap_err();
    let neither = parse(b"<Document><Other/></Document>").unwrap_err();

    let Outcome::Now(theirs) = theirs else { panic!("{theirs:?}") };
    assert_eq!((theirs.changed.len(), theirs.unknown.len()), (0, 1));
    assert_eq!(cut.place.line, 1);
    assert!(neither.to_string().contains("pain.002, camt.053 or camt.054"), "{neither}");
    assert_eq!(till.phase(payout).await, Phase::Submitted);
    till.close().await;
}
