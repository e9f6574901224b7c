//! A running engine whose processor does what the test says.

use std::time::Duration;

use domain::checkout::Policy;
use domain::event::{Announcement, Command, Event, Fact};
use domain::id::PaymentId;
use domain::payment::CaptureMode;
use engine::checkouts::CheckoutRecord;
use engine::checkouts::accept::{AcceptError, NewCheckout, NewOrder, accept};
use engine::payments::commit::Unit;
use engine::payments::{self, Applied, Details, Input, PaymentRecord, Source};
use engine::service::Engine;
use engine::webhooks::endpoints::{self, Endpoint, NewEndpoint};
use engine::workers;
use jobs::{Handler, Lane, Step};
use serde_json::json;
use sqlx::PgPool;

use crate::fake_processor::FakeProcessor;
use crate::invariants;
use crate::world::{World, eur};

/// A shop, its processor and an engine without workers: tests call the lanes themselves.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) fake: FakeProcessor,
    pub(crate) engine: Engine,
}

impl Desk {
    pub(crate) async fn open(pool: PgPool) -> Self {
        let world = World::new(pool.clone()).await;
        let fake = FakeProcessor::start().await;
        sqlx::query("update processor_account set base_url = $1")
            .bind(&fake.base_url)
            .execute(&pool)
            .await
            .unwrap();
        let engine = Engine::start(pool, "http://paydesk.example").await.unwrap();
        Self { world, fake, engine }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.world.pool
    }

    /// A checkout of two payments, `<reference>-1` over 49.99 and `<reference>-2` over 35.00,
    /// charged to a token at once.
    pub(crate) fn checkout(&self, reference: &str) -> NewCheckout {
        let order = |number: u8, minor| NewOrder {
            reference: format!("{reference}-{number}"),
            seller_account: "books".into(),
            amount: eur(minor),
            description: None,
            metadata: json!({}),
        };
        NewCheckout {
            shop: self.world.shop,
            reference: reference.into(),
            buyer: json!({}),
            description: None,
            return_url: None,
            capture_mode: CaptureMode::Automatic,
            policy: Policy::BestEffort,
            metadata: json!({}),
            payment_method: Some("pm_card_visa".into()),
            expires_in: Duration::from_hours(1),
            orders: vec![order(1, 4_999), order(2, 3_500)],
            slot: None,
        }
    }

    /// A checkout of one payment over 49.99, charged to a token at once.
    pub(crate) fn single(&self, reference: &str) -> NewCheckout {
        let mut new = self.checkout(reference);
        new.orders.truncate(1);
        new
    }

    /// The same, to be paid on a hosted page.
    pub(crate) fn hosted(&self, reference: &str) -> NewCheckout {
        NewCheckout { payment_method: None, ..self.checkout(reference) }
    }

    pub(crate) async fn accept(&self, new: NewCheckout) -> Result<CheckoutRecord, AcceptError> {
        accept(&self.engine, new, Duration::ZERO).await
    }

    /// Takes in and carries out a checkout of one payment.
    pub(crate) async fn sold(&self, reference: &str) -> PaymentRecord {
        self.accept(self.single(reference)).await.unwrap();
        assert_eq!(self.carry().await, Step { claimed: 1, failed: 0 });
        self.payment(&format!("{reference}-1")).await
    }

    /// A payment of 49.99 that is held and not taken.
    pub(crate) async fn held(&self, reference: &str) -> PaymentRecord {
        let new = NewCheckout { capture_mode: CaptureMode::Manual, ..self.single(reference) };
        self.accept(new).await.unwrap();
        self.carry().await;
        self.payment(&format!("{reference}-1")).await
    }

    /// Runs the executor once.
    pub(crate) async fn carry(&self) -> Step {
        self.step(&workers::executor(&self.engine)).await
    }

    /// Runs the lane of captures, cancellations and refunds once.
    pub(crate) async fn operate(&self) -> Step {
        self.step(&workers::operator(&self.engine)).await
    }

    pub(crate) async fn step<H: Handler>(&self, lane: &Lane<H>) -> Step {
        lane.step(self.pool()).await.unwrap()
    }

    /// Lets the time pass that jobs wait for.
    pub(crate) async fn make_due(&self) {
        sqlx::query("update job set due_at = now()").execute(self.pool()).await.unwrap();
    }

    /// Lets every lease run out, as if its holder had been lost.
    pub(crate) async fn end_leases(&self) {
        sqlx::query("update job set leased_until = now() where leased_by is not null")
            .execute(self.pool())
            .await
            .unwrap();
    }

    /// Lets the time of every checkout run out, and what waits for that become due.
    pub(crate) async fn run_out_of_time(&self) {
        let overdue = "update checkout set expires_at = now() - interval '1 second'";
        sqlx::query(overdue).execute(self.pool()).await.unwrap();
        self.make_due().await;
    }

    pub(crate) async fn payment(&self, reference: &str) -> PaymentRecord {
        let found = payments::find_by_reference(self.pool(), self.world.shop, reference).await;
        found.unwrap().unwrap()
    }

    pub(crate) async fn command(&self, payment: PaymentId, command: Command) -> Applied {
        self.happen(payment, Event::Command(command)).await
    }

    pub(crate) async fn learn(&self, payment: PaymentId, fact: Fact) -> Applied {
        self.happen(payment, Event::Fact(fact)).await
    }

    async fn happen(&self, payment: PaymentId, event: Event) -> Applied {
        let input = Input {
            payment,
            event,
            source: Source::Staff,
            evidence: json!({}),
            details: Details::default(),
        };
        let unit = Unit { inputs: vec![input], ..Unit::default() };
        self.engine.committer().commit(unit).await.unwrap().remove(0)
    }

    /// Adds an endpoint of the shop that wants events of these types, all if there are none.
    pub(crate) async fn hears(&self, name: &str, url: &str, types: &[Announcement]) -> Endpoint {
        let new = NewEndpoint {
            name: name.into(),
            url: url.into(),
            secret: None,
            event_types: types.iter().copied().map(Into::into).collect(),
        };
        endpoints::add(self.pool(), self.world.shop, new, true, "a test").await.unwrap().0
    }

    /// The balances of receivable, seller and platform, debit positive.
    pub(crate) async fn books(&self) -> [i64; 3] {
        [
            self.world.balance("processor_receivable").await,
            self.world.balance("seller_pending").await,
            self.world.balance("platform_fees").await,
        ]
    }

    /// How many rows each table has that a sale writes to.
    pub(crate) async fn rows(&self) -> Vec<(String, i64)> {
        sqlx::query_as(
            "select 'checkout', count(*) from checkout
             union all select 'payment', count(*) from payment
             union all select 'reference_claim', count(*) from reference_claim
             union all select 'attempt', count(*) from attempt
             union all select 'transition', count(*) from transition
             union all select 'posting', count(*) from posting
             union all select 'job', count(*) from job
             union all select 'outbox', count(*) from outbox",
        )
        .fetch_all(self.pool())
        .await
        .unwrap()
    }

    /// Ends the test: the laws hold, and the service itself finds nothing that breaks a rule.
    pub(crate) async fn close(self) {
        assert_eq!(self.breaches().await, []);
        invariants::assert_hold(self.pool()).await;
    }
}
