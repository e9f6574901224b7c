//! Tests of the whole service, in one binary: one link, one process.

mod crash;
mod embedded;
mod tidy;
