//! A shop with a seller, a processor account and staff, and payments in every state.

use domain::currency::Currency;
use domain::event::{Command, Event, Fact};
use domain::id::{
    CheckoutId, Id, PaymentId, ProcessorAccountId, RefundId, SellerId, ShopId, StaffId, kind,
};
use domain::money::Money;
use domain::permission::Role;
use engine::db::{Tx, new_id, new_plain_id};
use engine::payments::{self, Applied, Details, Input, Source};
use engine::reconciliation::actor::Person;
use serde_json::json;
use sqlx::PgPool;

/// The day that every capture of the world happens on.
pub(crate) const DAY: &str = "2026-11-20";

/// An amount in euro.
pub(crate) fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// One shop and everything it needs.
pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) shop: ShopId,
    pub(crate) seller: SellerId,
    pub(crate) account: ProcessorAccountId,
    pub(crate) analyst: Person,
    pub(crate) approver: Person,
}

impl World {
    /// A shop whose account at the sandbox has the name `alpine`.
    pub(crate) async fn new(pool: PgPool) -> Self {
        let shop: ShopId = new_plain_id();
        let seller: SellerId = new_plain_id();
        let account: ProcessorAccountId = new_plain_id();
        sqlx::query("insert into shop (shop_id, name) values ($1, 'Alpine')")
            .bind(shop.uuid())
            .execute(&pool)
            .await
            .unwrap();
        sqlx::query(
            "insert into seller (seller_id, shop_id, reference, name, fee_basis_points)
             values ($1, $2, 'books', 'Alpine Books', 500)",
        )
        .bind(seller.uuid())
        .bind(shop.uuid())
        .execute(&pool)
        .await
        .unwrap();
        insert_account(&pool, shop, account, "alpine").await;
        let analyst = person(&pool, shop, "Ana", Role::Analyst).await;
        let approver = person(&pool, shop, "Ben", Role::Approver).await;
        Self { pool, shop, seller, account, analyst, approver }
    }

    /// Somebody else of the same shop.
    pub(crate) async fn person(&self, name: &str, role: Role) -> Person {
        person(&self.pool, self.shop, name, role).await
    }

    /// Another account of the shop.
    pub(crate) async fn another_account(&self, name: &str) -> ProcessorAccountId {
        let account = new_plain_id();
        insert_account(&self.pool, self.shop, account, name).await;
        account
    }

