//! A real service in a process of its own, a real processor, and a shop that listens.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use domain::fee::ProcessorTariff;
use engine::db::{Tx, new_plain_id};
use engine::shops::{self, ProcessorAccount};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgPool};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Mutex as AsyncMutex;

const WEBHOOK_SECRET: &str = "whsec_dGhlLXNlY3JldC1vZi10aGUtY3Jhc2gtdGVzdA==";
const SANDBOX_KEY: &str = "sandbox-crash-test";
/// How long a shop goes on repeating one call.
const PATIENCE: Duration = Duration::from_mins(2);

/// What one payment was asked for with.
pub(super) struct Answered {
    pub(super) token: &'static str,
}

/// Everything that runs. Cheap to clone.
#[derive(Clone)]
pub(super) struct World(Arc<Inner>);

struct Inner {
    service: AsyncMutex<Child>,
    command: ServiceCommand,
    client: reqwest::Client,
    api_key: String,
    public_url: String,
    sandbox_url: String,
    heard: Heard,
}

/// Payments whose capture was announced, and with which event ids.
type Heard = Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>;

struct ServiceCommand {
    database_url: String,
    listen: String,
    public_url: String,
}

impl ServiceCommand {
    fn spawn(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_paydesk"))
            .args(["serve", "--listen", &self.listen, "--public-url", &self.public_url])
            .args(["--allow-private-webhook-targets", "--log", "error"])
            .env("DATABASE_URL", &self.database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the service starts")
    }
}

impl World {
    pub(super) async fn start(pool: &PgPool, options: &PgConnectOptions) -> Self {
        let heard = Heard::default();
        let (shop_url, sandbox_url) = (listen_as_shop(&heard).await, free_origin());
        let public_url = free_origin();
        let (api_key, account) = seed(pool, &shop_url, &sandbox_url).await;
        start_sandbox(pool, options, &sandbox_url).await;

        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let account_body = json!({
            "api_key": SANDBOX_KEY,
            "webhook_url": format!("{public_url}/webhooks/{account}"),
            "webhook_secret": WEBHOOK_SECRET,
        });
        wait_for(&client, &format!("{sandbox_url}/health")).await;
        let opened =
            client.put(format!("{sandbox_url}/v1/accounts/crash")).json(&account_body).send().await;
        assert!(opened.expect("the sandbox answers").status().is_success());

        let command = ServiceCommand {
            database_url: options.to_url_lossy().to_string(),
            listen: public_url.trim_start_matches("http://").to_owned(),
            public_url: public_url.clone(),
        };
        let service = AsyncMutex::new(command.spawn());
        wait_for(&client, &format!("{public_url}/health/ready")).await;
        Self(Arc::new(Inner { service, command, client, api_key, public_url, sandbox_url, heard }))
    }

    /// Kills the service with SIGKILL and starts it again, at moments that nobody planned.
    pub(super) async fn kill_now_and_then(self, kills: usize) {
        for _ in 0..kills {
            // The seed of a hasher is the one random number that std gives.
            let random = RandomState::new().build_hasher().finish();
            tokio::time::sleep(Duration::from_millis(250 + random % 800)).await;
            let mut service = self.0.service.lock().await;
            service.kill().await.expect("the service can be killed");
            *service = self.0.command.spawn();
        }
    }

