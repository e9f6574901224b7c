//! Who runs the server: we ourselves, or, since Postgres refuses root, somebody lesser.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::StartError;

/// The users who may run Postgres when root starts it, best first.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// A user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    /// The user's number.
    pub(super) uid: u32,
    /// The number of the user's own group.
    pub(super) gid: u32,
}

impl Owner {
    /// Whom to change to, or `None` if we are not root and the server runs as we do.
    pub(super) fn needed() -> Result<Option<Self>, StartError> {
        if !we_are_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")
            .map_err(StartError::doing("read the users in /etc/passwd"))?;
        let owner = USERS.iter().find_map(|name| find(&users, name));
        owner.map(Some).ok_or(StartError::NoOwner)
    }

    /// Whether this user may pass through every directory above `path`.
    pub(super) fn can_reach(self, path: &Path) -> bool {
        path.ancestors().skip(1).filter(|directory| !directory.as_os_str().is_empty()).all(
            // What is missing yet will be made by us, and open enough.
            |directory| fs::metadata(directory).map_or(true, |facts| self.may_pass(&facts)),
        )
    }

    fn may_pass(self, facts: &fs::Metadata) -> bool {
        let bit = if facts.uid() == self.uid {
            0o100
        } else if facts.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        facts.mode() & bit != 0
    }
}

/// Our own process belongs to whom we act as.
fn we_are_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|facts| facts.uid() == 0)
}

/// The line of `name` in the format of `/etc/passwd`: `name:password:uid:gid:…`.
fn find(users: &str, name: &str) -> Option<Owner> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Owner { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str =
        "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:,,,:/var/lib:/bin/sh\n";

    #[test]
    fn a_user_is_found_by_name_and_not_by_part_of_it() {
        assert_eq!(find(USERS, "postgres"), Some(Owner { uid: 101, gid: 104 }));
        assert_eq!(find(USERS, "post"), None);
    }
}
