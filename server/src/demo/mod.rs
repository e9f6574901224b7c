//! `paydesk demo`: a shop, its processor, its staff and everything else, on one machine.
//!
//! Nothing here is a mock: the shop calls the API with its key, the processor is a program of its
//! own with a database of its own, and the service runs as it would anywhere. It keeps what it made
//! in its data directory, and finds it again at the next start.

mod database;
mod keys;
mod paying;
mod sandbox;
mod seed;
mod shop;
mod store;

use std::net::{Ipv4Addr, SocketAddr};

use color_eyre::eyre::{Result, WrapErr};
use engine::workers;
use tokio_util::sync::CancellationToken;

use crate::commands::say;
use crate::config::{DatabaseArguments, DemoArguments, ServiceArguments};
use crate::run;
use crate::wiring::Services;
use database::Databases;
use keys::Keys;
use sandbox::Sandbox;
use seed::Seeded;
use shop::Shop;

/// How many connections the demo's service holds: enough for one person.
const CONNECTIONS: u32 = 8;

/// The addresses of a demo.
#[derive(Debug, Clone)]
struct Addresses {
    service: String,
    sandbox: String,
    shop: String,
}

impl Addresses {
    fn of(options: &DemoArguments) -> Self {
        let at = |port| format!("http://127.0.0.1:{port}");
        Self {
            service: at(options.port),
            sandbox: at(options.sandbox_port),
            shop: at(options.shop_port),
        }
    }
}

/// `paydesk demo`.
///
/// # Errors
/// If any part of it cannot be started; what was started is stopped again.
pub async fn run(options: DemoArguments) -> Result<()> {
    let shutdown = run::on_signal()?;
    tokio::fs::create_dir_all(&options.data_dir)
        .await
        .wrap_err_with(|| format!("cannot make {}", options.data_dir.display()))?;
    let databases = Databases::start(&options).await?;
    let ran = with_databases(&options, &databases, shutdown).await;
    let stopped = databases.stop().await;
    ran.and(stopped)
}

async fn with_databases(
    options: &DemoArguments,
    databases: &Databases,
    shutdown: CancellationToken,
) -> Result<()> {
    let addresses = Addresses::of(options);
    // Taken first, so that a port in use is told before anything else is started.
    let listener = run::listen(local(options.port)).await?;
    let shop_listener = run::listen(local(options.shop_port)).await?;
    let database = run::connect(&DatabaseArguments {
        database_url: databases.paydesk.clone(),
        database_connections: CONNECTIONS,
    })
    .await?;
    engine::db::migrate(&database.pool).await.wrap_err("the database cannot be migrated")?;
    let mut keys = Keys::load(&options.data_dir)?;
    let seeded = seed::seed(&database.pool, &addresses, &mut keys).await?;
    keys.save(&options.data_dir)?;

    let sandbox = Sandbox::start(options, &addresses, &databases.sandbox).await?;
    let ran = async {
        sandbox.provision(&addresses, &seeded, &keys).await?;
        let told = ServiceArguments {
            public_url: addresses.service.clone(),
            site: options.site.clone(),
            allow_private_webhook_targets: true,
            operator_webhook_url: None,
            operator_webhook_secret: None,
            metrics_listen: None,
        };
        let settings = run::settings(&database.pool, &told, true).await?;
        let services =
            Services::start(database, settings).await.wrap_err("the service cannot start")?;
        let shop = Shop::new(&addresses, &keys);
        let shop_stops = CancellationToken::new();
        let shop = run::serve_until(shop_listener, shop.router(), shutdown.clone(), shop_stops);
        let working =
            workers::Options { allow_private_webhook_targets: true, ..workers::Options::default() };
        let service = run::until_stopped(&services, listener, Some(working), shutdown.clone());
        let database = match &options.database_url {
            // It may hold a password of the user's.
            Some(_) => "the one of DATABASE_URL",
            None => &databases.paydesk,
        };
        announce(&addresses, &seeded, database);
        let watched = sandbox.watch(&shutdown);
        let (service, shop, watched) = tokio::join!(service, shop, watched);
        service.and(shop).and(watched)
    }
    .await;
    sandbox.stop().await;
    ran
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Says where everything is. The last line is for programs that wait for it.
fn announce(addresses: &Addresses, seeded: &Seeded, database: &str) {
    say("");
    say(&format!("  Shop        {}", addresses.shop));
    say(&format!("  Console     {}/console", addresses.service));
    for login in &seeded.logins {
        say(&format!("              {}  {}  ({})", login.email, login.password, login.role));
    }
    say(&format!("  Processor   {}", addresses.sandbox));
    say(&format!("  API         {}/v1  key {}", addresses.service, seeded.api_key));
    say(&format!("  Database    {database}"));
    say("");
    say("  Ctrl-C stops everything; the next start finds it again.");
    say("");
    say("ready");
}