    /// Pays, repeating the call with the same key until it is answered.
    pub(super) async fn pay(&self, number: usize) -> Answered {
        let token = match number % 10 {
            3 => "pm_card_declined",
            7 => "pm_card_lost_answer",
            _ => "pm_card_visa",
        };
        let body = json!({
            "checkout_id": format!("crash-{number}"),
            "buyer_info": { "email": "shopper@example.com" },
            "payment_method_id": token,
            "payment_orders": [{
                "payment_order_id": format!("crash-order-{number}"),
                "seller_account": "books",
                "amount": "49.99",
                "currency": "EUR",
            }],
        });
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let answer = self
                .0
                .client
                .post(format!("{}/v1/payments", self.0.public_url))
                .bearer_auth(&self.0.api_key)
                .header("idempotency-key", format!("key-{number}"))
                .json(&body)
                .send()
                .await;
            match answer {
                Ok(answer) if answer.status() == 201 => return Answered { token },
                Ok(answer) if answer.status() == 409 || answer.status().is_server_error() => {}
                Ok(answer) => {
                    let status = answer.status();
                    panic!("payment {number}: {status}: {:?}", answer.text().await);
                }
                // The service was killed: it was answered by nobody.
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("payment {number} was not answered in {PATIENCE:?}");
    }

    /// Waits until no work is left.
    pub(super) async fn settle(&self, pool: &PgPool, limit: Duration) {
        let start = Instant::now();
        loop {
            let left: i64 = sqlx::query_scalar("select count(*) from job")
                .fetch_one(pool)
                .await
                .expect("the queue can be counted");
            if left == 0 {
                return;
            }
            assert!(start.elapsed() < limit, "{left} jobs are left after {limit:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The processor's whole book.
    pub(super) async fn processors_book(&self) -> Vec<Value> {
        let answer = self
            .0
            .client
            .get(format!("{}/v1/books", self.0.sandbox_url))
            .bearer_auth(SANDBOX_KEY)
            .send()
            .await
            .expect("the sandbox answers");
        let book: Value = answer.json().await.expect("the book is JSON");
        book["payments"].as_array().cloned().expect("a list of payments")
    }

    pub(super) fn heard(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.0.heard.lock().expect("nobody broke while listening").clone()
    }

    pub(super) async fn stop(&self) {
        self.0.service.lock().await.kill().await.expect("the service can be stopped");
    }
}

async fn seed(pool: &PgPool, shop_url: &str, sandbox_url: &str) -> (String, String) {
    let webhook = Some((shop_url, WEBHOOK_SECRET));
    let shop = shops::save_shop(pool, "Crash test", webhook).await.expect("a shop");
    shops::save_seller(pool, shop, "books", "Books", 500).await.expect("a seller");
    let account = ProcessorAccount {
        id: new_plain_id(),
        shop,
        processor: "sandbox".into(),
        name: "sandbox".into(),
        base_url: sandbox_url.into(),
        api_key: SANDBOX_KEY.into(),
        webhook_secret: WEBHOOK_SECRET.into(),
        tariff: ProcessorTariff { basis_points: 140, fixed_minor: 25 },
    };
    let account = shops::save_processor_account(pool, &account).await.expect("an account");
    let mut tx = Tx::begin(pool).await.expect("a transaction");
    let key = engine::api_keys::create(&mut tx, shop, "crash test").await.expect("a key");
    tx.commit().await.expect("a commit");
    (key, account.to_string())
}

/// The processor runs in this process, which is not killed, on a database of its own.
async fn start_sandbox(pool: &PgPool, options: &PgConnectOptions, url: &str) {
    let ours = options.get_database().expect("the test's database has a name");
    // Names have 63 letters at most; the end of ours is what tells it from others.
    let name = format!("sandbox_of_{}", &ours[ours.len().saturating_sub(40)..]);
    for statement in ["drop database if exists", "create database"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("{statement} \"{name}\"")))
            .execute(pool)
            .await
            .expect("a database for the sandbox");
    }
    let config = sandbox::Config {
        database_url: options.clone().database(&name).to_url_lossy().to_string(),
        public_url: url.to_owned(),
        connections_max: 4,
    };
    let address = url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind(address).await.expect("the sandbox's port is free");
    tokio::spawn(sandbox::serve(config, listener, std::future::pending()));
}

async fn listen_as_shop(heard: &Heard) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
    let router = Router::new().route("/hooks", post(hear)).with_state(Arc::clone(heard));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn hear(
    State(heard): State<Heard>,
    headers: axum::http::HeaderMap,
    axum::Json(event): axum::Json<Value>,
) {
    if event["type"] == "payment.captured" {
        let payment = event["data"]["id"].as_str().unwrap_or_default().to_owned();
        let message = headers["webhook-id"].to_str().unwrap_or_default().to_owned();
        let mut heard = heard.lock().expect("nobody broke while listening");
        heard.entry(payment).or_default().insert(message);
    }
}

fn free_origin() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

async fn wait_for(client: &reqwest::Client, url: &str) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_mins(1) {
        if client.get(url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{url} does not answer");
}
