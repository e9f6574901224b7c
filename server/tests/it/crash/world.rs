//! A real service in processes of its own, a real processor, and a shop that listens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::db::Tx;
use engine::shops;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgPool};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::heard::Heard;
use super::shop::{EVERY_KIND, Shop, Wish};
use super::supervisor::{Aim, Program, Role, SERVING, Supervisor, WORKING};
use super::{payouts, processors};

pub(super) const WEBHOOK_SECRET: &str = "whsec_dGhlLXNlY3JldC1vZi10aGUtY3Jhc2gtdGVzdA==";

/// How the service is laid out and treated.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// Processes that only work on the queue; none leaves that to the one that serves.
    pub(crate) workers: usize,
    /// How often each failpoint has to kill.
    pub(crate) aim: Aim,
    /// The failpoints at which who serves, and who works, is to be killed.
    pub(crate) points: [Vec<&'static str>; 2],
    /// The database as the serving process and each worker reach it; those that are not named here
    /// reach it directly.
    pub(crate) databases: Vec<String>,
    /// What is bought, in turn.
    pub(crate) wishes: &'static [Wish],
    /// The first processor as the service reaches it, if not directly as the second.
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
            points: [SERVING.to_vec(), WORKING.to_vec()],
            wishes: EVERY_KIND,
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
    /// What was done to what the service stands on, and how often.
    noted: Arc<Mutex<BTreeMap<String, u64>>>,
    next: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
}

impl World {
    pub(crate) async fn start(pool: &PgPool, options: &PgConnectOptions, setup: Setup) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let heard = Heard::default();
        let [shop_url, operator_url] = heard.listen().await;
        let sandbox_url = setup.sandbox.clone();
        let processor = setup.processor.clone().unwrap_or_else(|| sandbox_url.clone());
        let public_url = free_origin();
        let (api_key, accounts, payer) = seed(pool, &shop_url, [&processor, &sandbox_url]).await;
        let own = SandboxServer { pool: pool.clone(), options: options.clone() };
        start_sandbox(&setup.sandbox_server.clone().unwrap_or(own), &sandbox_url).await;

        let client = || reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30));
        let browser = client().redirect(reqwest::redirect::Policy::none()).build();
        let browser = browser.expect("a client");
        let client = client().build().expect("a client");
        wait_for(&client, &format!("{sandbox_url}/health")).await;
        processors::open(&client, &sandbox_url, &public_url, &accounts).await;
        payouts::open(&client, &sandbox_url, &public_url, &payer).await;

        let programs =
            programs(&setup, [&public_url, &operator_url], options.to_url_lossy().as_str());
        let supervisor = Supervisor::start(programs, setup.aim);
        wait_for(&client, &format!("{public_url}/health/ready")).await;
        let (service, wishes) = (public_url, setup.wishes);
        let shop = Shop { client, browser, api_key, service, wishes, acknowledged: Arc::default() };
        Self {
            shop,
            supervisor,
            heard,
            sandbox_url,
            noted: Arc::default(),
            next: Arc::default(),
            done: Arc::default(),
        }
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

    /// Notes that something was done to what the service stands on.
    pub(crate) fn note(&self, what: &str) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        *noted.entry(what.to_owned()).or_default() += 1;
    }

    /// How often the processors did which fault, and what else was done.
    pub(crate) async fn injected(&self) -> BTreeMap<String, u64> {
        let url = format!("{}/v1/control/faults", self.sandbox_url);
        let answer = self.shop.client.get(url).send().await.expect("the sandbox answers");
        let answer: Value = answer.json().await.expect("the sandbox answers with JSON");
        let mut injected = self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (fault, times) in answer["injected"].as_object().into_iter().flatten() {
            *injected.entry(fault.clone()).or_default() += times.as_u64().unwrap_or_default();
        }
        injected
    }

    /// The whole books of the processors.
    pub(crate) async fn processors_books(&self) -> Vec<Value> {
        processors::books(&self.shop.client, &self.sandbox_url).await
    }

    /// The whole book of the account that sellers are paid from.
    pub(crate) async fn payers_book(&self) -> Value {
        payouts::book(&self.shop.client, &self.sandbox_url).await
    }

    /// Waits until no work is left that is due soon, and none came for a while; what is left when
    /// the time is over.
    pub(crate) async fn settle(&self, pool: &PgPool, limit: Duration) -> Vec<String> {
        let start = Instant::now();
        let mut quiet_since = Instant::now();
        while quiet_since.elapsed() < Duration::from_secs(2) {
            // What is planned for much later waits for nobody; in a long run the time of some
            // checkout is always about to be over.
            let left: Vec<(String, i64, Option<String>)> = sqlx::query_as(
                "select kind, count(*), max(last_error) from job
                 where leased_by is not null
                    or due_at < now() + case kind when 'expire_checkout' then interval '-1 minute'
                                                  else interval '5 minutes' end
                 group by kind",
            )
            .fetch_all(pool)
            .await
            .expect("the queue can be counted");
            if !left.is_empty() {
                quiet_since = Instant::now();
            }
            if start.elapsed() > limit {
                let words = |(kind, count, error)| format!("{count} of {kind} are left: {error:?}");
                return left.into_iter().map(words).collect();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Vec::new()
    }
}

fn programs(setup: &Setup, [public_url, operator_url]: [&str; 2], direct: &str) -> Vec<Program> {
    let listen = public_url.trim_start_matches("http://");
    let common = ["--public-url", public_url, "--allow-private-webhook-targets"];
    let [serving, working] = setup.points.clone();
    let program = |index: usize, words: &[&str], role: Role, points: &[&'static str]| {
        let database = setup.databases.get(index).map_or(direct, String::as_str).to_owned();
        let mut environment = setup.environment.get(index).cloned().unwrap_or_default();
        environment.push(("DATABASE_URL".to_owned(), database));
        let operator = [("URL", operator_url), ("SECRET", WEBHOOK_SECRET)];
        environment.extend(
            operator
                .map(|(what, told)| (format!("PAYDESK_OPERATOR_WEBHOOK_{what}"), told.to_owned())),
        );
        let arguments = words.iter().chain(&common).map(|&word| word.to_owned()).collect();
        Program { role, arguments, environment, points: points.to_vec() }
    };
    let serve = ["serve", "--listen", listen];
    if setup.workers == 0 {
        return vec![program(0, &serve, Role::Serves, &[serving, working].concat())];
    }
    let serve = ["serve", "--no-workers", "--listen", listen];
    let work = |index| program(index, &["work"], Role::Works, &working);
    let workers = (1..=setup.workers).map(work);
    std::iter::once(program(0, &serve, Role::Serves, &serving)).chain(workers).collect()
}

async fn seed(
    pool: &PgPool,
    shop_url: &str,
    sandboxes: [&str; 2],
) -> (String, [String; 2], String) {
    let webhook = Some((shop_url, WEBHOOK_SECRET));
    let shop = shops::save_shop(pool, "Crash test", webhook).await.expect("a shop");
    shops::save_seller(pool, shop, "books", "Books", 500).await.expect("a seller");
    shops::save_seller(pool, shop, "gear", "Gear", 850).await.expect("a seller");
    let accounts = processors::seed(pool, shop, sandboxes).await;
    let payer = payouts::seed(pool, shop, sandboxes[1]).await;
    let mut tx = Tx::begin(pool).await.expect("a transaction");
    let key = engine::api_keys::create(&mut tx, shop, "crash test").await.expect("a key");
    tx.commit().await.expect("a commit");
    (key, accounts, payer)
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
