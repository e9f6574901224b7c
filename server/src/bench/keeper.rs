//! Ends the benchmark's processes when the benchmark itself is gone, however it went.

use std::process::Stdio;

use color_eyre::eyre::Result;
use tokio::process::{Child, Command};

/// Waits for the end of its input, which comes when the benchmark ends, also by SIGKILL.
///
/// SIGINT lets Postgres stop at once and without harm; the others stop by it as by Ctrl-C.
const SCRIPT: &str = r#"read -r _; kill -INT "$1""#;

/// A process that outlives the benchmark by a moment. Dropping it lets the other live on.
#[derive(Debug)]
pub(super) struct Keeper {
    _child: Child,
}

impl Keeper {
    /// Watches over the process with this id.
    pub(super) fn of(id: u32) -> Result<Self> {
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "keeper"])
            .arg(id.to_string())
            // A Ctrl-C in the terminal must not reach it before it has done its work.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { _child: child })
    }
}
