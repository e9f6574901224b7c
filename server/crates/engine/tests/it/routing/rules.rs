//! Rules that people set, and what they decide.

use domain::currency::Currency;
use domain::id::{ProcessorAccountId, ShopId};
use domain::money::Money;
use domain::routing::terms::Terms;
use domain::routing::{Conditions, Rule};
use engine::checkouts::accept::AcceptError;
use engine::db::new_plain_id;
use engine::routing::rules::{self, RuleError};
use sqlx::PgPool;

use super::Pair;

fn rule(target: ProcessorAccountId) -> Rule {
    let conditions = Conditions {
        currency: Some(Currency::EUR),
        from_minor: Some(4_000),
        ..Conditions::default()
    };
    Rule { priority: 10, conditions, target, weight: 100 }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_rule_sends_payments_to_its_target_and_is_named_as_the_reason(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let shop = pair.desk.world.shop;
    rules::set(pair.desk.pool(), shop, &rule(pair.south_id), "ops").await.unwrap();

    pair.desk.accept(pair.desk.checkout("order")).await.unwrap();

    let reasons: Vec<(i64, String)> =
        sqlx::query_as("select amount_minor, routing_reason from attempt order by amount_minor")
            .fetch_all(pair.desk.pool())
            .await
            .unwrap();
    assert_eq!(reasons[0].1, "alpine because it costs 0.74 EUR and the next, south, 0.95 EUR");
    assert_eq!(reasons[1].1, "south because rule 10 (EUR, from 40.00) names it");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn rules_are_replaced_listed_removed_and_audited(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let (db, shop) = (pair.desk.pool(), pair.desk.world.shop);
    let changed = Rule { weight: 30, ..rule(pair.south_id) };

    rules::set(db, shop, &rule(pair.south_id), "ops").await.unwrap();
    rules::set(db, shop, &changed, "ops").await.unwrap();
    assert_eq!(rules::find(db, shop).await.unwrap().rules, [changed]);
    assert_eq!(rules::remove(db, shop, 10, None, "ops").await.unwrap(), 1);

    assert_eq!(rules::find(db, shop).await.unwrap().rules, []);
    let log: Vec<String> =
        sqlx::query_scalar("select action from audit_log order by at").fetch_all(db).await.unwrap();
    assert_eq!(log, ["route.set", "route.set", "route.removed"]);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_rule_that_makes_no_sense_is_refused(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let (db, shop) = (pair.desk.pool(), pair.desk.world.shop);
    let mut unpriced = rule(pair.south_id);
    unpriced.conditions.currency = None;
    let other: ShopId = new_plain_id();
    sqlx::query("insert into shop (shop_id, name) values ($1, 'Other')")
        .bind(other.uuid())
        .execute(db)
        .await
        .unwrap();

    let amount = rules::set(db, shop, &unpriced, "ops").await;
    let foreign = rules::set(db, other, &rule(pair.south_id), "ops").await;
    let terms = rules::set_terms(db, other, pair.south_id, &Terms::default(), "ops").await;

    assert!(matches!(amount, Err(RuleError::AmountWithoutCurrency)), "{amount:?}");
    assert!(matches!(foreign, Err(RuleError::NoAccount)), "{foreign:?}");
    assert!(matches!(terms, Err(RuleError::NoAccount)), "{terms:?}");
    assert_eq!(pair.desk.world.count("select count(*) from route").await, 0);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_no_account_takes_is_not_taken_in(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let (db, shop) = (pair.desk.pool(), pair.desk.world.shop);
    let money = |minor| Money::from_minor(minor, Currency::EUR);
    let small = Terms {
        limits: vec![(money(1), money(4_998))],
        vault: Some("shared".into()),
        ..Terms::default()
    };
    for account in [pair.north_id, pair.south_id] {
        rules::set_terms(db, shop, account, &small, "ops").await.unwrap();
    }

    let answer = pair.desk.accept(pair.desk.single("order")).await;

    assert!(matches!(answer, Err(AcceptError::NoProcessor)), "{answer:?}");
    let found = rules::find(db, shop).await.unwrap();
    assert_eq!(found.accounts[0].terms, small);
    pair.desk.close().await;
}
