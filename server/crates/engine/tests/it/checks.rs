//! The continuous checks: each breach that somebody plants is found, named, and taken back.

use domain::id::ShopId;
use engine::books::sealer::Sealers;
use engine::checks::{self, Breach, Rule};
use sqlx::PgPool;

use crate::chain::{seal_all, today};
use crate::desk::Desk;
use crate::world::eur;

impl Desk {
    /// Looks at everything once, and says what is broken.
    pub(crate) async fn breaches(&self) -> Vec<Breach> {
        checks::round(&self.engine).await.unwrap();
        // What was tampered with may name a shop that never was.
        let shops = "select shop_id from shop union select shop_id from proof_breach
                     where shop_id is not null";
        let shops: Vec<uuid::Uuid> =
            sqlx::query_scalar(shops).fetch_all(self.pool()).await.unwrap();
        let mut found = Vec::new();
        for shop in shops {
            let of_shop = checks::breaches(self.pool(), ShopId::from_uuid(shop), 1_000).await;
            for breach in of_shop.unwrap() {
                if !found.contains(&breach) {
                    found.push(breach);
                }
            }
        }
        found
    }

    /// Writes as the owner of the database, past all triggers.
    async fn plant(&self, statement: &str) {
        let statement = format!(
            "set session_replication_role = replica; {statement}; set session_replication_role = origin"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(self.pool()).await.unwrap();
    }
}

/// A rule, what breaks it, what mends it again, and the row that is named.
struct Plant {
    rule: Rule,
    breaks: &'static str,
    mends: &'static str,
    row: &'static str,
}

const SOLD: &str = "select payment_id from payment order by payment_id limit 1";
const POSTED: &str = "select posting_id from posting order by posting_id limit 1";

#[rustfmt::skip]
const PLANTS: &[Plant] = &[
    Plant {
        rule: Rule::PostingsBalance,
        breaks: "update entry set amount_minor = amount_minor + 1 where line = 1
                 and posting_id = (select posting_id from posting order by posting_id limit 1)",
        mends: "update entry set amount_minor = amount_minor - 1 where line = 1
                and posting_id = (select posting_id from posting order by posting_id limit 1)",
        row: POSTED,
    },
    Plant {
        rule: Rule::PostingsHaveEntries,
        breaks: "insert into posting (bucket, posting_id, shop_id, object_id, cause)
                 select bucket, payment_id, shop_id, payment_id, 'nothing' from payment
                 order by payment_id limit 1",
        mends: "delete from posting where cause = 'nothing'",
        row: SOLD,
    },
    Plant {
        rule: Rule::EntriesFit,
        breaks: "update entry set currency = 'USD' where posting_id = (
                     select posting_id from posting order by posting_id limit 1)",
        mends: "update entry set currency = 'EUR'",
        row: POSTED,
    },
    Plant {
        rule: Rule::EntriesFit,
        breaks: "update posting set shop_id = gen_random_uuid() where posting_id = (
                     select posting_id from posting order by posting_id limit 1)",
        mends: "update posting set shop_id = (select shop_id from shop)",
        row: POSTED,
    },
    Plant {
        rule: Rule::AccountsFit,
        breaks: "update account set owner_id = shop_id where kind = 'processor_receivable' and account_id = (
                     select min(account_id::text)::uuid from account where kind = 'processor_receivable')",
        mends: "update account set owner_id = (select processor_account_id from processor_account)
                where kind = 'processor_receivable'",
        row: "select min(account_id::text)::uuid from account where kind = 'processor_receivable'",
    },
    Plant {
        rule: Rule::BalancesAreSums,
        breaks: "update balance_delta set amount_minor = amount_minor + 1 where delta_id = 1",
        mends: "update balance_delta set amount_minor = amount_minor - 1 where delta_id = 1",
        row: "select account_id from balance_delta where delta_id = 1",
    },
    Plant {
        rule: Rule::CapturesWithinAuthorized,
        breaks: "update payment set authorized_minor = captured_minor - 1
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set authorized_minor = captured_minor",
        row: SOLD,
    },
    Plant {
        rule: Rule::RefundsWithinCaptured,
        breaks: "update payment set refunded_minor = captured_minor + 1
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set refunded_minor = 0",
        row: SOLD,
    },
    Plant {
        rule: Rule::ReservedIsUnderWay,
        breaks: "update payment set refund_reserved_minor = 1, refund_requested_minor = 1
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set refund_reserved_minor = 0, refund_requested_minor = 0",
        row: SOLD,
    },
    Plant {
        rule: Rule::CapturesArePosted,
        breaks: "update payment set captured_minor = captured_minor - 1
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set captured_minor = authorized_minor",
        row: SOLD,
    },
    Plant {
        rule: Rule::ReceivableIsOwed,
        breaks: "update payment set settled_minor = 5
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set settled_minor = 0",
        row: SOLD,
    },
    Plant {
        rule: Rule::PayoutsArePosted,
        breaks: "insert into payout (bucket, payout_id, shop_id, seller_id, payout_account_id,
                                     payee_account_id, currency, amount_minor, maker_kind, needs_second,
                                     reasons, approver_kind, phase, submissions, begun, ended_at)
                 select bucket_of(seller_id), seller_id, shop_id, seller_id, seller_id, seller_id, 'EUR',
                        5700, 'schedule', false, '{}', 'schedule', 'paid', 1, 1, now()
                 from seller order by seller_id limit 1",
        mends: "delete from payout",
        row: "select seller_id from seller order by seller_id limit 1",
    },
    Plant {
        rule: Rule::HistoryIsWhole,
        breaks: "update payment set phase = 'authorized'
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set phase = 'captured'",
        row: SOLD,
    },
    Plant {
        rule: Rule::LeasesEnd,
        breaks: "update job set leased_by = job_id, leased_until = now() - interval '1 hour'
                 where job_id = (select job_id from job order by job_id limit 1)",
        mends: "update job set leased_by = null, leased_until = null",
        row: "select job_id from job order by job_id limit 1",
    },
    Plant {
        rule: Rule::PaymentsExpire,
        breaks: "update payment set phase = 'created'
                 where payment_id = (select payment_id from payment order by payment_id limit 1);
                 update checkout set expires_at = now() - interval '2 hours'",
        mends: "update payment set phase = 'captured';
                update checkout set expires_at = now() + interval '1 hour'",
        row: SOLD,
    },
    Plant {
        rule: Rule::PostingsAreSealed,
        breaks: "insert into posting (bucket, posting_id, shop_id, object_id, cause, recorded_at)
                 select bucket, payment_id, shop_id, payment_id, 'hidden', now() - interval '2 hours'
                 from payment order by payment_id limit 1",
        mends: "delete from posting where cause = 'hidden'",
        row: SOLD,
    },
    Plant {
        rule: Rule::DecisionsAreSealed,
        breaks: "insert into audit_log (audit_id, shop_id, actor, action, object_type, object_id, at)
                 select payment_id, shop_id, 'x', 'x', 'x', 'x', now() - interval '2 hours'
                 from payment order by payment_id limit 1",
        mends: "delete from audit_log where actor = 'x'",
        row: SOLD,
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "update posting set cause = cause || '!'
                 where posting_id = (select posting_id from posting order by posting_id limit 1)",
        mends: "update posting set cause = rtrim(cause, '!')",
        row: POSTED,
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "create table kept as table entry; create table kept_posting as table posting;
                 delete from entry; delete from posting
                 where posting_id = (select posting_id from posting order by posting_id limit 1)",
        mends: "insert into posting select * from kept_posting on conflict do nothing;
                insert into entry select * from kept",
        row: "select posting_id from kept_posting order by posting_id limit 1",
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "create table kept_close as table day_close;
                 update day_close set signature = decode(repeat('00', 64), 'hex')",
        mends: "delete from day_close; insert into day_close select * from kept_close",
        row: "select shop_id from shop",
    },
];

