//! Which room of the house has a door to which.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::tree::{assert_none, root};

/// Each package, and all the packages of the workspace that it may use.
const DOORS: [(&str, &[&str]); 12] = [
    ("domain", &[]),
    ("bank", &["domain"]),
    ("jobs", &[]),
    ("proof", &["domain"]),
    ("psp", &["domain"]),
    ("settlement", &["domain"]),
    ("engine", &["bank", "domain", "jobs", "proof", "psp", "settlement"]),
    ("app", &["domain"]),
    ("frontend", &["app"]),
    ("server", &["app", "bank", "domain", "engine", "jobs", "proof", "psp", "settlement"]),
    // A practice processor that shared our code would share our mistakes.
    ("sandbox", &[]),
    ("bundle", &[]),
];

#[test]
fn dependencies_point_inwards() {
    let doors: BTreeMap<&str, &[&str]> = DOORS.into();
    let packages = packages();

    let mut offenders = Vec::new();
    for package in &packages {
        let name = text(&package["name"]);
        let Some(allowed) = doors.get(name) else {
            offenders.push(format!("{name} has no entry in the list of doors"));
            continue;
        };
        for used in used_from_the_workspace(package, &packages) {
            if !allowed.contains(&used) {
                offenders.push(format!("{name} must not use {used}"));
            }
        }
    }

    assert_none("dependencies point inwards", &offenders);
}

#[test]
fn the_versions_of_all_dependencies_stand_in_the_workspace() {
    let mut offenders = Vec::new();
    for package in packages() {
        let path = text(&package["manifest_path"]).to_owned();
        let manifest = std::fs::read_to_string(&path).expect("cargo has just read it");
        let mut is_dependencies = false;
        for (index, line) in manifest.lines().enumerate() {
            if line.starts_with('[') {
                is_dependencies = line.ends_with("dependencies]");
            } else if is_dependencies && line.contains('=') && !line.contains("workspace = true") {
                offenders.push(format!("{path}:{}: {line}", index + 1));
            }
        }
    }

    assert_none("versions stand in the workspace's Cargo.toml", &offenders);
}

/// The names of the packages of this workspace that a package is built from; its tests are free.
fn used_from_the_workspace<'a>(package: &'a Value, packages: &[Value]) -> BTreeSet<&'a str> {
    let members: BTreeSet<&str> = packages.iter().map(|member| text(&member["name"])).collect();
    let dependencies = package["dependencies"].as_array().expect("cargo lists dependencies");
    dependencies
        .iter()
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| text(&dependency["name"]))
        .filter(|name| members.contains(name))
        .collect()
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("cargo lists packages").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo writes names and paths as strings")
}
