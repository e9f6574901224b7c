//! What a processor says about a payment, and about what happened to it since.

use domain::money::Money;
use serde_json::Value;
use time::OffsetDateTime;

use crate::decline::Decline;

/// What a processor says about one payment. Amounts are totals so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentReport {
    /// The processor's id of it.
    pub processor_reference: String,
    /// Our reference, as the processor repeats it.
    pub reference: String,
    /// Where it stands.
    pub state: ReportedState,
    /// How much was asked for.
    pub amount: Money,
    /// Held in total.
    pub authorized: Money,
    /// Taken in total.
    pub captured: Money,
    /// Given back in total.
    pub refunded: Money,
    /// Taken back by the holder's bank, and not won back, in total.
    pub charged_back: Money,
    /// Until when the processor holds what is not captured, if it says so.
    pub hold_expires_at: Option<OffsetDateTime>,
    /// What goes back to the shopper, by whomever it was asked for; empty if nothing is told.
    pub refunds: Vec<RefundReport>,
    /// What the holder contests; empty if nothing is told.
    pub disputes: Vec<DisputeReport>,
    /// Refunds and disputes that cannot be read, each in one sentence: they must be looked at by a
    /// person, since money may have moved.
    pub unread: Vec<String>,
    /// Why not, if it was declined.
    pub decline: Option<Decline>,
    /// Where the shopper has to act.
    pub action_url: Option<String>,
    /// The answer as it came.
    pub raw: Value,
}

/// Where a payment stands at the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportedState {
    /// The shopper has to act.
    ActionRequired,
    /// The processor is looking at it.
    InReview,
    /// The processor waits for the money.
    AwaitingFunds,
    /// Held.
    Authorized,
    /// Taken, perhaps given back since.
    Captured,
    /// Refused.
    Declined,
    /// Released.
    Cancelled,
    /// Held once, and released because nobody took it in time.
    Expired,
}

/// What a processor says about one refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundReport {
    /// The processor's id of it.
    pub processor_reference: String,
    /// Our reference, if we asked for it; whatever stands there otherwise.
    pub reference: Option<String>,
    /// How much goes back.
    pub amount: Money,
    /// Where it stands.
    pub state: RefundReportState,
}

/// Where a refund stands at the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundReportState {
    /// On its way.
    Pending,
    /// The money went back.
    Succeeded,
    /// The money did not go back, or came again.
    Failed,
}

/// What a processor says about one dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeReport {
    /// The processor's id of it.
    pub processor_reference: String,
    /// How much the holder's bank takes back.
    pub amount: Money,
    /// Why, in the processor's words.
    pub reason: String,
    /// Where it stands.
    pub state: DisputeReportState,
    /// Since when, if the processor says so.
    pub opened_at: Option<OffsetDateTime>,
    /// Until when evidence can be handed in, if the processor says so.
    pub respond_by: Option<OffsetDateTime>,
}

/// Where a dispute stands at the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeReportState {
    /// The money was taken back; nothing is decided.
    Opened,
    /// Decided for us: the money came again.
    Won,
    /// Decided for the holder.
    Lost,
}
