//! Where Postgres' programs are. `scripts/postgres-bin` looks in the same places.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::StartError;

/// Where Debian and its relatives put each version, as `<version>/bin`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The directory of one version's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    directory: PathBuf,
}

impl Binaries {
    /// The programs for a data directory: those of the version that wrote it, or else the first
    /// found, if nothing has been written yet.
    pub(super) fn for_data(data: &Path) -> Result<Self, StartError> {
        let mut installed = candidates().filter(Self::is_complete).peekable();
        if installed.peek().is_none() {
            return Err(StartError::NoBinaries);
        }
        match fs::read_to_string(data.join("PG_VERSION")) {
            Ok(written) => {
                let found = written.trim().to_owned();
                installed
                    .find(|binaries| binaries.version().as_ref() == Some(&found))
                    .ok_or(StartError::OtherVersion { directory: data.to_owned(), found })
            }
            Err(_) => installed.next().ok_or(StartError::NoBinaries),
        }
    }

    /// The path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn is_complete(&self) -> bool {
        ["initdb", "pg_ctl", "postgres"].iter().all(|name| self.program(name).is_file())
    }

    /// The major version, such as `15`, as `PG_VERSION` has it.
    fn version(&self) -> Option<String> {
        let output = Command::new(self.program("postgres")).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        major_version(&text)
    }
}

/// `15` of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major_version(text: &str) -> Option<String> {
    let number = text.split_whitespace().nth(2)?;
    let major: String = number.chars().take_while(char::is_ascii_digit).collect();
    (!major.is_empty()).then_some(major)
}

/// What the user names; what Debian installed, newest first; what is on the path.
fn candidates() -> impl Iterator<Item = Binaries> {
    let named = env::var_os("PAYDESK_PG_BIN").map(PathBuf::from);
    let on_path = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .filter_map(|directory| fs::canonicalize(directory.join("initdb")).ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_owned));
    named.into_iter().chain(debian()).chain(on_path).map(|directory| Binaries { directory })
}

fn debian() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(DEBIAN) else { return Vec::new() };
    let mut versions: Vec<u32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|left, right| right.cmp(left));
    versions.iter().map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";

        assert_eq!(major_version(debian).as_deref(), Some("15"));
        assert_eq!(major_version("postgres (PostgreSQL) 19beta1").as_deref(), Some("19"));
        assert_eq!(major_version("something else"), None);
    }
}
