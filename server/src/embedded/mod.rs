//! A Postgres of our own for the demo and the benchmark: found on the machine, made on the first
//! start, durable, and stopped with the service that started it.
//!
//! It listens on a socket in a directory that only its owner can enter, and on no port: so it needs
//! no password and can collide with no other server. It keeps its data from start to start. It never
//! downloads anything, and it is not meant for more than one service at a time: a lock says who is in.

mod binaries;
mod cluster;
mod owner;
mod place;
mod store;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tokio::process::Child;

use self::binaries::Binaries;
use self::cluster::Cluster;

/// The role that owns everything in the embedded server.
const ROLE: &str = "paydesk";

/// How an embedded server is to be run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it keeps its data, its socket and its log; made if missing.
    ///
    /// When root starts it and the server's user cannot reach this place, another is taken and
    /// named in the log: see [`Postgres::directory`].
    pub directory: PathBuf,
    /// More settings for the server, such as `("shared_buffers", "512MB")`.
    ///
    /// They cannot make it forgetful: what makes it durable is checked once it runs.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// A server with Postgres' own settings that keeps everything below `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), settings: Vec::new() }
    }
}

/// A running embedded server.
///
/// Dropping it stops it too, but blocks while it does: [`Postgres::stop`] is the polite way.
#[derive(Debug)]
pub struct Postgres {
    cluster: Cluster,
    child: Child,
    running: bool,
    /// Held as long as the server is ours; the system lets go of it however we end.
    _lock: File,
}

impl Postgres {
    /// Finds Postgres' programs, makes the cluster if there is none, and starts the server.
    ///
    /// What an earlier service left running in the same directory, because it was killed, is
    /// stopped first.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running.
    pub async fn start(options: &Options) -> Result<Self, StartError> {
        let place = place::prepare(&options.directory)?;
        let lock = place::lock(&place.directory)?;
        let binaries = Binaries::for_data(&place.directory.join("data"))?;
        let cluster = Cluster::new(binaries, place)?;

        cluster.initialise_if_missing().await?;
        cluster.stop_what_was_left_running().await?;
        let child = cluster.spawn(&options.settings)?;
        let mut postgres = Self { cluster, child, running: true, _lock: lock };

        postgres.cluster.wait_until_ready(&mut postgres.child).await?;
        store::assert_durable(&postgres.url("postgres")).await?;
        Ok(postgres)
    }

    /// The address of one of its databases, for sqlx, psql and other programs of the same user.
    pub fn url(&self, database: &str) -> String {
        self.cluster.url(database)
    }

    /// The number of the server's process, as long as it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The directory that holds the data, the socket and the log.
    pub fn directory(&self) -> &Path {
        self.cluster.directory()
    }

    /// Where a program that comes with the server stands, such as `pgbench`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.cluster.program(name)
    }

    /// Makes a database, unless it is there already.
    ///
    /// # Errors
    /// If the server refuses or cannot be reached.
    ///
    /// # Panics
    /// If `name` holds anything but small letters, digits and underscores: names are ours.
    pub async fn create_database_if_missing(&self, name: &str) -> Result<(), sqlx::Error> {
        store::create_database_if_missing(&self.url("postgres"), name).await
    }

    /// Ends all connections, writes everything down and stops the server.
    ///
    /// # Errors
    /// If the server does not stop within a minute.
    pub async fn stop(mut self) -> io::Result<()> {
        self.running = false;
        self.cluster.stop().await?;
        self.child.wait().await?;
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // One that has ended by itself would be waited for until the time is up.
        if self.running && matches!(self.child.try_wait(), Ok(None)) {
            self.cluster.stop_blocking();
        }
    }
}

/// Why an embedded server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There are no programs to run.
    #[error(
        "no Postgres found: install it (Debian: apt-get install postgresql), or set PAYDESK_PG_BIN \
         to the directory of its programs, or DATABASE_URL to a server of your own"
    )]
    NoBinaries,
    /// The data belongs to another major version than any that is installed.
    #[error(
        "the data in {} is of Postgres {found}, and that version is not installed: install it, or \
         set PAYDESK_PG_BIN to its programs", .directory.display()
    )]
    OtherVersion {
        /// Where the data is.
        directory: PathBuf,
        /// The major version that wrote it.
        found: String,
    },
    /// Another service runs with the same data.
    #[error("another Paydesk is running with the data in {}", .0.display())]
    InUse(PathBuf),
    /// Root started us, and there is no other user who could run Postgres.
    #[error("Postgres refuses to run as root, and this machine has no user postgres or nobody")]
    NoOwner,
    /// The server would lose money in a power cut.
    #[error("the embedded Postgres is not durable: {setting} is {value}")]
    NotDurable {
        /// The setting that is wrong.
        setting: &'static str,
        /// What it is instead of `on`.
        value: String,
    },
    /// One of Postgres' programs gave up; its last words are in `log`.
    #[error("{program} failed:\n{log}")]
    Failed {
        /// Which program.
        program: &'static str,
        /// The end of what it wrote.
        log: String,
    },
    /// A file or a program could not be used.
    #[error("cannot {doing}")]
    Io {
        /// What was being done, to follow "cannot".
        doing: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The server was up and did not answer as it should.
    #[error("the embedded Postgres does not answer")]
    Database(#[from] sqlx::Error),
}

impl StartError {
    /// A function for `map_err` that says what was being done.
    fn doing(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        |source| Self::Io { doing, source }
    }
}

#[cfg(test)]
mod tests;
