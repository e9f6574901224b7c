//! The world of the benchmark: Postgres, the sandbox and the service, each in its own process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use color_eyre::eyre::{OptionExt as _, Result, bail, ensure};
use domain::fee::ProcessorTariff;
use domain::id::ShopId;
use engine::db::{self, Tx, new_plain_id};
use engine::shops::{self, ProcessorAccount};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::process::{Child, Command};

use super::cpu::{Cpu, Processes};
use super::hooks::Hooks;
use super::keeper::Keeper;
use super::load;
use super::yardstick;
use crate::embedded::{Options, Postgres};

const WEBHOOK_SECRET: &str = "whsec_YmVuY2htYXJrLXNlY3JldC1vZi10aGUtc2hvcA==";
const SANDBOX_KEY: &str = "sandbox-benchmark";
const START_MAX: Duration = Duration::from_secs(30);

/// Everything that runs.
pub(super) struct World {
    // First, so that they go before what they watch over.
    keepers: Vec<Keeper>,
    postgres: Postgres,
    sandbox: Child,
    service: Child,
    api_key: String,
    pub(super) client: reqwest::Client,
    pub(super) hooks: Hooks,
    pub(super) public_url: String,
    pub(super) shop: ShopId,
    /// How many callers wait for an answer at the same time.
    pub(super) callers: usize,
    pub(super) database_url: String,
    sandbox_url: String,
    pub(super) yardstick_url: String,
    pub(super) directory: PathBuf,
    pub(super) pgbench: PathBuf,
}

/// One caller of the API. Cheap to clone.
#[derive(Clone)]
pub(super) struct Caller {
    client: reqwest::Client,
    url: String,
    api_key: String,
    waits: bool,
    /// How many sellers its payments are shared by, `s-0` and on; 0 for `books` alone.
    sellers: u32,
}

impl Caller {
    /// The same caller, whose payments so many sellers share.
    pub(super) fn with_sellers(self, sellers: u32) -> Self {
        Self { sellers, ..self }
    }

    /// The same caller, who does not wait for the outcome.
    pub(super) fn without_waiting(self) -> Self {
        Self { waits: false, ..self }
    }

    /// The checkout of this number, never seen before.
    pub(super) fn body(&self, token: Option<&str>, number: u64) -> Value {
        let mut body = load::body(token);
        if let Some(seller) = number.checked_rem(u64::from(self.sellers)) {
            body["payment_orders"][0]["seller_account"] = json!(format!("s-{seller}"));
        }
        body
    }

