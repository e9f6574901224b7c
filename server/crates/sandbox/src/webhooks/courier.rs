//! Carries webhooks to merchants: many at a time over kept connections, marked in batches.

use std::{sync::Arc, time::Duration};

use ::time::OffsetDateTime;
use reqwest::{Client, redirect};
use sqlx::PgPool;
use standardwebhooks::Webhook;
use tokio::{
    sync::{Notify, Semaphore, mpsc, watch},
    time::{self, MissedTickBehavior},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::Tools,
    faults::fault::WebhookFault,
    ids,
    webhooks::{Parcel, lies, store},
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
/// How long a message that lets others pass waits for one, in milliseconds.
const PASS_MS: (u32, u32) = (50, 2_000);
/// How long it waits at most, if nothing else is sent.
const PASS_MAX: Duration = Duration::from_secs(3);

/// The way to the courier. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Courier {
    waiting: mpsc::Sender<Parcel>,
    look: Arc<Notify>,
    round: Round,
}

struct Outcome {
    parcel: Parcel,
    error: Option<String>,
}

impl Courier {
    /// Starts the courier's two tasks.
    pub(crate) fn start(
        tools: Arc<Tools>,
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
        let (sent, _) = watch::channel(0);
        let pool = tools.pool.clone();
        let look = Arc::new(Notify::new());
        let round =
            Round { tools, client, outcomes: outcome_sender, sent, stopping, tasks: tasks.clone() };
        tasks.spawn(carry(round.clone(), parcels, Arc::clone(&look)));
        tasks.spawn(mark(pool, outcomes, round.stopping.clone()));
        Self { waiting, look, round }
    }

    /// Hands over messages that have been committed. If the courier is swamped they are found in
    /// the database later, like those that are late on purpose.
    pub(crate) fn hand_over(&self, parcels: impl IntoIterator<Item = Parcel>) {
        for parcel in parcels {
            if parcel.is_late() {
                continue;
            }
            if let Err(full) = self.waiting.try_send(parcel) {
                let parcel = full.into_inner();
                if parcel.is_volatile {
                    self.round.put_down(parcel);
                }
            }
        }
    }

    /// Hands a committed message over, and waits for its delivery where a fault wants it to come
    /// before the answer.
    pub(crate) async fn deliver(&self, parcel: Option<Parcel>) {
        match parcel {
            Some(parcel) if parcel.is_before_answer() => self.round.run(parcel).await,
            parcel => self.hand_over(parcel),
        }
    }

    /// Looks for due messages now, because the clock has moved.
    pub(crate) fn look(&self) {
        self.look.notify_one();
    }
}

#[derive(Clone)]
struct Round {
    tools: Arc<Tools>,
    client: Client,
    outcomes: mpsc::Sender<Outcome>,
    /// Counts what was sent, for messages that let others pass.
    sent: watch::Sender<u64>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Round {
    /// Sends a message as its fault wants it, and reports the outcome.
    async fn run(&self, parcel: Parcel) {
        let times = match parcel.fault() {
            Some(WebhookFault::Repeated(times)) => times,
            _ => 1,
        };
        let mut error = None;
        for _time in 0..times {
            error = tokio::select! {
                // Not marked, so it is sent again after the next start.
                () = self.stopping.cancelled() => return,
                sent = send(self, &parcel) => sent.err(),
            };
        }
        self.sent.send_modify(|count| *count += 1);
        let outcome = Outcome { parcel, error };
        // The other end is gone only when the process ends: the message is sent again.
        let _unmarked = self.outcomes.send(outcome).await;
    }

    /// Writes a message down that memory has no room for.
    fn put_down(&self, parcel: Parcel) {
        let pool = self.tools.pool.clone();
        self.tasks.spawn(async move {
            if let Err(error) = write_down(&pool, &[parcel]).await {
                tracing::warn!(%error, "a webhook could not be kept");
            }
        });
    }

    /// Waits until another message has passed, and a little longer, so that it may be the next
    /// one about the same payment.
    async fn let_others_pass(&self, parcel: &Parcel) {
        let mut sent = self.sent.subscribe();
        let (least, most) = PASS_MS;
        let name = ["pass", &parcel.webhook_id.to_string()];
        let while_ms = least + self.tools.mint.roll(most - least, &name);
        let passing = async {
            tokio::join!(time::sleep(Duration::from_millis(while_ms.into())), sent.changed())
        };
        let _nothing_passed = time::timeout(PASS_MAX, passing).await;
    }
}

async fn carry(round: Round, mut parcels: mpsc::Receiver<Parcel>, look: Arc<Notify>) {
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let mut poll = time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let batch = tokio::select! {
            () = round.stopping.cancelled() => return,
            Some(parcel) = parcels.recv() => vec![parcel],
            () = async { tokio::select! { _ = poll.tick() => {} () = look.notified() => {} } } => {
                match store::claim(&round.tools.pool, round.tools.clock.now(), CLAIM_MAX).await {
                    Ok(due) => due,
                    Err(error) => {
                        tracing::warn!(%error, "due webhooks could not be read");
                        continue;
                    }
                }
            },
        };
        for parcel in batch {
            if parcel.fault() == Some(WebhookFault::Reordered) {
                let passing = round.clone();
                // It holds no place while it waits: those that pass it need one.
                round.tasks.spawn(async move {
                    passing.let_others_pass(&parcel).await;
                    passing.run(parcel).await;
                });
                continue;
            }
            let permit = tokio::select! {
                () = round.stopping.cancelled() => return,
                permit = Arc::clone(&in_flight).acquire_owned() =>
                    permit.expect("nobody closes the semaphore"),
            };
            let on_the_way = round.clone();
            round.tasks.spawn(async move {
                on_the_way.run(parcel).await;
                drop(permit);
            });
        }
    }
}

