//! Serving and working until a signal comes, and stopping without leaving anything half done.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use color_eyre::eyre::{Result, WrapErr};
use engine::db::{Database, Fault};
use engine::watch::OperatorWebhook;
use engine::workers;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::{
    DatabaseArguments, ServeArguments, ServiceArguments, WorkArguments, site_directory,
};
use crate::metrics;
use crate::wiring::{self, Services, Settings};

/// How long a person waits for an outcome.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a request waits for a connection to the database.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(10);
/// One plan per statement and connection, which does not depend on how full the tables are. Such
/// plans count as costly where nothing else is possible, and compiling one costs more than it.
const ALWAYS_BY_INDEX: [(&str, &str); 5] = [
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];
/// A process that vanished without a word, as behind a broken network, must not keep its locks: the
/// server ends what has been idle in a transaction, and finds out that nobody is there.
const NOT_FOR_EVER: [(&str, &str); 4] = [
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "15"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];
/// How long requests and jobs may take to come to their end when the service stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(20);

/// `paydesk serve`.
///
/// # Errors
/// If the database cannot be used or the address cannot be listened on.
pub async fn serve(arguments: ServeArguments) -> Result<()> {
    let database = connect(&arguments.database).await?;
    require_schema(&database.pool).await?;
    let listener = listen(arguments.listen).await?;
    let settings = settings(&database.pool, &arguments.service, false).await?;
    let services =
        Services::start(database, settings).await.wrap_err("the service cannot start")?;
    let options = worker_options(&arguments.service)?;
    let shutdown = on_signal()?;
    metrics::listen(services.pool(), arguments.service.metrics_listen, &shutdown).await?;
    tracing::info!(address = %arguments.listen, "listening");
    let options = (!arguments.no_workers).then_some(options);
    until_stopped(&services, listener, options, shutdown).await
}

/// `paydesk work`.
///
/// # Errors
/// If the database cannot be used.
pub async fn work(arguments: WorkArguments) -> Result<()> {
    let database = connect(&arguments.database).await?;
    require_schema(&database.pool).await?;
    let settings = settings(&database.pool, &arguments.service, false).await?;
    let services =
        Services::start(database, settings).await.wrap_err("the service cannot start")?;
    let options = worker_options(&arguments.service)?;
    let shutdown = on_signal()?;
    metrics::listen(services.pool(), arguments.service.metrics_listen, &shutdown).await?;
    tracing::info!("working on the queue");
    workers::run(services.engine.clone(), options, shutdown).await;
    Ok(())
}

/// Serves, and works if `options` are given, until `shutdown`; then lets what runs come to its end.
///
/// # Errors
/// If serving breaks.
pub async fn until_stopped(
    services: &Services,
    listener: TcpListener,
    options: Option<workers::Options>,
    shutdown: CancellationToken,
) -> Result<()> {
    // Workers stop after the requests that may wait for them.
    let stop_workers = CancellationToken::new();
    let working = options.map(|options| {
        tokio::spawn(workers::run(services.engine.clone(), options, stop_workers.clone()))
    });
    let router = wiring::router(services);
    let served = serve_until(listener, router, shutdown, services.shutdown.clone()).await;
    stop_workers.cancel();
    if let Some(working) = working
        && tokio::time::timeout(DRAIN_WITHIN, working).await.is_err()
    {
        tracing::warn!("some jobs did not end in time; other workers will take them over");
    }
    services.pool().close().await;
    served
}

/// Serves `router` until `shutdown`, then waits for the requests that run.
///
/// # Errors
/// If serving breaks.
pub async fn serve_until(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    stopping: CancellationToken,
) -> Result<()> {
    let drained = CancellationToken::new();
    let begin = {
        let (shutdown, drained) = (shutdown.clone(), drained.clone());
        async move {
            shutdown.cancelled().await;
            stopping.cancel();
            drained.cancel();
        }
    };
    let serving = axum::serve(listener, router).with_graceful_shutdown(begin);
    let late = async {
        drained.cancelled().await;
        tokio::time::sleep(DRAIN_WITHIN).await;
    };
    tokio::select! {
        served = serving.into_future() => served.wrap_err("serving broke"),
        () = late => {
            tracing::warn!("some requests did not end in time");
            Ok(())
        }
    }
}

