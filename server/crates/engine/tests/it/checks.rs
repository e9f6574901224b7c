//! The continuous checks: each breach that somebody plants is found, named, and taken back.

mod cycles;
mod plants;
mod standing_still;

use domain::id::ShopId;
use engine::books::sealer::Sealers;
use engine::checks::{self, Breach, Rule};
use sqlx::PgPool;

use crate::chain::{seal_all, today};
use crate::desk::Desk;
use crate::world::{World, eur};
use plants::{PLANTS, Plant};

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

#[sqlx::test(migrations = "../../../migrations")]
async fn every_planted_breach_is_found_and_named_and_passes_when_it_is_mended(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for reference in ["one", "two", "three"] {
        desk.sold(reference).await;
    }
    desk.sql(
        "insert into audit_log (audit_id, shop_id, actor, action, object_type, object_id)
         select gen_random_uuid(), shop_id, 'Ana', 'tested', 'test', 'one' from shop",
    )
    .await;
    let mut sealers = Sealers::open(desk.pool()).await.unwrap();
    sealers.seal_and_close(desk.pool(), desk.world.shop, today()).await.unwrap();
    desk.sql(
        "alter table payment drop constraint payment_reported_check,
             drop constraint payment_capture_check, drop constraint payment_refund_check,
             drop constraint payment_fee_check;
         alter table posting drop constraint posting_effective_check;
         alter table audit_log drop constraint audit_log_at_check;
         alter table day_balance drop constraint day_balance_number_check",
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
        let verdicts = checks::verify(desk.pool()).await.unwrap();
        let verdict = verdicts.iter().find(|verdict| verdict.rule == *rule).unwrap();
        let begins = format!("{}: ", rule.name_row(row));
        assert!(verdict.broken > 0, "{breaks}: {verdicts:?}");
        assert!(verdict.first.iter().any(|first| first.starts_with(&begins)), "{verdict:?}");

        desk.plant(mends).await;
        assert_eq!(desk.breaches().await, [], "after {mends}");
        assert!(!desk.kinds().await.contains(&"books_broken".to_owned()), "{rule:?}");
        let verdicts = checks::verify(desk.pool()).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.broken == 0), "{verdicts:?}");
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

#[sqlx::test(migrations = "../../../migrations")]
async fn the_rows_of_one_shop_never_hide_those_of_another(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (many, one) = (desk.world.shop, World::new(desk.pool().clone()).await.shop);
    let empty = |shop: ShopId, begins: &str, rows: u8| {
        format!(
            "insert into posting (bucket, posting_id, shop_id, object_id, cause)
             select bucket_of(id), id, '{}', id, 'nothing'
             from (select ('{begins}000000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
                   from generate_series(1, {rows}) as number) as new (id)",
            shop.uuid()
        )
    };
    desk.plant(&empty(one, "ff", 1)).await;
    desk.breaches().await;

    desk.plant(&empty(many, "00", 101)).await;
    desk.breaches().await;

    let found = checks::breaches(desk.pool(), one, 10).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let counted = checks::breach_counts(desk.pool(), many).await.unwrap();
    assert_eq!(counted, [(Rule::PostingsHaveEntries, checks::ROWS_MAX)]);
    let open: Vec<(String, String)> = sqlx::query_as(
        "select subject, message from alert where kind = 'books_broken' and state = 'open'",
    )
    .fetch_all(desk.pool())
    .await
    .unwrap();
    let message = |shop: ShopId| {
        let subject = format!("postings_have_entries:{shop}");
        open.iter().find(|(about, _)| *about == subject).map(|(_, message)| message)
    };
    assert!(message(one).unwrap().contains("fails for 1 rows"), "{open:?}");
    assert!(message(many).unwrap().contains("fails for at least 100 rows"), "{open:?}");
}
