//! The pieces that pages are made of, one per file.
//!
//! Islands, and what they show, are compiled for the browser too; the rest is for the server alone.

pub mod badge;
pub mod copy_button;
pub mod icon;
pub mod live_status;
pub mod status_panel;

#[cfg(feature = "ssr")]
pub mod amount;
#[cfg(feature = "ssr")]
pub mod bar_chart;
#[cfg(feature = "ssr")]
pub mod data_table;
#[cfg(feature = "ssr")]
pub mod empty_state;
#[cfg(feature = "ssr")]
pub mod entries;
#[cfg(feature = "ssr")]
pub mod field;
#[cfg(feature = "ssr")]
pub mod instant;
#[cfg(feature = "ssr")]
pub mod money_fields;
#[cfg(feature = "ssr")]
pub mod notice;
