//! server

pub mod embedded;
