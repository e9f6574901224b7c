//! A real service in processes of its own, a real processor, and a shop that listens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::fee::ProcessorTariff;
use engine::db::{Tx, new_plain_id};
use engine::shops::{self, ProcessorAccount};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgPool};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::shop::{self, Heard, Shop};
use super::supervisor::{Aim, Program, SERVING, Supervisor, WORKING};

const WEBHOOK_SECRET: &str = "whsec_dGhlLXNlY3JldC1vZi10aGUtY3Jhc2gtdGVzdA==";
const SANDBOX_KEY: &str = "sandbox-crash-test";

/// How the service is laid out and treated.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// Processes that only work on the queue; none leaves that to the one that serves.
    pub(crate) workers: usize,
    /// How often each failpoint has to kill.
    pub(crate) aim: Aim,
    /// The database as the serving process and each worker reach it; those that are not named here
    /// reach it directly.
    pub(crate) databases: Vec<String>,
    /// The processor as the service reaches it, if not directly.
    pub(crate) processor: Option<String>,
    /// Where the sandbox listens; by default at a free port.
    pub(crate) sandbox: String,
    /// The server that holds the sandbox's books, if not that of the service.
    pub(crate) sandbox_server: Option<SandboxServer>,
    /// What is added to the environment of the serving process and of each worker.
    pub(crate) environment: Vec<Vec<(String, String)>>,
}

impl Setup {
    /// One process that serves and `workers` that work, nobody killed.
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            workers,
            aim: Aim { kills: 0, lives: [Duration::ZERO; 2] },
            databases: Vec::new(),
            processor: None,
            sandbox: free_origin(),
            sandbox_server: None,
            environment: Vec::new(),
        }
    }
}

/// A Postgres server on which the sandbox gets a database.
#[derive(Debug, Clone)]
pub(crate) struct SandboxServer {
    pool: PgPool,
    options: PgConnectOptions,
}

impl SandboxServer {
    pub(crate) fn of(pool: &PgPool) -> Self {
        Self { pool: pool.clone(), options: pool.connect_options().as_ref().clone() }
    }
}

/// Everything that runs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) shop: Shop,
    pub(crate) supervisor: Supervisor,
    pub(crate) heard: Heard,
    sandbox_url: String,
    next: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
}

impl World {
    pub(crate) async fn start(pool: &PgPool, options: &PgConnectOptions, setup: Setup) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let heard = Heard::default();
        let shop_url = shop::listen(&heard).await;
        let sandbox_url = setup.sandbox.clone();
        let processor = setup.processor.clone().unwrap_or_else(|| sandbox_url.clone());
        let public_url = free_origin();
        let (api_key, account) = seed(pool, &shop_url, &processor).await;
        let own = SandboxServer { pool: pool.clone(), options: options.clone() };
        start_sandbox(&setup.sandbox_server.clone().unwrap_or(own), &sandbox_url).await;

        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client");
        let account_body = json!({
            "api_key": SANDBOX_KEY,
            "webhook_url": format!("{public_url}/webhooks/{account}"),
            "webhook_secret": WEBHOOK_SECRET,
        });
        wait_for(&client, &format!("{sandbox_url}/health")).await;
        let opened =
            client.put(format!("{sandbox_url}/v1/accounts/crash")).json(&account_body).send().await;
        assert!(opened.expect("the sandbox answers").status().is_success());

