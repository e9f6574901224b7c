//! What people see: the shopper's checkout and status pages, and the console of the staff.
//!
//! Compiled twice: with `ssr` into the server, which renders every page complete, and with
//! `hydrate` to wasm, which holds the islands alone. Nothing here knows SQL or a processor; the
//! pages read through `ports` and act through plain forms that the server answers.

pub mod components;
pub mod error;
pub mod format;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod ports;
#[cfg(feature = "ssr")]
pub mod security;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
pub mod site;
pub mod view;
pub mod words;

#[cfg(feature = "ssr")]
pub use site::{App, crash_page, shell};
