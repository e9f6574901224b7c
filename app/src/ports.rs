//! What the pages ask of the back end: one small trait per area, in the pages' words.
//!
//! The server answers them with the engine and provides one [`Ports`] in the Leptos context. A page
//! can be tested with a ten-line fake. Pages only read: everything that acts is a plain form.

use std::sync::Arc;

pub mod alerts;
pub mod bank_files;
pub mod checkouts;
pub mod dead_letters;
pub mod exchanges;
pub mod files;
pub mod ledger;
pub mod mismatches;
pub mod payments;
pub mod payouts;
pub mod processors;
pub mod proof;
pub mod sellers;
pub mod staff;
pub mod webhooks;
pub mod why;

/// Everything the server provides to the pages. Cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// Checkouts and their status, for shoppers.
    pub checkouts: Arc<dyn checkouts::CheckoutsPort>,
    /// Payments, for staff.
    pub payments: Arc<dyn payments::PaymentsPort>,
    /// Mismatches, for staff.
    pub mismatches: Arc<dyn mismatches::MismatchesPort>,
    /// Why a payment failed or waits, for staff.
    pub why: Arc<dyn why::WhyPort>,
    /// What processors sent, for staff.
    pub webhooks: Arc<dyn webhooks::WebhooksPort>,
    /// Work that failed for good.
    pub dead_letters: Arc<dyn dead_letters::DeadLettersPort>,
    /// What somebody should look at.
    pub alerts: Arc<dyn alerts::AlertsPort>,
    /// Processor accounts, for staff.
    pub processors: Arc<dyn processors::ProcessorsPort>,
    /// Sellers and what they have, for staff.
    pub sellers: Arc<dyn sellers::SellersPort>,
    /// Sellers' exchanges between currencies, for staff.
    pub exchanges: Arc<dyn exchanges::ExchangesPort>,
    /// Pay-outs, for staff.
    pub payouts: Arc<dyn payouts::PayoutsPort>,
    /// Files of pay-outs for banks, for staff.
    pub bank_files: Arc<dyn bank_files::BankFilesPort>,
    /// The books, for staff.
    pub ledger: Arc<dyn ledger::LedgerPort>,
    /// Whether the books hold, for staff.
    pub proof: Arc<dyn proof::ProofPort>,
    /// Settlement files, for staff.
    pub files: Arc<dyn files::FilesPort>,
    /// Signing in.
    pub staff: Arc<dyn staff::StaffPort>,
    /// The origins of the processors' pages, such as `https://pay.example`: where the pay form ends
    /// up after its redirect, which the content security policy has to allow.
    pub processor_origins: Arc<[String]>,
}
