//! The rules of the house that no compiler keeps, kept by reading the tree.
//!
//! Each test lists all offenders at once, as `path:line: what`, so that one run mends all.

mod dependencies;
mod migrations;
mod requirements;
mod text;
mod tree;
