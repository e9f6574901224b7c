//! The sandbox processor: a program of its own that lives as long as the demo.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::Addresses;
use super::keys::Keys;
use super::paying::ACCOUNTS;
use super::seed::{PROCESSOR_ACCOUNT, SECOND_ACCOUNT, SECOND_PROCESSOR, SECOND_TARIFF, Seeded};
use crate::config::DemoArguments;

const PROGRAM: &str = "paydesk-sandbox";
/// How long it may take to start, its migrations included.
const START_WITHIN: Duration = Duration::from_mins(1);
/// How long it may take to answer what is due before it is stopped less politely.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// A running sandbox.
#[derive(Debug)]
pub(super) struct Sandbox {
    child: Mutex<Child>,
    id: Option<u32>,
    record: PathBuf,
}

impl Sandbox {
    /// Starts the sandbox and waits until it listens.
    pub(super) async fn start(
        options: &DemoArguments,
        addresses: &Addresses,
        database: &str,
    ) -> Result<Self> {
        let record = options.data_dir.join("sandbox.pid");
        stop_what_was_left_running(&record).await;
        let program = program()?;
        let mut child = Command::new(&program)
            .env("SANDBOX_DATABASE_URL", database)
            .env("SANDBOX_LISTEN", format!("127.0.0.1:{}", options.sandbox_port))
            .env("SANDBOX_PUBLIC_URL", &addresses.sandbox)
            .env("RUST_LOG", "warn,sqlx::postgres::notice=off")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Ctrl-C in a terminal goes to a whole group: this one is told by us, in its turn.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .wrap_err_with(|| format!("cannot start {}", program.display()))?;
        let id = child.id();
        if let Some(id) = id {
            // Without this record the next start cannot stop what a crash left running.
            let _ = tokio::fs::write(&record, id.to_string()).await;
        }
        let output = child.stdout.take().expect("the output is piped");
        let mut lines = BufReader::new(output).lines();
        let listening = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if line.starts_with("listening on") {
                    return true;
                }
            }
            false
        };
        match tokio::time::timeout(START_WITHIN, listening).await {
            Ok(true) => Ok(Self { child: Mutex::new(child), id, record }),
            Ok(false) => bail!("the sandbox ended before it listened; its last words are above"),
            Err(_) => bail!("the sandbox did not start within {} s", START_WITHIN.as_secs()),
        }
    }

    /// Opens the shop's accounts at the two processors that the sandbox plays.
    pub(super) async fn provision(
        &self,
        addresses: &Addresses,
        seeded: &Seeded,
        keys: &Keys,
    ) -> Result<()> {
        let webhook_url = |account| format!("{}/webhooks/{account}", addresses.service);
        let basis_points = SECOND_TARIFF.basis_points;
        let second = json!({
            "label": "South Pay",
            "fee_percent": format!("{}.{:02}", basis_points / 100, basis_points % 100),
            "fee_fixed_minor": SECOND_TARIFF.fixed_minor,
        });
        put(addresses, &format!("processors/{SECOND_PROCESSOR}"), &second).await?;
        let account = json!({
            "api_key": keys.sandbox_api_key,
            "webhook_url": webhook_url(seeded.processor_account),
            "webhook_secret": keys.sandbox_webhook_secret,
        });
        put(addresses, &format!("accounts/{PROCESSOR_ACCOUNT}"), &account).await?;
        let account = json!({
            "api_key": keys.second_api_key,
            "webhook_url": webhook_url(seeded.second_account),
            "webhook_secret": keys.second_webhook_secret,
            "processor": SECOND_PROCESSOR,
        });
        put(addresses, &format!("accounts/{SECOND_ACCOUNT}"), &account).await?;
        let payouts = ACCOUNTS.iter().zip(&keys.payout_access).zip(seeded.payout_accounts);
        for (((name, _), api_key), account) in payouts {
            let account = json!({
                "api_key": api_key,
                "webhook_url": format!("{}/webhooks/{account}", addresses.service),
                "webhook_secret": keys.payout_webhook_secret,
            });
            put(addresses, &format!("accounts/{name}"), &account).await?;
        }
        Ok(())
    }

    /// Resolves when the demo stops; if the sandbox ends before, stops the demo.
    pub(super) async fn watch(&self, shutdown: &CancellationToken) -> Result<()> {
        let mut child = self.child.lock().await;
        tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            ended = child.wait() => {
                shutdown.cancel();
                Err(eyre!("the sandbox ended by itself: {}", ended?))
            }
        }
    }

    /// Lets the sandbox answer what is due, and end.
    pub(super) async fn stop(self) {
        let mut child = self.child.into_inner();
        if matches!(child.try_wait(), Ok(None)) {
            if let Some(id) = self.id {
                terminate(id).await;
            }
            if tokio::time::timeout(STOP_WITHIN, child.wait()).await.is_err() {
                tracing::warn!("the sandbox did not stop by itself");
                let _ = child.kill().await;
            }
        }
        let _ = tokio::fs::remove_file(&self.record).await;
    }
}

async fn put(addresses: &Addresses, what: &str, body: &Value) -> Result<()> {
    let url = format!("{}/v1/{what}", addresses.sandbox);
    let answer = reqwest::Client::new().put(url).json(body).send().await?;
    if !answer.status().is_success() {
        bail!("the sandbox refuses {what}: {}", answer.status());
    }
    Ok(())
}

/// The sandbox's program: it lies beside ours.
fn program() -> Result<PathBuf> {
    let own = std::env::current_exe().wrap_err("the system does not say where this program is")?;
    let beside = own.with_file_name(PROGRAM);
    if !beside.is_file() {
        bail!("{} is missing: build it with `cargo build --bins`", beside.display());
    }
    Ok(beside)
}

/// Stops the sandbox of a demo that was killed, so that its port is free again.
async fn stop_what_was_left_running(record: &std::path::Path) {
    let Ok(text) = tokio::fs::read_to_string(record).await else { return };
    let Ok(id) = text.trim().parse::<u32>() else { return };
    let name = tokio::fs::read_to_string(format!("/proc/{id}/comm")).await.unwrap_or_default();
    // The system gives ids again: only a sandbox is ours to stop. It cuts names at 15 letters.
    if PROGRAM.starts_with(name.trim()) && !name.trim().is_empty() {
        terminate(id).await;
        for _ in 0..100 {
            if tokio::fs::metadata(format!("/proc/{id}")).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn terminate(id: u32) {
    let told = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await;
    if let Err(error) = told {
        tracing::warn!(%error, "the sandbox could not be told to stop");
    }
}
