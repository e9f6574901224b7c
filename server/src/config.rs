//! What the program can be told, on the command line or by the environment. `--help` shows all of it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::bench::BenchArguments;
use crate::commands::books::BooksArguments;
use crate::commands::dead_letters::DeadLettersArguments;
use crate::commands::exchange::ExchangeArguments;
use crate::commands::payouts::PayoutsArguments;
use crate::commands::rates::RatesArguments;
use crate::commands::routes::RoutesArguments;
use crate::commands::sellers::SellersArguments;
use crate::commands::verify::VerifyArguments;
use crate::commands::webhook_endpoints::WebhookEndpointsArguments;

/// Paydesk: from a cart to a reconciled settlement.
#[derive(Debug, Parser)]
#[command(name = "paydesk", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What is logged, such as `info` or `paydesk=debug,engine=debug`.
    #[arg(
        long,
        env = "PAYDESK_LOG",
        default_value = "info,sqlx::postgres::notice=off",
        global = true
    )]
    pub log: String,
    /// How the log is written: for people, or one JSON object per line.
    #[arg(long, env = "PAYDESK_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves the API, the pages and the console, and works on the queue.
    Serve(ServeArguments),
    /// Works on the queue alone, beside any number of `serve` and `work` processes.
    Work(WorkArguments),
    /// Brings the database to the newest schema.
    Migrate(DatabaseArguments),
    /// Starts a shop, its processor and everything else on this machine, for trying it out.
    Demo(DemoArguments),
    /// Takes a settlement file in and compares it with the books.
    Reconcile(ReconcileArguments),
    /// Says why a payment failed or waits, and whose turn it is.
    Why(WhyArguments),
    /// Looks at webhooks that processors and pay-out providers sent, has one handled again, or
    /// discards it.
    Webhooks(WebhooksArguments),
    /// Looks at work that failed for good, has it tried again, or discards it.
    DeadLetters(DeadLettersArguments),
    /// Says and sets which processor account carries which payments.
    Routes(RoutesArguments),
    /// Says, adds and removes who hears of a shop's events.
    WebhookEndpoints(WebhookEndpointsArguments),
    /// Says what sellers have, and by which rules they get it.
    Sellers(SellersArguments),
    /// Says and sets from where and when sellers are paid.
    Payouts(PayoutsArguments),
    /// Takes in what currencies are worth.
    Rates(RatesArguments),
    /// Says and sets on which terms sellers exchange, and what that leaves open.
    Exchange(ExchangeArguments),
    /// Exports a shop's books as a file that proves itself.
    Books(BooksArguments),
    /// Proves an export without a database, or that the books in the database balance.
    Verify(VerifyArguments),
    /// Says what this program would need and whether it is there.
    Doctor(DatabaseArguments),
    /// Measures how fast this is on this machine, beside the least that must be written.
    Bench(BenchArguments),
}

/// Where the database is.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArguments {
    /// The Postgres database, such as `postgres://user@host/paydesk`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// How many connections to the database one process may hold.
    #[arg(long, env = "PAYDESK_DATABASE_CONNECTIONS", default_value_t = 12)]
    pub database_connections: u32,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct ServeArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// The address to listen on.
    #[arg(long, env = "PAYDESK_LISTEN", default_value = "127.0.0.1:4000")]
    pub listen: SocketAddr,
    /// What differs between places where it runs.
    #[command(flatten)]
    pub service: ServiceArguments,
    /// Serves only; other processes work on the queue.
    #[arg(long, env = "PAYDESK_NO_WORKERS")]
    pub no_workers: bool,
}

/// What a service is told beside its database and its address.
#[derive(Debug, Clone, Args)]
pub struct ServiceArguments {
    /// The origin under which shoppers and staff reach it, such as `https://pay.example`.
    #[arg(long, env = "PAYDESK_PUBLIC_URL", default_value = "http://127.0.0.1:4000")]
    pub public_url: String,
    /// The directory of what browsers load: wasm, style sheets, icons.
    /// By default `site` beside the program, or `target/site`.
    #[arg(long, env = "PAYDESK_SITE")]
    pub site: Option<PathBuf>,
    /// Delivers shop webhooks also to private addresses. For trying it out.
    #[arg(long, env = "PAYDESK_ALLOW_PRIVATE_WEBHOOK_TARGETS")]
    pub allow_private_webhook_targets: bool,
    /// Where the operator hears of alerts, as signed webhooks. Without it, in the log alone.
    #[arg(long, env = "PAYDESK_OPERATOR_WEBHOOK_URL", requires = "operator_webhook_secret")]
    pub operator_webhook_url: Option<String>,
    /// What webhooks to the operator are signed with: `whsec_…`.
    #[arg(long, env = "PAYDESK_OPERATOR_WEBHOOK_SECRET", hide_env_values = true)]
    pub operator_webhook_secret: Option<String>,
    /// The address at which `/metrics` is answered, such as `127.0.0.1:9464`. Nobody is asked who
    /// they are there, so it is an address of its own, which only the operator's network reaches.
    #[arg(long, env = "PAYDESK_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
}

