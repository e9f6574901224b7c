//! The directory that an embedded server lives in: its data, its socket, its log, and the lock that
//! says whose it is.

use std::fs::{self, File, Permissions, TryLockError};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use super::StartError;
use super::owner::Owner;

/// Where the data goes when the server's user cannot reach the place that was asked for.
const REACHABLE: &str = "/var/lib/paydesk";

/// A directory that is ready to be used, and the user who uses it.
#[derive(Debug)]
pub(super) struct Place {
    /// The absolute path.
    pub(super) directory: PathBuf,
    /// Whom to run Postgres as; `None` is ourselves.
    pub(super) owner: Option<Owner>,
}

impl Place {
    /// Where a directory with a short name may stand: one that no stranger can prepare for root.
    pub(super) fn short_base(&self) -> PathBuf {
        if self.owner.is_some() { PathBuf::from(REACHABLE) } else { std::env::temp_dir() }
    }
}

/// Makes the directory, private to the user who will run Postgres.
pub(super) fn prepare(wanted: &Path) -> Result<Place, StartError> {
    let wanted = std::path::absolute(wanted)
        .map_err(StartError::doing(format!("find the directory {}", wanted.display())))?;
    let owner = Owner::needed()?;
    let directory = match owner {
        Some(owner) if !owner.can_reach(&wanted) => elsewhere(&wanted),
        _ => wanted,
    };

    let doing = || StartError::doing(format!("make the directory {}", directory.display()));
    if let Some(parent) = directory.parent().filter(|parent| !parent.exists()) {
        // Open to the server's user whatever root's umask says.
        fs::create_dir_all(parent).map_err(doing())?;
        fs::set_permissions(parent, Permissions::from_mode(0o755)).map_err(doing())?;
    }
    fs::create_dir_all(&directory).map_err(doing())?;
    fs::set_permissions(&directory, Permissions::from_mode(0o700)).map_err(doing())?;
    if let Some(owner) = owner {
        chown(&directory, Some(owner.uid), Some(owner.gid)).map_err(doing())?;
    }
    Ok(Place { directory, owner })
}

/// A place that anybody may reach, always the same one for the same wish.
fn elsewhere(wanted: &Path) -> PathBuf {
    let name = wanted.to_string_lossy().trim_matches('/').replace('/', "-");
    let directory = Path::new(REACHABLE).join(name);
    tracing::warn!(
        wanted = %wanted.display(),
        directory = %directory.display(),
        "started by root, and the user who runs Postgres cannot reach the data directory: using another",
    );
    directory
}

/// Takes the directory for ourselves for as long as the returned file is open.
pub(super) fn lock(directory: &Path) -> Result<File, StartError> {
    let path = directory.join("lock");
    let file =
        File::create(&path).map_err(StartError::doing(format!("make {}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => {
            Err(StartError::doing(format!("lock {}", path.display()))(source))
        }
    }
}
