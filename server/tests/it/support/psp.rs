//! The real sandbox, in a schema of its own of the test's database, on a port of its own.

use sandbox::{Config, open, serve_app};
use serde_json::json;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{WEBHOOK_SECRET, World};

/// A running sandbox; it ends with this.
pub(crate) struct Psp {
    pub(crate) url: String,
    _stop: DropGuard,
}

impl Psp {
    pub(crate) async fn start(pool: &PgPool) -> Self {
        sqlx::query("create schema sandbox").execute(pool).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let config = Config {
            database_url: database_url(pool),
            public_url: url.clone(),
            connections_max: 4,
        };
        let app = open(&config).await.unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            serve_app(&app, listener, async move { stopped.cancelled().await }).await.unwrap();
        });
        Self { url, _stop: stop.drop_guard() }
    }

    /// Opens the account of `world`'s shop; it is notified at `service`.
    pub(crate) async fn provision(&self, world: &World, service: Option<&str>) {
        let hook = service.map(|service| format!("{service}/webhooks/{}", world.account));
        let account = json!({
            "api_key": "sk_test_account", "webhook_url": hook, "webhook_secret": WEBHOOK_SECRET,
        });
        let url = format!("{}/v1/accounts/test-account", self.url);
        let answer = reqwest::Client::new().put(url).json(&account).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
    }
}

impl Psp {
    /// Today's settlement file, with these faults.
    pub(crate) async fn settlement(&self, faults: &str) -> String {
        let today = time::OffsetDateTime::now_utc().date();
        let url = format!("{}/v1/settlements/{today}?faults={faults}", self.url);
        let answer =
            reqwest::Client::new().get(url).bearer_auth("sk_test_account").send().await.unwrap();
        answer.error_for_status().unwrap().text().await.unwrap()
    }
}

/// The test's database, with the sandbox's schema as the place for unnamed tables.
fn database_url(pool: &PgPool) -> String {
    let options = pool.connect_options();
    let host = options
        .get_socket()
        .map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
    format!(
        "postgres://{}@localhost:{}/{}?host={}&options[search_path]=sandbox",
        options.get_username(),
        options.get_port(),
        options.get_database().unwrap(),
        host.replace('/', "%2F"),
    )
}
