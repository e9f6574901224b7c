//! Two processors: where payments go, and what happens when one of them fails.

mod circuits;
mod declines;
mod failover;
mod lost_workers;
mod pages;
mod rules;

use domain::id::ProcessorAccountId;
use domain::payment::Status;
use domain::why::Reason;
use engine::db::new_plain_id;
use engine::payments::PaymentRecord;
use engine::processors::circuits::Standing;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::FakeProcessor;

/// A desk whose shop has a second account, `south`, at a processor that is dearer.
pub(crate) struct Pair {
    pub(crate) desk: Desk,
    pub(crate) north: FakeProcessor,
    pub(crate) south: FakeProcessor,
    pub(crate) north_id: ProcessorAccountId,
    pub(crate) south_id: ProcessorAccountId,
}

impl Pair {
    /// Both accounts know each other's stored methods.
    pub(crate) async fn open(pool: PgPool) -> Self {
        let desk = Desk::open(pool.clone()).await;
        let south = FakeProcessor::start().await;
        let south_id: ProcessorAccountId = new_plain_id();
        sqlx::query(
            "insert into processor_account (processor_account_id, shop_id, processor, name,
                                            base_url, api_key, webhook_secret, fee_basis_points,
                                            fee_fixed_minor)
             values ($1, $2, 'sandbox', 'south', $3, 'key', 'secret', 200, 25)",
        )
        .bind(south_id.uuid())
        .bind(desk.world.shop.uuid())
        .bind(&south.base_url)
        .execute(&pool)
        .await
        .unwrap();
        sqlx::query("update processor_account set vault = 'shared'").execute(&pool).await.unwrap();
        let (north, north_id) = (desk.fake.clone(), desk.world.account);
        Self { desk, north, south, north_id, south_id }
    }

    /// The authorisations that were tried: account, state, cause, in their order.
    pub(crate) async fn tries(&self) -> Vec<(String, String, String)> {
        sqlx::query_as(
            "select account.name, state, cause
             from attempt join processor_account account using (processor_account_id)
             where operation = 'authorize' order by attempt.payment_id, attempt.number",
        )
        .fetch_all(self.desk.pool())
        .await
        .unwrap()
    }

    pub(crate) async fn only_payment(&self) -> PaymentRecord {
        self.desk.payment("order-1").await
    }

    /// Why the only payment stands where it stands.
    pub(crate) async fn reason(&self) -> Reason {
        let (pool, shop) = (self.desk.pool(), self.desk.world.shop);
        let id = self.only_payment().await.id;
        engine::why::explain(pool, shop, id).await.unwrap().unwrap().reason
    }

    /// How the first account stands, for staff.
    pub(crate) async fn standing(&self) -> Standing {
        self.standing_of(self.north_id).await
    }

    /// How an account stands, for staff.
    pub(crate) async fn standing_of(&self, account: ProcessorAccountId) -> Standing {
        let all = engine::processors::circuits::list(self.desk.pool(), self.desk.world.shop)
            .await
            .unwrap();
        all.into_iter().find(|one| one.id == account).unwrap()
    }

    /// Lets the time pass that an open circuit waits.
    pub(crate) async fn wait_for_circuit(&self) {
        sqlx::query("update circuit set retry_at = now() where state = 'open'")
            .execute(self.desk.pool())
            .await
            .unwrap();
        self.desk.engine.health().refresh().await.unwrap();
    }
}

/// One try as [`Pair::tries`] tells it.
pub(crate) fn a_try(account: &str, state: &str, cause: &str) -> (String, String, String) {
    (account.into(), state.into(), cause.into())
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_goes_where_it_costs_least_and_its_attempt_says_so(pool: PgPool) {
    let pair = Pair::open(pool).await;

    let payment = pair.desk.sold("order").await;

    assert_eq!(payment.state.status(), Status::Captured);
    assert_eq!(payment.processor_account, Some(pair.north_id));
    let reason: String = sqlx::query_scalar("select routing_reason from attempt")
        .fetch_one(pair.desk.pool())
        .await
        .unwrap();
    assert_eq!(reason, "alpine because it costs 0.95 EUR and the next, south, 1.25 EUR");
    assert!(pair.south.calls().is_empty());
    pair.desk.close().await;
}
