//! Carries webhooks to merchants: many at a time over kept connections, marked in batches.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, redirect};
use sqlx::PgPool;
use tokio::{
    sync::{Semaphore, mpsc},
    time::{self, MissedTickBehavior},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    accounts::Directory,
    clock, ids,
    webhooks::{Parcel, store},
};

/// How many messages are on their way at once.
const IN_FLIGHT_MAX: usize = 48;
/// How many messages wait in memory; more than these wait in the database alone.
const WAITING_MAX: usize = 2_000;
/// How many due messages are taken from the database at once.
const CLAIM_MAX: i64 = 200;
const POLL: Duration = Duration::from_millis(500);
/// How long outcomes are gathered before they are marked.
const GATHER: Duration = Duration::from_millis(40);
const TIMEOUT: Duration = Duration::from_secs(10);

/// The way to the courier. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Courier {
    waiting: mpsc::Sender<Parcel>,
}

struct Outcome {
    webhook_id: Uuid,
    error: Option<String>,
}

impl Courier {
    /// Starts the courier's two tasks.
    pub(crate) fn start(
        pool: PgPool,
        accounts: Arc<Directory>,
        stopping: CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(IN_FLIGHT_MAX)
            .tcp_nodelay(true)
            .build()
            .expect("the client has no setting that can be refused");
        let (waiting, parcels) = mpsc::channel(WAITING_MAX);
        let (outcome_sender, outcomes) = mpsc::channel(WAITING_MAX);
        let round = Round { pool: pool.clone(), accounts, client, outcomes: outcome_sender };
        tasks.spawn(carry(round, parcels, stopping, tasks.clone()));
        tasks.spawn(mark(pool, outcomes));
        Self { waiting }
    }

    /// Hands over messages that have been committed. If the courier is swamped they are found in
    /// the database later.
    pub(crate) fn hand_over(&self, parcels: impl IntoIterator<Item = Parcel>) {
        for parcel in parcels {
            if self.waiting.try_send(parcel).is_err() {
                return;
            }
        }
    }
}

#[derive(Clone)]
struct Round {
    pool: PgPool,
    accounts: Arc<Directory>,
    client: Client,
    outcomes: mpsc::Sender<Outcome>,
}

async fn carry(
    round: Round,
    mut parcels: mpsc::Receiver<Parcel>,
    stopping: CancellationToken,
    tasks: TaskTracker,
) {
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let mut poll = time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let batch = tokio::select! {
            () = stopping.cancelled() => return,
            Some(parcel) = parcels.recv() => vec![parcel],
            _ = poll.tick() => match store::claim(&round.pool, CLAIM_MAX).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::warn!(%error, "due webhooks could not be read");
                    continue;
                }
            },
        };
        for parcel in batch {
            let permit = tokio::select! {
                () = stopping.cancelled() => return,
                permit = Arc::clone(&in_flight).acquire_owned() =>
                    permit.expect("nobody closes the semaphore"),
            };
            let (round, stopping) = (round.clone(), stopping.clone());
            tasks.spawn(async move {
                let error = tokio::select! {
                    // Not marked, so it is sent again after the next start.
                    () = stopping.cancelled() => return,
                    sent = send(&round, &parcel) => sent.err(),
                };
                let outcome = Outcome { webhook_id: parcel.webhook_id, error };
                // The other end is gone only when the process ends: the message is sent again.
                let _unmarked = round.outcomes.send(outcome).await;
                drop(permit);
            });
        }
    }
}

/// Signs and sends one message; an error is a sentence for the log.
async fn send(round: &Round, parcel: &Parcel) -> Result<(), String> {
    let account = round
        .accounts
        .by_id(&round.pool, parcel.account_id)
        .await
        .map_err(|error| error.to_string())?
        .ok_or("the account is gone")?;
    let url = account.webhook_url.as_deref().ok_or("the account has no webhook address")?;
    let id = ids::show("msg_", parcel.webhook_id);
    let timestamp = clock::now().unix_timestamp();
    let signature = account
        .signer
        .sign(&id, timestamp, parcel.body.as_bytes())
        .map_err(|error| error.to_string())?;
    let response = round
        .client
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signature)
        .body(parcel.body.clone())
        .send()
        .await
        .map_err(|error| error.without_url().to_string())?;
    let status = response.status();
    // A body that is read to its end leaves the connection usable for the next message.
    let _body = response.bytes().await;
    if status.is_success() { Ok(()) } else { Err(format!("answered {status}")) }
}

/// Marks outcomes in batches until the last sender is gone.
async fn mark(pool: PgPool, mut outcomes: mpsc::Receiver<Outcome>) {
    let mut gathered = Vec::new();
    while outcomes.recv_many(&mut gathered, WAITING_MAX).await > 0 {
        time::sleep(GATHER).await;
        while let Ok(outcome) = outcomes.try_recv() {
            gathered.push(outcome);
        }
        let mut delivered = Vec::new();
        let (mut failed, mut errors) = (Vec::new(), Vec::new());
        for outcome in gathered.drain(..) {
            match outcome.error {
                None => delivered.push(outcome.webhook_id),
                Some(error) => {
                    tracing::info!(webhook.id = %outcome.webhook_id, error, "webhook not delivered");
                    failed.push(outcome.webhook_id);
                    errors.push(error);
                }
            }
        }
        let marked = async {
            if !delivered.is_empty() {
                store::remove(&pool, &delivered).await?;
            }
            if !failed.is_empty() {
                store::put_off(&pool, &failed, &errors).await?;
            }
            Ok::<(), sqlx::Error>(())
        };
        if let Err(error) = marked.await {
            tracing::warn!(%error, "webhooks could not be marked and will be sent again");
        }
    }
}