/// A token that is cancelled by Ctrl-C or a polite request to end.
///
/// # Errors
/// If the system lets us hear of no signals.
pub fn on_signal() -> Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let told = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        told.cancel();
    });
    Ok(token)
}

/// Opens the connections that a process works with, a third of them for each kind of work.
///
/// # Errors
/// If the database cannot be reached.
pub async fn connect(database: &DatabaseArguments) -> Result<Database> {
    let options: PgConnectOptions =
        database.database_url.parse().wrap_err("the database's address cannot be read")?;
    let options = options.application_name("paydesk").options(NOT_FOR_EVER);
    // Plans made while the tables are empty would stay sequential scans for ever.
    let strict = options.clone().options([("plan_cache_mode", "force_custom_plan")]);
    // Planning costs more than most of these statements, and the foreign keys that they check.
    let hot = options.options(ALWAYS_BY_INDEX);
    let relaxed = hot.clone().options([("synchronous_commit", "off")]);
    let open = async |options| {
        let pool = PgPoolOptions::new()
            .max_connections(database.database_connections.max(6).div_ceil(3))
            .acquire_timeout(ACQUIRE_WITHIN)
            .connect_with(options)
            .await;
        pool.wrap_err("the database cannot be reached")
    };
    Ok(Database { pool: open(strict).await?, hot: open(hot).await?, relaxed: open(relaxed).await? })
}

/// Listens on `address`.
///
/// # Errors
/// If somebody else does, or if it is not ours.
pub async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.wrap_err_with(|| format!("cannot listen on {address}"))
}

/// What a service on `pool` is told; whose pages the pay form may lead to is read from it.
///
/// # Errors
/// [`Fault`].
pub async fn settings(
    pool: &PgPool,
    told: &ServiceArguments,
    is_demo: bool,
) -> Result<Settings, Fault> {
    let mut processor_origins: Vec<String> = engine::installation::processor_addresses(pool)
        .await?
        .iter()
        .filter_map(|address| origin(address))
        .collect();
    processor_origins.sort_unstable();
    processor_origins.dedup();
    Ok(Settings {
        public_url: told.public_url.trim_end_matches('/').to_owned(),
        site: site_directory(told.site.clone()),
        processor_origins,
        is_demo,
        allow_private_webhook_targets: told.allow_private_webhook_targets,
        patience: PATIENCE,
    })
}

/// How the workers of a service work.
///
/// # Errors
/// If a `PAYDESK_RETRY_…` of the environment cannot be read.
pub fn worker_options(told: &ServiceArguments) -> Result<workers::Options> {
    let retries = workers::Retries::from_settings(|name| std::env::var(name).ok())
        .map_err(|(name, error)| color_eyre::eyre::eyre!("{name}: {error}"))?;
    Ok(workers::Options {
        allow_private_webhook_targets: told.allow_private_webhook_targets,
        operator_webhook: told
            .operator_webhook_url
            .clone()
            .zip(told.operator_webhook_secret.clone())
            .map(|(url, secret)| OperatorWebhook { url, secret }),
        retries,
    })
}

async fn require_schema(pool: &PgPool) -> Result<()> {
    if engine::installation::is_migrated(pool).await? {
        return Ok(());
    }
    color_eyre::eyre::bail!("the database has not the newest schema: run `paydesk migrate` first")
}

/// `https://pay.example` of `https://pay.example/some/path`.
fn origin(address: &str) -> Option<String> {
    let address: http::Uri = address.parse().ok()?;
    Some(format!("{}://{}", address.scheme_str()?, address.authority()?))
}
