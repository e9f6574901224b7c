//! The demo's two databases: on an embedded server, or on one that the user names.

use color_eyre::eyre::{Result, WrapErr, eyre};

use super::store;
use crate::config::DemoArguments;
use crate::embedded::{Options, Postgres};

/// The name of the sandbox's database.
const SANDBOX: &str = "sandbox";

/// The databases of a demo.
#[derive(Debug)]
pub(super) struct Databases {
    /// The address of the service's.
    pub(super) paydesk: String,
    /// The address of the sandbox's.
    pub(super) sandbox: String,
    embedded: Option<Postgres>,
}

impl Databases {
    pub(super) async fn start(options: &DemoArguments) -> Result<Self> {
        match &options.database_url {
            Some(url) => Self::of_user(url, options.sandbox_database_url.as_deref()).await,
            None => Self::of_our_own(options).await,
        }
    }

    async fn of_our_own(options: &DemoArguments) -> Result<Self> {
        let directory = options.data_dir.join("postgres");
        let postgres = Postgres::start(&Options::new(directory)).await?;
        for name in ["paydesk", SANDBOX] {
            postgres.create_database_if_missing(name).await?;
        }
        Ok(Self {
            paydesk: postgres.url("paydesk"),
            sandbox: postgres.url(SANDBOX),
            embedded: Some(postgres),
        })
    }

    async fn of_user(url: &str, sandbox: Option<&str>) -> Result<Self> {
        let sandbox = match sandbox {
            Some(sandbox) => sandbox.to_owned(),
            None => beside(url).await?,
        };
        Ok(Self { paydesk: url.to_owned(), sandbox, embedded: None })
    }

    /// Stops the embedded server, if there is one; the user's goes on.
    pub(super) async fn stop(self) -> Result<()> {
        match self.embedded {
            Some(postgres) => postgres.stop().await.wrap_err("the embedded Postgres did not stop"),
            None => Ok(()),
        }
    }
}

/// The address of a database named `sandbox` on the same server, made if missing.
async fn beside(url: &str) -> Result<String> {
    store::create_database_if_missing(url, SANDBOX)
        .await
        .wrap_err("cannot make a database for the sandbox: give SANDBOX_DATABASE_URL")?;
    let (address, parameters) = match url.split_once('?') {
        Some((address, parameters)) => (address, format!("?{parameters}")),
        None => (url, String::new()),
    };
    let (server, _) =
        address.rsplit_once('/').ok_or_else(|| eyre!("DATABASE_URL names no database"))?;
    Ok(format!("{server}/{SANDBOX}{parameters}"))
}
