//! What most tests need: a shop with sellers, a key and staff, and the service's real router.

mod answer;
mod console;
pub(crate) mod log;
pub(crate) mod paying;
pub(crate) mod psp;
pub(crate) mod road;

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use domain::fee::ProcessorTariff;
use domain::id::{ProcessorAccountId, ShopId};
use domain::permission::Role;
use engine::db::{Tx, new_plain_id};
use engine::shops::{self, ProcessorAccount};
use engine::staff::{self, NewStaff, Passwords};
use engine::{api_keys, workers};
use serde_json::{Value, json};
use server::wiring::{self, Services, Settings};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

pub(crate) use answer::Answer;
use road::Road;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One shop and the service that it uses.
pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) services: Services,
    pub(crate) router: Router,
    pub(crate) shop: ShopId,
    pub(crate) account: ProcessorAccountId,
    pub(crate) key: String,
    working: Option<(DropGuard, JoinHandle<()>)>,
}

impl World {
    /// A world whose processor cannot be reached, and in which nobody works.
    pub(crate) async fn new(pool: PgPool) -> Self {
        Self::at(pool, "http://127.0.0.1:9", "http://pay.test").await
    }

    /// A world whose processor is at `processor`, and that is reached at `public_url`.
    pub(crate) async fn at(pool: PgPool, processor: &str, public_url: &str) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let shop = shops::save_shop(&pool, "Test Shop", None).await.unwrap();
        shops::save_seller(&pool, shop, "books", "Test Books", 500).await.unwrap();
        shops::save_seller(&pool, shop, "gear", "Test Gear", 850).await.unwrap();
        let account = ProcessorAccount {
            id: new_plain_id(),
            shop,
            processor: "sandbox".into(),
            name: "test-account".into(),
            base_url: processor.into(),
            api_key: "sk_test_account".into(),
            webhook_secret: WEBHOOK_SECRET.into(),
            tariff: ProcessorTariff { basis_points: 140, fixed_minor: 25 },
        };
        let account = shops::save_processor_account(&pool, &account).await.unwrap();
        let mut tx = Tx::begin(&pool).await.unwrap();
        let key = api_keys::create(&mut tx, shop, "test").await.unwrap();
        tx.commit().await.unwrap();
        let settings = Settings {
            public_url: public_url.into(),
            site: PathBuf::from("no-site-in-tests"),
            processor_origins: vec![processor.into()],
            is_demo: false,
            allow_private_webhook_targets: false,
            patience: Duration::from_secs(10),
        };
        let services = Services::start(pool.clone(), settings).await.unwrap();
        let router = wiring::router(&services);
        Self { pool, services, router, shop, account, key, working: None }
    }

    /// The same world, whose service reaches the database by a road that the test can cut.
    pub(crate) async fn by_road(self) -> (Self, Road) {
        let options = self.pool.connect_options().as_ref().clone();
        let database = format!("{}:{}", options.get_host(), options.get_port()).parse();
        let road = Road::to(database.expect("tests reach their database by an address")).await;
        let cut = PgPoolOptions::new()
            .acquire_timeout(Duration::from_secs(2))
            .connect_with(options.host("127.0.0.1").port(road.address.port()))
            .await
            .unwrap();
        let settings = self.services.settings.as_ref().clone();
        let services = Services::start(cut, settings).await.unwrap();
        let router = wiring::router(&services);
        (Self { services, router, ..self }, road)
    }

    /// Starts the workers; they end with the world.
    pub(crate) fn work(&mut self) {
        let stop = CancellationToken::new();
        let options =
            workers::Options { allow_private_webhook_targets: true, ..workers::Options::default() };
        let working =
            tokio::spawn(workers::run(self.services.engine.clone(), options, stop.clone()));
        self.working = Some((stop.drop_guard(), working));
    }

    /// Lets the workers end, and waits until they have.
    pub(crate) async fn rest(&mut self) {
        if let Some((stop, working)) = self.working.take() {
            drop(stop);
            working.await.unwrap();
        }
    }

    /// How many webhooks to shops wait.
    pub(crate) async fn deliveries(&self) -> i64 {
        sqlx::query_scalar("select count(*) from job where kind = 'deliver_webhook'")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Adds somebody who signs in with [`PASSWORD`].
    pub(crate) async fn staff(&self, email: &str, role: Role) {
        let password_hash = Passwords::new().hash(PASSWORD.into()).await;
        let person = NewStaff {
            shop: self.shop,
            email: email.into(),
            name: format!("Staff {email}"),
            role,
            password_hash,
        };
        let mut tx = Tx::begin(&self.pool).await.unwrap();
        staff::save(&mut tx, &person).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// A call of the API with the shop's key.
    pub(crate) fn api(&self, method: &str, path: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.api("GET", path).body(Body::empty()).unwrap()).await
    }

    /// `POST /v1/payments` with `body` under `key`.
    pub(crate) async fn create(&self, key: &str, body: &Value) -> Answer {
        let request = self
            .api("POST", "/v1/payments")
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// The address of this test's database, for a program of its own.
    pub(crate) fn database_url(&self) -> String {
        let options = self.pool.connect_options();
        let (user, host, port) = (options.get_username(), options.get_host(), options.get_port());
        format!("postgres://{user}@{host}:{port}/{}", options.get_database().unwrap())
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }
}

/// A basket of two sellers, 34.90 and 49.99 euros, named after `order`.
pub(crate) fn basket(order: &str) -> Value {
    json!({
        "checkout_id": order,
        "buyer_info": { "name": "Robin", "email": "robin@example.org", "country": "DE" },
        "payment_orders": [
            {
                "payment_order_id": format!("{order}-1"), "seller_account": "books",
                "amount": "34.90", "currency": "EUR", "description": "Atlas",
            },
            {
                "payment_order_id": format!("{order}-2"), "seller_account": "gear",
                "amount": "49.99", "currency": "EUR",
            },
        ],
    })
}

/// The basket, paid with a stored method.
pub(crate) fn paid_with(order: &str, method: &str) -> Value {
    let mut body = basket(order);
    body["payment_method_id"] = json!(method);
    body
}

/// Everything that is written of all payments.
pub(crate) async fn payment_rows(pool: &PgPool) -> String {
    let rows =
        "select coalesce(string_agg(payment::text, '; ' order by payment_id), '') from payment";
    sqlx::query_scalar(rows).fetch_one(pool).await.unwrap()
}