/// How to work on the queue.
#[derive(Debug, Clone, Args)]
pub struct WorkArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// What differs between places where it runs.
    #[command(flatten)]
    pub service: ServiceArguments,
}

/// What to explain.
#[derive(Debug, Clone, Args)]
pub struct WhyArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// A payment's id, the shop's or the processor's reference, or a shopper's support code.
    pub query: String,
}

/// What to do about webhooks that processors and pay-out providers sent.
#[derive(Debug, Clone, Args)]
pub struct WebhooksArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: WebhooksCommand,
}

/// What can be done about webhooks that processors and pay-out providers sent.
#[derive(Debug, Clone, Subcommand)]
pub enum WebhooksCommand {
    /// Lists them, the newest first.
    List {
        /// Only those that are `unmatched`, `refused`, `stored`, `handled` or `discarded`.
        #[arg(long)]
        state: Option<String>,
        /// Only those about this payment, checkout or pay-out, or of this message id.
        #[arg(long, default_value = "")]
        about: String,
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: u16,
    },
    /// Shows one, with its body; card numbers are masked.
    Show {
        /// Which one (inb_…).
        webhook: domain::id::InboundWebhookId,
    },
    /// Has one handled again; one that matched nothing is matched again.
    Replay {
        /// Which one (inb_…).
        webhook: domain::id::InboundWebhookId,
    },
    /// Decides that one matches nothing and need not.
    Discard {
        /// Which one (inb_…).
        webhook: domain::id::InboundWebhookId,
        /// Why; it stays with the webhook and in the audit log.
        #[arg(long)]
        reason: String,
        /// Who decides, for the audit log.
        #[arg(long, env = "USER")]
        by: Option<String>,
    },
}

/// How to run the demo.
#[derive(Debug, Clone, Args)]
pub struct DemoArguments {
    /// Where the demo keeps its database and its keys.
    #[arg(long, env = "PAYDESK_DATA_DIR", default_value = ".paydesk")]
    pub data_dir: PathBuf,
    /// The port of the service, on 127.0.0.1.
    #[arg(long, env = "PAYDESK_PORT", default_value_t = 4000)]
    pub port: u16,
    /// The port of the sandbox processor.
    #[arg(long, env = "PAYDESK_SANDBOX_PORT", default_value_t = 4100)]
    pub sandbox_port: u16,
    /// The port of the demo shop.
    #[arg(long, env = "PAYDESK_SHOP_PORT", default_value_t = 4200)]
    pub shop_port: u16,
    /// A Postgres server to use instead of one of our own; the demo's tables go into this database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The sandbox's database, if one is given above; by default one named `sandbox` beside it.
    #[arg(long, env = "SANDBOX_DATABASE_URL", hide_env_values = true)]
    pub sandbox_database_url: Option<String>,
    /// The directory of what browsers load.
    #[arg(long, env = "PAYDESK_SITE")]
    pub site: Option<PathBuf>,
}

/// What to reconcile.
#[derive(Debug, Clone, Args)]
pub struct ReconcileArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// The settlement file.
    pub file: PathBuf,
    /// The processor account that the file belongs to, by its name or its id (pac_…). Without it,
    /// the one that the file names.
    #[arg(long)]
    pub processor_account: Option<String>,
}

/// The directory of what browsers load.
pub fn site_directory(told: Option<PathBuf>) -> PathBuf {
    let beside_program = || {
        let program = std::env::current_exe().ok()?;
        let directory = program.parent()?;
        // `target/debug/paydesk` has its site in `target/site`.
        [directory.join("site"), directory.parent()?.join("site")]
            .into_iter()
            .find(|site| site.is_dir())
    };
    told.or_else(beside_program).unwrap_or_else(|| PathBuf::from("target/site"))
}