    /// Takes a checkout in and returns the answer, which must be 201.
    pub(super) async fn post(&self, body: &Value) -> Result<Value> {
        let mut request = self
            .client
            .post(&self.url)
            .bearer_auth(&self.api_key)
            .header("idempotency-key", body["checkout_id"].as_str().unwrap_or_default())
            .json(body);
        if !self.waits {
            request = request.header("prefer", "respond-async");
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status == 201, "the API answered {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

impl World {
    /// Starts everything below `directory`, with Postgres' own settings and these.
    pub(super) async fn start(
        directory: &Path,
        settings: &[(&str, &str)],
        callers: usize,
    ) -> Result<Self> {
        if directory.exists() {
            tokio::fs::remove_dir_all(directory).await?;
        }
        tokio::fs::create_dir_all(directory).await?;
        let mut options = Options::new(directory.join("postgres"));
        options.settings =
            settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let postgres = Postgres::start(&options).await?;
        let mut keepers = vec![Keeper::of(postgres.process_id().ok_or_eyre("Postgres runs")?)?];
        for name in ["paydesk", "sandbox", "yardstick"] {
            postgres.create_database_if_missing(name).await?;
        }
        let (port, sandbox_port) = (free_port()?, free_port()?);
        let public_url = format!("http://127.0.0.1:{port}");
        let sandbox_url = format!("http://127.0.0.1:{sandbox_port}");

        let pool = PgPool::connect(&postgres.url("paydesk")).await?;
        db::migrate(&pool).await?;
        let hooks = Hooks::default();
        let (shop, api_key, account) = seed(&pool, &hooks.listen().await?, &sandbox_url).await?;
        pool.close().await;
        let yardstick_pool = PgPool::connect(&postgres.url("yardstick")).await?;
        yardstick::prepare(&yardstick_pool).await?;
        yardstick_pool.close().await;

        let client = reqwest::Client::builder().build()?;
        let sandbox = spawn_sandbox(&sandbox_url, &postgres.url("sandbox"), true)?;
        keepers.push(Keeper::of(sandbox.id().ok_or_eyre("the sandbox runs")?)?);
        answers(&client, &format!("{sandbox_url}/health")).await?;
        provision(&client, &sandbox_url, &format!("{public_url}/webhooks/{account}")).await?;
        let service = spawn(
            "paydesk",
            &[
                "serve",
                "--listen",
                &format!("127.0.0.1:{port}"),
                "--public-url",
                &public_url,
                "--allow-private-webhook-targets",
                "--log",
                "warn",
            ],
            ("DATABASE_URL", &postgres.url("paydesk")),
        )?;
        keepers.push(Keeper::of(service.id().ok_or_eyre("the service runs")?)?);
        answers(&client, &format!("{public_url}/health/ready")).await?;
        Ok(Self {
            shop,
            callers,
            database_url: postgres.url("paydesk"),
            sandbox_url,
            yardstick_url: postgres.url("yardstick"),
            pgbench: pgbench(&postgres)?,
            directory: directory.to_owned(),
            keepers,
            postgres,
            sandbox,
            service,
            api_key,
            client,
            hooks,
            public_url,
        })
    }

    pub(super) fn caller(&self) -> Caller {
        Caller {
            client: self.client.clone(),
            url: format!("{}/v1/payments", self.public_url),
            api_key: self.api_key.clone(),
            waits: true,
            sellers: 0,
        }
    }

    /// Where the sandbox is.
    pub(super) fn sandbox_url(&self) -> &str {
        &self.sandbox_url
    }

    /// Tells the sandbox how to behave.
    pub(super) async fn control(&self, method: Method, what: &str, body: &Value) -> Result<()> {
        self.sandbox(method, &format!("control/{what}"), body).await
    }

    /// Calls the sandbox.
    pub(super) async fn sandbox(&self, method: Method, what: &str, body: &Value) -> Result<()> {
        let url = format!("{}/v1/{what}", self.sandbox_url);
        self.client.request(method, url).json(body).send().await?.error_for_status()?;
        Ok(())
    }

    /// Starts the sandbox anew as one that keeps its books on disk, as a processor would.
    pub(super) async fn keep_sandbox_on_disk(&mut self) -> Result<()> {
        self.sandbox.kill().await?;
        self.sandbox = spawn_sandbox(&self.sandbox_url, &self.postgres.url("sandbox"), false)?;
        self.keepers.push(Keeper::of(self.sandbox.id().ok_or_eyre("the sandbox runs")?)?);
        answers(&self.client, &format!("{}/health", self.sandbox_url)).await
    }

    /// Asks for a page as a browser would, and returns how many bytes came.
    pub(super) async fn get_compressed(&self, url: &str) -> Result<u64> {
        let answer = self.client.get(url).header("accept-encoding", "br, gzip").send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        ensure!(status == 200, "{url} answered {status}");
        Ok(bytes.len() as u64)
    }

    /// What everything has used of the processors until now.
    pub(super) fn cpu(&self) -> Result<Cpu> {
        let processes = Processes {
            service: self.service.id().ok_or_eyre("the service runs")?,
            sandbox: self.sandbox.id().ok_or_eyre("the sandbox runs")?,
            postgres: self.postgres.process_id().ok_or_eyre("Postgres runs")?,
        };
        processes.cpu()
    }

    /// What the service holds in memory now.
    pub(super) fn memory_kib(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    /// The most that the service has held in memory.
    pub(super) fn memory_peak_kib(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, field: &str) -> Result<u64> {
        let id = self.service.id().ok_or_eyre("the service runs")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find(|line| line.starts_with(field)).ok_or_eyre("its memory")?;
        let kib = line.split_whitespace().nth(1).ok_or_eyre("a number")?;
        Ok(kib.parse()?)
    }

    /// Stops everything and removes the databases.
    pub(super) async fn stop(mut self) {
        self.keepers.clear();
        for child in [&mut self.service, &mut self.sandbox] {
            if let Err(error) = child.kill().await {
                tracing::warn!(%error, "a process of the benchmark did not stop");
            }
        }
        let place = self.postgres.directory().to_owned();
        if let Err(error) = self.postgres.stop().await {
            tracing::warn!(%error, "Postgres did not stop cleanly");
        }
        for directory in [place, self.directory] {
            let _ = tokio::fs::remove_dir_all(directory).await;
        }
    }
}

/// Everything the benchmark's shop needs; returns its API key and its account's id.
async fn seed(
    pool: &PgPool,
    hooks_url: &str,
    sandbox_url: &str,
) -> Result<(ShopId, String, String)> {
    let webhook = Some((hooks_url, WEBHOOK_SECRET));
    let shop = shops::save_shop(pool, "Benchmark", webhook).await?;
    shops::save_seller(pool, shop, "books", "Books", 500).await?;
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
    let account = shops::save_processor_account(pool, &account).await?;
    let mut tx = Tx::begin(pool).await?;
    let api_key = engine::api_keys::create(&mut tx, shop, "benchmark").await?;
    tx.commit().await?;
    Ok((shop, api_key, account.to_string()))
}

async fn provision(client: &reqwest::Client, sandbox_url: &str, webhook_url: &str) -> Result<()> {
    let body = json!({
        "api_key": SANDBOX_KEY,
        "webhook_url": webhook_url,
        "webhook_secret": WEBHOOK_SECRET,
    });
    let url = format!("{sandbox_url}/v1/accounts/benchmark");
    client.put(url).json(&body).send().await?.error_for_status()?;
    Ok(())
}

/// The sandbox, which keeps what it knows in memory alone if it is `volatile`: its own waits for the
/// disk are no part of what is measured.
fn spawn_sandbox(url: &str, database_url: &str, volatile: bool) -> Result<Child> {
    let listen = url.trim_start_matches("http://");
    let mut arguments = vec!["--listen", listen, "--public-url", url];
    if volatile {
        arguments.push("--volatile");
    }
    spawn("paydesk-sandbox", &arguments, ("SANDBOX_DATABASE_URL", database_url))
}

fn spawn(program: &str, arguments: &[&str], database: (&str, &str)) -> Result<Child> {
    let path = std::env::current_exe()?.with_file_name(program);
    ensure!(path.exists(), "{} is missing; build it first", path.display());
    let child = Command::new(path)
        .args(arguments)
        .env(database.0, database.1)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}

async fn answers(client: &reqwest::Client, url: &str) -> Result<()> {
    let deadline = tokio::time::Instant::now() + START_MAX;
    while tokio::time::Instant::now() < deadline {
        if client.get(url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("{url} does not answer")
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// pgbench stands beside the server's other programs.
fn pgbench(postgres: &Postgres) -> Result<PathBuf> {
    let path = postgres.program("pgbench");
    ensure!(path.exists(), "{} is missing", path.display());
    Ok(path)
}
