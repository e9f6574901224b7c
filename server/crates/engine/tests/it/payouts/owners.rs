//! A pay-out goes to its seller's account, from its shop's, in its currency: the database says so.

use domain::currency::Currency;
use domain::id::{PayeeAccountId, PayoutAccountId, SellerId, ShopId};
use engine::db::new_plain_id;
use engine::payouts::accounts::{self, Access, PayoutAccount};
use engine::payouts::payees::{self, NewPayee};
use engine::shops;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Counter, OTHER_IBAN};
use crate::world::eur;

impl Counter {
    /// A bank account of a seller that nobody pays to.
    async fn payee_of(&self, shop: ShopId, seller: SellerId, currency: Currency) -> PayeeAccountId {
        let (iban, holder) = (OTHER_IBAN.parse().unwrap(), "Summit Gear GmbH".into());
        let new = NewPayee { shop, seller, currency, iban, bic: None, holder, slot: None };
        payees::add(self.desk.pool(), &new).await.unwrap().id
    }

    /// Another account that pay-outs leave from.
    async fn account_of(&self, shop: ShopId, name: &str, currency: Currency) -> PayoutAccountId {
        let access = Access {
            base_url: "http://127.0.0.1:9".into(),
            api_key: "key".into(),
            webhook_secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
        };
        let account =
            PayoutAccount { id: new_plain_id(), shop, name: name.into(), currency, access };
        accounts::save(self.desk.pool(), &account, "a test").await.unwrap()
    }

    /// The constraint that refuses to change every pay-out so.
    async fn planted(&self, statement: &'static str, id: Uuid) -> Option<String> {
        let planted = sqlx::query(statement).bind(id).execute(self.desk.pool()).await;
        let error = planted.expect_err(statement);
        error.as_database_error().unwrap().constraint().map(str::to_owned)
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_pay_out_never_names_an_account_of_another_seller_shop_or_currency(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.make(eur(57_00), counter.analyst()).await.unwrap();
    let (pool, shop) = (counter.desk.pool(), counter.desk.world.shop);
    let other_shop = shops::save_shop(pool, "Another", None).await.unwrap();
    let neighbour = shops::save_seller(pool, shop, "neighbour", "Neighbour", 500).await.unwrap();
    let stranger = shops::save_seller(pool, other_shop, "stranger", "Stranger", 500).await.unwrap();
    let to = "update payout set payee_account_id = $1";
    let from = "update payout set payout_account_id = $1";

    for (payee, whose) in [
        (counter.payee_of(shop, neighbour, Currency::EUR).await, "another seller's"),
        (counter.payee_of(other_shop, stranger, Currency::EUR).await, "another shop's"),
        (counter.payee_of(shop, counter.seller(), Currency::USD).await, "in dollars"),
    ] {
        let refused = counter.planted(to, payee.uuid()).await;
        assert_eq!(refused.as_deref(), Some("payout_payee_fkey"), "{whose}");
    }
    for (account, whose) in [
        (counter.account_of(other_shop, "theirs", Currency::EUR).await, "another shop's"),
        (counter.account_of(shop, "dollars", Currency::USD).await, "in dollars"),
    ] {
        let refused = counter.planted(from, account.uuid()).await;
        assert_eq!(refused.as_deref(), Some("payout_account_fkey"), "{whose}");
    }
    let sound = counter.account_of(shop, "second", Currency::EUR).await;
    sqlx::query(from).bind(sound.uuid()).execute(pool).await.expect("of the shop, in euros");
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_a_pay_out_hangs_on_never_changes_hands(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.make(eur(57_00), counter.analyst()).await.unwrap();
    let (pool, shop) = (counter.desk.pool(), counter.desk.world.shop);
    let other_shop = shops::save_shop(pool, "Another", None).await.unwrap();
    let neighbour = shops::save_seller(pool, shop, "neighbour", "Neighbour", 500).await.unwrap();

    for (statement, id, constraint) in [
        ("update payout set shop_id = $1", other_shop.uuid(), "payout_"),
        ("update payee_account set seller_id = $1", neighbour.uuid(), "payout_payee_fkey"),
        ("update payee_account set shop_id = $1", other_shop.uuid(), "pay"),
        ("update payout_account set shop_id = $1", other_shop.uuid(), "payout_account_fkey"),
        ("update seller set shop_id = $1", other_shop.uuid(), "_fkey"),
    ] {
        let refused = counter.planted(statement, id).await.unwrap_or_default();
        assert!(refused.contains(constraint), "{statement}: {refused}");
    }
    counter.close().await;
}
