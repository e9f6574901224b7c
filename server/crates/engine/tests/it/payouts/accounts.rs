//! The accounts that pay-outs leave from, and who changed them.

use domain::currency::Currency;
use domain::schedule::{Rhythm, Schedule};
use engine::db::new_plain_id;
use engine::payouts::accounts::{Access, PayoutAccount, SaveError, list, save, set_limit};
use engine::payouts::schedules;
use serde_json::Value;
use sqlx::PgPool;

use super::Counter;
use crate::exchange::{accepted, import_day, quoted};
use crate::world::eur;

impl Counter {
    /// The account that is there, opened by this at this address.
    fn account_at(&self, base_url: &str, api_key: &str) -> PayoutAccount {
        PayoutAccount {
            id: new_plain_id(),
            shop: self.desk.world.shop,
            name: "house bank".into(),
            currency: Currency::EUR,
            access: Access {
                base_url: base_url.into(),
                api_key: api_key.into(),
                webhook_secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
            },
        }
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_account_stays_at_its_provider_while_anything_is_under_way_there(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.submit().await;
    let here = counter.provider.base_url.clone();
    let pool = counter.desk.pool();

    let moved = save(pool, &counter.account_at("http://127.0.0.1:9", "key"), "a test").await;
    let renewed = save(pool, &counter.account_at(&here, "new key"), "a test").await;
    let known = list(pool, counter.desk.world.shop).await.unwrap().remove(0);
    counter.provider.becomes(&id.to_string(), "paid", None);
    counter.inquire().await;
    let later = save(pool, &counter.account_at("http://127.0.0.1:9", "key"), "a test").await;

    assert!(matches!(moved, Err(SaveError::UnderWay)), "{moved:?}");
    assert_eq!(renewed.unwrap(), counter.account);
    assert_eq!((known.access.base_url, known.access.api_key), (here, "new key".to_owned()));
    assert_eq!(later.unwrap(), counter.account);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn whoever_changes_where_and_when_money_leaves_stands_in_the_audit_log(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let (pool, shop) = (counter.desk.pool(), counter.desk.world.shop);
    set_limit(pool, shop, eur(2_000_00), "Ida").await.unwrap();
    let schedule = Schedule { rhythm: Rhythm::Daily, minimum: eur(10_00) };
    schedules::set(pool, shop, counter.seller(), schedule, "Ida").await.unwrap();

    let lines: Vec<(String, String, Value)> = sqlx::query_as(
        "select actor, action, detail from audit_log where action like 'payout%' order by 2, 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();

    let lines: Vec<String> =
        lines.iter().map(|(actor, action, detail)| format!("{actor} {action} {detail}")).collect();
    let account = format!(
        r#"a test payout_account.set {{"base_url":"{}","currency":"EUR","name":"house bank"}}"#,
        counter.provider.base_url,
    );
    assert_eq!(
        lines,
        [
            account.as_str(),
            r#"Ida payout_limit.set {"before":"1000.00","currency":"EUR","limit":"2000.00"}"#,
            r#"a test payout_limit.set {"before":null,"currency":"EUR","limit":"1000.00"}"#,
            r#"Ida payout_schedule.set {"currency":"EUR","day":null,"minimum":"10.00","rhythm":"daily"}"#,
        ]
    );
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_waits_to_be_paid_out_is_not_exchanged(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let world = &counter.desk.world;
    import_day(world, time::OffsetDateTime::now_utc().date(), "1.08,161.35").await;
    counter.make(eur(57_00), counter.analyst()).await.unwrap();

    let too_much = accepted(world, &quoted(world, eur(43_01), Currency::USD).await).await;
    accepted(world, &quoted(world, eur(43_00), Currency::USD).await).await.unwrap();

    let refused = too_much.unwrap_err().to_string();
    assert_eq!(refused, "the seller has 43.00 EUR");
    counter.close().await;
}
