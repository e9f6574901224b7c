//! Processors over HTTP: one trait, one adapter per processor. No database, no decisions.
//!
//! An adapter says what a processor answered and how sure that answer is ([`Answer`]); what follows
//! from it is decided in the domain.
#![warn(missing_docs)]

mod answer;
mod decline;
mod payout;
mod processor;
mod report;
pub mod sandbox;
mod signature;

pub use answer::{Answer, CallError, Setback};
pub use decline::{Decline, DeclineClass, DeclineCode};
pub use payout::{
    PayoutProvider, Transfer, TransferAnswer, TransferFailure, TransferNotification,
    TransferReport, TransferState,
};
pub use processor::{
    Authorization, Headers, Notification, NotificationError, OrderLine, Processor, Registration,
    RegistrationReport, RegistrationState, Source,
};
pub use report::{
    DisputeReport, DisputeReportState, PaymentReport, RefundReport, RefundReportState,
    ReportedState,
};
pub use signature::TOLERANCE_SECONDS;
