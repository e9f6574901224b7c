//! What every pay-out provider can be asked.

use async_trait::async_trait;
use domain::iban::Iban;
use domain::money::Money;
use serde_json::Value;

use crate::answer::{CallError, Setback};
use crate::processor::{Headers, NotificationError};

/// One account at one pay-out provider.
#[async_trait]
pub trait PayoutProvider: Send + Sync {
    /// Gives a transfer to the provider, under its reference: a repeat is the same transfer, and is
    /// paid once.
    async fn submit(&self, transfer: &Transfer) -> TransferAnswer;

    /// What the provider knows of the transfer with our reference; `None` if it has none.
    ///
    /// # Errors
    /// [`CallError`]: the question was not answered, which says nothing about the transfer.
    async fn inquire(&self, reference: &str) -> Result<Option<TransferReport>, CallError>;

    /// Verifies the signature and the time of a notification over its raw bytes, without reading
    /// them, and returns its name: a repeat carries the same.
    ///
    /// # Errors
    /// [`NotificationError`].
    fn verify_notification(
        &self,
        headers: &Headers,
        body: &[u8],
    ) -> Result<String, NotificationError>;

    /// Reads which transfer the body of a notification is about; only for those verified before.
    /// `None` if it cannot be read.
    fn read_notification(&self, body: &[u8]) -> Option<TransferNotification>;
}

/// Money to send to a bank account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Our pay-out's id: our reference at the provider, and its key against duplicates.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// Where it goes.
    pub iban: Iban,
    /// Who has that account.
    pub holder: String,
    /// Words for the payee.
    pub remittance: String,
}

/// What became of giving a transfer to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferAnswer {
    /// The provider has it; the report says how far it is.
    Done(Box<TransferReport>),
    /// The provider does not take it, and has done nothing.
    Declined(TransferFailure, Value),
    /// Certainly nothing happened; the same may be tried again.
    Retryable(Setback),
    /// It may have happened: only an inquiry can tell.
    Unknown(String),
}

/// What a provider says about one transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferReport {
    /// The provider's id of it.
    pub provider_reference: String,
    /// Our reference, as the provider repeats it.
    pub reference: String,
    /// Where it stands.
    pub state: TransferState,
    /// How much it is.
    pub amount: Money,
    /// Why it failed or came again, if it did.
    pub failure: Option<TransferFailure>,
    /// The answer as it came.
    pub raw: Value,
}

/// Where a transfer stands at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferState {
    /// Taken on.
    Accepted,
    /// On its way.
    InTransit,
    /// With the payee.
    Paid,
    /// Not paid, and will not be.
    Failed,
    /// Paid, and come again.
    Returned,
}

/// Why a transfer was not made, or came again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferFailure {
    /// The provider's code, such as `AC04` of ISO 20022.
    pub code: String,
    /// The same in the provider's words, for staff.
    pub message: String,
}

/// What a verified notification is about. It is a reason to ask, not a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferNotification {
    /// The kind of news, in the provider's words.
    pub kind: String,
    /// Our reference of the transfer.
    pub reference: String,
}
