//! The ledger: what the database itself refuses, and balances that are exact at any moment.

use domain::account::Account;
use domain::id::{Bucket, PaymentId};
use domain::posting;
use engine::db::{Fault, Tx, new_id};
use engine::ledger;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::world::eur;

/// Runs one statement in a transaction of its own, and says which constraint refused it; or, for
/// what is append-only, the message.
async fn refusal(desk: &Desk, statement: &'static str) -> String {
    let mut transaction = desk.pool().begin().await.unwrap();
    let error = match sqlx::query(statement).execute(&mut *transaction).await {
        Err(error) => error,
        Ok(_) => transaction.commit().await.expect_err("the database accepted it"),
    };
    let error = error.into_database_error().expect("the database refused it");
    error.constraint().map_or_else(|| error.message().to_owned(), str::to_owned)
}

#[sqlx::test(migrations = "../../../migrations")]
async fn history_cannot_be_rewritten(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;
    sqlx::query(
        "insert into audit_log (audit_id, actor, action, object_type, object_id)
         values (gen_random_uuid(), 'test', 'test', 'test', 'test')",
    )
    .execute(desk.pool())
    .await
    .unwrap();

    for (statement, table) in [
        ("update entry set amount_minor = amount_minor * 2", "entry"),
        ("delete from entry", "entry"),
        ("truncate entry", "entry"),
        ("update posting set cause = 'other'", "posting"),
        ("delete from posting", "posting"),
        ("update account set currency = 'USD'", "account"),
        ("delete from account", "account"),
        ("update transition set event = 'other'", "transition"),
        ("delete from transition", "transition"),
        ("truncate transition", "transition"),
        ("update audit_log set actor = 'nobody'", "audit_log"),
        ("delete from audit_log", "audit_log"),
        ("truncate audit_log", "audit_log"),
        ("truncate payout_history", "payout_history"),
    ] {
        assert_eq!(
            refusal(&desk, statement).await,
            format!("{table} is append-only"),
            "{statement}"
        );
    }
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn entries_without_their_posting_or_their_account_are_refused_by_the_database(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;

    for statement in [
        "insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
         select bucket, gone, 100 + side, account_id, currency, case side when 0 then 1 else -1 end
         from (select * from entry limit 1) as one, (select gen_random_uuid() as gone) as other,
              generate_series(0, 1) as side",
        "insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
         select bucket, posting_id, 100 + side, gone, currency, case side when 0 then 1 else -1 end
         from (select * from entry limit 1) as one, (select gen_random_uuid() as gone) as other,
              generate_series(0, 1) as side",
    ] {
        assert_eq!(refusal(&desk, statement).await, "entry_parents_check");
    }
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn entries_in_another_currency_or_of_another_shop_are_refused_by_the_database(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;

    let in_dollars = "
        insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
        select bucket, posting_id, 100 + side, account_id, 'USD', case side when 0 then 1 else -1 end
        from (select * from entry limit 1) as one, generate_series(0, 1) as side";
    let of_another_shop = "
        with other as (
            insert into shop (shop_id, name) values (gen_random_uuid(), 'Another') returning shop_id
        ), elsewhere as (
            insert into posting (bucket, posting_id, shop_id, object_id, cause)
            select bucket, overlay(posting_id::text placing 'f' from 1 for 1)::uuid, other.shop_id,
                   object_id, 'mixed up'
            from (select * from posting limit 1) as one, other
            returning bucket, posting_id
        )
        insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
        select bucket, elsewhere.posting_id, side, account_id, currency,
               case side when 0 then 1 else -1 end
        from elsewhere join (select * from entry limit 1) as one using (bucket),
             generate_series(0, 1) as side";
    for statement in [in_dollars, of_another_shop] {
        assert_eq!(refusal(&desk, statement).await, "entry_account_check");
    }
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn entries_that_do_not_balance_are_refused_by_the_database(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;

    for statement in [
        "insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
         select bucket, posting_id, 100, account_id, currency, 1 from entry limit 1",
        "insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
         select bucket, posting_id, 100 + side, account_id, case side when 0 then 'EUR' else 'USD' end,
                case side when 0 then 1 else -1 end
         from (select * from entry limit 1) as one, generate_series(0, 1) as side",
    ] {
        assert_eq!(refusal(&desk, statement).await, "entry_balance_check");
    }
    let zero = "insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
                select bucket, posting_id, 100, account_id, currency, 0 from entry limit 1";
    assert_eq!(refusal(&desk, zero).await, "entry_amount_check");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn amounts_that_cannot_be_are_refused_by_the_database(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;

    for (statement, constraint) in [
        ("update payment set amount_minor = 0", "payment_amount_check"),
        ("update payment set charged_back_minor = -1", "payment_reported_check"),
        ("update payment set captured_minor = authorized_minor + 1", "payment_reported_check"),
        ("update payment set refunded_minor = -1", "payment_reported_check"),
        ("update payment set refund_requested_minor = captured_minor + 1", "payment_refund_check"),
        ("update payment set refund_reserved_minor = 1", "payment_refund_check"),
        (
            "update payment set capture_requested_minor = authorized_minor + 1",
            "payment_capture_check",
        ),
        ("update payment set capture_reserved_minor = 1", "payment_capture_check"),
        ("update payment set fee_minor = captured_minor + 1", "payment_fee_check"),
        ("update payment set fee_returned_minor = fee_minor + 1", "payment_fee_check"),
        ("update payment set phase = 'paid'", "payment_phase_check"),
        ("update payment set bucket = (bucket + 1) % 256", "payment_bucket_check"),
        ("update checkout set total_minor = 0", "checkout_total_check"),
        ("update seller set fee_basis_points = 10001", "seller_fee_check"),
        ("update attempt set state = 'perhaps'", "attempt_state_check"),
        (
            "insert into refund (bucket, refund_id, payment_id, amount_minor)
             select bucket, payment_id, payment_id, 0 from payment",
            "refund_amount_check",
        ),
    ] {
        assert_eq!(refusal(&desk, statement).await, constraint, "{statement}");
    }
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_approves_what_they_proposed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    sqlx::query(
        "insert into mismatch (mismatch_id, shop_id, processor_account_id, kind, class, currency,
                               held_minor, detail)
         select gen_random_uuid(), shop_id, processor_account_id, 'fee', 'manual', 'EUR', 0, 'a fee'
         from processor_account",
    )
    .execute(desk.pool())
    .await
    .unwrap();

    let both = "insert into adjustment (adjustment_id, mismatch_id, resolution, reason, state,
                                        maker_id, checker_id, needs_checker, amount_minor, currency)
                select gen_random_uuid(), mismatch_id, 'write_off', 'because', 'applied', staff_id,
                       staff_id, true, 100, 'EUR'
                from mismatch, staff limit 1";
    assert_eq!(refusal(&desk, both).await, "adjustment_four_eyes_check");
    let nobody = "insert into adjustment (adjustment_id, mismatch_id, resolution, reason, state,
                                          maker_id, needs_checker, amount_minor, currency)
                  select gen_random_uuid(), mismatch_id, 'write_off', 'because', 'applied',
                         staff_id, true, 100, 'EUR'
                  from mismatch, staff limit 1";
    assert_eq!(refusal(&desk, nobody).await, "adjustment_checked_check");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn no_fact_is_posted_twice(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await;
    let from = Account::WriteOffs;
    let again = posting::transfer("captured/4999".into(), from, Account::PlatformFees, eur(1));
    let again = again.unwrap();

    let mut tx = Tx::begin(desk.pool()).await.unwrap();
    let (shop, bucket) = (desk.world.shop, payment.id.bucket());
    let answer = ledger::post(&mut tx, shop, bucket, payment.id.uuid(), &again).await;

    assert_eq!(answer.unwrap_err().constraint(), Some("posting_cause_key"));
    drop(tx);
    desk.close().await;
}

/// Moves `minor` euro cents from fees to write-offs, in a bucket of its own.
pub(crate) async fn post(desk: &Desk, number: u8, minor: i64) -> Result<(), Fault> {
    let object: PaymentId = new_id(Bucket(number));
    let (from, to) = (Account::PlatformFees, Account::WriteOffs);
    let posting = posting::transfer("test".into(), from, to, eur(minor)).unwrap();
    let mut tx = Tx::begin(desk.pool()).await?;
    ledger::post(&mut tx, desk.world.shop, object.bucket(), object.uuid(), &posting).await?;
    tx.commit().await
}

#[sqlx::test(migrations = "../../../migrations")]
async fn balances_are_exact_while_they_are_folded(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (desk, posted) = (&desk, std::sync::atomic::AtomicI64::new(0));
    let order = std::sync::atomic::Ordering::SeqCst;

    let posters = futures::future::join_all((0..60_u8).map(|number| {
        let posted = &posted;
        async move {
            post(desk, number % 4, i64::from(number) + 1).await.unwrap();
            posted.fetch_add(i64::from(number) + 1, order);
        }
    }));
    let folder = async {
        for _ in 0..20 {
            let least = posted.load(order);
            let balance = desk.world.balance("write_offs").await;
            assert!(balance >= least, "{balance} is less than the {least} that were committed");
            ledger::fold(desk.pool()).await.unwrap();
        }
    };
    tokio::join!(posters, folder);
    while ledger::fold(desk.pool()).await.unwrap() > 0 {}

    assert_eq!(desk.world.balance("write_offs").await, 60 * 61 / 2);
    assert_eq!(desk.world.balance("platform_fees").await, -60 * 61 / 2);
    assert_eq!(desk.world.count("select count(*) from balance_delta").await, 0);
    crate::invariants::assert_hold(desk.pool()).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_trial_balance_sums_to_zero(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("one").await;
    desk.sold("two").await;

    let rows = ledger::trial_balance(desk.pool(), desk.world.shop).await.unwrap();

    assert_eq!(rows.iter().map(|row| row.balance.minor()).sum::<i64>(), 0);
    let sum_of_kinds: Vec<(&str, i64)> =
        rows.iter().map(|row| (row.kind.as_str(), row.balance.minor())).collect();
    let expected =
        [("processor_receivable", 9_998), ("seller_pending", -9_498), ("platform_fees", -500)];
    assert_eq!(sum_of_kinds, expected);
    desk.close().await;
}
