//! The readers of settlement files, from the outside.

mod files;
mod properties;
mod refusals;
mod unreadable;
