//! The program `paydesk`: joins the faces (API, checkout, console) with the engine, and runs it.
//!
//! It knows HTTP, sessions and configuration, and decides nothing about money.

pub mod api;
pub mod bench;
pub mod checkout;
pub mod commands;
pub mod config;
pub mod console;
pub mod demo;
pub mod embedded;
pub mod inbound;
pub mod metrics;
pub mod run;
pub mod telemetry;
pub mod web;
pub mod wiring;
