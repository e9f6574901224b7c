//! The program `paydesk-sandbox`: reads its settings, listens, and stops on a signal.

use std::net::SocketAddr;

use clap::Parser;
use color_eyre::eyre::{Result, WrapErr, eyre};
use sandbox::{ClockMode, Config, InitialFaults, Options, open_with, parse_time, serve_app};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// A practice payment service provider: hosted page, webhooks, settlement files, faults on request.
#[derive(Parser)]
#[command(name = "paydesk-sandbox", version)]
struct Arguments {
    /// The sandbox's own Postgres database.
    #[arg(long, env = "SANDBOX_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The address to listen on.
    #[arg(long, env = "SANDBOX_LISTEN", default_value = "127.0.0.1:4100")]
    listen: SocketAddr,
    /// The origin under which it is reached; http:// and the listening address if not given.
    #[arg(long, env = "SANDBOX_PUBLIC_URL")]
    public_url: Option<String>,
    /// How many database connections it may hold.
    #[arg(long, env = "SANDBOX_DATABASE_CONNECTIONS", default_value_t = 4)]
    database_connections: u32,
    /// Makes ids and chances repeat from run to run.
    #[arg(long, env = "SANDBOX_SEED")]
    seed: Option<u64>,
    /// `real`, or a time in RFC 3339 at which the clock stands until it is advanced. With a seed
    /// it stands at 2026-01-01T00:00:00Z if nothing is said.
    #[arg(long, env = "SANDBOX_CLOCK")]
    clock: Option<String>,
    /// Strikes this share of the calls, like 10%, or blows the whole storm.
    #[arg(long, env = "SANDBOX_STORM", num_args = 0..=1, default_missing_value = "all",
        conflicts_with = "faults")]
    storm: Option<String>,
    /// Rules and storm, as `PUT /v1/control/faults` takes them.
    #[arg(long, env = "SANDBOX_FAULTS")]
    faults: Option<String>,
    /// Keeps the books cheaply and forgets them at the next start: for measuring the client.
    #[arg(long, env = "SANDBOX_VOLATILE")]
    volatile: bool,
}

/// Where the clock of a seeded sandbox stands.
const SEEDED_START: &str = "2026-01-01T00:00:00Z";

impl Arguments {
    fn options(&self) -> Result<Options> {
        let clock = self.clock.as_deref().or(self.seed.map(|_| SEEDED_START));
        let clock = match clock {
            None | Some("real") => ClockMode::Running,
            Some(time) => ClockMode::StandingAt(
                parse_time(time).ok_or_else(|| eyre!("--clock is real or a time, not {time}"))?,
            ),
        };
        let faults = match (&self.storm, &self.faults) {
            (Some(total), _) => InitialFaults::storm((total != "all").then_some(total.as_str())),
            (None, Some(json)) => InitialFaults::from_json(json),
            (None, None) => Ok(InitialFaults::default()),
        };
        Ok(Options {
            seed: self.seed,
            clock,
            faults: faults.map_err(|message| eyre!(message))?,
            is_volatile: self.volatile,
        })
    }
}

/// The system's allocator takes a quarter of the time of a busy service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<()> {
    color_eyre::install()?;
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "info,sqlx::postgres::notice=off".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let listener = TcpListener::bind(arguments.listen)
        .await
        .wrap_err_with(|| format!("cannot listen on {}", arguments.listen))?;
    let address = listener.local_addr()?;
    let options = arguments.options()?;
    let config = Config {
        database_url: arguments.database_url,
        public_url: arguments.public_url.unwrap_or_else(|| format!("http://{address}")),
        connections_max: arguments.database_connections.max(2),
    };
    let app = open_with(&config, options).await.wrap_err("the sandbox cannot start")?;
    announce(&config.public_url);
    let shutdown = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    serve_app(&app, listener, shutdown).await.wrap_err("the sandbox ended early")
}

/// Says on stdout that connections are taken, for whoever started the program.
#[expect(clippy::print_stdout, reason = "stdout is where the starter listens")]
fn announce(public_url: &str) {
    println!("listening on {public_url}");
}
