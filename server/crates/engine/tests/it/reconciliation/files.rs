//! Files: taken in once, refused with a reason, and kept.

use domain::currency::Currency;
use domain::matching::{MismatchClass, MismatchKind};
use domain::money::Money;
use domain::permission::Role;
use engine::reconciliation::actor::Actor;
use engine::reconciliation::reports;
use engine::reconciliation::take_in::{Refusal, TakeIn, TakeInError, TakenIn, account_of, take_in};
use settlement::file::UnreadableReason;
use sqlx::PgPool;

use super::counts;
use crate::invariants::assert_hold;
use crate::settlement_file::{file, payment_line};
use crate::world::{World, eur};

#[sqlx::test(migrations = "../../../migrations")]
async fn a_file_that_agrees_settles_every_payment(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let books = world.captured(eur(49_99)).await;
    let shoes = world.captured(eur(34_99)).await;
    let lines = [payment_line(books, eur(49_99)), payment_line(shoes, eur(34_99))];

    let (id, found) = world.take(&file("set_1", &lines)).await;

    assert_eq!(found, counts(2, 0, 0, 0));
    assert!(world.mismatches().await.is_empty());
    assert_eq!(world.settled_minor(books).await, 49_99);
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_eq!(world.balance("processor_fees").await, 95 + 74);
    assert_eq!(world.balance("processor_balance").await, 84_98 - 95 - 74);
    let report = reports::report(&pool, world.shop, id, 100).await.unwrap().unwrap();
    assert_eq!((report.head.counts, report.lines.len()), (found, 2));
    assert_eq!(report.lines[0].payment, Some(books));
    assert_eq!(report.totals[0].gross, eur(84_98));
    assert_eq!(report.balances[0].closing, eur(84_98 - 95 - 74));
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_same_file_again_does_nothing_and_says_so(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let content = file("set_1", &[payment_line(payment, eur(49_99))]);
    let (first, _) = world.take(&content).await;
    let postings = world.count("select count(*) from posting").await;

    let again = world.bring(&content.bytes()).await.unwrap();

    assert!(matches!(again, TakenIn::Before { file, .. } if file == first));
    assert_eq!(world.count("select count(*) from posting").await, postings);
    assert_eq!(world.count("select count(*) from settlement_file").await, 1);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_same_file_twice_at_once_is_taken_in_once(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let content = file("set_1", &[payment_line(payment, eur(49_99))]).bytes();

    let (one, other) = tokio::join!(world.bring(&content), world.bring(&content));

    let now = [one.unwrap(), other.unwrap()]
        .iter()
        .filter(|taken| matches!(taken, TakenIn::Now { .. }))
        .count();
    assert_eq!(now, 1);
    assert_eq!(world.settled_minor(payment).await, 49_99);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_truncated_file_is_refused_and_kept_and_books_nothing(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let postings = world.count("select count(*) from posting").await;
    let whole = file("set_1", &[payment_line(payment, eur(49_99))]).bytes();
    let cut = &whole[..whole.len() - 100];

    for _ in 0..2 {
        let error = world.bring(cut).await.unwrap_err();
        let TakeInError::Refused { file, line, why } = error else { panic!("{error}") };
        assert_eq!((line, why), (3, Refusal::Unreadable(UnreadableReason::NoEnd)));
        let report = reports::report(&pool, world.shop, file, 10).await.unwrap().unwrap();
        let reason = "the file was cut off: its last row is no END record";
        assert_eq!(report.head.refusal, Some((3, reason.to_owned())));
        let kept = reports::content(&pool, world.shop, file).await.unwrap().unwrap();
        assert_eq!(kept, cut);
    }

    assert_eq!(world.count("select count(*) from refused_file").await, 1);
    assert_eq!(world.count("select count(*) from settlement_file").await, 0);
    assert_eq!(world.count("select count(*) from posting").await, postings);
    assert_eq!(reports::files(&pool, world.shop, 10).await.unwrap().len(), 1);
    // The whole file is still welcome.
    assert!(matches!(world.bring(&whole).await, Ok(TakenIn::Now { .. })));
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_same_id_with_another_content_is_refused(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let (first, _) = world.take(&file("set_1", &[payment_line(payment, eur(49_99))])).await;

    let error = world.bring(&file("set_1", &[]).bytes()).await.unwrap_err();

    let TakeInError::Refused { why: Refusal::OtherContent { file, .. }, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(file, first);
    assert_eq!(world.count("select count(*) from settlement_file").await, 1);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_file_of_another_account_is_refused(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let content = file("set_1", &[]).of_account("beach").bytes();

    let error = world.bring(&content).await.unwrap_err();

    assert_eq!(error.to_string(), "line 1: the file is about the account beach, not about alpine");
    let beach = world.another_account("beach").await;
    let found = account_of(&pool, &content).await.unwrap();
    assert_eq!(found, Some((world.shop, beach)));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_may_not_take_files_in_and_other_shops_are_refused(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let other = World::new(pool.clone()).await;
    let content = file("set_1", &[]).bytes();
    let operator = world.person("Olga", Role::Operator).await;
    let by = |by, account| TakeIn {
        shop: world.shop,
        processor_account: account,
        name: "a.csv",
        content: &content,
        by,
    };

    let error = take_in(&pool, by(Actor::Person(operator), world.account)).await.unwrap_err();
    assert!(matches!(error, TakeInError::NotAllowed));
    let error = take_in(&pool, by(Actor::Program("test"), other.account)).await.unwrap_err();
    assert!(matches!(error, TakeInError::UnknownAccount));
    assert_eq!(world.count("select count(*) from settlement_file").await, 0);
    assert_eq!(world.count("select count(*) from refused_file").await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_row_that_cannot_be_read_is_kept_with_its_reason_and_the_rest_is_used(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let card = "LINE,2,payment,4242424242424242,sp_9,,EUR,1.00,0.00,1.00,2026-11-20T10:12:13Z";
    let broken = "LINE,3,payment,pay_9,sp_9,,EUR,1.00,0.10,1.00,2026-11-20T10:12:13Z";
    let content =
        file("set_1", &[payment_line(payment, eur(49_99))]).with_row(card).with_row(broken);

    let (id, found) = world.take(&content).await;

    assert_eq!(found, counts(1, 0, 0, 2));
    assert_eq!(world.settled_minor(payment).await, 49_99);
    let report = reports::report(&pool, world.shop, id, 10).await.unwrap().unwrap();
    let [first, second] = report.refused.as_slice() else { panic!("{:?}", report.refused) };
    assert_eq!((first.number, first.raw.contains("4242")), (4, false));
    let reason = "net: is not gross less fee, which is 0.90 EUR";
    assert_eq!((second.number, second.reason.as_str(), second.raw.as_str()), (5, reason, broken));
    let kept = reports::content(&pool, world.shop, id).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&kept).contains("4242"), "card data is never stored");
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_balance_that_does_not_tie_is_a_mismatch_once_until_it_ties(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let (_, found) = world.take(&file("set_1", &[]).opening(1_00)).await;
    assert_eq!(found, counts(0, 0, 0, 0));
    let mismatch = world.mismatch().await;
    assert_eq!(mismatch.kind, MismatchKind::Balance);
    assert_eq!(mismatch.class, MismatchClass::Investigate);
    assert_eq!((mismatch.ours, mismatch.theirs), (Some(eur(0)), Some(eur(1_00))));
    assert_eq!(mismatch.at_stake, eur(1_00));

    world.take(&file("set_2", &[]).on("2026-11-21").opening(1_00)).await;
    assert_eq!(world.mismatch().await.id, mismatch.id, "the same gap is not told twice");

    // A late file of an earlier day says nothing about the balance of now.
    world.take(&file("set_0", &[]).on("2026-11-19").opening(9_00)).await;
    assert_eq!(world.mismatch().await.id, mismatch.id);

    world.take(&file("set_3", &[]).on("2026-11-22")).await;
    assert_eq!(world.mismatch().await.state.as_str(), "resolved");

    world.take(&file("set_4", &[]).on("2026-11-23").closing_off_by(5)).await;
    let inner = world.mismatches().await.into_iter().find(|it| it.state.as_str() == "open");
    assert!(inner.unwrap().detail.contains("closing balance against opening balance"));
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_large_file_is_matched_in_sets(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let mut lines = Vec::new();
    for index in 0..60 {
        let amount = eur(10_00 + index);
        lines.push(payment_line(world.captured(amount).await, amount));
    }
    for _ in 0..20 {
        lines.extend_from_within(..60);
    }

    let (_, found) = world.take(&file("set_1", &lines)).await;

    assert_eq!(found, counts(60, 20 * 60, 0, 0));
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn currencies_are_kept_apart(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let dollars = Money::from_minor(49_99, Currency::USD);

    let (_, found) = world.take(&file("set_1", &[payment_line(payment, dollars)])).await;

    assert_eq!(found, counts(0, 1, 0, 0));
    let mismatch = world.mismatch_of(MismatchKind::Currency).await;
    assert_eq!(mismatch.class, MismatchClass::Investigate);
    assert_eq!(mismatch.held.currency(), Currency::USD);
    assert_eq!(world.settled_minor(payment).await, 0);
    assert_hold(&pool).await;
}
