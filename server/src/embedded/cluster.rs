//! One cluster on disk and the programs that make it, run it and stop it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::binaries::Binaries;
use super::place::{self, Place};
use super::{ROLE, StartError, store};

/// How long the server may take to come up; recovery after a crash is part of it.
const START_LIMIT: Duration = Duration::from_mins(2);
/// How often a starting server is asked whether it is up.
const START_POLL: Duration = Duration::from_millis(50);
/// How many seconds the server may take to stop.
const STOP_SECONDS: &str = "60";
/// The longest path that the system takes for a socket, less the name that Postgres adds.
const SOCKET_DIRECTORY_LENGTH_MAX: usize = 107 - "/.s.PGSQL.5432".len();
/// How much of a log an error quotes.
const LOG_LINES_QUOTED: usize = 15;
/// What makes a commit survive a power cut. On the command line, where no file overrides it.
const DURABLE: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// A cluster and what is needed to run it.
#[derive(Debug)]
pub(super) struct Cluster {
    binaries: Binaries,
    place: Place,
    socket_directory: PathBuf,
}

impl Cluster {
    /// Describes a cluster; touches nothing but the directory of its socket.
    pub(super) fn new(binaries: Binaries, place: Place) -> Result<Self, StartError> {
        let socket_directory = socket_directory(&place)?;
        Ok(Self { binaries, place, socket_directory })
    }

    /// Everything of the cluster is below this.
    pub(super) fn directory(&self) -> &Path {
        &self.place.directory
    }

    /// The address of one database.
    pub(super) fn url(&self, database: &str) -> String {
        let socket = self.socket_directory.to_string_lossy();
        let query = serde_urlencoded::to_string([("host", socket)])
            .expect("a list of pairs of strings can be written as a query");
        format!("postgres://{ROLE}@localhost/{database}?{query}")
    }

    /// Where a program that comes with the server stands.
    pub(super) fn program(&self, name: &str) -> std::path::PathBuf {
        self.binaries.program(name)
    }

    /// Makes the cluster on the first start.
    pub(super) async fn initialise_if_missing(&self) -> Result<(), StartError> {
        if self.data().join("PG_VERSION").exists() {
            return Ok(());
        }
        // Made aside and moved in place at the end, so that a kill half-way leaves no half cluster.
        let unfinished = self.place.directory.join("data.unfinished");
        remove_if_there(&unfinished)?;
        let mut initdb = self.command("initdb");
        initdb.arg("--pgdata").arg(&unfinished);
        initdb.args(["--username", ROLE, "--auth", "trust", "--encoding", "UTF8"]);
        initdb.args(["--locale", "C.UTF-8", "--data-checksums"]);
        self.run("initdb", &mut initdb).await?;
        fs::rename(&unfinished, self.data())
            .map_err(StartError::doing("move the new cluster in place"))
    }

    /// Stops a server whose service was killed, and removes the trace of one that was itself killed.
    ///
    /// We hold the lock, so whatever runs here has no master any more.
    pub(super) async fn stop_what_was_left_running(&self) -> Result<(), StartError> {
        let trace = self.data().join("postmaster.pid");
        let Ok(content) = fs::read_to_string(&trace) else { return Ok(()) };
        let process = content.lines().next().unwrap_or_default().trim();
        if self.is_our_server(process) {
            tracing::info!(process, "stopping the Postgres that an earlier service left running");
            return self.stop().await.map_err(StartError::doing("stop the Postgres left running"));
        }
        // Without this, Postgres refuses to start when its old number now belongs to somebody else.
        fs::remove_file(&trace).map_err(StartError::doing(format!("remove {}", trace.display())))
    }

