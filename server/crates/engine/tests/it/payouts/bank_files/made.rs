//! Out: what waits goes into one file once.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use domain::currency::Currency;
use domain::payout::Phase;
use engine::db::new_plain_id;
use engine::payouts::bank_files::accounts::{self, BankAccount, Debtor};
use engine::payouts::bank_files::{
    Made, MakeError, NewFile, Standing, bytes, list, make, standing,
};
use futures::future::join_all;
use jobs::Step;
use sqlx::PgPool;
use time::Date;

use super::{BY, NAME, OURS, Till, status_report, told};
use crate::world::eur;

/// An account outside of SEPA, where the payee's bank has to be named.
const OUTSIDE: &str = "TR330006100519786457841326";

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_submitted_waits_and_goes_out_in_one_file_once(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let payout = till.submitted(eur(57_00)).await;
    let waits = till.counter.read(payout).await;
    let before = standing(till.pool(), &waits).await.unwrap();

    let made = till.made().await;
    let again = till.make().await.unwrap();

    assert_eq!((waits.state.phase, waits.state.is_accepted), (Phase::Submitted, false));
    assert_eq!(before, Some(Standing::Waits));
    assert_eq!(till.counter.books().await, [43_00, 57_00, 0]);
    assert_eq!(till.counter.provider.calls(), Vec::<String>::new());
    assert_eq!((made.file.payouts, made.file.total), (1, eur(57_00)));
    let text = String::from_utf8(made.content.clone()).unwrap();
    for part in [
        format!("<MsgId>{}</MsgId>", told(&made.file.id)),
        format!("<EndToEndId>{}</EndToEndId>", told(&payout)),
        format!("<IBAN>{OURS}</IBAN>"),
        "<InstdAmt Ccy=\"EUR\">57.00</InstdAmt>".to_owned(),
        "<Nm>Alpine Books GmbH</Nm>".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    assert!(matches!(&again, Made::Nothing(Some(newest)) if *newest == made.file), "{again:?}");
    let shop = till.counter.desk.world.shop;
    let (file, same) = bytes(till.pool(), shop, made.file.id).await.unwrap().unwrap();
    assert_eq!((&file, same), (&made.file, made.content));
    assert_eq!(list(till.pool(), shop).await.unwrap(), std::slice::from_ref(&file));
    let after = standing(till.pool(), &till.counter.read(payout).await).await.unwrap();
    assert_eq!(after, Some(Standing::In(file)));
    assert!(bytes(till.pool(), new_plain_id(), made.file.id).await.unwrap().is_none());
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn of_many_who_make_a_file_at_once_one_finds_the_pay_outs(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    for minor in [10_00, 20_00, 30_00] {
        till.submitted(eur(minor)).await;
    }

    let answers = join_all((0..5).map(|_| till.make())).await;

    let made: Vec<u32> = answers
        .iter()
        .filter_map(|answer| match answer.as_ref().unwrap() {
            Made::Now(made) => Some(made.file.payouts),
            Made::Nothing(_) => None,
        })
        .collect();
    assert_eq!(made, [3]);
    let lines = "select count(*) from payout_file_line";
    assert_eq!(till.counter.desk.world.count(lines).await, 3);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_comes_later_goes_into_the_next_file_alone(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    till.submitted(eur(10_00)).await;
    let first = till.made().await;
    let later = till.submitted(eur(20_00)).await;

    let second = till.made().await;

    assert_ne!(first.file.id, second.file.id);
    assert_eq!((second.file.payouts, second.file.total), (1, eur(20_00)));
    assert!(String::from_utf8(second.content).unwrap().contains(&told(&later)));
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_is_asked_about_what_leaves_by_file(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let payout = till.submitted(eur(57_00)).await;
    let file = till.made().await.file.id;
    assert_eq!(till.counter.inquire().await, Step { claimed: 0, failed: 0 });
    till.learns(&status_report(file, "ACTC", &[])).await;

    // What it leaves behind whoever was taken on ends at once.
    assert_eq!(till.counter.inquire().await, Step { claimed: 1, failed: 0 });

    let jobs = "select count(*) from job where kind = 'inquire_payout'";
    assert_eq!(till.counter.desk.world.count(jobs).await, 0);
    let state = till.counter.read(payout).await.state;
    assert_eq!((state.phase, state.in_doubt), (Phase::Submitted, false));
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_no_bank_can_be_told_has_failed_and_is_the_sellers_again(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    till.counter.verified(OUTSIDE).await;

    let payout = till.submitted(eur(57_00)).await;

    let failed = till.counter.read(payout).await;
    assert_eq!(failed.state.phase, Phase::Failed);
    let (code, why) = failed.failure.unwrap();
    assert_eq!(code, "cannot_be_written");
    assert!(why.contains("BIC"), "{why}");
    assert_eq!(till.counter.books().await, [100_00, 0, 0]);
    assert!(matches!(till.make().await.unwrap(), Made::Nothing(None)));
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_order_for_yesterday_or_of_another_account_is_refused_and_nothing_is_written(
    pool: PgPool,
) {
    let till = Till::open(pool, eur(100_00)).await;
    till.submitted(eur(57_00)).await;
    let shop = till.counter.desk.world.shop;
    let new = NewFile { shop, account: NAME, execution_on: Some(Date::MIN), by: &BY };

    let past = make(till.pool(), &new).await;
    let elsewhere = NewFile { account: "house bank", execution_on: None, ..new.clone() };
    let elsewhere = make(till.pool(), &elsewhere).await;
    let stranger = NewFile { shop: new_plain_id(), execution_on: None, ..new };
    let stranger = make(till.pool(), &stranger).await;

    assert!(matches!(past, Err(MakeError::Past { .. })), "{past:?}");
    assert!(matches!(elsewhere, Err(MakeError::NoAccount)), "{elsewhere:?}");
    assert!(matches!(stranger, Err(MakeError::NoAccount)), "{stranger:?}");
    assert_eq!(till.counter.desk.world.count("select count(*) from payout_file").await, 0);
    till.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_name_belongs_to_one_kind_of_account_in_one_currency(pool: PgPool) {
    let till = Till::open(pool, eur(100_00)).await;
    let account = |name: &str, currency, holder: &str| BankAccount {
        id: new_plain_id(),
        shop: till.counter.desk.world.shop,
        name: name.into(),
        currency,
        debtor: Debtor {
            iban: OURS.parse().unwrap(),
            bic: "ABNANL2A".parse().unwrap(),
            holder: holder.into(),
        },
    };
    let save =
        async |account: BankAccount| accounts::save(till.pool(), &account, "a test").await.unwrap();

    let providers = save(account("house bank", Currency::EUR, "A")).await;
    let dollars = save(account(NAME, Currency::USD, "B")).await;
    let same = save(account(NAME, Currency::EUR, "C")).await;

    assert_eq!((providers, dollars, same), (None, None, Some(till.account)));
    let known = accounts::list(till.pool(), till.counter.desk.world.shop).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].debtor.holder, "C");
    till.close().await;
}

/// What validates a file of the standard input against the schema that is its only argument.
const VALIDATOR: &str = "import sys\nfrom lxml import etree\n\
    etree.XMLSchema(file=sys.argv[1]).assertValid(etree.parse(sys.stdin.buffer))";

#[sqlx::test(migrations = "../../../migrations")]
async fn a_file_that_was_made_is_valid_by_the_official_schema(pool: PgPool) {
    let Some(root) = std::env::var_os("PAYDESK_CORPUS").map(PathBuf::from) else {
        return eprintln!("skipped: PAYDESK_CORPUS not set");
    };
    let mut has_lxml = Command::new("python3");
    if !has_lxml
        .args(["-c", "import lxml"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
    {
        return eprintln!("skipped: python3 with lxml is not there");
    }
    let till = Till::open(pool, eur(100_00)).await;
    for minor in [1, 20_00, 30_00] {
        till.submitted(eur(minor)).await;
    }
    let made = till.made().await;

    let mut child = Command::new("python3")
        .args(["-c", VALIDATOR])
        .arg(root.join("xsd/pain.001.001.03.xsd"))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &made.content).unwrap();
    let output = child.wait_with_output().unwrap();

    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    till.close().await;
}
