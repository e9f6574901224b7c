//! How far banks have got with files, what they said, and who is told if they say nothing.

use domain::payout::Phase;
use domain::permission::Role;
use engine::payouts::bank_files::{self, MakeError, NewFile, NewReport, Outcome, ReadError, Spot};
use engine::reconciliation::actor::Actor;
use engine::watch::{self, look};
use sqlx::PgPool;

use super::{BY, NAME, OURS, Till, entry, parse, statement, status_report, told};
use crate::world::eur;

impl Till {
    /// Answered, accepted, rejected and booked of the newest file, and how many pay-outs it has.
    async fn progress(&self) -> ([u64; 4], u32) {
        let shop = self.counter.desk.world.shop;
        let page = bank_files::progress(self.pool(), shop, None, 1).await.unwrap();
        let row = &page.rows[0];
        ([row.answered, row.accepted, row.rejected, row.booked], row.file.payouts)
    }

    /// Lets so many days pass since files were made and were to be carried out.
    async fn days_pass(&self) {
        for statement in [
            "alter table payout_file disable trigger payout_file_append_only",
            "update payout_file set created_at = created_at - interval '1 day',
                                    execution_on = execution_on - 1",
        ] {
            sqlx::query(statement).execute(self.pool()).await.unwrap();
        }
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_file_counts_what_the_bank_has_said_of_it(pool: PgPool) {
    let till = Till::open(pool, eur(300_00)).await;
    let shop = till.counter.desk.world.shop;
    let [first, second, third] = [
        till.submitted(eur(10_00)).await,
        till.submitted(eur(20_00)).await,
        till.submitted(eur(30_00)).await,
    ];
    let waits = bank_files::pending(till.pool(), shop).await.unwrap();
    let file = till.made().await.file.id;
    let nothing_waits = bank_files::pending(till.pool(), shop).await.unwrap();
    assert_eq!(till.progress().await, ([0, 0, 0, 0], 3));

    let report = [(first, "ACSP", ""), (second, "RJCT", "")];
    till.learns(&status_report(file, "PART", &report)).await;
    let after_report = till.progress().await;
    let booked = entry(&told(&third), "DBIT", "30.00", "");
    let summary = till.learns(&statement(OURS, &booked)).await;

    assert_eq!((waits[0].payouts, waits[0].total), (3, eur(60_00)));
    assert_eq!((nothing_waits[0].payouts, nothing_waits[0].total), (0, eur(0)));
    assert_eq!(after_report, ([2, 1, 1, 0], 3));
    assert_eq!(till.progress().await, ([3, 2, 1, 1], 3));
    let found = bank_files::report(till.pool(), shop, summary.id).await.unwrap();
    let (report, said) = found.expect("it was read");
    let said = said.expect("it was read to its end");
    assert_eq!((report.format.as_str(), report.read_by.as_str()), ("camt.053", "a test"));
    assert_eq!((report.changed, said.changed), (1, vec![(third, Phase::Paid)]));
    let elsewhere = engine::shops::save_shop(till.pool(), "Another", None).await.unwrap();
    assert_eq!(bank_files::report(till.pool(), elsewhere, summary.id).await.unwrap(), None);
    let theirs = bank_files::progress(till.pool(), elsewhere, None, 10).await.unwrap();
    assert!(theirs.rows.is_empty() && theirs.next.is_none());
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_a_file_says_of_others_is_kept_as_a_place_alone(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    till.filed(eur(57_00)).await;
    let theirs = entry("RENT-OF-A-STRANGER", "DBIT", "900.00", "");

    let summary = till.learns(&statement(OURS, &theirs)).await;

    let shop = till.counter.desk.world.shop;
    let found = bank_files::report(till.pool(), shop, summary.id).await.unwrap();
    let said = found.unwrap().1.unwrap();
    assert_eq!((said.unknown_total, said.unknown.len()), (1, 1));
    assert!(matches!(said.unknown[0].0, Some(Spot { line: 1, column: 2.. })), "{said:?}");
    let kept = "select count(*) from bank_report where said::text like '%STRANGER%'";
    assert_eq!(till.counter.desk.world.count(kept).await, 0);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn whoever_may_only_look_makes_and_reads_nothing(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let payout = till.submitted(eur(57_00)).await;
    let reader = Actor::Person(till.counter.desk.world.person("Rea", Role::Operator).await);
    let shop = till.counter.desk.world.shop;
    let new = NewFile { shop, account: NAME, execution_on: None, by: &reader };
    let parsed = parse(statement(OURS, "").as_bytes()).unwrap();
    let report = NewReport { shop, name: "report.xml", parsed: &parsed, by: &reader };

    let made = bank_files::make(till.pool(), &new).await;
    let read = bank_files::read(till.pool(), &report).await;

    assert!(matches!(made, Err(MakeError::NotAllowed)), "{made:?}");
    assert!(matches!(read, Err(ReadError::NotAllowed)), "{read:?}");
    let rows = "select (select count(*) from payout_file) + (select count(*) from bank_report)";
    assert_eq!(till.counter.desk.world.count(rows).await, 0);
    let allowed = NewReport { by: &BY, ..report };
    let read = bank_files::read(till.pool(), &allowed).await.unwrap();
    assert!(matches!(read, Outcome::Now(_)));
    assert_eq!(till.phase(payout).await, Phase::Submitted);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_file_that_the_bank_does_not_answer_is_noticed_until_it_does(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let (payout, file) = till.filed(eur(57_00)).await;
    let engine = &till.counter.desk.engine;
    for _ in 0..2 {
        till.days_pass().await;
    }
    look::look(engine).await.unwrap();
    assert!(till.counter.desk.alerts().await.is_empty(), "a weekend and a day are allowed");

    for _ in 0..2 {
        till.days_pass().await;
    }
    look::look(engine).await.unwrap();
    look::look(engine).await.unwrap();

    let open = till.counter.desk.alerts().await;
    let expected = ("bank_files_unanswered".to_owned(), file.to_string(), "open".to_owned());
    assert_eq!(open, [expected]);
    let shop = till.counter.desk.world.shop;
    let page = watch::list(till.pool(), shop, watch::Filter::default(), 10).await.unwrap();
    let details = watch::find(till.pool(), shop, page.rows[0].id).await.unwrap().unwrap();
    assert_eq!(details.facts["rows"], serde_json::json!([payout]));
    let figures = watch::figures(till.pool()).await.unwrap();
    let value = |name| figures.iter().find(|figure| figure.name == name).unwrap().value;
    assert_eq!(value("paydesk_bank_files_unanswered"), 1);
    assert!(value("paydesk_bank_file_lag_seconds") >= 3 * 86_400);
    till.learns(&status_report(file, "ACTC", &[(payout, "ACSP", "")])).await;
    look::look(engine).await.unwrap();
    assert!(till.counter.desk.alerts().await.is_empty(), "the bank has answered");
    till.close().await;
}