#[sqlx::test(migrations = "../../../migrations")]
async fn every_planted_breach_is_found_and_named_and_passes_when_it_is_mended(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for reference in ["one", "two", "three"] {
        desk.sold(reference).await;
    }
    let mut sealers = Sealers::open(desk.pool()).await.unwrap();
    sealers.seal_and_close(desk.pool(), desk.world.shop, today()).await.unwrap();
    desk.sql(
        "alter table payment drop constraint payment_reported_check,
             drop constraint payment_capture_check, drop constraint payment_refund_check,
             drop constraint payment_fee_check",
    )
    .await;
    assert_eq!(desk.breaches().await, [], "nothing is planted yet");

    for Plant { rule, breaks, mends, row } in PLANTS {
        desk.plant(breaks).await;
        let row: uuid::Uuid = sqlx::query_scalar(*row).fetch_one(desk.pool()).await.unwrap();

        let found = desk.breaches().await;

        let named = found.iter().any(|breach| breach.rule == *rule && breach.subject == row);
        assert!(named, "{rule:?} {breaks}: {found:?}");
        let (severity, rows): (String, serde_json::Value) = sqlx::query_as(
            "select severity, facts -> 'rows' from alert
             where kind = 'books_broken' and state = 'open' and subject like $1",
        )
        .bind(format!("{}%", rule.as_str()))
        .fetch_one(desk.pool())
        .await
        .unwrap();
        let rows: Vec<String> = serde_json::from_value(rows).unwrap();
        assert_eq!(severity, "critical");
        assert!(rows.contains(&rule.name_row(row)), "{rule:?}: {rows:?}");

        desk.plant(mends).await;
        assert_eq!(desk.breaches().await, [], "after {mends}");
        assert!(!desk.kinds().await.contains(&"books_broken".to_owned()), "{rule:?}");
    }
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn it_is_known_when_each_rule_last_held_for_everything(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;
    seal_all(desk.pool(), desk.world.shop).await;

    desk.breaches().await;
    desk.plant("update payment set settled_minor = 5").await;
    desk.breaches().await;

    let proofs = checks::proofs(desk.pool()).await.unwrap();
    let rules: Vec<Rule> = proofs.iter().map(|proof| proof.rule).collect();
    assert_eq!(rules, Rule::ALL);
    for proof in proofs {
        let is_broken = proof.rule == Rule::ReceivableIsOwed;
        assert_eq!(proof.failed_at.is_some(), is_broken, "{proof:?}");
        assert_eq!(proof.breaches > 0, is_broken, "{proof:?}");
        assert!(proof.covered_from.unwrap() <= proof.passed_at.unwrap(), "{proof:?}");
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_large_installation_is_looked_at_in_parts_and_a_breach_stays_until_its_part_comes(
    pool: PgPool,
) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;
    desk.breaches().await;
    desk.plant("update payment set settled_minor = 5").await;
    let bucket: i16 =
        sqlx::query_scalar("select bucket from payment").fetch_one(desk.pool()).await.unwrap();
    sqlx::query(
        "update proof_check set width = 1, next_bucket = $1 where name = 'receivable_is_owed'",
    )
    .bind(bucket)
    .execute(desk.pool())
    .await
    .unwrap();

    let found = desk.breaches().await;

    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].place, i64::from(bucket));
    desk.plant("update payment set settled_minor = 0").await;
    assert_eq!(desk.breaches().await, []);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn folding_and_refunds_under_way_break_nothing(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.sold("order").await.id;
    desk.sold("other").await;
    desk.world.requested_refund(payment, eur(1_000)).await;
    assert_eq!(desk.breaches().await, []);

    while engine::ledger::fold(desk.pool()).await.unwrap() > 0 {}

    assert_eq!(desk.breaches().await, []);
    desk.close().await;
}
