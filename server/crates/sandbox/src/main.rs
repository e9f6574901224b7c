//! The program `paydesk-sandbox`: reads its settings, listens, and stops on a signal.

use std::net::SocketAddr;

use clap::Parser;
use color_eyre::eyre::{Result, WrapErr};
use sandbox::{Config, open, serve_app};
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
}

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
    let config = Config {
        database_url: arguments.database_url,
        public_url: arguments.public_url.unwrap_or_else(|| format!("http://{address}")),
        connections_max: arguments.database_connections.max(2),
    };
    let app = open(&config).await.wrap_err("the sandbox cannot start")?;
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