    /// Starts the server, in a process group of its own: a Ctrl-C in the terminal is for the
    /// service, which stops the server when it has finished its own work.
    pub(super) fn spawn(&self, settings: &[(String, String)]) -> Result<Child, StartError> {
        let log = self.open_log()?;
        let errors = log.try_clone().map_err(StartError::doing("write Postgres' log"))?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data());
        // No port at all, so that there is none to collide on.
        postgres.args(["-c", "listen_addresses=", "-c", "port=5432", "-c", "timezone=UTC"]);
        postgres.arg("-k").arg(&self.socket_directory);
        for (name, value) in settings {
            postgres.arg("-c").arg(format!("{name}={value}"));
        }
        for setting in DURABLE {
            postgres.args(["-c", setting]);
        }
        postgres.process_group(0).stdin(Stdio::null()).stdout(log).stderr(errors);
        postgres.spawn().map_err(StartError::doing("run postgres"))
    }

    /// Waits until the server takes connections.
    pub(super) async fn wait_until_ready(&self, child: &mut Child) -> Result<(), StartError> {
        let url = self.url("postgres");
        let deadline = Instant::now() + START_LIMIT;
        while !store::answers(&url).await {
            let exited = child.try_wait().map_err(StartError::doing("watch postgres"))?;
            if exited.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.log()).unwrap_or_default();
                return Err(StartError::Failed { program: "postgres", log: end_of(&log) });
            }
            sleep(START_POLL).await;
        }
        Ok(())
    }

    /// Ends all connections, and returns when the server is gone.
    pub(super) async fn stop(&self) -> io::Result<()> {
        let status = self.stop_command().status().await?;
        self.remove_short_socket_directory();
        stopped(status)
    }

    /// As [`Cluster::stop`], for where nothing can be awaited. Failure is only logged.
    pub(super) fn stop_blocking(&self) {
        let outcome = self.stop_command().into_std().status().and_then(stopped);
        self.remove_short_socket_directory();
        if let Err(error) = outcome {
            tracing::warn!(%error, "the embedded Postgres may still be running");
        }
    }

    /// Leaves nothing behind where the socket stood apart. It is empty now, or else is left alone.
    fn remove_short_socket_directory(&self) {
        if self.socket_directory != self.place.directory {
            drop(fs::remove_dir(&self.socket_directory));
        }
    }

    fn stop_command(&self) -> Command {
        let mut command = self.command("pg_ctl");
        command.args(["stop", "--silent", "--wait", "--mode", "fast", "--timeout", STOP_SECONDS]);
        command.arg("--pgdata").arg(self.data());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.process_group(0);
        command
    }

    /// A command of Postgres, run by the owner, in a directory that the owner may be in.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        command.current_dir(&self.place.directory);
        if let Some(owner) = self.place.owner {
            command.uid(owner.uid).gid(owner.gid);
        }
        command
    }

    async fn run(&self, program: &'static str, command: &mut Command) -> Result<(), StartError> {
        let output = command.output().await.map_err(StartError::doing(format!("run {program}")))?;
        if output.status.success() {
            return Ok(());
        }
        let log = String::from_utf8_lossy(&output.stderr);
        Err(StartError::Failed { program, log: end_of(&log) })
    }

    /// Whether the process of that number is a Postgres at work on our data: it works from there.
    fn is_our_server(&self, process: &str) -> bool {
        fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|directory| {
            fs::canonicalize(self.data()).is_ok_and(|data| data == directory)
        })
    }

    fn open_log(&self) -> Result<File, StartError> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())
            .map_err(StartError::doing(format!("write {}", self.log().display())))
    }

    fn data(&self) -> PathBuf {
        self.place.directory.join("data")
    }

    fn log(&self) -> PathBuf {
        self.place.directory.join("log")
    }
}

fn stopped(status: ExitStatus) -> io::Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("pg_ctl stop ended with {status}")))
}

/// The place itself, or, where its path is too long for a socket, a short one of the same owner.
fn socket_directory(place: &Place) -> Result<PathBuf, StartError> {
    if place.directory.as_os_str().len() <= SOCKET_DIRECTORY_LENGTH_MAX {
        return Ok(place.directory.clone());
    }
    let name = format!("paydesk-{:08x}", checksum(place.directory.as_os_str().as_encoded_bytes()));
    Ok(place::prepare(&place.short_base().join(name))?.directory)
}

/// FNV-1a: the same short name for the same path, on every start.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn remove_if_there(directory: &Path) -> Result<(), StartError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StartError::doing(format!("remove {}", directory.display()))(error))
        }
        _ => Ok(()),
    }
}

fn end_of(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES_QUOTED)..].join("\n")
}