        let programs = programs(&setup, &public_url, options.to_url_lossy().as_str());
        let supervisor = Supervisor::start(programs, setup.aim);
        wait_for(&client, &format!("{public_url}/health/ready")).await;
        let shop = Shop { client, api_key, service: public_url, acknowledged: Arc::default() };
        Self { shop, supervisor, heard, sandbox_url, next: Arc::default(), done: Arc::default() }
    }

    /// Buys with `callers` at a time until `is_over`, which is told how many purchases have begun.
    pub(crate) async fn buy<Over>(&self, callers: usize, is_over: Over)
    where
        Over: Fn(&Self, usize) -> bool + Clone + Send + 'static,
    {
        let mut buying = JoinSet::new();
        let first = self.next.load(Ordering::Relaxed);
        for _ in 0..callers {
            let (world, is_over) = (self.clone(), is_over.clone());
            buying.spawn(async move {
                while !is_over(&world, world.next.load(Ordering::Relaxed) - first) {
                    let number = world.next.fetch_add(1, Ordering::Relaxed);
                    world.shop.buy(number).await;
                    world.done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        buying.join_all().await;
    }

    /// How many purchases came to their end in this time.
    pub(crate) async fn rate_over(&self, time: Duration) -> usize {
        let before = self.done.load(Ordering::Relaxed);
        tokio::time::sleep(time).await;
        self.done.load(Ordering::Relaxed) - before
    }

    /// Makes the processor faulty, as its control takes it; `null` ends that.
    pub(crate) async fn storm(&self, faults: &Value) {
        let url = format!("{}/v1/control/faults", self.sandbox_url);
        let put = self.shop.client.put(url).json(faults).send().await;
        let answer = put.expect("the sandbox answers");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// How often the processor did which fault.
    pub(crate) async fn injected(&self) -> BTreeMap<String, u64> {
        let answer = self.ask("/v1/control/faults").await;
        let injected = answer["injected"].as_object().cloned().unwrap_or_default();
        injected
            .into_iter()
            .map(|(fault, times)| (fault, times.as_u64().unwrap_or_default()))
            .collect()
    }

    /// The processor's whole book.
    pub(crate) async fn processors_book(&self) -> Vec<Value> {
        let book = self.ask("/v1/books").await;
        book["payments"].as_array().cloned().expect("a list of payments")
    }

    async fn ask(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.sandbox_url);
        let get = self.shop.client.get(url).bearer_auth(SANDBOX_KEY);
        let answer = get.send().await.expect("the sandbox answers");
        answer.json().await.expect("the sandbox answers with JSON")
    }

    /// Waits until no work is left that is due soon, and none came for a while.
    pub(crate) async fn settle(&self, pool: &PgPool, limit: Duration) {
        let start = Instant::now();
        let mut quiet_since = Instant::now();
        while quiet_since.elapsed() < Duration::from_secs(2) {
            // What is planned for much later waits for nobody.
            let left: Vec<(String, i64, Option<String>)> = sqlx::query_as(
                "select kind, count(*), max(last_error) from job
                 where leased_by is not null or due_at < now() + interval '5 minutes'
                 group by kind",
            )
            .fetch_all(pool)
            .await
            .expect("the queue can be counted");
            if !left.is_empty() {
                quiet_since = Instant::now();
            }
            assert!(start.elapsed() < limit, "stuck after {limit:?}: {left:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

fn programs(setup: &Setup, public_url: &str, direct: &str) -> Vec<Program> {
    let listen = public_url.trim_start_matches("http://");
    let common = ["--public-url", public_url, "--allow-private-webhook-targets"];
    let program = |index: usize, words: &[&str], points: &[&'static str]| {
        let database = setup.databases.get(index).map_or(direct, String::as_str).to_owned();
        let mut environment = setup.environment.get(index).cloned().unwrap_or_default();
        environment.push(("DATABASE_URL".to_owned(), database));
        let arguments = words.iter().chain(&common).map(|&word| word.to_owned()).collect();
        Program { arguments, environment, points: points.to_vec() }
    };
    let serve = ["serve", "--listen", listen];
    if setup.workers == 0 {
        return vec![program(0, &serve, &[SERVING, WORKING].concat())];
    }
    let serve = ["serve", "--no-workers", "--listen", listen];
    let working = (1..=setup.workers).map(|index| program(index, &["work"], WORKING));
    std::iter::once(program(0, &serve, SERVING)).chain(working).collect()
}

async fn seed(pool: &PgPool, shop_url: &str, sandbox_url: &str) -> (String, String) {
    let webhook = Some((shop_url, WEBHOOK_SECRET));
    let shop = shops::save_shop(pool, "Crash test", webhook).await.expect("a shop");
    shops::save_seller(pool, shop, "books", "Books", 500).await.expect("a seller");
    shops::save_seller(pool, shop, "gear", "Gear", 850).await.expect("a seller");
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
async fn start_sandbox(server: &SandboxServer, url: &str) {
    let ours = server.options.get_database().expect("the test's database has a name");
    // Names have 63 letters at most; the end of ours is what tells it from others.
    let name = format!("sandbox_of_{}", &ours[ours.len().saturating_sub(40)..]);
    for statement in ["drop database if exists", "create database"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("{statement} \"{name}\"")))
            .execute(&server.pool)
            .await
            .expect("a database for the sandbox");
    }
    let config = sandbox::Config {
        database_url: server.options.clone().database(&name).to_url_lossy().to_string(),
        public_url: url.to_owned(),
        connections_max: 4,
    };
    let address = url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind(address).await.expect("the sandbox's port is free");
    tokio::spawn(sandbox::serve(config, listener, std::future::pending()));
}

pub(crate) fn free_origin() -> String {
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
