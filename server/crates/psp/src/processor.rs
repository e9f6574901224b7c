//! What every processor can be asked.

use async_trait::async_trait;
use domain::money::Money;
use serde_json::Value;
use time::OffsetDateTime;

use crate::answer::{Answer, CallError};
use crate::report::PaymentReport;

/// One account at one processor.
#[async_trait]
pub trait Processor: Send + Sync {
    /// Makes a checkout known: one hosted page, one method entry, one challenge for its total.
    ///
    /// Safe to repeat: the same nonce gives the same registration.
    ///
    /// # Errors
    /// [`CallError`]; since it moves no money, an unknown outcome is simply tried again.
    async fn register(&self, registration: &Registration) -> Result<RegistrationReport, CallError>;

    /// How a registration stands.
    ///
    /// # Errors
    /// [`CallError`].
    async fn find_registration(&self, token: &str) -> Result<RegistrationReport, CallError>;

    /// Authorises one payment, and captures it if asked to.
    async fn authorize(&self, authorization: &Authorization) -> Answer;

    /// What the processor knows of the payments with our reference, the newest first.
    ///
    /// # Errors
    /// [`CallError`]: the question was not answered, which says nothing about the payment.
    async fn inquire(&self, reference: &str) -> Result<Vec<PaymentReport>, CallError>;

    /// Takes `amount` of what is authorised.
    async fn capture(&self, processor_reference: &str, key: &str, amount: Money) -> Answer;

    /// Releases what is authorised.
    async fn cancel(&self, processor_reference: &str, key: &str) -> Answer;

    /// Gives `amount` back; `key` is our refund's id, under which the report names the refund.
    ///
    /// Done means that the processor took it on: the refund in the report may still be pending.
    async fn refund(&self, processor_reference: &str, key: &str, amount: Money) -> Answer;

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

    /// Reads what the body of a notification is about; only for those verified before. `None` if
    /// it cannot be read.
    fn read_notification(&self, body: &[u8]) -> Option<Notification>;

    /// Reads what the body of a notification says of a payment; only for those verified before.
    fn reported(&self, body: &[u8]) -> Option<PaymentReport>;
}

/// The headers of a notification, names in lower case.
pub type Headers = std::collections::BTreeMap<String, String>;

/// A checkout to make known to a processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Ours, unique for the try; the processor's key against duplicates.
    pub nonce: String,
    /// The total.
    pub amount: Money,
    /// What the shopper reads on the page.
    pub description: String,
    /// The payments that will be authorised one by one.
    pub payments: Vec<OrderLine>,
    /// Where the shopper comes back.
    pub return_url: String,
    /// Until when the page can be used.
    pub expires_at: OffsetDateTime,
}

/// One payment of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// Our reference of the payment.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// What the shopper reads, such as the seller's name.
    pub description: String,
}

/// How a registration stands at the processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationReport {
    /// The processor's name for it.
    pub token: String,
    /// The hosted page.
    pub page_url: String,
    /// Where it stands.
    pub state: RegistrationState,
    /// The processor's answer as it came.
    pub raw: Value,
}

/// Where a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationState {
    /// The shopper has not finished the page.
    Open,
    /// A method was entered: payments can be authorised.
    Completed,
    /// It cannot be used any more.
    Failed,
    /// Its time is over.
    Expired,
}

/// One payment to authorise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Our payment's id: our reference at the processor.
    pub reference: String,
    /// The key that makes a repeat of this very try harmless.
    pub key: String,
    /// How much.
    pub amount: Money,
    /// Whether the money is taken at once.
    pub capture: bool,
    /// What it is charged to.
    pub source: Source,
    /// Where the shopper comes back after a challenge for this payment alone.
    pub return_url: Option<String>,
}

/// What a payment is charged to: always a processor's token, never card data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The method that was entered on a registration's page.
    Registration(String),
    /// A stored method.
    PaymentMethod(String),
}

/// What a verified notification is about. It is a reason to ask, not a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The kind of news, in the processor's words.
    pub kind: String,
    /// Our reference of the payment that it is about.
    pub payment_reference: Option<String>,
    /// The token of the registration that it is about.
    pub registration_token: Option<String>,
}

/// Why a notification is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// There is no signature.
    #[error("the notification is not signed")]
    Unsigned,
    /// The signature does not fit.
    #[error("the signature does not fit the notification")]
    BadSignature,
    /// The signature fits, but the notification is of another time: an old one that is replayed, or
    /// a clock that is wrong.
    #[error("the signature fits, and its time is too far from ours")]
    OutsideTolerance,
}