/// Signs and sends one message; an error is a sentence for the log.
async fn send(round: &Round, parcel: &Parcel) -> Result<(), String> {
    let tools = &round.tools;
    let account = tools
        .accounts
        .by_id(&tools.pool, parcel.account_id)
        .await
        .map_err(|error| error.to_string())?
        .ok_or("the account is gone")?;
    let url = account.webhook_url.as_deref().ok_or("the account has no webhook address")?;
    if tools.faults.down(&account.processor.name).is_some() {
        return Err("the processor is down".to_owned());
    }
    let id = ids::show("msg_", parcel.webhook_id);
    let body = lies::tell(&parcel.body, parcel.fault());
    // Whoever checks it goes by the system's clock, wherever the sandbox's has got.
    let timestamp = OffsetDateTime::now_utc().unix_timestamp();
    let wrong = (parcel.fault() == Some(WebhookFault::WrongSignature)).then(wrong_signer);
    let signature = wrong
        .as_ref()
        .unwrap_or(&account.signer)
        .sign(&id, timestamp, body.as_bytes())
        .map_err(|error| error.to_string())?;
    let response = round
        .client
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signature)
        .body(body)
        .send()
        .await
        .map_err(|error| error.without_url().to_string())?;
    let status = response.status();
    // A body that is read to its end leaves the connection usable for the next message.
    let _body = response.bytes().await;
    if status.is_success() { Ok(()) } else { Err(format!("answered {status}")) }
}

/// Writes messages down that were in memory alone.
async fn write_down(pool: &PgPool, parcels: &[Parcel]) -> Result<(), sqlx::Error> {
    if parcels.is_empty() {
        return Ok(());
    }
    let mut connection = pool.acquire().await?;
    for parcel in parcels {
        store::write(&mut connection, parcel).await?;
    }
    Ok(())
}

/// A signer with a secret that nobody was given.
fn wrong_signer() -> Webhook {
    Webhook::from_bytes(b"this secret belongs to nobody".to_vec())
        .expect("a secret of this length is taken")
}

/// Marks outcomes in batches until the courier stops and what was under way is marked.
async fn mark(pool: PgPool, mut outcomes: mpsc::Receiver<Outcome>, stopping: CancellationToken) {
    let mut gathered = Vec::new();
    loop {
        let received = tokio::select! {
            biased;
            received = outcomes.recv_many(&mut gathered, WAITING_MAX) => received,
            () = stopping.cancelled() => 0,
        };
        if received == 0 {
            return;
        }
        if !stopping.is_cancelled() {
            time::sleep(GATHER).await;
        }
        while let Ok(outcome) = outcomes.try_recv() {
            gathered.push(outcome);
        }
        let (mut delivered, mut unwritten) = (Vec::new(), Vec::new());
        let (mut failed, mut errors) = (Vec::new(), Vec::new());
        for Outcome { parcel, error } in gathered.drain(..) {
            match error {
                None if parcel.is_volatile => {}
                None => delivered.push(parcel.webhook_id),
                Some(error) => {
                    tracing::info!(webhook.id = %parcel.webhook_id, error, "webhook not delivered");
                    failed.push(parcel.webhook_id);
                    errors.push(error);
                    if parcel.is_volatile {
                        unwritten.push(parcel);
                    }
                }
            }
        }
        let marked = async {
            write_down(&pool, &unwritten).await?;
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