    /// A payment that is authorised at the account.
    pub(crate) async fn authorized(&self, amount: Money) -> PaymentId {
        let checkout: CheckoutId = new_plain_id();
        let payment: PaymentId = new_id(checkout.bucket());
        sqlx::query(
            "insert into checkout (bucket, checkout_id, shop_id, reference, currency, total_minor,
                                   buyer, expires_at)
             values ($1, $2, $3, $4, $5, $6, '{}', now() + interval '1 hour')",
        )
        .bind(checkout.bucket().as_i16())
        .bind(checkout.uuid())
        .bind(self.shop.uuid())
        .bind(checkout.to_string())
        .bind(amount.currency().code())
        .bind(amount.minor())
        .execute(&self.pool)
        .await
        .unwrap();
        sqlx::query(
            "insert into payment (bucket, payment_id, checkout_id, shop_id, seller_id, position,
                                  reference, currency, amount_minor, capture_mode,
                                  fee_basis_points, attempts_max)
             values ($1, $2, $3, $4, $5, 1, $6, $7, $8, 'automatic', 500, 3)",
        )
        .bind(payment.bucket().as_i16())
        .bind(payment.uuid())
        .bind(checkout.uuid())
        .bind(self.shop.uuid())
        .bind(self.seller.uuid())
        .bind(payment.to_string())
        .bind(amount.currency().code())
        .bind(amount.minor())
        .execute(&self.pool)
        .await
        .unwrap();
        self.learn(payment, Fact::Authorized { total: amount }).await;
        payment
    }

    /// A payment of which everything is captured.
    pub(crate) async fn captured(&self, amount: Money) -> PaymentId {
        let payment = self.authorized(amount).await;
        self.capture(payment, amount).await;
        payment
    }

    /// Captures up to `total`, on the day of the world.
    pub(crate) async fn capture(&self, payment: PaymentId, total: Money) {
        self.learn(payment, Fact::Captured { total }).await;
        sqlx::query(
            "update payment set captured_at = '2026-11-20 10:12:13+00' where payment_id = $1",
        )
        .bind(payment.uuid())
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// A refund that the processor has not answered.
    pub(crate) async fn requested_refund(&self, payment: PaymentId, amount: Money) -> RefundId {
        let refund = new_id::<kind::Refund>(payment.bucket());
        self.happen(payment, Event::Command(Command::Refund { refund, amount })).await;
        refund
    }

    /// A refund that was made.
    pub(crate) async fn refunded(&self, payment: PaymentId, amount: Money) -> RefundId {
        let refund = self.requested_refund(payment, amount).await;
        self.learn(payment, Fact::RefundSucceeded { refund }).await;
        refund
    }

    /// Tells the payment something, as a worker would.
    pub(crate) async fn learn(&self, payment: PaymentId, fact: Fact) {
        self.happen(payment, Event::Fact(fact)).await;
    }

    async fn happen(&self, payment: PaymentId, event: Event) {
        let details = Details {
            processor_account: Some(self.account),
            processor_reference: Some(processor_reference(payment)),
            ..Details::default()
        };
        let input = Input { payment, event, source: Source::Worker, evidence: json!({}), details };
        let mut tx = Tx::begin(&self.pool).await.unwrap();
        let applied = payments::apply(&mut tx, &[input]).await.unwrap();
        assert!(matches!(applied.as_slice(), [Applied::Changed { .. }]), "{event:?}: {applied:?}");
        tx.commit().await.unwrap();
    }

    /// The balance of all accounts of a kind, in euro minor units.
    pub(crate) async fn balance(&self, kind: &str) -> i64 {
        sqlx::query_scalar(
            "select coalesce(sum(balance_minor), 0)::bigint from balance
             where shop_id = $1 and kind = $2 and currency = 'EUR'",
        )
        .bind(self.shop.uuid())
        .bind(kind)
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }

    /// One column of a payment.
    pub(crate) async fn settled_minor(&self, payment: PaymentId) -> i64 {
        sqlx::query_scalar("select settled_minor from payment where payment_id = $1")
            .bind(payment.uuid())
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }
}

/// What the processor calls a payment of the world.
pub(crate) fn processor_reference(payment: PaymentId) -> String {
    format!("sp_{}", payment.uuid().simple())
}

async fn insert_account(pool: &PgPool, shop: ShopId, account: ProcessorAccountId, name: &str) {
    sqlx::query(
        "insert into processor_account (processor_account_id, shop_id, processor, name, base_url,
                                        api_key, webhook_secret, fee_basis_points, fee_fixed_minor)
         values ($1, $2, 'sandbox', $3, 'http://127.0.0.1:9', 'key', 'secret', 140, 25)",
    )
    .bind(account.uuid())
    .bind(shop.uuid())
    .bind(name)
    .execute(pool)
    .await
    .unwrap();
}

async fn person(pool: &PgPool, shop: ShopId, name: &str, role: Role) -> Person {
    let id: StaffId = Id::from_uuid(new_plain_id::<kind::Staff>().uuid());
    sqlx::query(
        "insert into staff (staff_id, shop_id, email, name, role, password_hash)
         values ($1, $2, $3, $4, $5, 'none')",
    )
    .bind(id.uuid())
    .bind(shop.uuid())
    .bind(format!("{id}@example.com"))
    .bind(name)
    .bind(role.as_str())
    .execute(pool)
    .await
    .unwrap();
    Person { id, name: name.to_owned(), role }
}
