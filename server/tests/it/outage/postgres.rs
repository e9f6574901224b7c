//! A durable Postgres of one test, which is killed and started again.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use server::embedded::{Options, Postgres, StartError};
use sqlx::PgPool;

/// How long a killed server may take until it can be started again.
const RESTART_MAX: Duration = Duration::from_mins(2);

/// A server that can be killed, in a directory of its own that is gone afterwards.
pub(crate) struct Mortal {
    directory: PathBuf,
    running: Option<Postgres>,
}

impl Mortal {
    /// Starts one, or says why this machine has none.
    pub(crate) async fn start(name: &str) -> Option<Self> {
        let directory =
            std::env::temp_dir().join(format!("paydesk-outage-{}-{name}", std::process::id()));
        match Postgres::start(&options(&directory)).await {
            Err(error @ StartError::NoBinaries) => {
                eprintln!("skipped: {error}");
                None
            }
            started => {
                let running = started.expect("the server starts");
                running.create_database_if_missing("paydesk").await.expect("a database");
                Some(Self { directory, running: Some(running) })
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        self.running.as_ref().expect("it runs").url("paydesk")
    }

    /// Kills the master with SIGKILL, as a power cut would, and starts it again.
    pub(crate) async fn kill_and_restart(&mut self) {
        let running = self.running.take().expect("it runs");
        let process = running.process_id().expect("it runs");
        let kill = Command::new("kill").args(["-KILL", &process.to_string()]).status();
        assert!(kill.expect("kill can be run").success());
        let start = Instant::now();
        while is_running(process) {
            assert!(start.elapsed() < RESTART_MAX, "it cannot be killed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Its children notice, and end; what is dropped here only finds out that it is gone.
        drop(running);
        while self.running.is_none() {
            match Postgres::start(&options(&self.directory)).await {
                Ok(running) => self.running = Some(running),
                // The memory that the killed one shared is still in use for a moment.
                Err(error) => assert!(start.elapsed() < RESTART_MAX, "it stays dead: {error}"),
            }
        }
    }

    /// Kills one process that serves one of the service's connections, as the kernel does when
    /// memory is short.
    pub(crate) async fn kill_a_backend(&self) {
        let pool = PgPool::connect(&self.url()).await.expect("the server answers");
        // One that has worked a moment ago, and not one that is only held.
        let process: i32 = sqlx::query_scalar(
            "select pid from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()
             order by state_change desc limit 1",
        )
        .fetch_one(&pool)
        .await
        .expect("somebody is connected");
        let kill = Command::new("kill").args(["-KILL", &process.to_string()]).status();
        assert!(kill.expect("kill can be run").success());
    }
}

/// Whether the process is still more than a line in the system's list that nobody has read yet.
fn is_running(process: u32) -> bool {
    let facts = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    facts.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

fn options(directory: &PathBuf) -> Options {
    // The service, the test, and those that are held and do nothing.
    let settings = vec![("max_connections".to_owned(), "450".to_owned())];
    Options { settings, ..Options::new(directory) }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        drop(self.running.take());
        drop(std::fs::remove_dir_all(&self.directory));
    }
}
