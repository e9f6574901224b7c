//! Processors over HTTP: one trait, one adapter per processor. No database, no decisions.
//!
//! An adapter says what a processor answered and how sure that answer is ([`Answer`]); what follows
//! from it is decided in the domain.
#![warn(missing_docs)]

mod processor;
pub mod sandbox;

pub use processor::{
    Answer, Authorization, CallError, Decline, DeclineCode, Headers, Notification,
    NotificationError, OrderLine, PaymentReport, Processor, Registration, RegistrationReport,
    RegistrationState, ReportedState, Source,
};
