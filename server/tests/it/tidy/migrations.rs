//! What was applied to somebody's database stays as it was: else that database refuses to start.

use std::collections::BTreeMap;
use std::fs;

use aws_lc_rs::digest::{SHA256, digest};

use super::tree::{assert_none, root, sources};

/// Their SHA-256s, as `sha256sum` writes them.
const SUMS: &str = "migrations/SHA256SUMS";

#[test]
fn a_migration_is_never_changed_once_it_is_listed() {
    let sums = fs::read_to_string(root().join(SUMS)).expect("the list can be read");
    let listed: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name, sum))
        .collect();
    let found: BTreeMap<String, String> = sources()
        .into_iter()
        .filter_map(|source| {
            let name = source.path.strip_prefix("migrations/")?;
            let sum = digest(&SHA256, source.text.as_bytes());
            source.has_extension("sql").then(|| (name.to_owned(), hex(sum.as_ref())))
        })
        .collect();

    let changed = found
        .iter()
        .filter(|(name, sum)| listed.get(name.as_str()).is_some_and(|listed| listed != sum));
    let changed: Vec<String> = changed.map(|(name, _)| name.clone()).collect();
    assert_none("write a migration of your own instead of changing these", &changed);
    let unlisted = found.keys().filter(|name| !listed.contains_key(name.as_str()));
    let unlisted: Vec<String> = unlisted.cloned().collect();
    assert_none("list these: cd migrations && sha256sum NAME >> SHA256SUMS", &unlisted);
    let gone: Vec<String> = listed
        .keys()
        .filter(|name| !found.contains_key(**name))
        .map(|name| (*name).to_owned())
        .collect();
    assert_none("these were applied and are gone", &gone);
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a text takes everything");
    }
    text
}
