//! Documents that are generated from the rules, so that they cannot drift from them.

use std::path::Path;

/// Compares `server/docs/<name>` with `text`; with `UPDATE_DOCS=1` in the environment, writes it.
///
/// # Panics
/// If the document says something else.
pub(crate) fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).expect("the folder of documents can be written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "server/docs/{name} differs from the rules: run `UPDATE_DOCS=1 cargo test -p domain` and \
         look at what changed"
    );
}
